/** What holds back and why: the legend of reasons, what is paused, who is away, and which quota rule is in force. */
import type { Act } from '../../base/act.ts'
import { dayOf, isoOf } from '../../base/calendar.ts'
import type { Db, Reader } from '../../base/db.ts'
import { campaignsIn, currentCadence } from '../../cadence/index.ts'
import {
  channelTitles,
  confirmQuotaMode,
  currentManners,
  endLeave,
  leavesFrom,
  listedReasons,
  pausesNow,
  pauseTitle,
  quotaDoubt,
  setLeave,
  speakers,
} from '../../outbox/index.ts'
import type { Pause } from '../../outbox/index.ts'
import { leaveBody, leaveEndBody } from '../contract.ts'
import type { LeaveShown, MannersView, PauseShown } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Route } from '../route.ts'

const readers = { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] } as const
const operators = { kind: 'staff', roles: ['admin', 'operator'] } as const

export interface MannersParts {
  readonly db: Db
  readonly act: Act
}

export function mannersRoutes({ db, act }: MannersParts): Route[] {
  const leaves = async (now: number): Promise<LeaveShown[]> =>
    (await leavesFrom(db.reader, dayOf(now))).map((one) => ({
      staff: one.staff,
      name: one.name,
      from: one.from_day,
      to: one.to_day,
      ...(one.deputy === null ? {} : { deputy: one.deputy, deputyName: one.deputy_name ?? one.deputy }),
    }))
  return [
    {
      method: 'GET',
      path: '/api/admin/manners',
      access: readers,
      async handle({ now }) {
        const handles = await handlesOf(db.reader)
        const answer: MannersView = {
          pauses: (await pausesNow(db.reader)).map((pause) => shown(pause, handles)),
          handles,
          reasons: listedReasons().map((one) => ({ ...one, effects: [...one.effects] })),
          leaves: await leaves(now),
          staff: [...(await speakers(db.reader))].map(([userid, name]) => ({ userid, name })),
          quota: await quotaOf(db.reader),
        }
        return { json: answer }
      },
    },
    {
      method: 'POST',
      path: '/api/admin/leaves',
      access: operators,
      async handle({ body, staff: by, now }) {
        const { staff: who, from, to, deputy } = parse(leaveBody, body)
        await act({ kind: 'staff', userid: by?.userid ?? '' }, (ctx) =>
          setLeave(ctx, { staff: who, from_day: from, to_day: to, deputy: deputy ?? null }),
        )
        return { json: { leaves: await leaves(now) } }
      },
    },
    {
      method: 'POST',
      path: '/api/admin/leaves/end',
      access: operators,
      async handle({ body, staff: by, now }) {
        const { staff: who, from } = parse(leaveEndBody, body)
        await act({ kind: 'staff', userid: by?.userid ?? '' }, (ctx) => endLeave(ctx, who, from))
        return { json: { leaves: await leaves(now) } }
      },
    },
    {
      method: 'POST',
      path: '/api/admin/quota/confirm',
      access: operators,
      async handle({ staff: by }) {
        const userid = by?.userid ?? ''
        return {
          json: { confirmed: await act({ kind: 'staff', userid }, (ctx) => confirmQuotaMode(ctx, userid)) },
        }
      },
    },
  ]
}

type Handle = MannersView['handles'][number]

/** Channels, the touchpoints of the cadence in force, and the campaigns they belong to. */
async function handlesOf(reader: Reader): Promise<Handle[]> {
  const cadence = await currentCadence(reader)
  const touchpoints = cadence?.touchpoints ?? []
  const campaigns = (cadence ? campaignsIn(cadence) : []).filter(({ campaign }) => campaign.enabled)
  return [
    ...Object.entries(channelTitles).map(([name, title]) => ({ scope: 'channel' as const, name, title })),
    ...touchpoints.map(({ name, title }) => ({ scope: 'touchpoint' as const, name, title })),
    ...campaigns.map(({ name, campaign: { title } }) => ({ scope: 'campaign' as const, name, title })),
  ]
}

const shown = (pause: Pause, handles: readonly Handle[]): PauseShown => ({
  scope: pause.scope,
  name: pause.name,
  title: pauseTitle(
    pause,
    handles.find((one) => one.scope === pause.scope && one.name === pause.name)?.title,
  ),
  by: pause.by,
  at: isoOf(pause.at),
  reason: pause.reason,
})

async function quotaOf(reader: Reader): Promise<MannersView['quota']> {
  const doubted = await quotaDoubt(reader)
  const { quotaMode } = await currentManners(reader)
  return {
    written: doubted?.written ?? quotaMode,
    inForce: quotaMode,
    ...(doubted === null ? {} : { doubtedSince: isoOf(doubted.since) }),
  }
}
