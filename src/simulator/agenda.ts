import type { Plan } from './plan.ts'

export interface Due {
  readonly at: number
  readonly order: number
  /** Null: somebody's own function, which no snapshot can keep. */
  readonly plan: Plan | null
  readonly run: () => void | Promise<void>
}

/** What a snapshot keeps of an entry. */
export interface PlannedEntry {
  readonly at: number
  readonly order: number
  readonly plan: Plan
}

export interface AgendaImage {
  readonly count: number
  readonly entries: readonly PlannedEntry[]
}

/** What is going to happen, sorted by time, then by order of scheduling. */
export class Agenda {
  readonly #entries: Due[] = []
  #count = 0

  get head(): Due | undefined {
    return this.#entries[0]
  }

  /** Answers the entry's order, by which it can be taken off again. */
  add(at: number, plan: Plan | null, run: Due['run']): number {
    const due: Due = { at, order: this.#count++, plan, run }
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const other = this.#entries[middle]
      // A newcomer stands behind everything of its own instant.
      if (other && other.at <= at) low = middle + 1
      else high = middle
    }
    this.#entries.splice(low, 0, due)
    return due.order
  }

  remove(order: number): void {
    const index = this.#entries.findIndex((due) => due.order === order)
    if (index >= 0) this.#entries.splice(index, 1)
  }

  shift(): void {
    this.#entries.shift()
  }

  clear(): void {
    this.#entries.length = 0
  }

  /** How many entries are functions. */
  functions(): number {
    return this.#entries.filter((due) => due.plan === null).length
  }

  image(): AgendaImage {
    const entries = this.#entries.flatMap(({ at, order, plan }) => (plan ? [{ at, order, plan }] : []))
    return { count: this.#count, entries }
  }

  restore(image: AgendaImage, perform: (plan: Plan) => void | Promise<void>): void {
    this.clear()
    for (const entry of image.entries) this.#entries.push({ ...entry, run: () => perform(entry.plan) })
    this.#count = image.count
  }
}
