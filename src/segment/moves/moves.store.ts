import type { Instant } from '../../base/clock.ts'
import type { Reader, Tx } from '../../base/db.ts'

export interface TierMoveRow {
  readonly seq: number
  readonly customer: string
  readonly at: Instant
  readonly day_no: number
  readonly from_tier: string
  readonly to_tier: string
  readonly cause: string
  readonly reason: string | null
}

export const insertMoves = (tx: Tx, rows: readonly TierMoveRow[]): Promise<number> =>
  tx.insert(
    'tier_move',
    rows.map((row) => ({ ...row })),
  )

export async function movesOf(
  reader: Reader,
  customer: string,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Promise<{ total: number; rows: TierMoveRow[] }> {
  const [count] = await reader.rows<{ n: number }>(
    'select cast(count(*) as bigint) as n from tier_move where customer = $1',
    [customer],
  )
  const rows = await reader.rows<TierMoveRow>(
    `select seq, customer, at, day_no, from_tier, to_tier, cause, reason from tier_move
     where customer = $1 order by seq desc limit ${String(limit)} offset ${String(offset)}`,
    [customer],
  )
  return { total: count?.n ?? 0, rows }
}

export interface Flow {
  readonly from_tier: string
  readonly to_tier: string
  readonly n: number
}

/** Where each customer known before `knownBefore` who moved in (afterNo, untilNo] came from and got to. */
export const flowsBetween = (
  reader: Reader,
  afterNo: number,
  untilNo: number,
  knownBefore: Instant,
): Promise<Flow[]> =>
  reader.rows<Flow>(
    `with moved as (
       select m.customer, min(m.seq) as first_seq, max(m.seq) as last_seq
       from tier_move m join customer c on c.id = m.customer
       where m.day_no > $1 and m.day_no <= $2 and c.created_at < $3 group by m.customer)
     select f.from_tier, l.to_tier, cast(count(*) as bigint) as n
     from moved join tier_move f on f.seq = moved.first_seq join tier_move l on l.seq = moved.last_seq
     group by f.from_tier, l.to_tier order by f.from_tier, l.to_tier`,
    [afterNo, untilNo, knownBefore],
  )

/** Today's tiers of those known before an instant. */
export const tiersOfKnown = (
  reader: Reader,
  leadTier: string,
  knownBefore: Instant,
): Promise<{ tier: string; n: number }[]> =>
  reader.rows(
    `select coalesce(s.tier, cast($1 as text)) as tier, cast(count(*) as bigint) as n
     from customer c left join standing s on s.customer = c.id where c.created_at < $2 group by 1 order by 1`,
    [leadTier, knownBefore],
  )
