/** Every row of WECOM.md §1.2: the code, and what is done about it. */
import { expect, it } from 'vitest'
import { meaningOf, wantsOtherRequest } from './errors.ts'
import type { Reaction } from './errors.ts'

const span = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n)

const rows: readonly (readonly [Reaction, string | null, readonly number[]])[] = [
  ['retry', 'busy', [-1]],
  ['retry', 'conflict', [6000]],
  ['alert', 'bad-secret', [40001]],
  ['drop', 'no-such-member', [40003, 60111, 46004]],
  ['drop', 'media-expired', [40007]],
  ['alert', 'bad-corp', [40013]],
  ['refresh', 'token-invalid', [40014]],
  ['again', 'code-invalid', [40029, 42003, 42022]],
  ['bug', 'malformed', [40033, 40035, 40058, 40063]],
  ['drop', 'no-such-group', [40050, 86001, 86003, 86008]],
  ['alert', 'bad-agent', [40056, 301002]],
  ['drop', 'no-such-tag', [40068]],
  ['drop', 'no-such-customer', [40096]],
  ['drop', 'transfer-refused', [...span(40097, 40100), ...span(40128, 40131), 40143, 40205]],
  ['alert', 'too-many-tags', [40126]],
  ['drop', 'spam-blocked', [40201, 40204]],
  ['bug', 'token-missing', [41001]],
  ['drop', 'no-recipient', [41048]],
  ['drop', 'no-such-broadcast', [41046, 41047]],
  ['drop', 'welcome-late', [41050]],
  ['done', 'already-talking', [41051]],
  ['drop', 'no-consent', [41053]],
  ['alert', 'member-inactive', [41054]],
  ['later', 'dispatching', [41063, 41079]],
  ['bug', 'bad-attachment', [41064, 41065, 41072, 41080, 41081, 41082]],
  ['wait', 'too-many-moments', [41078]],
  ['done', 'cancelled', [41093]],
  ['wait', 'reminded-too-often', [41094]],
  ['alert', 'too-many-links', [41095]],
  ['retry', 'other-app-welcomes', [41096]],
  ['refresh', 'token-expired', [42001]],
  ['refresh', 'ticket-unusable', [42012]],
  ['bug', 'bad-card', [42014, 42015, 42018, 42019, ...span(42027, 42051)]],
  ['drop', 'stale-card', [42016, 42017]],
  ['drop', 'too-late-to-recall', [42052]],
  ['alert', 'no-callback', [43012]],
  ['drop', 'no-wechat', [43004]],
  ['bug', 'bad-media', [44001, 45001]],
  ['bug', 'too-long', [45002, 40206]],
  ['wait', 'rate-limit', [45009]],
  ['retry', 'too-many-at-once', [45033]],
  ['alert', 'not-permitted', [48001, 48002, 48004, 48005, 48006, 48007]],
  ['alert', 'untrusted-domain', [50001]],
  ['drop', 'not-in-range', [50002, 60011]],
  ['alert', 'app-disabled', [50003]],
  ['retry', 'bad-cursor', [50100]],
  ['alert', 'untrusted-ip', [60020]],
  ['drop', 'nobody-reachable', [81013]],
  ['bug', 'too-many-people', [81017]],
  ['bug', 'malformed', span(82001, 82004)],
  ['drop', 'not-a-friend', [84061, 84084]],
  ['alert', 'no-contact-permission', [84074]],
  ['drop', 'no-contact-permission', [84083]],
  ['drop', 'forbidden-words', [85002]],
  ['drop', 'group-transfer-refused', span(90500, 90511)],
  ['bug', 'bad-ticket-kind', [91040]],
  ['alert', 'robot-unusable', [93000, 93004, 93008]],
  ['alert', 'bad-kf', [95000, 95004]],
  ['wait', 'kf-five', [95001]],
  ['drop', 'kf-window', [95002, 95031]],
  ['retry', 'kf-token', [95007]],
  ['alert', 'kf-mode', [95011, 95012, 95017, 95023]],
  ['drop', 'kf-state', [95013, 95016, 95018, 95019]],
  ['drop', 'bad-unionid', [610014]],
  ['alert', 'no-licence', [701008]],
  ['alert', null, [1, 99_999, 42_020]],
]

it.each(rows)('%s %s: %j', (reaction, name, codes) => {
  for (const code of codes)
    expect([code, meaningOf(code)]).toMatchObject([code, { reaction, name: name ?? `code-${String(code)}` }])
})

it('knows the codes that the same request would only meet again', () => {
  expect([50100, 95007].map(wantsOtherRequest)).toEqual([true, true])
  expect([-1, 6000, 45033, 41096].some(wantsOtherRequest)).toBe(false)
})
