/** What people did, and whether the record of it still holds; who has which role. */
import {
  allGivenRoles,
  auditPage,
  auditedKinds,
  giveRoles,
  isNamedAdmin,
  verifyAudit,
} from '../../access/index.ts'
import type { AuditListRow } from '../../access/index.ts'
import type { Act } from '../../base/act.ts'
import { addDays, instantOf, isoOf } from '../../base/calendar.ts'
import type { Db } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import { findStaff, staffList } from '../../customer/index.ts'
import { isKind, kinds } from '../../interaction/index.ts'
import { auditQuery, staffRoles } from '../contract.ts'
import type { AuditCheck, AuditItem, Paged, StaffRoles } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Access, Answer, Call, Route } from '../route.ts'

export interface AuditRouteParts {
  readonly db: Db
  readonly act: Act
  readonly masterKey: Buffer
  readonly admins: readonly string[]
}

const readers: Access = { kind: 'staff', roles: ['admin', 'approver', 'analyst'] }
const admins: Access = { kind: 'staff', roles: ['admin'] }

export const auditRoutes = (parts: AuditRouteParts): Route[] => [
  { method: 'GET', path: '/api/admin/audit', access: readers, handle: (call) => list(parts, call) },
  {
    method: 'GET',
    path: '/api/admin/audit/verify',
    access: readers,
    async handle() {
      const answer: AuditCheck = await verifyAudit(parts.db.reader, parts.masterKey)
      return { json: answer }
    },
  },
  { method: 'GET', path: '/api/admin/staff', access: admins, handle: () => staff(parts) },
  {
    method: 'PUT',
    path: '/api/admin/staff/:userid/roles',
    access: admins,
    handle: (call) => setRoles(parts, call),
  },
]

async function list({ db }: AuditRouteParts, call: Call): Promise<Answer> {
  const { what, who, from, to, page, size } = parse(auditQuery, call.query)
  const filter = {
    what,
    who,
    from: from === undefined ? undefined : instantOf(from),
    to: to === undefined ? undefined : instantOf(addDays(to, 1)),
  }
  const { total, rows } = await auditPage(db.reader, filter, { limit: size, offset: (page - 1) * size })
  const names = new Map((await staffList(db.reader)).map((one) => [one.userid.toLowerCase(), one.name]))
  const answer: Paged<AuditItem> & { readonly kinds: Readonly<Record<string, string>> } = {
    total,
    items: rows.map((row) => itemOf(row, names)),
    kinds: Object.fromEntries(
      Object.keys(auditedKinds).flatMap((kind) => (isKind(kind) ? [[kind, kinds[kind]]] : [])),
    ),
  }
  return { json: answer }
}

function itemOf(row: AuditListRow, names: ReadonlyMap<string, string>): AuditItem {
  const [kind = '', ...rest] = row.who.split(':')
  const id = rest.join(':')
  return {
    seq: row.seq,
    at: isoOf(row.at),
    who: row.who,
    name: kind === 'staff' ? (names.get(id.toLowerCase()) ?? id) : kind === 'cli' ? '命令行' : '系统',
    what: row.what,
    title: isKind(row.what) ? kinds[row.what] : row.what,
    about: row.about,
    words: wordsOf(row.told),
    hash: row.hash,
  }
}

/** The note or reason stands in the log row; the chain holds its digest. */
function wordsOf(told: string | null): string {
  const detail: unknown = told === null ? {} : JSON.parse(told)
  if (typeof detail !== 'object' || detail === null) return ''
  const said = ['words', 'reason', 'note', 'why', 'role']
    .map((key): unknown => Object.entries(detail).find(([name]) => name === key)?.[1])
    .find((one) => typeof one === 'string' && one !== '')
  return typeof said === 'string' ? said : ''
}

async function staff({ db, admins: named }: AuditRouteParts): Promise<Answer> {
  const [members, given] = [await staffList(db.reader), await allGivenRoles(db.reader)]
  const items = members.map(({ userid, name, active, contact }): StaffRoles => ({
    userid,
    name,
    active,
    fixed: isNamedAdmin(userid, named),
    given: given.get(userid.toLowerCase()) ?? [],
    advisor: contact,
  }))
  const answer: Paged<StaffRoles> = { total: items.length, items }
  return { json: answer }
}

async function setRoles({ db, act }: AuditRouteParts, call: Call): Promise<Answer> {
  const { roles } = parse(staffRoles, call.body)
  const userid = call.params['userid'] ?? ''
  const member = await findStaff(db.reader, userid)
  if (!member) throw new Refusal('not-found', '企业微信通讯录里没有这个人', 404, { fix: '同步通讯录后再试' })
  const by = call.staff?.userid ?? ''
  await act({ kind: 'staff', userid: by }, (ctx) => giveRoles(ctx, member.userid, roles))
  return { json: { userid: member.userid, given: roles } }
}
