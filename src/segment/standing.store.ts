import { addDays, dayOfNumber, instantOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'
import {
  countsSql,
  differingByKeptSql,
  differingSql,
  idsIn,
  judgedFeaturesSql,
  publishSql,
  standingSql,
} from './compute.ts'
import type { Question } from './compute.ts'
import type { Features, Moment } from './rule.ts'
import { anyRefundAfter } from './segment.store.ts'
import type { TierRules } from './tier-rules.ts'

export async function questionOf(
  reader: Reader,
  rules: Question['rules'],
  moment: Moment,
  listed: boolean,
): Promise<Question> {
  return {
    dialect: reader.dialect,
    rules,
    moment,
    knownBefore: instantOf(addDays(dayOfNumber(moment.dayNo), 1)),
    listed,
    refundsAfter: await anyRefundAfter(reader, moment.dayNo),
  }
}

const params = (customers: readonly string[] | null): string[] =>
  customers === null ? [] : [JSON.stringify(customers)]

export type FeatureRow = Features & { readonly customer: string; readonly tier: string }

/** Features as of a day with the tier they make; at most 500 customers, or everybody. */
export async function readFeatures(
  reader: Reader,
  rules: Question['rules'],
  moment: Moment,
  customers: readonly string[] | null,
): Promise<FeatureRow[]> {
  if (customers?.length === 0) return []
  const question = await questionOf(reader, rules, moment, customers !== null)
  return reader.rows<FeatureRow>(judgedFeaturesSql(question), params(customers))
}

export interface StandingCount {
  readonly tier: string
  readonly dormancy: string | null
  readonly dormancy_rhythm: string | null
  readonly stage: string
  readonly n: number
}

export async function countStandings(
  reader: Reader,
  rules: Question['rules'],
  moment: Moment,
): Promise<StandingCount[]> {
  return reader.rows<StandingCount>(countsSql(await questionOf(reader, rules, moment, false)))
}

// ------------------------------------------------------------------ stored

export interface StoredStanding {
  readonly customer: string
  readonly tier: string
  readonly since_no: number
  readonly dormancy: string | null
  readonly dormancy_rhythm: string | null
  readonly stage: string
  readonly next_no: number | null
}

export async function storedStandings(
  reader: Reader,
  customers: readonly string[],
): Promise<Map<string, StoredStanding>> {
  const rows = await reader.rows<StoredStanding>(
    `select customer, tier, since_no, dormancy, dormancy_rhythm, stage, next_no from standing
     where ${idsIn(reader.dialect, 'customer')}`,
    params(customers),
  )
  return new Map(rows.map((row) => [row.customer, row]))
}

export type KeptFeatures = FeatureRow & StoredStanding

/** The stored standing of each with the facts and window figures it was decided by, named as rules expect them. */
export const keptFeatures = (
  reader: Reader,
  rules: Pick<TierRules, 'windows'>,
  customers: readonly string[],
): Promise<KeptFeatures[]> =>
  reader.rows(keptFeaturesSql(rules, idsIn(reader.dialect, 's.customer')).sql, params(customers))

/** The same as a query for a condition on `s.customer`, with the names of its columns. */
export function keptFeaturesSql(
  { windows }: Pick<TierRules, 'windows'>,
  condition: string,
): { readonly sql: string; readonly columns: readonly string[] } {
  const slots = windows.map((days, i) => {
    const [n, slot] = [String(days), String(i + 1)]
    return `, s.w${slot}_n as purchases_${n}, s.w${slot}_fen as amount_${n}, s.w${slot}_oldest_no as oldest_${n}`
  })
  return {
    sql: `select s.customer, s.tier, s.since_no, s.dormancy, s.dormancy_rhythm, s.stage, s.next_no,
       f.first_no, f.last_no, coalesce(f.purchases, 0) as purchases, coalesce(f.amount_fen, 0) as amount_fen, f.engaged_no${slots.join('')}
     from standing s left join facts f on f.customer = s.customer where ${condition}`,
    columns: [
      ...['customer', 'tier', 'since_no', 'dormancy', 'dormancy_rhythm', 'stage', 'next_no'],
      ...['first_no', 'last_no', 'purchases', 'amount_fen', 'engaged_no'],
      ...windows.flatMap((days) => [
        `purchases_${String(days)}`,
        `amount_${String(days)}`,
        `oldest_${String(days)}`,
      ]),
    ],
  }
}

export async function anyStanding(reader: Reader): Promise<boolean> {
  return (await reader.rows('select 1 as yes from standing limit 1')).length > 0
}

/** Computes and writes at most 500 customers; answers the tier of each whose row changed. */
export async function publishStandings(
  tx: Tx,
  rules: TierRules,
  moment: Moment,
  customers: readonly string[],
): Promise<{ customer: string; tier: string }[]> {
  const question = await questionOf(tx, rules, moment, true)
  return tx.rows(`${publishSql(question)} returning customer, tier`, params(customers))
}

/** Everybody in one statement, without the moves: for a generated shop only. */
export async function publishEverybody(tx: Tx, rules: TierRules, moment: Moment): Promise<number> {
  return tx.run(publishSql(await questionOf(tx, rules, moment, false)))
}

// ------------------------------------------------------------------ whom to look at

/** Everybody's standing as a TEMP table `tmp_standing`: for benchmarks. */
export async function standingsTable(scratch: Tx, rules: TierRules, moment: Moment): Promise<void> {
  const question = await questionOf(scratch, rules, moment, false)
  await scratch.rows(`create temp table tmp_standing as ${standingSql(question)}`)
}

/** Fills `tmp_look` with everybody whose stored standing is not the one computed now; answers how many. */
export async function differingIn(
  scratch: Tx,
  rules: TierRules,
  moment: Moment,
  from: 'buckets' | 'kept',
): Promise<number> {
  const question = await questionOf(scratch, rules, moment, false)
  const sql = from === 'kept' ? differingByKeptSql(question) : differingSql(question)
  return fillLook(scratch, sql)
}

/** Fills `tmp_look` with whom time alone may have moved by `dayNo`, and who was never looked at. */
export const findDue = (scratch: Tx, dayNo: number, knownBefore: Instant): Promise<number> =>
  fillLook(
    scratch,
    `select customer from standing where next_no <= ${String(dayNo)}
     union all
     select c.id from customer c where c.created_at < ${String(knownBefore)}
       and not exists (select 1 from standing s where s.customer = c.id)`,
  )

async function fillLook(scratch: Tx, customers: string): Promise<number> {
  await scratch.run('drop table if exists tmp_look')
  await scratch.run(`create temp table tmp_look as
    select cast(row_number() over (order by customer) as bigint) as n, customer from (${customers}) look`)
  await scratch.run('create index tmp_look_n on tmp_look (n)')
  const [row] = await scratch.rows<{ n: number }>('select cast(count(*) as bigint) as n from tmp_look')
  return row?.n ?? 0
}

/** The next of them in order of id: so many that judging, writing and logging them takes well under 100 ms. */
export async function lookedAt(scratch: Tx, after: number): Promise<string[]> {
  const rows = await scratch.rows<{ customer: string }>(
    'select customer from tmp_look where n > $1 order by n limit 250',
    [after],
  )
  return rows.map(({ customer }) => customer)
}
