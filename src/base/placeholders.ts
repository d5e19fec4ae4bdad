/** Placeholders of statements that are put together from parts. */
import type { Value } from './db.ts'

/** SQLite binds placeholders in the order in which they stand in the text, whatever their numbers. */
export function inOrder(sql: string, values: readonly Value[]): [string, Value[]] {
  const ordered: Value[] = []
  const text = sql.replace(/\$(\d+)/g, (_, number: string) => {
    ordered.push(values[Number(number) - 1] ?? null)
    return `$${String(ordered.length)}`
  })
  return [text, ordered]
}

export interface Placeholders {
  readonly all: readonly Value[]
  /** Remembers the value and answers its placeholder, which may stand in the text several times. */
  put(value: Value): string
  /** Several with commas between them. */
  list(values: readonly Value[]): string
}

/** For a text that goes through `inOrder` before it is asked. */
export function placeholders(): Placeholders {
  const all: Value[] = []
  const put = (value: Value): string => `$${String(all.push(value))}`
  return { all, put, list: (values) => values.map(put).join(', ') }
}
