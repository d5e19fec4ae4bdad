import type { Context } from '../context.ts'
import { dayMs } from '../days.ts'
import { ApiError, missing } from '../errors.ts'
import { integer, optionalIntegers, optionalTexts, type Body } from '../params.ts'
import type { StaffAct } from '../records.ts'
import type { Api, Reply } from './call.ts'
import { servingStaff } from './customers.ts'
import { isOver, readDays, statTime } from './statistic-days.ts'
import { root } from './users.ts'

const most = 100
const minuteMs = 60_000

function readStaff(ctx: Context, body: Body): Set<string> {
  const users = (optionalTexts(body, 'userid', most) ?? []).map((id) => servingStaff(ctx, id).userid)
  const parties = optionalIntegers(body, 'partyid', most) ?? []
  if (users.length + parties.length === 0) throw missing('userid')
  if (parties.some((id) => id !== root)) throw new ApiError(60123)
  const everybody = parties.length > 0 ? [...ctx.state.staff.values()].map((staff) => staff.userid) : []
  return new Set([...users, ...everybody])
}

/** A chat the customer began that day: was it answered, and how long did it take? */
interface Begun {
  readonly heardAt: number
  answeredAt: number | null
}

function begunChats(acts: readonly StaffAct[]): Begun[] {
  const chats = new Map<string, Begun | null>()
  for (const act of acts) {
    if (act.what !== 'said' && act.what !== 'heard') continue
    const key = `${act.userid} ${act.externalUserId}`
    const chat = chats.get(key)
    // Null: the staff member spoke first.
    if (chat === undefined)
      chats.set(key, act.what === 'heard' ? { heardAt: act.at, answeredAt: null } : null)
    else if (chat && act.what === 'said') chat.answeredAt ??= act.at
  }
  return [...chats.values()].filter((chat) => chat !== null)
}

function countDay(acts: readonly StaffAct[]): Reply {
  const count = (what: StaffAct['what']): number => acts.filter((act) => act.what === what).length
  const said = acts.filter((act) => act.what === 'said')
  const begun = begunChats(acts)
  const waits = begun.flatMap((chat) => (chat.answeredAt === null ? [] : [chat.answeredAt - chat.heardAt]))
  return {
    chat_cnt: new Set(said.map((act) => `${act.userid} ${act.externalUserId}`)).size,
    message_cnt: said.length,
    ...(begun.length === 0
      ? {}
      : { reply_percentage: Math.round((waits.length / begun.length) * 10_000) / 100 }),
    ...(waits.length === 0
      ? {}
      : {
          avg_reply_time: Math.round(waits.reduce((sum, wait) => sum + wait, 0) / waits.length / minuteMs),
        }),
    negative_feedback_cnt: count('lost'),
    new_apply_cnt: count('applied'),
    new_contact_cnt: count('met'),
  }
}

/** Several people are summed; a day shows once it is over (WECOM.md §3.9). */
const getUserBehaviorData: Api = {
  path: 'externalcontact/get_user_behavior_data',
  method: 'POST',
  run({ ctx, body }) {
    const staff = readStaff(ctx, body)
    integer(body, 'end_time', 0, Number.MAX_SAFE_INTEGER)
    const days = readDays(ctx, body, 'start_time', 'end_time').filter((day) => isOver(ctx, day))
    const acts = ctx.state.staffActs.filter((act) => staff.has(act.userid))
    return {
      behavior_data: days.map((day) => ({
        stat_time: statTime(day),
        ...countDay(acts.filter((act) => act.at >= day && act.at < day + dayMs)),
      })),
    }
  },
}

export const behaviorApis: readonly Api[] = [getUserBehaviorData]
