/**
 * What is known of a customer beside her deeds. The log holds who and the facts; her words (a name, a note) lie beside
 * it, found by the row's id, so that erasing them leaves the log and every rebuild sound. The newest statement of an
 * attribute wins by its own instant, whatever order statements arrive in; an explicit nothing clears it.
 */
import type { Happening, Who } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { sha256 } from '../base/ids.ts'
import type { FreshRow, Projection } from '../interaction/index.ts'
import { attributeRows, customersNamed, saveAttributes, wordsOf } from './attribute.store.ts'
import type { AttributeRow } from './attribute.store.ts'
import { storedFact } from './attribute-value.ts'
import type { AttributeValue } from './attribute-value.ts'
import { identitiesIn, keyOf } from './identity.ts'

/** By attribute; null clears. */
export type Description = ReadonlyMap<string, AttributeValue | null>

export interface Statement {
  readonly source: string
  /** What makes it happen once; made from its content when absent. */
  readonly sourceKey?: string
  readonly at: Instant
  readonly who: Who
  readonly says: Description
}

export function describing({ source, sourceKey, at, who, says }: Statement): Happening {
  const facts: Record<string, unknown> = {}
  const words: Record<string, string> = {}
  for (const [name, value] of [...says].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (value?.kind === 'words') words[name] = value.text
    else facts[name] = value === null ? null : value.value
  }
  const named = Object.keys(words)
  const said = named.length > 0 ? JSON.stringify(words) : undefined
  return {
    kind: 'customer-described',
    at,
    source,
    sourceKey: sourceKey ?? `row:${sha256(JSON.stringify([who, at, facts, said])).slice(0, 32)}`,
    who,
    detail: { attributes: facts, ...(named.length > 0 ? { words: named } : {}) },
    ...(said === undefined ? {} : { said }),
  }
}

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}

function rowsOf({ id, at, customer, detail }: FreshRow): AttributeRow[] {
  if (customer === null) return []
  const facts = Object.entries(recordOf(detail['attributes'])).map(([name, value]): AttributeRow => {
    const stored = storedFact(value)
    return { customer, name, value: stored?.value ?? null, number: stored?.number ?? null, words: null, at }
  })
  const named = Array.isArray(detail['words']) ? detail['words'] : []
  const words = named.flatMap((name: unknown): AttributeRow[] =>
    typeof name === 'string' ? [{ customer, name, value: null, number: null, words: id, at }] : [],
  )
  return [...facts, ...words]
}

const weight = ({ value, words }: AttributeRow): string => value ?? words ?? ''
const isNewer = (a: AttributeRow, b: AttributeRow): boolean =>
  a.at > b.at || (a.at === b.at && weight(a) > weight(b))

export const attributeProjection: Projection = {
  name: 'attributes',
  kinds: ['customer-described'],
  keeps: [{ table: 'attribute', of: 'customer' }],
  async apply(tx, rows) {
    const newest = new Map<string, AttributeRow>()
    for (const row of rows.flatMap(rowsOf)) {
      const key = `${row.customer}\n${row.name}`
      const before = newest.get(key)
      if (!before || isNewer(row, before)) newest.set(key, row)
    }
    await saveAttributes(
      tx,
      [...newest].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
    )
  },
}

export interface KnownAttribute {
  readonly name: string
  /** Null: the shop said it is nothing, or the words were erased. */
  readonly value: string | null
  readonly number: number | null
  readonly at: Instant
}

/** What is known of these customers, words included, in order of name. */
export async function attributesOf(
  reader: Reader,
  customers: readonly string[],
): Promise<Map<string, KnownAttribute[]>> {
  const rows = await attributeRows(reader, customers)
  const words = await wordsOf(
    reader,
    rows.flatMap((row) => row.words ?? []),
  )
  const found = new Map<string, KnownAttribute[]>()
  for (const row of rows) {
    const text = row.words === null ? row.value : textOf(words.get(row.words), row.name)
    const mine = found.get(row.customer) ?? []
    found.set(row.customer, mine)
    mine.push({ name: row.name, value: text, number: row.number, at: row.at })
  }
  return found
}

function textOf(said: string | undefined, name: string): string | null {
  if (said === undefined) return null
  const value = recordOf(JSON.parse(said) as unknown)[name]
  return typeof value === 'string' ? value : null
}

/**
 * Of these statements, those that say something new: another value, or an identity that is not linked yet. A file that
 * is imported again, touched or copied, then adds nothing to the log.
 */
export async function sayingNew(reader: Reader, statements: readonly Happening[]): Promise<Happening[]> {
  const identities = statements.flatMap(({ who }) => identitiesIn(who))
  const customers = await customersNamed(reader, identities)
  const known = await attributesOf(reader, [...new Set(customers.values())])
  return statements.filter((statement) => {
    const hers = identitiesIn(statement.who).map((identity) => customers.get(keyOf(identity)))
    const [customer] = hers
    if (customer === undefined || hers.some((one) => one !== customer)) return true
    const values = new Map((known.get(customer) ?? []).map((one) => [one.name, one]))
    return !saidBefore(statement, values)
  })
}

function saidBefore(statement: Happening, known: ReadonlyMap<string, KnownAttribute>): boolean {
  const facts = Object.entries(recordOf(statement.detail['attributes']))
  const words = Object.entries(recordOf(statement.said === undefined ? {} : JSON.parse(statement.said)))
  const same = (name: string, value: string | null): boolean => {
    const before = known.get(name)
    return before === undefined ? false : before.value === value
  }
  return (
    facts.every(([name, value]) => same(name, storedFact(value)?.value ?? null)) &&
    words.every(([name, text]) => same(name, typeof text === 'string' ? text : null))
  )
}
