import type { LedgerRow, LedgerStatus } from './types.ts'

/** The record the checkers trust: what was accepted, for whom, and what became of it. */
export interface Ledger {
  add(row: Omit<LedgerRow, 'seq' | 'id' | 'statusAt'>): LedgerRow
  settle(row: LedgerRow, status: LedgerStatus, at: number, resultStatus?: LedgerRow['resultStatus']): void
  rows(since?: number, limit?: number): LedgerRow[]
  size(): number
  clear(): void
  restore(rows: LedgerRow[]): void
}

export function createLedger(): Ledger {
  let rows: LedgerRow[] = []
  return {
    add(fields) {
      const seq = rows.length + 1
      const row: LedgerRow = { ...fields, seq, id: `led${seq}`, statusAt: fields.acceptedAt }
      rows.push(row)
      return row
    },
    settle(row, status, at, resultStatus = row.resultStatus) {
      row.status = status
      row.statusAt = at
      row.resultStatus = resultStatus
    },
    // A seq is its position plus one, so "since" is a slice.
    rows: (since = 0, limit) => rows.slice(since, limit === undefined ? undefined : since + limit),
    size: () => rows.length,
    clear: () => {
      rows = []
    },
    restore(kept) {
      rows = kept
    },
  }
}

const urlPattern = /https?:\/\/[^\s"'<>\u3000\uff0c\u3002\uff09\u300b]+/g

/** Every http(s) address in a message body, in order, each once. */
export function linksIn(value: unknown): string[] {
  const found = new Set<string>()
  const walk = (part: unknown): void => {
    if (typeof part === 'string') for (const link of part.match(urlPattern) ?? []) found.add(link)
    else if (Array.isArray(part)) part.forEach(walk)
    else if (part !== null && typeof part === 'object') Object.values(part).forEach(walk)
  }
  walk(value)
  return [...found]
}
