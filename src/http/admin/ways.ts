/** 渠道: codes and links by which customers come, what they brought, and what people do with them. */
import { isoOf } from '../../base/calendar.ts'
import type { Db } from '../../base/db.ts'
import { findWay, groupsAlive, staffList, waysOf } from '../../customer/index.ts'
import type { Way } from '../../customer/index.ts'
import { wayReports } from '../../report/index.ts'
import type { WayReport } from '../../report/index.ts'
import { knownQuota, noSuchWay, wayWarnings } from '../../wecom/index.ts'
import type { Ways } from '../../wecom/index.ts'
import { wayAdoption, wayBody, wayChange } from '../contract.ts'
import type { Role, WayComparison, WayItem, WayList } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Call, Route } from '../route.ts'
import { staffOf } from './cadence.ts'

const readers: readonly Role[] = ['admin', 'operator', 'approver', 'analyst']
const editors: readonly Role[] = ['admin', 'operator']
const home = '/api/admin/ways'

export interface WayRouteParts {
  readonly db: Db
  readonly ways: Ways
  /** The picture of a code lies with WeCom: its bytes, or a refusal. */
  readonly picture: (url: string) => Promise<{ readonly bytes: Buffer; readonly type: string }>
}

export function wayRoutes({ db, ways, picture }: WayRouteParts): Route[] {
  const edit = (
    method: Route['method'],
    path: string,
    deed: (call: Call, id: string) => Promise<Way>,
  ): Route => ({
    method,
    path: `${home}${path}`,
    access: { kind: 'staff', roles: editors },
    async handle(call) {
      const way = await deed(call, call.params['id'] ?? '')
      return { json: (await presenter(db, call))(way) }
    },
  })
  return [
    {
      method: 'GET',
      path: home,
      access: { kind: 'staff', roles: readers },
      async handle(call) {
        const { reader } = db
        const present = await presenter(db, call)
        const quota = await knownQuota(reader)
        const answer: WayList = {
          items: (await waysOf(reader)).map(present),
          ...(quota === null ? {} : { quota: { ...quota, at: isoOf(quota.at) } }),
          warnings: (await wayWarnings(reader)).map(({ words }) => words),
          staff: (await staffList(reader))
            .filter(({ active, contact }) => active && contact)
            .map(({ userid, name }) => ({ userid, name })),
          groups: await groupsAlive(reader),
        }
        return { json: answer }
      },
    },
    edit('POST', '', (call) => ways.add(actorOf(call), parse(wayBody, call.body))),
    {
      method: 'POST',
      path: `${home}/compare`,
      access: { kind: 'staff', roles: editors },
      async handle() {
        const { at, unknown, more, lost } = await ways.compare()
        const answer: WayComparison = {
          at: isoOf(at),
          unknown: unknown.map(({ kind, remoteId, name, mark, twinOf }) => ({
            kind,
            remoteId,
            name,
            mark: mark ?? '',
            twinOf: twinOf ?? '',
          })),
          more,
          lost,
        }
        return { json: answer }
      },
    },
    edit('POST', '/adopt', (call) => ways.adopt(actorOf(call), parse(wayAdoption, call.body))),
    edit('PUT', '/:id', (call, id) => ways.change(actorOf(call), id, parse(wayChange, call.body))),
    edit('POST', '/:id/end', (call, id) => ways.end(actorOf(call), id)),
    edit('POST', '/:id/again', (call, id) => ways.again(actorOf(call), id)),
    {
      method: 'GET',
      path: `${home}/:id/picture`,
      access: { kind: 'staff', roles: readers },
      async handle({ params }) {
        const way = await findWay(db.reader, params['id'] ?? '')
        if (!way || !hasPicture(way)) throw noSuchWay()
        // Printed cards are made of it: the name says which one it is.
        const name = encodeURIComponent(`${way.name}.${way.kind}.png`)
        return {
          file: await picture(way.url ?? ''),
          headers: {
            'Cache-Control': 'private, max-age=300',
            'Content-Disposition': `inline; filename*=UTF-8''${name}`,
          },
        }
      },
    },
  ]
}

const actorOf = (call: Call) => ({ kind: 'staff', userid: staffOf(call).userid }) as const
const hasPicture = ({ kind, state, url }: Way): boolean =>
  kind !== 'link' && state === 'live' && url !== null && url !== ''

async function presenter({ reader }: Db, { now }: Call): Promise<(way: Way) => WayItem> {
  const report = await wayReports(reader, now)
  const names = new Map((await staffList(reader)).map(({ userid, name }) => [userid, name]))
  const groups = new Map((await groupsAlive(reader)).map(({ chat, name }) => [chat, name]))
  return (way) => itemOf(way, report(way.mark), names, groups)
}

const itemOf = (
  way: Way,
  figures: WayReport,
  names: ReadonlyMap<string, string>,
  groups: ReadonlyMap<string, string>,
): WayItem => ({
  id: way.id,
  kind: way.kind,
  name: way.name,
  mark: way.mark,
  state: way.state,
  ending: way.wanted === 'ended',
  pending: way.state === 'live' && way.told < way.version,
  why: way.why,
  picture: hasPicture(way),
  ...(way.kind === 'link' && way.url !== null ? { link: way.url } : {}),
  staff: way.staff.map((userid) => ({ userid, name: names.get(userid) ?? userid })),
  groups: way.chats.map((chat) => ({ chat, name: groups.get(chat) ?? '已解散的群' })),
  skipVerify: way.skipVerify,
  remark: way.remark,
  tags: way.tags,
  createdBy: names.get(way.createdBy) ?? way.createdBy,
  createdAt: isoOf(way.createdAt),
  ...(way.endedAt === null ? {} : { endedAt: isoOf(way.endedAt) }),
  figures,
})
