import type { Instant } from '../base/clock.ts'
import type { Tx } from '../base/db.ts'

const chunk = 500

/**
 * Many rows of which most cells are numbers: those are written into the statement, only texts are bound. Binding is
 * what takes the time here; with every cell bound a batch of looks and clicks cost twice as much.
 */
async function insertNumbers(
  tx: Tx,
  table: string,
  rows: readonly Readonly<Record<string, string | number | null>>[],
  suffix: string,
): Promise<void> {
  const columns = Object.keys(rows[0] ?? {})
  for (let from = 0; from < rows.length; from += 2 * chunk) {
    const texts: string[] = []
    const cell = (value: string | number | null | undefined): string => {
      if (typeof value === 'string') {
        const n = texts.push(value)
        return tx.dialect === 'sqlite' ? '?' : `$${String(n)}`
      }
      if (value === null || value === undefined) return 'null'
      if (!Number.isSafeInteger(value)) throw new TypeError(`${String(value)} is no whole number.`)
      return String(value)
    }
    const values = rows
      .slice(from, from + 2 * chunk)
      .map((row) => `(${columns.map((name) => cell(row[name])).join(', ')})`)
    await tx.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values.join(', ')} ${suffix}`, texts)
  }
}

/** Column and its maximum with what is there. */
const newest = (table: string, column: string): string =>
  `${column} = case when ${table}.${column} is null or ${table}.${column} < excluded.${column} then excluded.${column} else ${table}.${column} end`

export interface ActivityRow {
  readonly customer: string
  readonly day_no: number
  readonly activity: string
  readonly acts: number
}

export const addActivity = (tx: Tx, rows: readonly ActivityRow[]): Promise<void> =>
  insertNumbers(
    tx,
    'activity_day',
    rows.map((row) => ({ ...row })),
    'ON CONFLICT (customer, day_no, activity) DO UPDATE SET acts = activity_day.acts + excluded.acts',
  )

export interface InterestRow {
  readonly customer: string
  readonly sku: string
  readonly browses: number
  readonly last_browse_at: Instant | null
  readonly clicks: number
  readonly last_click_at: Instant | null
}

const addUp = (table: string): string =>
  `browses = ${table}.browses + excluded.browses, clicks = ${table}.clicks + excluded.clicks,
   ${newest(table, 'last_browse_at')}, ${newest(table, 'last_click_at')}`

export const addInterest = (tx: Tx, rows: readonly InterestRow[]): Promise<void> =>
  insertNumbers(
    tx,
    'interest',
    rows.map((row) => ({ ...row, bought_days: 0 })),
    `ON CONFLICT (customer, sku) DO UPDATE SET ${addUp('interest')}`,
  )

export const addInterestDays = (
  tx: Tx,
  rows: readonly (InterestRow & { readonly day_no: number })[],
): Promise<void> =>
  insertNumbers(
    tx,
    'interest_day',
    rows.map((row) => ({ ...row })),
    `ON CONFLICT (customer, day_no, sku) DO UPDATE SET ${addUp('interest_day')}`,
  )

interface Pair {
  readonly customer: string
  readonly sku: string
}

const pairList = (pairs: readonly Pair[]): string =>
  pairs.map((_, i) => `($${String(2 * i + 1)}, $${String(2 * i + 2)})`).join(', ')
const flat = (pairs: readonly Pair[]): string[] => pairs.flatMap(({ customer, sku }) => [customer, sku])

export async function recountBought(tx: Tx, pairs: readonly Pair[]): Promise<void> {
  for (let from = 0; from < pairs.length; from += chunk) {
    const part = pairs.slice(from, from + chunk)
    await tx.run(
      `INSERT INTO interest (customer, sku, browses, clicks, bought_days, last_bought_at)
       select i.customer, i.sku, 0, 0, cast(count(distinct i.day_no) as bigint), cast(max(o.at) as bigint)
         from order_item i join shop_order o on o.source_key = i.order_key
        where (i.customer, i.sku) in (values ${pairList(part)}) group by i.customer, i.sku order by i.customer, i.sku
       ON CONFLICT (customer, sku) DO UPDATE SET bought_days = excluded.bought_days, last_bought_at = excluded.last_bought_at`,
      flat(part),
    )
  }
}

/** For pairs whose last order was taken back; what shows no interest at all any more leaves no row. */
export async function dropEmptyInterest(tx: Tx, pairs: readonly Pair[]): Promise<void> {
  for (let from = 0; from < pairs.length; from += chunk) {
    const part = pairs.slice(from, from + chunk)
    await tx.run(
      `UPDATE interest SET bought_days = 0, last_bought_at = null
        WHERE (customer, sku) IN (values ${pairList(part)}) and not exists
          (select 1 from order_item i where i.customer = interest.customer and i.sku = interest.sku)`,
      flat(part),
    )
    await tx.run(
      `DELETE FROM interest WHERE (customer, sku) IN (values ${pairList(part)})
         and browses = 0 and clicks = 0 and bought_days = 0`,
      flat(part),
    )
  }
}

export interface SatisfactionDelta {
  readonly customer: string
  readonly answers: number
  readonly low: number
  readonly score: number | null
  readonly scoredAt: Instant | null
  readonly lastAt: Instant | null
  /** The newest complaint of the batch. */
  readonly complaintAt: Instant | null
}

export async function saveSatisfaction(tx: Tx, deltas: readonly SatisfactionDelta[]): Promise<void> {
  await tx.insert(
    'satisfaction',
    deltas.map(({ customer, answers, low, score, scoredAt, lastAt, complaintAt }) => ({
      customer,
      last_score: score,
      scored_at: scoredAt,
      last_at: lastAt,
      low,
      answers,
      open_complaint_at: complaintAt,
    })),
    `ON CONFLICT (customer) DO UPDATE SET answers = satisfaction.answers + excluded.answers,
     low = satisfaction.low + excluded.low,
     last_score = case when excluded.scored_at is not null and (satisfaction.scored_at is null or satisfaction.scored_at <= excluded.scored_at)
       then excluded.last_score else satisfaction.last_score end,
     ${newest('satisfaction', 'scored_at')}, ${newest('satisfaction', 'last_at')}, ${newest('satisfaction', 'open_complaint_at')}`,
  )
  const ids = deltas.map(({ customer }) => customer)
  for (let from = 0; from < ids.length; from += chunk) {
    const part = ids.slice(from, from + chunk)
    await tx.run(
      `UPDATE satisfaction SET open_complaint_at = null
        WHERE open_complaint_at <= last_at and customer IN (${part.map((_, i) => `$${String(i + 1)}`).join(', ')})`,
      part,
    )
  }
}

export interface AnswerRow {
  readonly customer: string
  readonly question: string
  readonly at: Instant
  readonly choices: readonly string[]
}

export async function replaceAnswers(tx: Tx, answers: readonly AnswerRow[]): Promise<void> {
  const keyOf = (row: { readonly customer: string; readonly question: string }): string =>
    `${row.customer}\n${row.question}`
  for (let from = 0; from < answers.length; from += chunk) {
    const part = answers.slice(from, from + chunk)
    const pairs = part.map(({ customer, question }) => ({ customer, sku: question }))
    const stored = await tx.rows<{ customer: string; question: string; at: number }>(
      `select customer, question, cast(max(at) as bigint) as at from answer
        where (customer, question) in (values ${pairList(pairs)}) group by customer, question`,
      flat(pairs),
    )
    const known = new Map(stored.map((row) => [keyOf(row), row.at]))
    const newer = part.filter((row) => row.at >= (known.get(keyOf(row)) ?? row.at))
    if (newer.length === 0) continue
    const replaced = newer.map(({ customer, question }) => ({ customer, sku: question }))
    await tx.run(
      `DELETE FROM answer WHERE (customer, question) IN (values ${pairList(replaced)})`,
      flat(replaced),
    )
    await tx.insert(
      'answer',
      newer.flatMap(({ customer, question, at, choices }) =>
        choices.map((choice) => ({ customer, question, choice, at })),
      ),
    )
  }
}
