/**
 * Would it have offered what she bought next? Two protocols over the same code that serves:
 *
 * - time-split: learn from everything up to a day, ask for what each customer bought anew after it (no future leaks);
 * - last-basket: learn from everything but each asked customer's last order, ask for what was new in it.
 *
 * Only items she never bought before count, on both sides: offering again what she buys anyway is no merit.
 */
import { dayOfNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Tx } from '../../base/db.ts'
import { cosineE6, liftE3 } from './affinity.ts'
import { countTogether } from './co-purchase.store.ts'
import type { Counts, LinesSource, Span } from './co-purchase.store.ts'
import { boughtAcross, boughtTwice, holdOut, linesOf, sizeOf } from './evaluate.store.ts'
import type { DataSize, Line } from './evaluate.store.ts'
import { bootstrap, wilson } from './intervals.ts'
import type { Interval } from './intervals.ts'
import type { Measure, RecommendSettings } from './settings.ts'

export interface EvaluateOptions {
  readonly settings: RecommendSettings
  readonly k: number
  /** At most about this many customers are asked for, taken evenly. */
  readonly most: number
  readonly holdoutDays: number
  readonly seed: number
}

export type Arm = 'cosine' | 'lift' | 'popularity' | 'shown'
const arms: readonly Arm[] = ['cosine', 'lift', 'popularity', 'shown']

export interface ArmFigures {
  readonly arm: Arm
  /** Share of customers with at least one right offer among k; Wilson 95 %. */
  readonly hitRate: Interval
  /** Mean share of what she newly bought that was offered; bootstrap 95 % over customers. */
  readonly recall: Interval
  /** Mean of 1 / place of the first right offer, 0 without; bootstrap 95 %. */
  readonly mrr: Interval
  readonly coverage: { readonly items: number; readonly of: number; readonly share: number }
  /** Hit rate minus that of popularity, paired; bootstrap 95 %. */
  readonly overPopularity?: Interval
}

export interface ProtocolFigures {
  readonly protocol: 'time-split' | 'last-basket'
  readonly learntUntil: Day
  readonly eligible: number
  /** Customers asked for: those of the eligible taken who bought something new. */
  readonly trials: number
  readonly targets: number
  /** Targets that were known to the counts at all. */
  readonly reachable: number
  /** Held-out lines of what she had bought before: not asked for. */
  readonly repeats: number
  readonly arms: readonly ArmFigures[]
}

export interface Evaluation {
  readonly lines: number
  readonly customers: number
  readonly orders: number
  readonly skus: number
  readonly from: Day | null
  readonly to: Day | null
  readonly k: number
  readonly settings: RecommendSettings
  readonly protocols: readonly ProtocolFigures[]
}

export async function evaluateRecommendations(
  scratch: Tx,
  source: LinesSource,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const size = await sizeOf(scratch, source)
  const { first_no, last_no, ...counted } = size
  return {
    ...counted,
    from: first_no === null ? null : dayOfNumber(first_no),
    to: last_no === null ? null : dayOfNumber(last_no),
    k: options.k,
    settings: options.settings,
    protocols: [
      await timeSplit(scratch, source, size, options),
      await lastBasket(scratch, source, size, options),
    ],
  }
}

interface Trial {
  /** Newest first, each once. */
  readonly history: readonly string[]
  readonly targets: ReadonlySet<string>
}

interface Asked {
  readonly trials: Trial[]
  repeats: number
}

function ask(asked: Asked, before: readonly Line[], after: readonly Line[]): void {
  const owned = new Set(before.map(({ sku }) => sku))
  const targets = new Set<string>()
  for (const { sku } of after) {
    if (owned.has(sku)) asked.repeats += 1
    else targets.add(sku)
  }
  if (targets.size === 0 || owned.size === 0) return
  const history = [...new Set(before.toReversed().map(({ sku }) => sku))]
  asked.trials.push({ history, targets })
}

async function timeSplit(
  scratch: Tx,
  source: LinesSource,
  { last_no }: DataSize,
  options: EvaluateOptions,
): Promise<ProtocolFigures> {
  const splitNo = (last_no ?? 0) - options.holdoutDays
  const { customers, of } = await boughtAcross(scratch, source, splitNo, options.most)
  const asked: Asked = { trials: [], repeats: 0 }
  for await (const part of linesOf(scratch, source, customers))
    for (const lines of part.values())
      ask(
        asked,
        lines.filter(({ day_no }) => day_no <= splitNo),
        lines.filter(({ day_no }) => day_no > splitNo),
      )
  const span = { after: splitNo - options.settings.windowDays, until: splitNo }
  return figures('time-split', of, asked, await learn(scratch, source, span, options), splitNo, options)
}

async function lastBasket(
  scratch: Tx,
  source: LinesSource,
  { last_no }: DataSize,
  options: EvaluateOptions,
): Promise<ProtocolFigures> {
  const { customers, of } = await boughtTwice(scratch, source, options.most)
  const asked: Asked = { trials: [], repeats: 0 }
  const held: string[] = []
  for await (const part of linesOf(scratch, source, customers))
    for (const lines of part.values()) {
      const last = lines.at(-1)
      if (!last) continue
      held.push(last.order_key)
      ask(
        asked,
        lines.filter(({ order_key }) => order_key !== last.order_key),
        lines.filter(({ order_key }) => order_key === last.order_key),
      )
    }
  const until = last_no ?? 0
  const span = {
    after: until - options.settings.windowDays,
    until,
    without: await holdOut(scratch, [...new Set(held)]),
  }
  return figures('last-basket', of, asked, await learn(scratch, source, span, options), until, options)
}

// ------------------------------------------------------------------ learning

interface Learnt {
  readonly counts: Counts
  readonly ids: ReadonlyMap<string, number>
  /** Best first: item → others with their worth. */
  readonly neighbours: Readonly<Record<Measure, ReadonlyMap<number, readonly (readonly [number, number])[]>>>
  readonly popular: readonly number[]
}

async function learn(
  scratch: Tx,
  source: LinesSource,
  span: Span,
  { settings }: EvaluateOptions,
): Promise<Learnt> {
  const counts = await countTogether(scratch, source, span, settings)
  return {
    counts,
    ids: new Map(counts.items.map(({ id, sku }) => [sku, id])),
    neighbours: {
      cosine: await neighboursBy(counts, 'cosine'),
      lift: await neighboursBy(counts, 'lift'),
    },
    popular: [...counts.items].sort((a, b) => b.units - a.units || a.id - b.id).map(({ id }) => id),
  }
}

async function neighboursBy(
  counts: Counts,
  measure: Measure,
): Promise<Map<number, (readonly [number, number])[]>> {
  const byId = new Map(counts.items.map((item) => [item.id, item]))
  const found = new Map<number, (readonly [number, number])[]>()
  for await (const { pairs } of counts.batches(measure))
    for (const { item, other, together } of pairs) {
      const units = byId.get(item)?.units ?? 0
      const all = counts.all
      const figures = {
        units,
        looked: counts.looked(units),
        otherUnits: byId.get(other)?.units ?? 0,
        together,
        all,
      }
      const worth = measure === 'cosine' ? cosineE6(figures) : liftE3(figures)
      const own = found.get(item)
      if (own) own.push([other, worth])
      else found.set(item, [[other, worth]])
    }
  return found
}

// ------------------------------------------------------------------ offering

function offers(learnt: Learnt, { history }: Trial, measure: Measure, historyItems: number): number[] {
  const owned = new Set(history.map((sku) => learnt.ids.get(sku)))
  const sums = new Map<number, number>()
  for (const sku of history.slice(0, historyItems)) {
    const id = learnt.ids.get(sku)
    if (id === undefined) continue
    for (const [other, worth] of learnt.neighbours[measure].get(id) ?? [])
      if (!owned.has(other)) sums.set(other, (sums.get(other) ?? 0) + worth)
  }
  return [...sums].sort(([a, x], [b, y]) => y - x || a - b).map(([id]) => id)
}

function popularOffers(learnt: Learnt, { history }: Trial, most: number): number[] {
  const owned = new Set(history.map((sku) => learnt.ids.get(sku)))
  const chosen: number[] = []
  for (const id of learnt.popular) {
    if (chosen.length >= most) break
    if (!owned.has(id)) chosen.push(id)
  }
  return chosen
}

function offered(learnt: Learnt, trial: Trial, { settings, k }: EvaluateOptions): Record<Arm, number[]> {
  const cosine = offers(learnt, trial, 'cosine', settings.historyItems)
  const lift = offers(learnt, trial, 'lift', settings.historyItems)
  const popularity = popularOffers(learnt, trial, 2 * k)
  const chosen = settings.measure === 'cosine' ? cosine : lift
  return {
    cosine: cosine.slice(0, k),
    lift: lift.slice(0, k),
    popularity: popularity.slice(0, k),
    // What a person sees: topped up with what is popular.
    shown: [...new Set([...chosen.slice(0, k), ...popularity])].slice(0, k),
  }
}

interface Scores {
  readonly hit: number[]
  readonly recall: number[]
  readonly reciprocal: number[]
  readonly items: Set<number>
}

function figures(
  protocol: ProtocolFigures['protocol'],
  eligible: number,
  { trials, repeats }: Asked,
  learnt: Learnt,
  untilNo: number,
  options: EvaluateOptions,
): ProtocolFigures {
  const scores = new Map<Arm, Scores>(
    arms.map((arm) => [arm, { hit: [], recall: [], reciprocal: [], items: new Set() }]),
  )
  let targets = 0
  let reachable = 0
  for (const trial of trials) {
    const wanted = new Set([...trial.targets].flatMap((sku) => learnt.ids.get(sku) ?? []))
    targets += trial.targets.size
    reachable += wanted.size
    for (const [arm, list] of Object.entries(offered(learnt, trial, options)) as [Arm, number[]][]) {
      const score = scores.get(arm)
      if (!score) continue
      const right = list.filter((id) => wanted.has(id)).length
      const first = list.findIndex((id) => wanted.has(id))
      score.hit.push(right > 0 ? 1 : 0)
      score.recall.push(right / trial.targets.size)
      score.reciprocal.push(first < 0 ? 0 : 1 / (first + 1))
      for (const id of list) score.items.add(id)
    }
  }
  return {
    protocol,
    learntUntil: dayOfNumber(untilNo),
    eligible,
    trials: trials.length,
    targets,
    reachable,
    repeats,
    arms: armFigures(scores, learnt.counts.items.length, options.seed),
  }
}

function armFigures(scores: ReadonlyMap<Arm, Scores>, known: number, seed: number): ArmFigures[] {
  const baseline = scores.get('popularity')?.hit ?? []
  return [...scores].map(([arm, { hit, recall, reciprocal, items }]) => {
    const over = hit.map((value, i) => value - (baseline[i] ?? 0))
    const [meanRecall, mrr, overPopularity] = bootstrap([recall, reciprocal, over], { seed })
    const none = { value: 0, low: 0, high: 0 }
    return {
      arm,
      hitRate: rounded(wilson(hit.filter((one) => one === 1).length, hit.length)),
      recall: rounded(meanRecall ?? none),
      mrr: rounded(mrr ?? none),
      coverage: {
        items: items.size,
        of: known,
        share: round(known === 0 ? 0 : items.size / known),
      },
      ...(arm === 'popularity' ? {} : { overPopularity: rounded(overPopularity ?? none) }),
    }
  })
}

const round = (value: number): number => Math.round(value * 1e5) / 1e5
const rounded = ({ value, low, high }: Interval): Interval => ({
  value: round(value),
  low: round(low),
  high: round(high),
})
