/**
 * `privacy export` and `privacy erase`: everything about one person, from every folder. Erasing takes what is owed to her
 * back first, then renames and deletes in one transaction under the log's lock, so that nobody ever sees half of it.
 */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Actor, Ctx } from './base/act.ts'
import { isoOf } from './base/calendar.ts'
import { sqlitePath } from './base/db.ts'
import type { Reader } from './base/db.ts'
import { Refusal } from './base/errors.ts'
import type { Core } from './core.ts'
import {
  customerPrivacy,
  findCustomer,
  forgetIdentities,
  personOf,
  settleConflicts,
  whoOfIdentity,
} from './customer/index.ts'
import type { Erasures } from './customer/index.ts'
import { cadencePrivacy } from './cadence/index.ts'
import { gamePrivacy } from './game/index.ts'
import {
  dumpPerson,
  erasePerson,
  eraseWords,
  headSeq,
  keysNaming,
  keysOfPerson,
  lockHead,
  readWordsOf,
  renameRows,
  rowsInParts,
  seqsNaming,
} from './interaction/index.ts'
import type { LogRow, Privacy, Rename } from './interaction/index.ts'
import { orderPrivacy } from './order/index.ts'
import { blankParcels, cancelAll, outboxPrivacy } from './outbox/index.ts'
import { rewardPrivacy } from './reward/index.ts'
import { tables } from './schema.ts'
import { segmentPrivacy } from './segment/index.ts'
import { wecomPrivacy } from './wecom/index.ts'

/** Every folder that keeps something of a person. */
export const privacy: readonly Privacy[] = [
  customerPrivacy,
  orderPrivacy,
  outboxPrivacy,
  segmentPrivacy,
  rewardPrivacy,
  gamePrivacy,
  cadencePrivacy,
  wecomPrivacy,
]

async function must(reader: Reader, who: string): Promise<string> {
  const customer = await findCustomer(reader, who)
  if (customer !== null) return customer
  throw new Refusal('not-found', `No customer is known as ${who}.`, 404, {
    fix: 'Give her id, or an external_userid, unionid, shop id or phone hash of hers.',
  })
}

// ------------------------------------------------------------------ export

export interface PersonExport {
  readonly customer: string
  readonly exportedAt: string
  readonly identities: readonly { readonly kind: string; readonly value: string }[]
  /** Every row of the log that names her, with her own words. */
  readonly log: readonly (LogRow & { readonly said?: string })[]
  /** By folder and table. */
  readonly kept: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>>
}

/** Whoever was handed out is a row of the log, like everything that happens to her data. */
export async function handOutPerson(
  parts: Pick<Core, 'db' | 'act' | 'clock'>,
  who: string,
  actor: Actor = { kind: 'cli', verb: 'privacy export' },
): Promise<PersonExport> {
  const found = await exportPerson(parts, who)
  const [first] = (await personOf(parts.db.reader, found.customer)).known
  await parts.act(actor, async (ctx) => {
    await Promise.resolve()
    ctx.record({
      kind: 'data-exported',
      at: ctx.now,
      source: 'privacy',
      sourceKey: `exported:${ctx.newId()}`,
      who: first ? whoOfIdentity(first) : {},
      detail: { what: 'person', rows: found.log.length },
    })
  })
  return found
}

export async function exportPerson(
  { db, clock }: Pick<Core, 'db' | 'clock'>,
  who: string,
): Promise<PersonExport> {
  const { reader } = db
  const customer = await must(reader, who)
  const person = await personOf(reader, customer)
  const rows = await rowsInParts(reader, await seqsNaming(reader, person.known))
  const words = await readWordsOf(
    reader,
    rows.map(({ id }) => id),
  )
  return {
    customer,
    exportedAt: isoOf(clock.now()),
    identities: person.known,
    log: rows.map((row) => {
      const said = words.get(row.id)
      return said === undefined ? row : { ...row, said }
    }),
    kept: await dumpPerson(reader, privacy, person),
  }
}

// ------------------------------------------------------------------ erase

export interface Erased {
  /** Her facts go on under it. */
  readonly tombstone: string
  readonly rows: number
  readonly seconds: number
}

export interface EraseParts extends Pick<Core, 'db' | 'act' | 'clock'> {
  readonly erasures: Erasures
  /** Keeps the hashes outside the database, for a restored copy; null when they stand there already. */
  readonly listFile: string | null
}

const actor = { kind: 'cli', verb: 'privacy' } as const

export async function eraseCustomer(parts: EraseParts, who: string, reason: string): Promise<Erased> {
  const startedAt = performance.now()
  const { db, act } = parts
  const customer = await must(db.reader, who)
  await act(actor, (ctx) => cancelAll(ctx, customer, { code: 'erased', words: '个人信息已删除' }))
  const before = await personOf(db.reader, customer)
  // Where others' rows name her is looked for beside the door; under the lock only what came since.
  const head = await headSeq(db.reader)
  const mentions = new Map<string, Keys>()
  for (const definition of tables)
    mentions.set(
      definition.name,
      await keysNaming(
        db.reader,
        definition,
        [...before.customers, ...before.identities].filter(isUnmistakable),
      ),
    )
  const { tombstone, rows } = await act(actor, (ctx) =>
    eraseIn(ctx, parts, { customer, reason, mentions, head }),
  )
  return { tombstone, rows, seconds: Math.round(performance.now() - startedAt) / 1000 }
}

type Keys = Awaited<ReturnType<typeof keysNaming>>

interface Erasing {
  readonly customer: string
  readonly reason: string
  readonly mentions: ReadonlyMap<string, Keys>
  /** The log was searched up to here. */
  readonly head: number
}

async function eraseIn(
  ctx: Ctx,
  { erasures, listFile }: EraseParts,
  { customer, reason, mentions, head }: Erasing,
): Promise<{ tombstone: string; rows: number }> {
  const { tx } = ctx
  const { seq: now } = await lockHead(tx)
  const person = await personOf(tx, customer)
  if (person.known.length === 0) throw new Refusal('not-found', 'She was erased a moment ago.', 404)
  const { names, hashes } = await forgetIdentities(ctx, person, erasures)
  if (listFile !== null) appendToList(listFile, hashes, ctx.now)
  const seqs = await seqsNaming(tx, person.known)
  await eraseWords(tx, seqs)
  await blankParcels(tx, person.customers)
  await erasePerson(tx, privacy, person)
  const own = ownRenamer(names)
  const anywhere = renamer(names, isUnmistakable)
  let rows = 0
  for (const definition of tables) {
    const mine =
      definition.name === 'log'
        ? seqs.map((seq) => [seq])
        : await keysOfPerson(tx, definition, privacy, person)
    rows += await renameRows(tx, definition, mine, own)
    const others = [
      ...(mentions.get(definition.name) ?? []),
      ...(definition.name === 'log' ? sinceThen(head, now) : []),
    ]
    rows += await renameRows(tx, definition, others, anywhere)
  }
  await settleConflicts(tx, [...names.values()])
  const tombstone = names.get(customer) ?? customer
  const [first] = person.known
  ctx.record({
    kind: 'customer-erased',
    at: ctx.now,
    source: 'privacy',
    sourceKey: `erased:${tombstone}:${ctx.newId()}`,
    who: first ? whoOfIdentity({ kind: first.kind, value: names.get(first.value) ?? '' }) : {},
    detail: { kept: tombstone, why: reason },
  })
  return { tombstone, rows }
}

const sinceThen = (from: number, to: number): Keys =>
  Array.from({ length: to - from }, (_, i) => [from + i + 1])

// ------------------------------------------------------------------ one name for another

/** May stand in any text of any table, and is nothing else there. */
const isUnmistakable = (name: string): boolean => name.length >= 10 || /^(wm|wo|openid:|wechaty:)/.test(name)
/** In her own rows it is surely she; a bare number may still be a count or a price. */
const isTelling = (name: string): boolean => isUnmistakable(name) || /[^0-9]/.test(name)

/** A name counts only as a whole: `wm7` is not in `wm71`. */
function renamer(names: ReadonlyMap<string, string>, which: (name: string) => boolean): Rename {
  const longestFirst = [...names.keys()].filter(which).sort((a, b) => b.length - a.length)
  if (longestFirst.length === 0) return (text) => text
  const any = longestFirst.map((name) => name.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')).join('|')
  const whole = new RegExp(`(?<![A-Za-z0-9_])(?:${any})(?![A-Za-z0-9_])`, 'g')
  return (text) => text.replace(whole, (name) => names.get(name) ?? name)
}

/** A bare number is she where the column or the field says so. */
function ownRenamer(names: ReadonlyMap<string, string>): Rename {
  const telling = renamer(names, isTelling)
  const numbers = [...names.keys()].filter((name) => !isTelling(name))
  if (numbers.length === 0) return telling
  const inJson = new RegExp(`"(shopId|value)":"(${numbers.join('|')})"`, 'g')
  return (text, column) => {
    if (column === 'shop_id' || column === 'value') return names.get(text) ?? telling(text, column)
    if (column !== 'detail') return telling(text, column)
    return telling(text, column).replace(
      inJson,
      (_whole, field: string, name: string) => `"${field}":"${names.get(name) ?? name}"`,
    )
  }
}

// ------------------------------------------------------------------ the list outside the database

/** On the disk before the erasure commits: a copy restored from before must forget her too. */
function appendToList(path: string, hashes: readonly string[], at: number): void {
  mkdirSync(dirname(path), { recursive: true })
  const file = openSync(path, 'a', 0o600)
  try {
    writeSync(file, hashes.map((hash) => `${JSON.stringify({ hash, at })}\n`).join(''))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

export function readErasureList(path: string): { hash: string; at: number }[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { hash: string; at: number })
}

export const erasureListFile = (databaseUrl: string, root: string): string => {
  const path = sqlitePath(databaseUrl, root)
  return path === null ? resolve(root, 'data', 'erasures.jsonl') : join(dirname(path), 'erasures.jsonl')
}
