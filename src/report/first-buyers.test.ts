import { describe, expect, it } from 'vitest'
import { days, hours } from '../base/clock.ts'
import { whyMissed } from './first-buyers.ts'
import type { SaidRow } from './first-buyers.store.ts'

const at = 1_800_000_000_000
const row = (more: Partial<SaidRow>): SaidRow => ({
  ...{ customer: 'c1', state: 'queued', due_at: at + hours(1), sent_at: null },
  ...{ reason_code: 'ok', reason_words: '可以发送', settle_code: null, settle_words: null },
  ...more,
})
const sent = (sentAt: number) => row({ state: 'sent', sent_at: sentAt })
const declined = row({ state: null, reason_code: 'opted-out', reason_words: '客户已退订' })
const expired = row({ state: 'expired', settle_code: 'late', settle_words: '过时' })

describe('whether a first buyer was reached in time, and why not', () => {
  it.each([
    ['at once', [sent(at)], true, null],
    ['on the last instant', [sent(at + days(7))], true, null],
    ['although another was declined', [declined, sent(at + 1)], true, null],
    ['also by whom she has removed since', [sent(at + 1)], false, null],
    [
      'before she bought',
      [row({ state: 'sent', sent_at: at - 1, due_at: at - hours(1) })],
      true,
      'nothing-due',
    ],
    ['too late', [sent(at + days(7) + 1)], true, 'too-late'],
    ['planned behind the week', [row({ due_at: at + days(8) })], true, 'nothing-due'],
    ['still with the advisor', [row({ state: 'waiting' })], true, 'still-open'],
    ['nobody pressed', [declined, expired], true, 'late'],
    ['nobody pressed, and removed since', [expired], false, 'late'],
    ['declined', [declined], true, 'opted-out'],
    ['nobody has added her', [row({ state: null, reason_code: 'no-advisor' })], false, 'never-added'],
    ['nothing at all', [], false, 'never-added'],
    ['nothing was due', [], true, 'nothing-due'],
  ] satisfies [string, SaidRow[], boolean, string | null][])('%s', (_name, said, hasAdvisor, code) => {
    expect(whyMissed(at, said, hasAdvisor)?.code ?? null).toBe(code)
  })
})
