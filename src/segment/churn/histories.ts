/**
 * Purchases and acts of many customers in flat arrays: small enough for a worker, and read in one direction. A purchase
 * knows the day on which a refund took it back, so that every earlier day still sees it and no later one does.
 */

/** The purchase was never taken back. */
export const never = 2_147_483_647

export interface Purchase {
  readonly dayNo: number
  /** The day of the refund that took the last order of that day back. */
  readonly goneNo?: number | undefined
  /** Days that what was bought will last, where the catalogue knows. */
  readonly supplyDays?: number | undefined
}

export interface History {
  readonly customer: string
  readonly purchases: readonly Purchase[]
  /** Browsing, clicks, words, games: acts per day. */
  readonly acts?: readonly { readonly dayNo: number; readonly acts: number }[]
}

/** Packed; customer i owns purchases `from[i] … from[i + 1]` and acts `actFrom[i] … actFrom[i + 1]`, by day. */
export interface Histories {
  readonly customers: readonly string[]
  readonly from: Int32Array
  readonly day: Int32Array
  readonly gone: Int32Array
  readonly supply: Int32Array
  readonly actFrom: Int32Array
  readonly actDay: Int32Array
  readonly acts: Int32Array
}

/** Grows by doubling. */
class Numbers {
  #data = new Int32Array(1024)
  length = 0
  push(value: number): void {
    if (this.length === this.#data.length) {
      const larger = new Int32Array(this.length * 2)
      larger.set(this.#data)
      this.#data = larger
    }
    this.#data[this.length] = value
    this.length += 1
  }
  done(): Int32Array {
    return this.#data.slice(0, this.length)
  }
}

export interface HistoryPacker {
  add(history: History): void
  done(): Histories
}

export function createPacker(): HistoryPacker {
  const customers: string[] = []
  const [from, day, gone, supply] = [new Numbers(), new Numbers(), new Numbers(), new Numbers()]
  const [actFrom, actDay, acts] = [new Numbers(), new Numbers(), new Numbers()]
  return {
    add(history) {
      customers.push(history.customer)
      from.push(day.length)
      actFrom.push(actDay.length)
      for (const purchase of [...history.purchases].sort((a, b) => a.dayNo - b.dayNo)) {
        day.push(purchase.dayNo)
        gone.push(purchase.goneNo ?? never)
        supply.push(purchase.supplyDays ?? 0)
      }
      for (const act of [...(history.acts ?? [])].sort((a, b) => a.dayNo - b.dayNo)) {
        actDay.push(act.dayNo)
        acts.push(act.acts)
      }
    },
    done() {
      from.push(day.length)
      actFrom.push(actDay.length)
      return {
        customers,
        from: from.done(),
        day: day.done(),
        gone: gone.done(),
        supply: supply.done(),
        actFrom: actFrom.done(),
        actDay: actDay.done(),
        acts: acts.done(),
      }
    },
  }
}

export function packHistories(histories: Iterable<History>): Histories {
  const packer = createPacker()
  for (const history of histories) packer.add(history)
  return packer.done()
}

/** What was known at the end of `originNo` of one customer's purchases. */
export interface Known {
  /** Purchase days that stood then. */
  purchases: number
  firstNo: number
  lastNo: number
  /** Sum of the logarithms of the intervals. */
  sumLog: number
  /** Of the last purchase; 0 = not known. */
  supplyDays: number
}

export function knownAt(h: Histories, i: number, originNo: number, into: Known): Known {
  into.purchases = 0
  into.firstNo = 0
  into.lastNo = 0
  into.sumLog = 0
  into.supplyDays = 0
  const end = h.from[i + 1] ?? 0
  for (let n = h.from[i] ?? 0; n < end; n += 1) {
    const dayNo = h.day[n] ?? 0
    if (dayNo > originNo) break
    if ((h.gone[n] ?? never) <= originNo) continue
    if (into.purchases === 0) into.firstNo = dayNo
    else into.sumLog += Math.log(dayNo - into.lastNo)
    into.purchases += 1
    into.lastNo = dayNo
    into.supplyDays = h.supply[n] ?? 0
  }
  return into
}

/** The first purchase in (afterNo, untilNo] that still stands on `endNo`, the end of the data; −1 = none. */
export function nextPurchase(
  h: Histories,
  i: number,
  { afterNo, untilNo, endNo }: { readonly afterNo: number; readonly untilNo: number; readonly endNo: number },
): number {
  const end = h.from[i + 1] ?? 0
  for (let n = h.from[i] ?? 0; n < end; n += 1) {
    const dayNo = h.day[n] ?? 0
    if (dayNo > untilNo || dayNo > endNo) return -1
    if (dayNo > afterNo && (h.gone[n] ?? never) > endNo) return dayNo
  }
  return -1
}

/** Acts in (afterNo, untilNo]. */
export function actsBetween(h: Histories, i: number, afterNo: number, untilNo: number): number {
  let sum = 0
  const end = h.actFrom[i + 1] ?? 0
  for (let n = h.actFrom[i] ?? 0; n < end; n += 1) {
    const dayNo = h.actDay[n] ?? 0
    if (dayNo > untilNo) break
    if (dayNo > afterNo) sum += h.acts[n] ?? 0
  }
  return sum
}

/** First and last day of anything, and the first day of any act; null of nothing. */
export function spanOf(h: Histories): { firstNo: number; lastNo: number; actsFromNo: number | null } | null {
  if (h.day.length === 0) return null
  let [firstNo, lastNo] = [never, -never]
  for (const dayNo of h.day) {
    firstNo = Math.min(firstNo, dayNo)
    lastNo = Math.max(lastNo, dayNo)
  }
  let actsFromNo: number | null = null
  for (const dayNo of h.actDay) {
    actsFromNo = actsFromNo === null ? dayNo : Math.min(actsFromNo, dayNo)
    lastNo = Math.max(lastNo, dayNo)
  }
  return { firstNo, lastNo, actsFromNo }
}
