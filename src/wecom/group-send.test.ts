/** How a lost broadcast is looked for where there is much to look through; what is found is in channels.test.ts. */
import { expect, it } from 'vitest'
import { minutes, virtualClock } from '../base/clock.ts'
import type { Parcel } from '../delivery/index.ts'
import { createGroupSend } from './group-send.ts'
import type { GroupSendParts } from './group-send.ts'
import { noMedia } from './no-media.fixture.ts'

const at = Date.UTC(2026, 4, 20, 2)
const pageSize = 100

/** So many broadcasts were made, one a second from `at` on; the token of the n-th is `token-n`. */
function shop(count: number) {
  const asked: { from: number; to: number; page: number }[] = []
  const api = {
    async broadcasts(_type: string, from: number, to: number, cursor = '') {
      const page = Number(cursor === '' ? 0 : cursor)
      asked.push({ from, to, page })
      await new Promise((ok) => setImmediate(ok))
      const first = page * pageSize
      const list = Array.from({ length: Math.min(pageSize, count - first) }, (_, i) => ({
        msgid: `m${String(first + i)}`,
        create_time: at / 1000 + first + i,
        text: { content: `您好 token-${String(first + i)}` },
        attachments: [],
      }))
      const next = first + pageSize < count ? String(page + 1) : ''
      return { kind: 'ok', value: { next_cursor: next, group_msg_list: list } }
    },
    broadcastTasks: () =>
      Promise.resolve({ kind: 'ok', value: { next_cursor: '', task_list: [{ userid: 'lin', status: 0 }] } }),
  } as unknown as GroupSendParts['api']
  const clock = virtualClock(at + minutes(10))
  const channel = createGroupSend(
    { api, clock, media: noMedia },
    { name: 'broadcast', chatType: 'single', maxRecipients: 10_000, recipients: () => ({}) },
  )
  const find = async (n: number, intentAt = at) => {
    const parcel = {
      text: `您好 token-${String(n)}`,
      batchToken: `token-${String(n)}`,
      body: '{}',
      sender: 'lin',
      intentAt,
    } as Parcel
    return channel.find?.(parcel, AbortSignal.timeout(5_000))
  }
  return { asked, find }
}

it('reads the list once for all who wait, and each finds her own', async () => {
  const { asked, find } = shop(250)
  const found = await Promise.all(Array.from({ length: 40 }, (_, n) => find(n * 7)))
  expect(found).toEqual(
    Array.from({ length: 40 }, (_, n) =>
      n * 7 < 250 ? [{ remoteId: `m${String(n * 7)}`, confirmed: false }] : [],
    ),
  )
  // The first by herself, the other 39 together: three pages each.
  expect(asked.map(({ page }) => page)).toEqual([0, 1, 2, 0, 1, 2])
})

it('does not answer from a list that was begun before it asked', async () => {
  const { asked, find } = shop(3)
  expect(await find(1)).toHaveLength(1)
  expect(await find(1)).toHaveLength(1)
  expect(asked).toHaveLength(2)
})

it('asks for no longer span than the API takes, whoever waits', async () => {
  const { asked, find } = shop(3)
  await Promise.all([0, 20, 40, 60].map((days) => find(1, at - days * 86_400_000)))
  for (const { from, to } of asked) expect(to - from).toBeLessThanOrEqual(31 * 86_400)
})

it('knows nothing from a list without an end: what is not in its first part may still have been made', async () => {
  const { find } = shop(20_100)
  await expect(find(20_050)).rejects.toMatchObject({ name: 'OutsideFailure', message: /200 pages/ })
})
