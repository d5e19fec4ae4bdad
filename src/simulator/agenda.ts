export interface Due {
  readonly at: number
  readonly order: number
  readonly run: () => void | Promise<void>
}

/** What is going to happen, sorted by time, then by order of scheduling. */
export class Agenda {
  readonly #entries: Due[] = []
  #count = 0

  get head(): Due | undefined {
    return this.#entries[0]
  }

  /** Returns the undo. */
  add(at: number, run: Due['run']): () => void {
    const due: Due = { at, order: this.#count++, run }
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
    return () => {
      const index = this.#entries.indexOf(due)
      if (index >= 0) this.#entries.splice(index, 1)
    }
  }

  shift(): void {
    this.#entries.shift()
  }

  clear(): void {
    this.#entries.length = 0
  }
}
