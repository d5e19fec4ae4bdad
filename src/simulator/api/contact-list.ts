import { seconds, type Context } from '../context.ts'
import { ApiError } from '../errors.ts'
import { cursorOf, offsetOf, optionalInteger, optionalText } from '../params.ts'
import { customersIn } from '../state.ts'
import type { Traversal } from '../records.ts'
import type { Api } from './call.ts'

const traversalMs = 4 * 3_600_000
const most = 1_000

/** Everybody served: customers once per advisor, and strangers in groups once per group (WECOM.md §3.1). */
function peopleOf(ctx: Context): Record<string, unknown>[] {
  // Good within this traversal only: the next one knows the same person by another id.
  const tmpIds = new Map<string, string>()
  const tmpOf = (id: string): string => {
    const known = tmpIds.get(id) ?? `tmp${ctx.rng.text(25)}`
    tmpIds.set(id, known)
    return known
  }
  const customers = [...ctx.state.customers.values()].flatMap((customer) =>
    [...customer.follows.values()].map((follow) => ({
      is_customer: true,
      tmp_openid: tmpOf(customer.externalUserId),
      external_userid: customer.externalUserId,
      name: customer.name,
      follow_userid: follow.userid,
      add_time: follow.createtime,
    })),
  )
  const strangers = [...ctx.state.groups.values()].flatMap((group) =>
    customersIn(group.members.values())
      .filter((id) => (ctx.state.customers.get(id)?.follows.size ?? 0) === 0)
      .map((id) => ({
        is_customer: false,
        tmp_openid: tmpOf(id),
        name: ctx.state.customers.get(id)?.name ?? '',
        chat_id: group.chatId,
        chat_name: group.name,
        add_time: group.members.get(id)?.joinTime ?? seconds(ctx.clock.now()),
      })),
  )
  return [...customers, ...strangers]
}

function resume(ctx: Context, cursor: string): { id: string; traversal: Traversal; from: number } {
  for (const [id, traversal] of ctx.state.traversals) {
    if (!cursor.startsWith(`${id}.`)) continue
    if (ctx.clock.now() > traversal.beganAt + traversalMs) break
    return { id, traversal, from: offsetOf(id, cursor.slice(id.length + 1)) }
  }
  throw new ApiError(50100)
}

const contactList: Api = {
  path: 'externalcontact/contact_list',
  method: 'POST',
  run({ ctx, body }) {
    const limit = optionalInteger(body, 'limit', 1, most) ?? most
    const cursor = optionalText(body, 'cursor')
    const begin = (): ReturnType<typeof resume> => {
      const id = ctx.rng.text(16)
      const traversal = { beganAt: ctx.clock.now(), people: peopleOf(ctx) }
      ctx.state.traversals.set(id, traversal)
      return { id, traversal, from: 0 }
    }
    const { id, traversal, from } = cursor ? resume(ctx, cursor) : begin()
    const to = from + limit
    return {
      info_list: traversal.people.slice(from, to),
      next_cursor: to < traversal.people.length ? `${id}.${cursorOf(id, to)}` : '',
    }
  },
}

export const contactListApis: readonly Api[] = [contactList]
