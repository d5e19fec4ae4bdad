/** Customers in columns and groups, taken up page by page: what fits, plots and checks work with. */
import { dayNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import { purchaseSpan } from './clv.store.ts'
import { heldOutAsOf, historiesAsOf } from './histories.ts'
import type { HeldOut } from './histories.ts'
import type { Triples } from './model.ts'
import { groupSpends } from './models/gamma-gamma.ts'
import type { Spends } from './models/gamma-gamma.ts'
import type { Births, LaterTriples } from './predict.ts'
import { groupTriples } from './triples.ts'

export interface Dataset {
  readonly triples: Triples
  readonly spends: Spends & { readonly free: number }
  readonly births: Births
  /** The first day of the first customer. */
  readonly originNo: number
  readonly oneTime: number
  /** Of a purchase day, first ones included, in major units. */
  readonly meanSpend: number
  /** Spearman's correlation of repeat purchases and mean spend among repeat buyers who paid; null for fewer than 3. */
  readonly spendCorrelation: number | null
  /** Present when somebody asked for a hold-out. */
  readonly later: { readonly until: Day; readonly weeks: number; readonly triples: LaterTriples } | null
}

interface Sums {
  x: number
  tx: number
  T: number
  weight: number
  later: number
}

export async function readDataset(reader: Reader, end: Day, until: Day | null): Promise<Dataset> {
  const groups = new Map<string, Sums>()
  const spends: { x: number; m: number }[] = []
  const firsts = new Map<number, number>()
  let oneTime = 0
  let amountFen = 0
  let days = 0
  const pages = until === null ? plain(reader, end) : heldOutAsOf(reader, end, until)
  for await (const page of pages) {
    for (const { x, tx, T, m, firstNo, later, amountFen: paidFen } of page) {
      amountFen += paidFen
      days += x + 1
      if (x === 0) oneTime += 1
      else spends.push({ x, m })
      firsts.set(firstNo, (firsts.get(firstNo) ?? 0) + 1)
      const key = `${String(x)} ${String(tx)} ${String(T)}`
      const sums = groups.get(key)
      if (sums) {
        sums.weight += 1
        sums.later += later
      } else groups.set(key, { x, tx, T, weight: 1, later })
    }
  }
  if (groups.size === 0) throw await nobody(reader, end)
  const originNo = [...firsts.keys()].reduce((min, day) => Math.min(min, day), Infinity)
  const births = [...firsts].sort(([a], [b]) => a - b)
  return {
    triples: groupTriples(groups.values()),
    spends: groupSpends(spends),
    births: {
      weeks: Float64Array.from(births, ([day]) => (day - originNo) / 7),
      n: Float64Array.from(births, ([, n]) => n),
    },
    originNo,
    oneTime,
    meanSpend: amountFen / days / 100,
    spendCorrelation: rankCorrelation(spends.filter(({ m }) => m > 0)),
    later: until === null ? null : laterOf(groups, end, until),
  }
}

async function* plain(reader: Reader, end: Day): AsyncGenerator<HeldOut[]> {
  for await (const page of historiesAsOf(reader, end))
    yield page.map((history) => ({ ...history, later: 0, laterFen: 0 }))
}

async function nobody(reader: Reader, end: Day): Promise<Refusal> {
  const span = await purchaseSpan(reader)
  return new Refusal('clv-no-customers', `Nobody had bought anything by ${end}.`, 400, {
    fix:
      span === null
        ? 'Import orders first: `siyu import orders FILE`.'
        : 'Choose a later day: `siyu clv fit --calibration-end DATE`.',
  })
}

function laterOf(groups: ReadonlyMap<string, Sums>, end: Day, until: Day): Dataset['later'] {
  const sorted = [...groups.values()].sort((u, v) => u.x - v.x || u.tx - v.tx || u.T - v.T)
  return {
    until,
    weeks: (dayNumber(until) - dayNumber(end)) / 7,
    triples: {
      x: Float64Array.from(sorted, ({ x }) => x),
      tx: Float64Array.from(sorted, ({ tx }) => tx),
      T: Float64Array.from(sorted, ({ T }) => T),
      n: Float64Array.from(sorted, ({ weight }) => weight),
      later: Float64Array.from(sorted, ({ later }) => later),
    },
  }
}

/** Spearman: of ranks, so that a few huge baskets do not decide. */
export function rankCorrelation(pairs: readonly { readonly x: number; readonly m: number }[]): number | null {
  if (pairs.length < 3) return null
  const u = ranksOf(pairs.map(({ x }) => x))
  const v = ranksOf(pairs.map(({ m }) => m))
  const middle = (pairs.length - 1) / 2
  let [uv, uu, vv] = [0, 0, 0]
  for (let i = 0; i < u.length; i += 1) {
    const [a, b] = [(u[i] ?? 0) - middle, (v[i] ?? 0) - middle]
    uv += a * b
    uu += a * a
    vv += b * b
  }
  return uu === 0 || vv === 0 ? null : uv / Math.sqrt(uu * vv)
}

function ranksOf(values: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0))
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length;) {
    let to = from + 1
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to += 1
    for (let k = from; k < to; k += 1) ranks[order[k] ?? 0] = (from + to - 1) / 2
    from = to
  }
  return ranks
}
