/** What a fitted model says of many customers at once: pure, and run on the thread. */
import type { CountModelName, Parameters } from './model.ts'
import { countModel } from './models/index.ts'

export interface Predicting {
  readonly model: CountModelName
  readonly parameters: Parameters
}

/** Customers by their first day: how many weeks after the first of all they came, and how many did. */
export interface Births {
  readonly weeks: Float64Array
  readonly n: Float64Array
}

/** Repeat purchases expected by the end of week 1 … `weeks`, of customers born at these times. */
export function expectedCumulative(task: Predicting & { births: Births; weeks: number }): number[] {
  const model = countModel(task.model)
  const { weeks: at, n } = task.births
  return Array.from({ length: task.weeks }, (_, week) => {
    let sum = 0
    for (let i = 0; i < n.length; i += 1) {
      const age = week + 1 - (at[i] ?? 0)
      if (age > 0) sum += (n[i] ?? 0) * model.expected(task.parameters, age)
    }
    return sum
  })
}

/** Histories with how many have each and what these bought afterwards, all together. */
export interface LaterTriples {
  readonly x: Float64Array
  readonly tx: Float64Array
  readonly T: Float64Array
  readonly n: Float64Array
  readonly later: Float64Array
}

export interface HoldoutGroup {
  /** Repeat purchases in the calibration; the last group takes everything from here on. */
  readonly x: number
  readonly customers: number
  /** Purchases per customer in the hold-out. */
  readonly actual: number
  readonly expected: number
}

/** Purchases in the hold-out by what was bought before, each x by itself, everything above `most` together. */
export function holdoutGroups(
  task: Predicting & { triples: LaterTriples; weeks: number; most: number },
): HoldoutGroup[] {
  const model = countModel(task.model)
  const { x, tx, T, n, later } = task.triples
  const groups = Array.from({ length: task.most + 1 }, () => ({ customers: 0, actual: 0, expected: 0 }))
  for (let i = 0; i < n.length; i += 1) {
    const history = { x: x[i] ?? 0, tx: tx[i] ?? 0, T: T[i] ?? 0 }
    const group = groups[Math.min(history.x, task.most)]
    if (!group) continue
    group.customers += n[i] ?? 0
    group.actual += later[i] ?? 0
    group.expected += (n[i] ?? 0) * model.conditional(task.parameters, history, task.weeks)
  }
  return groups.map(({ customers, actual, expected }, count) => ({
    x: count,
    customers,
    actual: customers === 0 ? 0 : actual / customers,
    expected: customers === 0 ? 0 : expected / customers,
  }))
}

/** How many customers are expected to have bought 0, 1, … times again by now; the last class is open. */
export function expectedFrequencies(
  task: Predicting & { T: Float64Array; n: Float64Array; most: number },
): number[] {
  const model = countModel(task.model)
  const classes = Array.from({ length: task.most + 1 }, () => 0)
  for (let i = 0; i < task.n.length; i += 1) {
    let left = 1
    for (let x = 0; x < task.most; x += 1) {
      const p = Math.min(left, model.pmf(task.parameters, task.T[i] ?? 0, x))
      left -= p
      classes[x] = (classes[x] ?? 0) + (task.n[i] ?? 0) * p
    }
    classes[task.most] = (classes[task.most] ?? 0) + (task.n[i] ?? 0) * left
  }
  return classes
}

export interface AliveBin {
  /** From this probability on, up to the next tenth. */
  readonly from: number
  readonly oneTime: number
  readonly repeat: number
}

/** Customers by P(alive), in tenths. */
export function aliveBins(
  task: Predicting & { triples: { x: Float64Array; tx: Float64Array; T: Float64Array; n: Float64Array } },
): { readonly bins: AliveBin[]; readonly expectedAlive: number } {
  const model = countModel(task.model)
  const { x, tx, T, n } = task.triples
  const bins = Array.from({ length: 10 }, (_, i) => ({ from: i / 10, oneTime: 0, repeat: 0 }))
  let expectedAlive = 0
  for (let i = 0; i < n.length; i += 1) {
    const history = { x: x[i] ?? 0, tx: tx[i] ?? 0, T: T[i] ?? 0 }
    const alive = model.pAlive(task.parameters, history)
    const weight = n[i] ?? 0
    expectedAlive += weight * alive
    const bin = bins[Math.min(9, Math.floor(alive * 10))]
    if (!bin) continue
    if (history.x === 0) bin.oneTime += weight
    else bin.repeat += weight
  }
  return { bins, expectedAlive }
}

/** Σ E[X(T)] over the customers: what the model expects of the very data it was fitted to. */
export function expectedTotal(task: Predicting & { T: Float64Array; n: Float64Array }): number {
  const model = countModel(task.model)
  let sum = 0
  for (let i = 0; i < task.n.length; i += 1)
    sum += (task.n[i] ?? 0) * model.expected(task.parameters, task.T[i] ?? 0)
  return sum
}
