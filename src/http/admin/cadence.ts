/** The cadence in the console: read, check, compare, publish. */
import { isoOf } from '../../base/calendar.ts'
import { Refusal } from '../../base/errors.ts'
import {
  diffCadence,
  newestVersion,
  publishAndPlan,
  readCadence,
  tierNames,
  versionList,
} from '../../cadence/index.ts'
import type { CadenceParts, Mistake, VersionRow } from '../../cadence/index.ts'
import { cadenceDraft, cadencePublish } from '../contract.ts'
import type {
  CadenceCheck,
  CadenceDiff,
  CadenceDocument,
  CadenceVersion,
  ConfigProblem,
  Paged,
  Role,
} from '../contract.ts'
import { parse } from '../parse.ts'
import type { Answer, Call, Route } from '../route.ts'

export interface CadenceRouteParts extends CadenceParts {
  /** CADENCE_SOURCE=file: the file rules, the console only shows. */
  readonly readOnly: boolean
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
    method: 'POST',
    path: '/api/admin/cadence/validate',
    access: { kind: 'staff', roles: readers },
    handle: (call) => Promise.resolve(validate(parts, call)),
  },
  {
    method: 'POST',
    path: '/api/admin/cadence/diff',
    access: { kind: 'staff', roles: readers },
    handle: (call) => diff(parts, call),
  },
  {
    method: 'POST',
    path: '/api/admin/cadence/publish',
    access: { kind: 'staff', roles: publishers },
    handle: (call) => publishDraft(parts, call),
  },
]

/** A version that no person published is named by where it came from. */
const publisherOf = (by: string): string => ({ file: '配置文件', cli: '命令行' })[by] ?? by

const documentOf = (row: VersionRow, readOnly: boolean): CadenceDocument => ({
  version: row.version,
  yaml: row.yaml,
  publishedAt: isoOf(row.published_at),
  publishedBy: publisherOf(row.published_by),
  note: row.note,
  readOnly,
})

async function current({ db, readOnly }: CadenceRouteParts): Promise<Answer> {
  const row = await newestVersion(db.reader)
  if (!row) throw new Refusal('not-found', '还没有发布过节奏', 404, { fix: '重启服务会写入默认节奏' })
  return { json: documentOf(row, readOnly) }
}

async function versions({ db }: CadenceRouteParts): Promise<Answer> {
  const rows = await versionList(db.reader)
  const answer: Paged<CadenceVersion> = {
    total: rows.length,
    items: rows.map((row) => ({
      version: row.version,
      publishedAt: isoOf(row.published_at),
      publishedBy: publisherOf(row.published_by),
      note: row.note,
    })),
  }
  return { json: answer }
}

const problemOf = ({ line, column, path, message, fix }: Mistake): ConfigProblem => ({
  line,
  column,
  path,
  message,
  fix,
})

function validate({ tierRules }: CadenceRouteParts, call: Call): Answer {
  const { yaml } = parse(cadenceDraft, call.body)
  const { mistakes } = readCadence(yaml, { tiers: tierNames(tierRules) })
  const answer: CadenceCheck = { ok: mistakes.length === 0, problems: mistakes.map(problemOf) }
  return { json: answer }
}

async function diff({ db, tierRules }: CadenceRouteParts, call: Call): Promise<Answer> {
  const { yaml } = parse(cadenceDraft, call.body)
  const answer: CadenceDiff = await diffCadence({ reader: db.reader, tierRules }, yaml, call.now)
  return { json: answer }
}

async function publishDraft(parts: CadenceRouteParts, call: Call): Promise<Answer> {
  const { yaml, note, baseVersion } = parse(cadencePublish, call.body)
  const { staff } = call
  if (!staff) throw new Error('A staff route was called without a member of staff.')
  if (parts.readOnly)
    throw new Refusal('read-only', '节奏由配置文件管理，后台只读', 409, {
      fix: '修改 config/cadence.yaml 并重启，或去掉 CADENCE_SOURCE=file',
    })
  const row = await publishAndPlan(
    parts,
    { kind: 'staff', userid: staff.userid },
    { yaml, note, by: staff.name, baseVersion },
  )
  return { json: documentOf(row, false) }
}
