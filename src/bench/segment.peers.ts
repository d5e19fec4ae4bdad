/**
 * The peers of `bench segment`: what somebody else would write for the shipped tiers, on the same tables. Prototypes:
 * no refunds put back, no next day, no window figures, no log, no causes.
 */
import type { Db } from '../base/db.ts'
import type { DuckTable } from './duck.ts'

export interface HandQuestion {
  readonly dayNo: number
  readonly cutFen: number
  /** How whole numbers are divided: `/`, or `//` in DuckDB. */
  readonly divide: string
}

/** Tier, both kinds of dormancy and stage of everybody, by hand. */
export function handSql({ dayNo, cutFen, divide }: HandQuestion): string {
  const day = String(dayNo)
  const quiet = `(${day} - b.last_no)`
  const rhythm = (times: number): string =>
    `case when (${String(times)} * (b.last_no - b.first_no) + b.n - 2) ${divide} (b.n - 1) > 14
      then (${String(times)} * (b.last_no - b.first_no) + b.n - 2) ${divide} (b.n - 1) else 14 end`
  return `with b as (
      select customer, min(day_no) as first_no, max(day_no) as last_no, count(*) as n, sum(amount_fen) as fen,
        sum(case when day_no > ${String(dayNo - 90)} then 1 else 0 end) as n90,
        sum(case when day_no > ${String(dayNo - 360)} then 1 else 0 end) as n360,
        sum(case when day_no > ${String(dayNo - 360)} then amount_fen else 0 end) as fen360
      from purchase_day where day_no <= ${day} and orders > 0 group by customer),
    e as (select customer, max(day_no) as engaged_no from engagement_day where day_no <= ${day} group by customer)
    select c.id as customer,
      case when b.customer is null then 'lead'
        when b.n90 >= 3 and b.fen360 >= ${String(cutFen)} * b.n360 and (e.engaged_no is null or e.engaged_no > ${String(dayNo - 90)}) then 'high'
        when b.first_no > ${String(dayNo - 7)} then 'new'
        when b.last_no > ${String(dayNo - 180)} then 'mid'
        when b.last_no <= ${String(dayNo - 180)} then 'dormant' else 'other' end as tier,
      case when ${quiet} >= 360 then 'long' when ${quiet} >= 180 then 'medium' when ${quiet} >= 90 then 'short' end as dormancy,
      case when b.n >= 3 then case when ${quiet} >= ${rhythm(6)} then 'long' when ${quiet} >= ${rhythm(3)} then 'medium'
        when ${quiet} >= ${rhythm(2)} then 'short' end end as dormancy_rhythm,
      case when b.last_no is null then 'attraction' when ${quiet} >= 180 then 'decline' when b.n >= 5 then 'maturity'
        when b.n > 1 then 'growth' else 'conversion' end as stage
    from customer c left join b on b.customer = c.id left join e on e.customer = c.id`
}

export const handCountsSql = (question: HandQuestion): string =>
  `select tier, dormancy, dormancy_rhythm, stage, cast(count(*) as bigint) as n from (${handSql(question)}) h
   group by tier, dormancy, dormancy_rhythm, stage`

// ------------------------------------------------------------------ TypeORM

interface DayRow {
  day_no: string | number
  amount_fen: string | number
  orders: string | number
}

/** The tutorial shape: for each customer find her days, judge in JavaScript, save. Answers how many were done. */
export async function ormLoop(
  db: Db,
  customers: readonly string[],
  { dayNo, cutFen }: Pick<HandQuestion, 'dayNo' | 'cutFen'>,
): Promise<number> {
  const days = db.source.getRepository<DayRow & { customer: string }>('purchase_day')
  const acts = db.source.getRepository<{ customer: string; day_no: number }>('engagement_day')
  const standings = db.source.getRepository<{ customer: string; tier: string }>('standing')
  for (const customer of customers) {
    const bought = (await days.find({ where: { customer } })).filter(({ orders }) => Number(orders) > 0)
    const engaged = (await acts.find({ where: { customer } })).map((one) => Number(one.day_no))
    const standing = await standings.findOne({ where: { customer } })
    if (!standing) continue
    standing.tier = tierByHand(bought, engaged, dayNo, cutFen)
    await standings.save(standing)
  }
  return customers.length
}

function tierByHand(
  bought: readonly DayRow[],
  engaged: readonly number[],
  dayNo: number,
  cutFen: number,
): string {
  const nos = bought.map(({ day_no: no }) => Number(no)).filter((no) => no <= dayNo)
  if (nos.length === 0) return 'lead'
  const year = bought.filter(({ day_no: no }) => Number(no) > dayNo - 360)
  const spent = year.reduce((sum, { amount_fen: fen }) => sum + Number(fen), 0)
  const recent = nos.filter((no) => no > dayNo - 90).length
  const isEngaged = engaged.length === 0 || Math.max(...engaged) > dayNo - 90
  if (recent >= 3 && spent >= cutFen * year.length && isEngaged) return 'high'
  if (Math.min(...nos) > dayNo - 7) return 'new'
  return Math.max(...nos) > dayNo - 180 ? 'mid' : 'dormant'
}

// ------------------------------------------------------------------ DuckDB

/** The three tables that tiers are read from. */
export const duckTables: readonly DuckTable[] = [
  { table: 'customer', columns: { id: 'text' }, key: 'id' },
  {
    table: 'purchase_day',
    columns: { customer: 'text', day_no: 'int', orders: 'int', amount_fen: 'int' },
    key: 'customer',
  },
  { table: 'engagement_day', columns: { customer: 'text', day_no: 'int' }, key: 'customer' },
]
