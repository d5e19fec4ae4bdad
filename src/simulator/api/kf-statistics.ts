import type { Context } from '../context.ts'
import { dayMs } from '../days.ts'
import { ApiError } from '../errors.ts'
import { integer, optionalText, type Body } from '../params.ts'
import type { KfAct } from '../records.ts'
import { staffOf } from '../state.ts'
import type { Api, Reply } from './call.ts'
import { mustKf } from './kf-accounts.ts'
import { isOver, readDays, statTime } from './statistic-days.ts'

const mostDays = 31

interface Asked {
  readonly days: readonly number[]
  readonly acts: readonly KfAct[]
}

/** All accounts, or the named one; a day shows once it is over. */
function read(ctx: Context, body: Body): Asked {
  const only = optionalText(body, 'open_kfid') ? mustKf(ctx, body).openKfId : null
  integer(body, 'end_time', 0, Number.MAX_SAFE_INTEGER)
  const days = readDays(ctx, body, 'start_time', 'end_time', mostDays).filter((day) => isOver(ctx, day))
  return { days, acts: ctx.state.kfActs.filter((act) => !only || act.openKfId === only) }
}

const perDay = ({ days, acts }: Asked, count: (acts: readonly KfAct[]) => Reply): Reply => ({
  statistic_list: days.map((day) => ({
    stat_time: statTime(day),
    statistic: count(acts.filter((act) => act.at >= day && act.at < day + dayMs)),
  })),
})

const customersIn = (acts: readonly KfAct[], what: KfAct['what']): Set<string> =>
  new Set(acts.filter((act) => act.what === what).map((act) => act.externalUserId))
const countOf = (acts: readonly KfAct[], what: KfAct['what']): number =>
  acts.filter((act) => act.what === what).length

const corp: Api = {
  path: 'kf/get_corp_statistic',
  method: 'POST',
  run: ({ ctx, body }) =>
    perDay(read(ctx, body), (acts) => ({
      session_cnt: countOf(acts, 'begun'),
      customer_cnt: customersIn(acts, 'wrote').size,
      customer_msg_cnt: countOf(acts, 'wrote'),
      upgrade_service_customer_cnt: customersIn(acts, 'upgraded').size,
    })),
}

/** The time from being put in charge to the first answer, per customer. */
function firstAnswers(acts: readonly KfAct[]): number[] {
  const since = new Map<string, number>()
  const waits: number[] = []
  for (const act of acts) {
    const key = `${act.openKfId} ${act.externalUserId}`
    const from = since.get(key)
    if (act.what === 'assigned') since.set(key, act.at)
    else if (act.what === 'answered' && from !== undefined) {
      waits.push(act.at - from)
      since.delete(key)
    }
  }
  return waits
}

const servicer: Api = {
  path: 'kf/get_servicer_statistic',
  method: 'POST',
  run({ ctx, body }) {
    const wanted = optionalText(body, 'servicer_userid')
    const userid = wanted ? staffOf(ctx.state, wanted)?.userid : null
    if (userid === undefined) throw new ApiError(40003)
    const { days, acts } = read(ctx, body)
    const own = acts.filter((act) => act.servicer !== '' && (userid === null || act.servicer === userid))
    return perDay({ days, acts: own }, (day) => {
      const sessions = countOf(day, 'assigned')
      const waits = firstAnswers(day)
      return {
        session_cnt: sessions,
        customer_cnt: customersIn(day, 'assigned').size,
        customer_msg_cnt: countOf(day, 'wrote'),
        ...(sessions === 0 ? {} : { reply_rate: waits.length / sessions }),
        ...(waits.length === 0
          ? {}
          : {
              first_reply_average_sec: Math.round(
                waits.reduce((sum, wait) => sum + wait, 0) / waits.length / 1_000,
              ),
            }),
        upgrade_service_customer_cnt: customersIn(day, 'upgraded').size,
      }
    })
  },
}

export const kfStatisticApis: readonly Api[] = [corp, servicer]
