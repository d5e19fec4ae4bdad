import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'

export interface CardAnswer {
  /** WeCom's, for one update. */
  readonly code: string
  readonly staff: string
  readonly words: string
  readonly ready_at: Instant
  readonly expires_at: Instant
  readonly tries: number
}

/** A code told twice is one answer. */
export const putAnswer = (tx: Tx, answer: CardAnswer): Promise<number> =>
  tx.insert('card_answer', [{ ...answer }], 'ON CONFLICT (code) DO NOTHING')

export const readyAnswers = (reader: Reader, now: Instant, limit: number): Promise<CardAnswer[]> =>
  reader.rows<CardAnswer>(
    `select code, staff, words, ready_at, expires_at, tries from card_answer where ready_at <= $1
     order by ready_at, code limit ${String(limit)}`,
    [now],
  )

export async function nextAnswer(reader: Reader): Promise<Instant | null> {
  return (
    (await reader.rows<{ at: number | null }>('select min(ready_at) as at from card_answer'))[0]?.at ?? null
  )
}

export const postponeAnswer = (tx: Tx, code: string, to: Instant): Promise<number> =>
  tx.run('UPDATE card_answer SET ready_at = $1, tries = tries + 1 WHERE code = $2', [to, code])

export const answered = (tx: Tx, code: string): Promise<number> =>
  tx.run('DELETE FROM card_answer WHERE code = $1', [code])
