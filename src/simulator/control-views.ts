import type { Control } from './control.ts'
import type { Context } from './context.ts'
import { mustCustomer, mustStaff } from './deeds/contacts.ts'
import { mustGroup } from './deeds/groups.ts'
import { findMarkable } from './deeds/tags.ts'
import { WorldError } from './errors.ts'
import { staffOf } from './state.ts'
import type { LedgerRow } from './types.ts'

/** One thing that was said, as both sides see it. */
interface Said {
  readonly at: number
  /** Among those of one instant: a row's number, or between two. */
  readonly order: number
  readonly side: 'staff' | 'customer' | 'system'
  readonly by: string
  readonly text: string
  /** The message as it was sent, for what is no text. */
  readonly body?: unknown
  /** By which API, or `sendChatMessage`; absent: by hand. */
  readonly api?: string
  readonly status?: string
}

const mostListed = 200

const nameOf = (ctx: Context, id: string): string =>
  staffOf(ctx.state, id)?.name ?? ctx.state.customers.get(id)?.name ?? id

/** Two lists become one, also while time stands still. */
const inOrder = (said: Said[]): Said[] =>
  said.sort((one, other) => one.at - other.at || one.order - other.order)

const sentRow = (ctx: Context, row: LedgerRow): Said => ({
  // A broadcast is said when it is pressed, not when it was ordered.
  at: row.statusAt,
  order: row.seq,
  side: 'staff',
  by: nameOf(ctx, row.sender),
  text: row.text,
  body: row.body,
  api: row.api,
  status: row.status,
})

function spokenAt(ctx: Context, place: string): Said[] {
  return ctx.state.spoken
    .filter((one) => one.place === place)
    .map(({ at, by, text, afterRow }) => {
      const side = staffOf(ctx.state, by) ? 'staff' : 'customer'
      return { at, order: afterRow + 0.5, side, by: nameOf(ctx, by), text }
    })
}

function staffList({ ctx }: Control): unknown {
  const unsent = new Map<string, number>()
  const count = (userid: string): void => void unsent.set(userid, (unsent.get(userid) ?? 0) + 1)
  for (const { cancelled, tasks } of ctx.state.broadcasts.values())
    for (const task of tasks.values()) if (!cancelled && task.status === 0) count(task.userid)
  for (const { cancelled, tasks } of ctx.state.moments.values())
    for (const task of tasks.values()) if (!cancelled && task.publishedAt === null) count(task.userid)
  return {
    staff: [...ctx.state.staff.values()].map(({ userid, name, confirm }) => ({
      userid,
      name,
      confirm,
      customers: ctx.state.servedBy.get(userid)?.size ?? 0,
      unsent: unsent.get(userid) ?? 0,
    })),
  }
}

/** Whoever's name, remark or id holds the words; with a staff member only hers. */
function customerList({ ctx, query, parts }: Control): unknown {
  const staff = parts[1] ? mustStaff(ctx, parts[1]) : null
  const words = (query.get('q') ?? '').toLowerCase()
  const all = [...ctx.state.customers.values()]
    .map((customer) => ({ customer, follow: staff ? customer.follows.get(staff.userid) : undefined }))
    .filter(({ customer, follow }) => {
      if (staff && !follow) return false
      const texts = [customer.name, customer.externalUserId, follow?.remark ?? '']
      return texts.some((text) => text.toLowerCase().includes(words))
    })
    .sort((one, other) => (other.follow?.lastChatAt ?? 0) - (one.follow?.lastChatAt ?? 0))
  return {
    total: all.length,
    customers: all.slice(0, Number(query.get('limit') ?? mostListed)).map(({ customer, follow }) => ({
      external_userid: customer.externalUserId,
      name: customer.name,
      remark: follow?.remark ?? '',
      lastChatAt: follow?.lastChatAt ?? 0,
      deletedByCustomer: follow?.deletedByCustomer ?? false,
    })),
  }
}

function chatOf({ ctx, parts }: Control): unknown {
  const staff = mustStaff(ctx, parts[1] ?? '')
  const customer = mustCustomer(ctx, parts[2] ?? '')
  const follow = customer.follows.get(staff.userid)
  const rows = ctx.ledger
    .rows()
    .filter(
      (row) =>
        row.recipient === customer.externalUserId &&
        row.sender === staff.userid &&
        row.api !== 'add_moment_task' &&
        row.status !== 'accepted' &&
        row.status !== 'cancelled',
    )
  const tags = [...(follow?.tagIds ?? [])].flatMap((id) => findMarkable(ctx, id)?.tag.name ?? [])
  return {
    external_userid: customer.externalUserId,
    name: customer.name,
    remark: follow?.remark ?? '',
    tags,
    relation: !follow ? 'none' : follow.deletedByCustomer ? 'deleted-by-customer' : 'friends',
    staff: [...customer.follows.values()].map((one) => ({
      userid: one.userid,
      name: nameOf(ctx, one.userid),
      deletedByCustomer: one.deletedByCustomer,
    })),
    said: inOrder([
      ...rows.map((row) => sentRow(ctx, row)),
      ...spokenAt(ctx, `${staff.userid} ${customer.externalUserId}`),
    ]),
  }
}

function groupOf({ ctx, parts }: Control): unknown {
  const group = mustGroup(ctx, parts[1] ?? '')
  const { chatId, name, owner, notice } = group
  const rows = ctx.ledger.rows().filter((row) => row.recipient === chatId && row.status === 'sent')
  return {
    chat_id: chatId,
    name,
    owner,
    notice,
    members: [...group.members.values()].map(({ id, type }) => ({ id, type, name: nameOf(ctx, id) })),
    said: inOrder([...rows.map((row) => sentRow(ctx, row)), ...spokenAt(ctx, chatId)]),
  }
}

function kfOf({ ctx, parts }: Control): unknown {
  const [, openKfId, id] = parts
  if (openKfId === undefined)
    return { accounts: [...ctx.state.kfAccounts.keys()].map((one) => kfAccount(ctx, one)) }
  const account = ctx.state.kfAccounts.get(openKfId)
  if (!account) throw new WorldError(`there is no kf account ${openKfId}`)
  if (id === undefined) return kfAccount(ctx, openKfId)
  const customer = mustCustomer(ctx, id)
  const session = ctx.state.kfSessions.get(`${openKfId} ${id}`)
  const rows = ctx.ledger.rows().filter((row) => row.sender === openKfId && row.recipient === id)
  return {
    name: customer.name,
    state: session?.state ?? 0,
    servicer: session?.servicer ?? '',
    said: inOrder([...rows.map((row) => sentRow(ctx, row)), ...kfWords(ctx, openKfId, id)]),
  }
}

function kfAccount(ctx: Context, openKfId: string): object {
  const account = ctx.state.kfAccounts.get(openKfId)
  const sessions = [...ctx.state.kfSessions].filter(([key]) => key.startsWith(`${openKfId} `))
  return {
    open_kfid: openKfId,
    name: account?.name ?? '',
    servicers: [...(account?.servicers ?? [])],
    sessions: sessions.map(([key, { state, servicer, lastAt }]) => {
      const id = key.slice(openKfId.length + 1)
      return { external_userid: id, name: nameOf(ctx, id), state, servicer, lastAt }
    }),
  }
}

/** What sync_msg tells of this customer: her words, the human's, and events. */
function kfWords(ctx: Context, openKfId: string, id: string): Said[] {
  const messages = ctx.state.kfAccounts.get(openKfId)?.messages ?? []
  return messages.flatMap(({ at, afterRow, body }): Said[] => {
    const order = afterRow + 0.5
    const event = body['event'] as Record<string, unknown> | undefined
    if ((event?.['external_userid'] ?? body['external_userid']) !== id) return []
    if (event) return [{ at, order, side: 'system', by: '', text: String(event['event_type']) }]
    const words = (body['text'] as { content?: string } | undefined)?.content ?? ''
    if (body['origin'] !== 5) return [{ at, order, side: 'customer', by: nameOf(ctx, id), text: words, body }]
    return [{ at, order, side: 'staff', by: nameOf(ctx, String(body['servicer_userid'])), text: words, body }]
  })
}

/** What the page at /sim/ reads beside the ledger and the inboxes. */
export const viewRoutes: Readonly<Record<string, (control: Control) => unknown>> = {
  'GET staff': staffList,
  'GET customers': customerList,
  'GET chat': chatOf,
  'GET group': groupOf,
  'GET kf': kfOf,
}
