/** What others ask: whom is worth what, who is at the top, and why, in words. */
import { dayNumber, dayOfNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { readCustomerDaysOf } from './clv.store.ts'
import { expectationInterval } from './estimate.ts'
import { countEstimates, customersByValue, estimatesOf, mostValuable, placeOf } from './estimate.store.ts'
import type { StoredEstimate } from './estimate.store.ts'
import { fitInForce, toEstimateFit } from './fit-row.ts'
import type { FitInForce } from './fit-row.ts'
import { toHistory } from './histories.ts'
import { expectedSpend } from './models/gamma-gamma.ts'
import type { Language } from './plot.ts'

export interface ClvEstimate {
  readonly customer: string
  readonly model: string
  readonly asOf: Day
  /** P(alive), in [0, 1]. */
  readonly pAlive: number
  readonly expectedPurchases: number
  readonly valueFen: number
  readonly lowFen: number
  readonly highFen: number
}

const toEstimate = (row: StoredEstimate): ClvEstimate => ({
  customer: row.customer,
  model: row.model,
  asOf: dayOfNumber(row.computed_no),
  pAlive: row.p_alive,
  expectedPurchases: row.expected_52w,
  valueFen: row.value_52w_fen,
  lowFen: row.low_fen,
  highFen: row.high_fen,
})

/** At most a few hundred at a time; who has never bought, or not yet by the last fit, is absent. */
export async function clvOf(reader: Reader, customers: readonly string[]): Promise<Map<string, ClvEstimate>> {
  const rows = await estimatesOf(reader, customers)
  return new Map([...rows].map(([customer, row]) => [customer, toEstimate(row)]))
}

export interface ClvRank {
  /** 1 is the most valuable. */
  readonly rank: number
  readonly of: number
  /** In the top so many percent: rank / of, 0 … 1. */
  readonly share: number
}

export async function clvRankOf(reader: Reader, customers: readonly string[]): Promise<Map<string, ClvRank>> {
  const rows = await estimatesOf(reader, customers)
  const of = rows.size === 0 ? 0 : await countEstimates(reader)
  const ranks = new Map<string, ClvRank>()
  for (const [customer, row] of rows) {
    const rank = 1 + (await placeOf(reader, customer, row.value_52w_fen))
    ranks.set(customer, { rank, of, share: rank / of })
  }
  return ranks
}

/** At least one of them, if there is anybody; nobody for a share of nothing. */
const placesOf = (of: number, percent: number): number =>
  of === 0 || percent <= 0 ? 0 : Math.max(1, Math.floor((of * Math.min(100, percent)) / 100))

/** The most valuable `percent` of all who ever bought (config: advisorPercent), the best first; at least one of them. */
export async function topByClv(reader: Reader, percent: number): Promise<ClvEstimate[]> {
  const count = placesOf(await countEstimates(reader), percent)
  return count === 0 ? [] : (await mostValuable(reader, count)).map(toEstimate)
}

export interface ClvPlaces {
  /** Everybody with an estimate; 0 until a model was fitted. */
  readonly of: number
  /** How many of them are in the share. */
  readonly count: number
  /** By customer, 1 is the most valuable: those in `times` the share. */
  readonly ranks: ReadonlyMap<string, number>
}

/** The same as places only, and further down: `times` 2 is twice the share. In order of rank. */
export async function placesByClv(reader: Reader, percent: number, times = 1): Promise<ClvPlaces> {
  const of = await countEstimates(reader)
  const count = placesOf(of, percent)
  const customers = count === 0 ? [] : await customersByValue(reader, Math.min(of, count * times))
  return { of, count, ranks: new Map(customers.map((customer, i) => [customer, i + 1])) }
}

// ------------------------------------------------------------------ in words

export interface ClvExplained extends ClvEstimate {
  /** Repeat purchase days. */
  readonly x: number
  /** Weeks from the first to the last of them. */
  readonly tx: number
  /** Weeks from the first to the day of the fit. */
  readonly T: number
  readonly firstDay: Day
  readonly lastDay: Day
  /** Mean spend expected, in major units. */
  readonly meanSpend: number
  /** 95 %: how well the expectation itself is known. */
  readonly expectedInterval: readonly [number, number]
  readonly weeks: number
  readonly interval: number
  readonly rank: ClvRank
  readonly words: string
}

export async function explainClv(
  reader: Reader,
  customer: string,
  lang: Language,
): Promise<ClvExplained | null> {
  const fit = await fitInForce(reader)
  const estimate = (await clvOf(reader, [customer])).get(customer)
  const rank = (await clvRankOf(reader, [customer])).get(customer)
  if (fit === null || !estimate || !rank) return null
  const endNo = dayNumber(fit.endDay)
  const [days] = await readCustomerDaysOf(reader, [customer], endNo)
  if (!days) return null
  const { x, tx, T, m } = toHistory(days, endNo)
  const parameters = toEstimateFit(fit)
  const meanSpend =
    parameters.spend === null
      ? m > 0
        ? m
        : fit.meanSpend
      : expectedSpend(parameters.spend.parameters, m > 0 ? x : 0, m)
  const facts = {
    ...estimate,
    x,
    tx,
    T,
    firstDay: dayOfNumber(days.firstNo),
    lastDay: dayOfNumber(days.lastNo),
    meanSpend,
    expectedInterval: expectationInterval(parameters, { x, tx, T }),
    weeks: fit.weeks,
    interval: fit.interval,
    rank,
  }
  return { ...facts, words: lang === 'zh' ? inChinese(facts, fit) : inEnglish(facts, fit) }
}

type Facts = Omit<ClvExplained, 'words'>
const yuan = (fen: number): string =>
  (fen / 100).toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.01 ? 1 : 0)} %`

const inEnglish = (f: Facts, fit: FitInForce): string =>
  `She first bought on ${f.firstDay}, came back on ${String(f.x)} days, the last time on ${f.lastDay} (${f.tx.toFixed(1)} of ${f.T.toFixed(1)} weeks). ` +
  `By ${fit.model}, fitted on ${String(fit.customers)} customers up to ${fit.endDay}, she is still a customer with a probability of ${percent(f.pAlive)}. ` +
  `In the next ${String(f.weeks)} weeks ${f.expectedPurchases.toFixed(2)} purchases are expected (95 % interval of the expectation ${f.expectedInterval.map((v) => v.toFixed(2)).join(' to ')}) at ${f.meanSpend.toFixed(2)} each: a value of ${yuan(f.valueFen)}. ` +
  `With ${percent(f.interval)} probability she will spend between ${yuan(f.lowFen)} and ${yuan(f.highFen)}. ` +
  `That is place ${String(f.rank.rank)} of ${String(f.rank.of)} (top ${percent(f.rank.share)}).`

const inChinese = (f: Facts, fit: FitInForce): string =>
  `首单 ${f.firstDay}，之后在 ${String(f.x)} 天里复购，最近一次 ${f.lastDay}（观察 ${f.T.toFixed(1)} 周，最近一次在第 ${f.tx.toFixed(1)} 周）。` +
  `按 ${fit.model} 模型（截至 ${fit.endDay}，${String(fit.customers)} 位顾客），她仍活跃的概率为 ${percent(f.pAlive)}。` +
  `未来 ${String(f.weeks)} 周预计购买 ${f.expectedPurchases.toFixed(2)} 次（该预期的 95 % 区间 ${f.expectedInterval.map((v) => v.toFixed(2)).join(' 至 ')}），每次约 ${f.meanSpend.toFixed(2)} 元，价值 ${yuan(f.valueFen)} 元。` +
  `实际花费有 ${percent(f.interval)} 的可能落在 ${yuan(f.lowFen)} 至 ${yuan(f.highFen)} 元之间。` +
  `在 ${String(f.rank.of)} 位顾客中排第 ${String(f.rank.rank)}（前 ${percent(f.rank.share)}）。`
