import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'
import { knownIdentities, list } from './customer.store.ts'
import type { Identity } from './identity.ts'

const chunk = 500

export interface AttributeRow {
  readonly customer: string
  readonly name: string
  /** Null with `words` null: cleared. */
  readonly value: string | null
  readonly number: number | null
  /** The log row whose words hold the value. */
  readonly words: string | null
  readonly at: Instant
}

/** Newer by instant; of two of the same instant the greater text, so that the order of arrival never decides. */
export const saveAttributes = (tx: Tx, rows: readonly AttributeRow[]): Promise<number> =>
  tx.insert(
    'attribute',
    rows.map(({ customer, name, value, number, words, at }) => ({
      customer,
      name,
      value,
      number,
      words,
      at,
    })),
    `ON CONFLICT (customer, name) DO UPDATE SET value = excluded.value, number = excluded.number,
     words = excluded.words, at = excluded.at
     WHERE excluded.at > attribute.at or (excluded.at = attribute.at
       and coalesce(excluded.value, excluded.words, '') > coalesce(attribute.value, attribute.words, ''))`,
  )

async function inParts<T>(
  values: readonly string[],
  read: (part: readonly string[]) => Promise<T[]>,
): Promise<T[]> {
  const rows: T[] = []
  for (let from = 0; from < values.length; from += chunk)
    rows.push(...(await read(values.slice(from, from + chunk))))
  return rows
}

export const attributeRows = (reader: Reader, customers: readonly string[]): Promise<AttributeRow[]> =>
  inParts(customers, (part) =>
    reader.rows<AttributeRow>(
      `select customer, name, value, number, words, at from attribute where customer in (${list(part)}) order by customer, name`,
      part,
    ),
  )

export async function wordsOf(reader: Reader, rowIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await inParts([...new Set(rowIds)], (part) =>
    reader.rows<{ log_id: string; words: string }>(
      `select log_id, words from log_words where log_id in (${list(part)})`,
      part,
    ),
  )
  return new Map(rows.map((row) => [row.log_id, row.words]))
}

/** The customer of each known identity, by its key. */
export async function customersNamed(
  reader: Reader,
  identities: readonly Identity[],
): Promise<Map<string, string>> {
  const known = await knownIdentities(reader, identities)
  return new Map([...known].map(([key, { customer }]) => [key, customer]))
}
