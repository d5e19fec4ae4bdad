import type { Day } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import type { Reader, Tx } from '../../base/db.ts'
import type { Heard, Tip } from './rotation.ts'

/** What groups were promised and did not lose on the way. */
export const heardSince = (reader: Reader, since: Day): Promise<Heard[]> =>
  reader.rows<Heard>(
    `select subject as chat, piece as tip, day from promise
     where day >= $1 and piece is not null and subject_kind = 'group' and decision <> 'declined'
       and state not in ('refused', 'expired', 'cancelled') order by day, subject`,
    [since],
  )

/** Customers in more than one living group. */
export const sharedMembers = (reader: Reader): Promise<{ chat: string; member: string }[]> =>
  reader.rows(
    `select m.chat, m.member from group_member m join chat_group g on g.chat = m.chat and g.state = 'active'
     where m.kind = 2 and (select count(*) from group_member o join chat_group h on h.chat = o.chat and h.state = 'active'
       where o.member = m.member and o.kind = 2) > 1
     order by m.chat, m.member`,
  )

export async function storedTips(reader: Reader): Promise<Map<string, Tip[]>> {
  const rows = await reader.rows<{ interest: string; id: string; text: string; on_day: Day | null }>(
    'select interest, id, text, on_day from tip order by interest, added_at, id',
  )
  const tips = new Map<string, Tip[]>()
  for (const { interest, id, text, on_day: on } of rows)
    tips.set(interest, [...(tips.get(interest) ?? []), { id, text, ...(on === null ? {} : { on }) }])
  return tips
}

export interface TipRow {
  readonly interest: string
  readonly id: string
  readonly text: string
  readonly on_day: Day | null
  readonly source: string
  readonly added_at: Instant
}

/** The same words again only move to the day that is named now. */
export const insertTips = (tx: Tx, rows: readonly TipRow[]): Promise<number> =>
  tx.insert(
    'tip',
    rows.map((row) => ({ ...row })),
    'ON CONFLICT (interest, id) DO UPDATE SET on_day = excluded.on_day, source = excluded.source',
  )
