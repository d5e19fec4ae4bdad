import type { Context } from '../context.ts'
import { dayMs } from '../days.ts'
import { invalid } from '../errors.ts'
import { optionalInteger, optionalPart, texts, type Body } from '../params.ts'
import type { Group } from '../types.ts'
import type { Api, Call } from './call.ts'
import { servingStaff } from './customers.ts'
import { isOver, readDays, statTime } from './statistic-days.ts'

interface Figures {
  readonly new_chat_cnt: number
  readonly chat_total: number
  readonly chat_has_msg: number
  readonly new_member_cnt: number
  readonly member_total: number
  readonly member_has_msg: number
  readonly msg_total: number
  readonly migrate_trainee_chat_cnt: number
}

const orders = ['new_chat_cnt', 'chat_total', 'new_member_cnt', 'member_total'] as const

/** A group with all who ever came, and when they left or it ended, if they did. */
interface Life {
  readonly group: Group
  readonly endedAt: number
  readonly stays: readonly { readonly from: number; readonly to: number }[]
}

function livesOf(ctx: Context, owners: ReadonlySet<string> | null): Life[] {
  const ended = ctx.state.groupEnds.map(({ group, at }) => ({ group, endedAt: at }))
  const living = [...ctx.state.groups.values()].map((group) => ({ group, endedAt: Infinity }))
  return [...ended, ...living]
    .filter(({ group }) => !owners || owners.has(group.owner))
    .map(({ group, endedAt }) => {
      const left = ctx.state.groupActs.filter((act) => act.what === 'left' && act.chatId === group.chatId)
      const stays = [
        ...[...group.members.values()].map((member) => ({ from: member.joinTime * 1_000, to: endedAt })),
        ...left.map((act) => ({ from: act.joinTime * 1_000, to: act.at })),
      ]
      return { group, endedAt, stays }
    })
}

/** What was new from `from` on, and what there was just before `to`. */
function count(ctx: Context, lives: readonly Life[], from: number, to: number): Figures {
  const within = (at: number): boolean => at >= from && at < to
  const chats = new Set(lives.map((life) => life.group.chatId))
  const said = ctx.state.groupActs.filter(
    (act) => act.what === 'said' && chats.has(act.chatId) && within(act.at),
  )
  const stays = lives.flatMap((life) => life.stays)
  const created = (life: Life): number => life.group.createTime * 1_000
  return {
    new_chat_cnt: lives.filter((life) => within(created(life))).length,
    chat_total: lives.filter((life) => created(life) < to && life.endedAt >= to).length,
    chat_has_msg: new Set(said.map((act) => act.chatId)).size,
    new_member_cnt: stays.filter((stay) => within(stay.from)).length,
    member_total: stays.filter((stay) => stay.from < to && stay.to >= to).length,
    member_has_msg: new Set(said.map((act) => `${act.chatId} ${act.member}`)).size,
    msg_total: said.length,
    // Groups only ever move between education corps, of which this is none.
    migrate_trainee_chat_cnt: 0,
  }
}

function readOwners(ctx: Context, body: Body): Set<string> | null {
  const filter = optionalPart(body, 'owner_filter')
  if (!filter) return null
  return new Set(texts(filter, 'userid_list', 100).map((id) => servingStaff(ctx, id).userid))
}

/** Yesterday at the latest. */
function readFinishedDays({ ctx, body }: Call): number[] {
  const days = readDays(ctx, body, 'day_begin_time', 'day_end_time')
  if (days.some((day) => !isOver(ctx, day))) throw invalid('day_end_time: yesterday at the latest')
  return days
}

const statistic: Api = {
  path: 'externalcontact/groupchat/statistic',
  method: 'POST',
  run(call) {
    const { ctx, body } = call
    const days = readFinishedDays(call)
    const owners = readOwners(ctx, body)
    const order = orders[(optionalInteger(body, 'order_by', 1, 4) ?? 1) - 1] ?? 'new_chat_cnt'
    const direction = optionalInteger(body, 'order_asc', 0, 1) === 1 ? 1 : -1
    const offset = optionalInteger(body, 'offset', 0, Number.MAX_SAFE_INTEGER) ?? 0
    const limit = optionalInteger(body, 'limit', 1, 1_000) ?? 500
    const [from, to] = [days[0] ?? 0, (days.at(-1) ?? 0) + dayMs]
    const lives = livesOf(ctx, owners)
    const items = [...new Set(lives.map((life) => life.group.owner))].map((owner) => {
      const own = lives.filter((life) => life.group.owner === owner)
      return { owner, data: count(ctx, own, from, to) }
    })
    items.sort((one, other) => direction * (one.data[order] - other.data[order]))
    const shown = items.slice(offset, offset + limit)
    return { total: items.length, next_offset: Math.min(offset + limit, items.length), items: shown }
  },
}

const statisticByDay: Api = {
  path: 'externalcontact/groupchat/statistic_group_by_day',
  method: 'POST',
  run(call) {
    const days = readFinishedDays(call)
    const lives = livesOf(call.ctx, readOwners(call.ctx, call.body))
    return {
      items: days.map((day) => ({
        stat_time: statTime(day),
        data: count(call.ctx, lives, day, day + dayMs),
      })),
    }
  },
}

export const groupStatisticApis: readonly Api[] = [statistic, statisticByDay]
