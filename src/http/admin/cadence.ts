/** The cadence in the console: read, check, compare, publish, roll back. */
import { isoOf } from '../../base/calendar.ts'
import { Refusal } from '../../base/errors.ts'
import {
  approvalRule,
  cadenceSchema,
  diffCadence,
  knownNames,
  newestVersion,
  planToday,
  publishOrSubmit,
  readCadence,
  rollBack,
  versionList,
  versionRow,
} from '../../cadence/index.ts'
import type { CadenceParts, FileTrouble, Mistake, VersionRow, Wished } from '../../cadence/index.ts'
import { cadenceDraft, cadencePublish, cadenceRollback } from '../contract.ts'
import type {
  CadenceCheck,
  CadenceDiff,
  CadenceDocument,
  CadenceVersion,
  CadenceVersionText,
  CadenceWished,
  ConfigProblem,
  Paged,
  Role,
} from '../contract.ts'
import { parse } from '../parse.ts'
import type { Answer, Call, Route } from '../route.ts'
import { draftItem } from './draft-item.ts'

export interface CadenceRouteParts extends CadenceParts {
  /** CADENCE_SOURCE=file: the file rules, the console only shows. */
  readonly readOnly: boolean
  readonly admins: readonly string[]
  /** What is wrong with the file on the disk. */
  readonly fileTrouble?: () => FileTrouble | null
}

const readers: readonly Role[] = ['admin', 'operator', 'approver', 'analyst']
const publishers: readonly Role[] = ['admin', 'approver']

export const cadenceRoutes = (parts: CadenceRouteParts): Route[] => [
  {
    method: 'GET',
    path: '/api/admin/cadence',
    access: { kind: 'staff', roles: readers },
    handle: () => current(parts),
  },
  {
    method: 'GET',
    path: '/api/admin/cadence/versions',
    access: { kind: 'staff', roles: readers },
    handle: () => versions(parts),
  },
  {
    method: 'GET',
    path: '/api/admin/cadence/versions/:version',
    access: { kind: 'staff', roles: readers },
    handle: (call) => version(parts, call),
  },
  {
    method: 'GET',
    path: '/api/admin/cadence/schema',
    access: { kind: 'staff', roles: readers },
    handle: () => Promise.resolve({ json: cadenceSchema() }),
  },
  {
    method: 'POST',
    path: '/api/admin/cadence/validate',
    access: { kind: 'staff', roles: readers },
    handle: (call) => validate(parts, call),
  },
  {
    method: 'POST',
    path: '/api/admin/cadence/diff',
    access: { kind: 'staff', roles: readers },
    handle: (call) => diff(parts, call),
  },
  {
    method: 'POST',
    path: '/api/admin/cadence/versions/:version/rollback',
    access: { kind: 'staff', roles: publishers },
    handle: (call) => rollback(parts, call),
  },
  {
    method: 'POST',
    path: '/api/admin/cadence/publish',
    access: { kind: 'staff', roles: publishers },
    handle: (call) => publishNow(parts, call),
  },
]

/** A version that no person published is named by where it came from. */
const publisherOf = (by: string): string => ({ file: '配置文件', cli: '命令行' })[by] ?? by

async function documentOf(
  { db, admins, readOnly, fileTrouble }: CadenceRouteParts,
  row: VersionRow,
): Promise<CadenceDocument> {
  const trouble = fileTrouble?.() ?? null
  return {
    version: row.version,
    yaml: row.yaml,
    publishedAt: isoOf(row.published_at),
    publishedBy: publisherOf(row.published_by),
    note: row.note,
    readOnly,
    approval: await approvalRule(db.reader, admins),
    ...(trouble === null
      ? {}
      : { fileTrouble: { since: isoOf(trouble.since), problems: trouble.mistakes.map(problemOf) } }),
  }
}

async function current(parts: CadenceRouteParts): Promise<Answer> {
  const row = await newestVersion(parts.db.reader)
  if (!row) throw new Refusal('not-found', '还没有发布过节奏', 404, { fix: '重启服务会写入默认节奏' })
  return { json: await documentOf(parts, row) }
}

const versionOf = (row: Omit<VersionRow, 'yaml'>): CadenceVersion => ({
  version: row.version,
  publishedAt: isoOf(row.published_at),
  publishedBy: publisherOf(row.published_by),
  note: row.note,
  ...(row.rolled_back_to === null ? {} : { rolledBackTo: row.rolled_back_to }),
  ...(row.approved_by === null ? {} : { approvedBy: publisherOf(row.approved_by) }),
})

async function versions({ db }: CadenceRouteParts): Promise<Answer> {
  const rows = await versionList(db.reader)
  const answer: Paged<CadenceVersion> = { total: rows.length, items: rows.map(versionOf) }
  return { json: answer }
}

const numberIn = ({ params }: Call): number => {
  const text = params['version'] ?? ''
  if (!/^\d{1,9}$/.test(text)) throw new Refusal('not-found', '没有这一版', 404)
  return Number(text)
}

async function version({ db }: CadenceRouteParts, call: Call): Promise<Answer> {
  const row = await versionRow(db.reader, numberIn(call))
  if (!row) throw new Refusal('not-found', '没有这一版', 404)
  const answer: CadenceVersionText = { ...versionOf(row), yaml: row.yaml }
  return { json: answer }
}

export const problemOf = ({ line, column, path, message, fix }: Mistake): ConfigProblem => ({
  line,
  column,
  path,
  message,
  fix,
})

async function validate({ db, tierRules }: CadenceRouteParts, call: Call): Promise<Answer> {
  const { yaml } = parse(cadenceDraft, call.body)
  const { mistakes, warnings } = readCadence(yaml, await knownNames(db.reader, tierRules))
  const answer: CadenceCheck = {
    ok: mistakes.length === 0,
    problems: mistakes.map(problemOf),
    warnings: warnings.map(problemOf),
  }
  return { json: answer }
}

async function diff({ db, tierRules }: CadenceRouteParts, call: Call): Promise<Answer> {
  const { yaml } = parse(cadenceDraft, call.body)
  const answer: CadenceDiff = await diffCadence({ reader: db.reader, tierRules }, yaml, call.now)
  return { json: answer }
}

export function writable({ readOnly }: { readonly readOnly: boolean }): void {
  if (readOnly)
    throw new Refusal('read-only', '节奏由配置文件管理，后台只读', 409, {
      fix: '请维护服务器的同事修改节奏文件（config/cadence.yaml），几秒后自动生效',
    })
}

export function staffOf({ staff }: Call): NonNullable<Call['staff']> {
  if (!staff) throw new Error('A staff route was called without a member of staff.')
  return staff
}

async function wished(parts: CadenceRouteParts, call: Call, wish: Wished): Promise<Answer> {
  if (wish.kind === 'published') await planToday(parts)
  const answer: CadenceWished =
    wish.kind === 'published'
      ? { published: await documentOf(parts, wish.row) }
      : { submitted: draftItem(wish.draft, staffOf(call).userid, 0) }
  return { json: answer }
}

async function rollback(parts: CadenceRouteParts, call: Call): Promise<Answer> {
  writable(parts)
  const { note } = parse(cadenceRollback, call.body)
  const { userid, name } = staffOf(call)
  const to = numberIn(call)
  const wish = await parts.act({ kind: 'staff', userid }, (ctx) =>
    rollBack(ctx, parts, { version: to, note, name }),
  )
  return wished(parts, call, wish)
}

/** Without a draft, where nobody has to approve. */
async function publishNow(parts: CadenceRouteParts, call: Call): Promise<Answer> {
  const { yaml, note, baseVersion } = parse(cadencePublish, call.body)
  writable(parts)
  const { userid, name } = staffOf(call)
  const row = await parts.act({ kind: 'staff', userid }, async (ctx) => {
    if ((await approvalRule(ctx.tx, parts.admins)).required)
      throw new Refusal('approval-required', '发布要先由另一个人审批', 409, {
        fix: '保存草稿并提交审批，批准后再发布',
      })
    const wish = await publishOrSubmit(ctx, parts, { yaml, note, name, baseVersion })
    if (wish.kind !== 'published') throw new Error('Nobody has to approve, and yet it waits.')
    return wish.row
  })
  await planToday(parts)
  return { json: await documentOf(parts, row) }
}
