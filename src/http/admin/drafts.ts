/** Drafts of the cadence: saved with their mistakes, submitted, decided by somebody else, published. */
import type { Ctx } from '../../base/act.ts'
import { Refusal } from '../../base/errors.ts'
import {
  decideDraft,
  draftList,
  findDraft,
  knownNames,
  planToday,
  publishDraft,
  readCadence,
  rebaseDraft,
  saveDraft,
  submitDraft,
  withdrawDraft,
} from '../../cadence/index.ts'
import type { DraftRow, KnownNames } from '../../cadence/index.ts'
import { cadenceDraftDecision, cadenceDraftSave, cadenceDraftSeen } from '../contract.ts'
import type { CadenceDraftDetail, CadenceDraftItem, Paged, Role } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Answer, Call, Route } from '../route.ts'
import { problemOf, staffOf, writable } from './cadence.ts'
import type { CadenceRouteParts } from './cadence.ts'
import { draftItem } from './draft-item.ts'

const readers: readonly Role[] = ['admin', 'operator', 'approver', 'analyst']
const writers: readonly Role[] = ['admin', 'operator', 'approver']
const deciders: readonly Role[] = ['admin', 'approver']
const home = '/api/admin/cadence/drafts'

export const draftRoutes = (parts: CadenceRouteParts): Route[] => {
  const post = (
    deed: string,
    roles: readonly Role[],
    change: (ctx: Ctx, call: Call) => Promise<DraftRow>,
  ): Route => ({
    method: 'POST',
    path: deed === '' ? home : `${home}/:id/${deed}`,
    access: { kind: 'staff', roles },
    async handle(call) {
      writable(parts)
      const { userid } = staffOf(call)
      const row = await parts.act({ kind: 'staff', userid }, (ctx) => change(ctx, call))
      return { json: itemOf(await namesOf(parts), row, userid) }
    },
  })
  const seen = (call: Call) => ({ id: idIn(call), ...parse(cadenceDraftSeen, call.body) })
  const decision = (call: Call) => ({
    id: idIn(call),
    name: staffOf(call).name,
    ...parse(cadenceDraftDecision, call.body),
  })
  return [
    {
      method: 'GET',
      path: home,
      access: { kind: 'staff', roles: readers },
      handle: (call) => list(parts, call),
    },
    {
      method: 'GET',
      path: `${home}/:id`,
      access: { kind: 'staff', roles: readers },
      handle: (call) => detail(parts, call),
    },
    post('', writers, (ctx, call) => {
      const { id = null, ...body } = parse(cadenceDraftSave, call.body)
      return saveDraft(ctx, { ...body, id, name: staffOf(call).name })
    }),
    post('submit', writers, (ctx, call) => submitDraft(ctx, parts, seen(call))),
    post('withdraw', writers, (ctx, call) =>
      withdrawDraft(ctx, seen(call), staffOf(call).roles.includes('admin')),
    ),
    post('rebase', writers, (ctx, call) => rebaseDraft(ctx, seen(call))),
    post('approve', deciders, (ctx, call) => decideDraft(ctx, parts, 'approved', decision(call))),
    post('reject', deciders, (ctx, call) => decideDraft(ctx, parts, 'rejected', decision(call))),
    {
      method: 'POST',
      path: `${home}/:id/publish`,
      access: { kind: 'staff', roles: deciders },
      handle: (call) => publishOne(parts, call),
    },
  ]
}

const idIn = ({ params }: Call): string => params['id'] ?? ''

const namesOf = ({ db, tierRules }: CadenceRouteParts): Promise<KnownNames> =>
  knownNames(db.reader, tierRules)

/** What is over is not read again: only drafts that can still become a version are checked. */
const itemOf = (known: KnownNames, row: DraftRow, userid: string): CadenceDraftItem =>
  draftItem(
    row,
    userid,
    row.state === 'open' || row.state === 'rejected' ? readCadence(row.yaml, known).mistakes.length : 0,
  )

async function list(parts: CadenceRouteParts, call: Call): Promise<Answer> {
  const rows = await draftList(parts.db.reader)
  const { userid } = staffOf(call)
  const known = await namesOf(parts)
  const answer: Paged<CadenceDraftItem> = {
    total: rows.length,
    items: rows.map((row) => itemOf(known, row, userid)),
  }
  return { json: answer }
}

async function detail(parts: CadenceRouteParts, call: Call): Promise<Answer> {
  const row = await findDraft(parts.db.reader, idIn(call))
  if (!row) throw new Refusal('not-found', '没有这份草稿', 404, { fix: '刷新草稿列表' })
  const problems = readCadence(row.yaml, await namesOf(parts)).mistakes.map(problemOf)
  const answer: CadenceDraftDetail = {
    ...draftItem(row, staffOf(call).userid, problems.length),
    yaml: row.yaml,
    problems,
  }
  return { json: answer }
}

async function publishOne(parts: CadenceRouteParts, call: Call): Promise<Answer> {
  writable(parts)
  const { userid, name } = staffOf(call)
  const { epoch } = parse(cadenceDraftSeen, call.body)
  const row = await parts.act({ kind: 'staff', userid }, (ctx) =>
    publishDraft(ctx, parts, { id: idIn(call), epoch, name }),
  )
  await planToday(parts)
  return { json: { version: row.version } }
}
