/**
 * What a shop knows of its customers, from a file: identities, words and attributes by the schema of
 * `config/attributes.yaml`. A row that names several identities says that they are one person. What is known already
 * adds nothing, so a file may be imported as often as one likes.
 */
import { statSync } from 'node:fs'
import type { Happening } from '../base/act.ts'
import { days } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import { childWithoutConsent, describing, readAttribute, sayingNew } from '../customer/index.ts'
import type { AttributeSpec, AttributeValue } from '../customer/index.ts'
import { cellAt, findColumns, parseMap, requireColumns, tidy } from './columns.ts'
import type { Columns, ColumnSpec } from './columns.ts'
import { createDateReader } from './dates.ts'
import type { DateReader } from './dates.ts'
import { recordedKeys } from './files.store.ts'
import { createTextCounter } from './hash-sets.ts'
import { costSince, createPace, mustHoldRows, rowsPerTransaction, tellOfRejects } from './import.ts'
import type { Cost, ImportOptions, ImportParts } from './import.ts'
import { openRejects } from './rejects.ts'
import { openRowFile } from './row-file.ts'
import type { RowFile } from './row-file.ts'
import { bad } from './values.ts'
import type { Parsed } from './values.ts'
import { readWho, whoColumns } from './who.ts'

export interface CustomersImported extends Cost {
  readonly lines: number
  readonly customers: number
  /** Rows that said something new. */
  readonly imported: number
  /** Rows that said only what is known. */
  readonly unchanged: number
  readonly rejected: number
}

export interface CustomerImportOptions extends ImportOptions {
  readonly attributes: readonly AttributeSpec[]
  /** Columns to pass over, or `*` for all that are not known. */
  readonly ignore?: string | undefined
  /** An empty cell clears the attribute instead of saying nothing. */
  readonly clearEmpty?: boolean | undefined
}

const source = 'import:customers'
/** A cell that says: it is nothing. */
const clearing = ['清空', '(clear)']

const columnsFor = (attributes: readonly AttributeSpec[]): ColumnSpec[] => [
  ...whoColumns,
  {
    name: 'at',
    headers: ['at', 'updated_at', 'modified_at', '更新时间', '修改时间', '最后更新时间'],
  },
  { name: 'calendar', headers: ['calendar', 'birthday_calendar', '历法', '生日类型', '公历农历'] },
  ...attributes.map(({ name, columns }) => ({
    name,
    headers: [name.toLowerCase(), ...columns.map((one) => one.toLowerCase())],
  })),
]

interface RowParts {
  readonly columns: Columns
  readonly attributes: readonly AttributeSpec[]
  readonly readDate: DateReader
  readonly statedAt: Instant
  readonly hashPhone: ImportParts['hashPhone']
  readonly clearEmpty: boolean
}

export async function importCustomers(
  parts: ImportParts,
  options: CustomerImportOptions,
): Promise<CustomersImported> {
  const startedAt = parts.clock.steady()
  const { file, row, firstIsHeader } = await openCustomers(parts, options)
  const rejects = openRejects(options.errorsFile ?? `${options.file}.errors.csv`, options.dryRun === true)
  const customers = createTextCounter()
  const pace = createPace(parts)
  const totals = { lines: 0, imported: 0, unchanged: 0 }
  const keys = createTextCounter()
  let waiting: Happening[] = []
  const publish = async (): Promise<void> => {
    if (waiting.length === 0) return
    const batch = waiting
    waiting = []
    const fresh = await record(parts, batch, options.dryRun === true)
    totals.imported += fresh
    totals.unchanged += batch.length - fresh
    options.onProgress?.({ phase: 'writing', done: totals.lines, total: file.linesInAll(totals.lines) })
    options.signal?.throwIfAborted()
    if (options.dryRun !== true) await pace.rest()
  }
  try {
    let header = firstIsHeader
    for await (const { line, raw, cells, broken } of file.records) {
      if (header && cells) {
        header = false
        continue
      }
      totals.lines += 1
      const read = cells
        ? readCustomer(cells, row)
        : bad(broken ?? 'the row cannot be read', 'correct the line')
      if (!read.ok) {
        await rejects.add(line, read.why, read.fix, raw)
        continue
      }
      customers.add(read.value.name)
      if (keys.add(read.value.happening.sourceKey) > 1) totals.unchanged += 1
      else waiting.push(read.value.happening)
      if (waiting.length >= rowsPerTransaction) await publish()
    }
    await publish()
  } finally {
    await rejects.close()
  }
  mustHoldRows(totals.lines, options.file, 'customer')
  tellOfRejects(rejects, options)
  return {
    ...totals,
    customers: customers.size(),
    rejected: rejects.count(),
    ...costSince(parts.clock, startedAt),
  }
}

async function openCustomers(
  { clock, hashPhone }: ImportParts,
  options: CustomerImportOptions,
): Promise<{ file: RowFile; row: RowParts; firstIsHeader: boolean }> {
  const file = await openRowFile(options.file, options)
  const specs = columnsFor(options.attributes)
  const map = parseMap(options.map ?? '', specs)
  const { columns, firstIsHeader } = findColumns(file.first, map, specs, () => !file.mayHaveHeader, file.own)
  requireColumns(columns, [['customer', 'external', 'unionid', 'phone']], file.first)
  if (firstIsHeader) refuseUnknown(file.first, columns, options)
  const readDate = createDateReader({
    format: options.dateFormat ?? null,
    zone: options.zone,
    notAfter: clock.now() + days(1),
  })
  // A file without a column of its own speaks of the moment it was written; never of a moment to come.
  const written = Math.floor(statSync(options.file).mtimeMs / 1000) * 1000
  return {
    file,
    firstIsHeader,
    row: {
      columns,
      attributes: options.attributes.filter(({ name }) => columns.has(name)),
      readDate,
      statedAt: Math.min(written, clock.now()),
      hashPhone,
      clearEmpty: options.clearEmpty === true,
    },
  }
}

/** A column nobody knows is a mistake in the file or in the schema; it is never dropped in silence. */
function refuseUnknown(
  first: readonly string[],
  columns: Columns,
  { ignore = '' }: CustomerImportOptions,
): void {
  const passed = new Set(ignore.split(',').map((one) => one.trim()))
  if (passed.has('*')) return
  const used = new Set(columns.values())
  const unknown = first.map(tidy).filter((header, i) => header !== '' && !used.has(i) && !passed.has(header))
  if (unknown.length === 0) return
  const lines = unknown.map(
    (header, i) =>
      `  - { name: ${/^[a-z][A-Za-z0-9_]*$/.test(header) ? header : `attribute${String(i + 1)}`}, title: ${JSON.stringify(header.slice(0, 20))}, kind: choice, columns: [${JSON.stringify(header)}] }`,
  )
  throw new Refusal(
    'columns',
    `The file has ${unknown.length === 1 ? 'a column' : 'columns'} that no attribute is known for: ${unknown.join(', ').slice(0, 300)}.`,
    400,
    {
      fix: `Declare them under "attributes:" in config/attributes.yaml (kind: text, number, date, choice or list), for example\n${lines.join('\n')}\n  or map them with --map ATTRIBUTE=COLUMN, or pass over them with --ignore ${unknown.length > 3 ? "'*'" : unknown.join(',')}`,
    },
  )
}

function readCustomer(
  cells: readonly string[],
  parts: RowParts,
): Parsed<{ name: string; happening: Happening }> {
  const { columns, readDate } = parts
  const text = (name: string): string => cellAt(cells, columns, name)
  const who = readWho(text, parts.hashPhone ?? null)
  if (!who.ok) return who
  const stated = text('at')
  const at = stated === '' ? { ok: true as const, value: parts.statedAt } : readDate(stated)
  if (!at.ok) return at
  const says = readSays(text, parts)
  if (!says.ok) return says
  return {
    ok: true,
    value: {
      name: who.value.name,
      happening: describing({ source, at: at.value, who: who.value.who, says: says.value }),
    },
  }
}

function readSays(
  text: (name: string) => string,
  { attributes, clearEmpty }: RowParts,
): Parsed<Map<string, AttributeValue | null>> {
  const says = new Map<string, AttributeValue | null>()
  const isLunar = /农历|阴历|lunar/i.test(text('calendar')) || /^(农历|阴历)/.test(text('birthday'))
  for (const spec of attributes) {
    const cell = text(spec.name)
    const clears = clearing.includes(cell) || (cell === '' && clearEmpty)
    if (cell === '' && !clears) continue
    // 农历 in the ordinary column means the lunar one.
    const meant =
      spec.name === 'birthday' && isLunar ? { ...spec, name: 'birthdayLunar', kind: 'lunar' as const } : spec
    if (clears) {
      says.set(meant.name, null)
      continue
    }
    const value = readAttribute(meant, cell)
    if (!value.ok) return bad(value.why, value.fix)
    says.set(meant.name, value.value)
  }
  const child = childWithoutConsent(attributes, says)
  if (child)
    return bad(
      `${child.title} is about a child, and the row does not say that the guardian agreed`,
      'add a column 监护人同意 with 是 for those who agreed, or take the value out',
    )
  return { ok: true, value: says }
}

/** Answers how many were new. */
async function record(
  { db, act, flush }: ImportParts,
  statements: readonly Happening[],
  dryRun: boolean,
): Promise<number> {
  if (dryRun) {
    const fresh = new Map((await sayingNew(db.reader, statements)).map((one) => [one.sourceKey, one]))
    const known = await recordedKeys(db.reader, source, [...fresh.keys()])
    return fresh.size - known.size
  }
  const answers = await act(
    { kind: 'cli', verb: 'import' },
    async (ctx) => flush(ctx, await sayingNew(ctx.tx, statements)),
    'bulk',
  )
  return answers.filter(({ fresh }) => fresh).length
}
