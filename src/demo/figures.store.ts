/** The figures of the demo, read raw from the tables: the referee must not trust the outbox's own reading of itself. */
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'

const one = async (reader: Reader, sql: string, params: readonly (string | number)[] = []): Promise<number> =>
  (await reader.rows<{ n: number | null }>(sql, params))[0]?.n ?? 0

const countKind = (reader: Reader, kind: string, from: Instant, to: Instant): Promise<number> =>
  one(reader, 'select cast(count(*) as bigint) as n from log where kind = $1 and at >= $2 and at < $3', [
    kind,
    from,
    to,
  ])

export interface PromiseRow {
  readonly id: string
  readonly dedupe_key: string
  readonly touchpoint: string
  readonly title: string
  readonly channel: string
  readonly subject_kind: 'customer' | 'group'
  readonly subject: string
  readonly sender: string | null
  readonly purpose: string
  readonly decision: 'queued' | 'later' | 'declined'
  readonly reason_code: string
  readonly reason_words: string
  readonly state: string | null
  readonly day: Day
  readonly due_at: number
  readonly created_at: number
  readonly sent_at: number | null
  readonly batch_token: string | null
}

export const allPromises = (reader: Reader): Promise<PromiseRow[]> =>
  reader.rows<PromiseRow>(
    `select p.id, p.dedupe_key, p.touchpoint, p.title, p.channel, p.subject_kind, p.subject, p.sender, p.purpose, p.decision,
            p.reason_code, p.reason_words, p.state, p.day, p.due_at, p.created_at, p.sent_at, a.batch_token
       from promise p left join parcel a on a.id = p.parcel order by p.created_at, p.id`,
  )

export interface Happened {
  readonly votes: number
  readonly finds: number
  readonly orders: number
  readonly orderFen: number
  readonly tierMoves: number
  readonly clicks: number
  readonly optOuts: number
  readonly joins: number
  readonly sent: number
}

/** What the log holds of [from, to), business time. */
export async function happened(reader: Reader, from: Instant, to: Instant): Promise<Happened> {
  return {
    votes: await countKind(reader, 'poll-voted', from, to),
    finds: await countKind(reader, 'clue-found', from, to),
    orders: await countKind(reader, 'order-placed', from, to),
    orderFen: await one(
      reader,
      'select cast(sum(amount_fen) as bigint) as n from shop_order where at >= $1 and at < $2',
      [from, to],
    ),
    tierMoves: (await tierMoves(reader, from, to)).length,
    clicks: await countKind(reader, 'link-clicked', from, to),
    optOuts: await countKind(reader, 'opted-out', from, to),
    joins: await countKind(reader, 'contact-added', from, to),
    sent: await countKind(reader, 'touch-sent', from, to),
  }
}

export const tierCounts = (reader: Reader): Promise<{ tier: string; n: number }[]> =>
  reader.rows('select tier, cast(count(*) as bigint) as n from standing group by tier order by n desc, tier')

/** Where a first comparison or an import puts people is bookkeeping; only what happened in these days counts. */
export async function tierMoves(
  reader: Reader,
  from: Instant,
  to: Instant,
): Promise<{ readonly from: string; readonly to: string }[]> {
  const rows = await reader.rows<{ detail: string }>(
    `select detail from log where kind = 'tier-moved' and at >= $1 and at < $2`,
    [from, to],
  )
  return rows
    .map(({ detail }) => JSON.parse(detail) as { from: string; to: string; cause: string })
    .filter(({ cause }) => !['import', 'cut-points', 'merge', 'rules'].includes(cause))
}
