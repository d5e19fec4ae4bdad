/** How our picture stands to WeCom's: the comparison, on demand too, and whether very many are really gone. */
import type { Actor } from '../../base/act.ts'
import { isoOf } from '../../base/calendar.ts'
import type { Log } from '../../base/log.ts'
import type { ComparisonStanding, Sync } from '../../wecom/index.ts'
import { compareBody } from '../contract.ts'
import type { WecomStanding } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Route } from '../route.ts'

const toStanding = (one: ComparisonStanding): WecomStanding => ({
  comparison: {
    state: one.state,
    ...(one.startedAt === null ? {} : { startedAt: isoOf(one.startedAt) }),
    ...(one.endedAt === null ? {} : { endedAt: isoOf(one.endedAt) }),
    contacts: one.contacts,
    groups: one.groups,
    ...(one.why === '' ? {} : { why: one.why }),
    ...(one.state === 'held' ? { lost: { contacts: one.lostContacts, groups: one.lostGroups } } : {}),
  },
})

export function wecomRoutes({
  sync,
  log,
}: {
  readonly sync: Pick<Sync, 'standing' | 'compareAll' | 'agreeToLosses'>
  readonly log: Log
}): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/admin/wecom',
      access: { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] },
      handle: async () => ({ json: toStanding(await sync.standing()) }),
    },
    {
      method: 'POST',
      path: '/api/admin/wecom/compare',
      access: { kind: 'staff', roles: ['admin'] },
      async handle(call) {
        const { agree } = parse(compareBody, call.body)
        const actor: Actor = { kind: 'staff', userid: call.staff?.userid ?? '' }
        if (agree) await sync.agreeToLosses(actor)
        // It takes minutes in a large shop: where it stands is asked for meanwhile.
        sync
          .compareAll()
          .catch((error: unknown) => log.warn({ err: error }, 'a comparison that was asked for broke off'))
        return { status: 202, json: toStanding(await sync.standing()) }
      },
    },
  ]
}
