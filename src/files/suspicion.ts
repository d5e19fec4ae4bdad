/** A file can be read and still be the wrong one: what looks odd as a whole is said, and nothing is refused for it. */
import type { Instant } from '../base/clock.ts'
import type { MoneyUnit } from './values.ts'

export interface Suspicion {
  note(customer: string, at: Instant, fen: number): void
  refused(rows: number, of: number): void
  words(): readonly string[]
}

/** Below this a file is too small to look odd. */
const leastRows = 20

export function createSuspicion(unit: MoneyUnit): Suspicion {
  let rows = 0
  let firstCustomer: string | null = null
  let manyCustomers = false
  let firstAt: Instant | null = null
  let manyDates = false
  let withFraction = 0
  let zeros = 0
  /** Rows by the size of their amount: place n holds 2^n fen and more. */
  const sizes = new Array<number>(32).fill(0)
  let refusedRows = 0
  let allRows = 0

  const medianFen = (): number => {
    let left = (rows - zeros) / 2
    for (const [size, count] of sizes.entries()) {
      left -= count
      if (left <= 0) return 2 ** size
    }
    return 0
  }
  return {
    note(customer, at, fen) {
      rows += 1
      firstCustomer ??= customer
      if (customer !== firstCustomer) manyCustomers = true
      firstAt ??= at
      if (at !== firstAt) manyDates = true
      if (fen === 0) zeros += 1
      else
        sizes[Math.floor(Math.log2(Math.abs(fen)))] = (sizes[Math.floor(Math.log2(Math.abs(fen)))] ?? 0) + 1
      if (fen % 100 !== 0) withFraction += 1
    },
    refused(some, all) {
      refusedRows = some
      allRows = all
    },
    words() {
      const odd: string[] = []
      if (allRows >= leastRows && refusedRows * 2 > allRows)
        odd.push(
          `More than half of the rows were refused (${String(refusedRows)} of ${String(allRows)}): check --map.`,
        )
      if (rows < leastRows) return odd
      if (!manyCustomers)
        odd.push(`All ${String(rows)} rows belong to one customer: check the customer column in --map.`)
      if (!manyDates) odd.push(`All ${String(rows)} rows have the same date: check the date column in --map.`)
      if (zeros === rows) odd.push('All amounts are 0: check the amount column in --map.')
      const median = medianFen()
      if (unit === 'yuan' && withFraction === 0 && median >= 500_000)
        odd.push(
          `Half of the amounts are above ${String(Math.round(median / 100))} yuan and none has a fraction: if they are in fen, use --unit fen.`,
        )
      if (unit === 'fen' && zeros < rows && median < 300)
        odd.push(
          `Half of the amounts are below ${(median / 50).toFixed(2)} yuan: if they are in yuan, leave --unit fen out.`,
        )
      return odd
    },
  }
}
