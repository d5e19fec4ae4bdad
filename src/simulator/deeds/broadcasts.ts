import type { Context } from '../context.ts'
import { WorldError } from '../errors.ts'
import { linksIn } from '../ledger.ts'
import { spendQuota } from '../quota.ts'
import { areFriends, staffOf, type Broadcast, type StaffTask } from '../state.ts'
import type { LedgerRow } from '../types.ts'
import { noteGroupMessage } from './acts.ts'
import { mustStaff } from './contacts.ts'
import { arrived, arrivedAtStaff } from './deliver.ts'

export interface NewBroadcast {
  readonly agentId: number
  readonly chatType: 'single' | 'group'
  readonly text: string
  /** The request without recipients. */
  readonly content: Record<string, unknown>
  /** Who must confirm, and for which customers or groups. */
  readonly recipients: ReadonlyMap<string, readonly string[]>
}

/** Accepts a group send: one ledger row per recipient, one task per staff member (WECOM.md §3.6). */
export function createBroadcast(ctx: Context, wanted: NewBroadcast): Broadcast {
  const now = ctx.clock.now()
  const broadcast: Broadcast = {
    msgid: `msg${ctx.rng.text(29)}`,
    agentId: wanted.agentId,
    chatType: wanted.chatType,
    createdAt: now,
    text: wanted.text,
    content: wanted.content,
    tasks: new Map(),
    remindedAt: [],
    cancelled: false,
  }
  const links = linksIn(wanted.content)
  for (const [userid, recipients] of wanted.recipients) {
    const rows = recipients.map((recipient) =>
      ctx.ledger.add({
        api: 'add_msg_template',
        via: 'api',
        msgid: broadcast.msgid,
        sender: userid,
        recipientKind: wanted.chatType === 'group' ? 'group' : 'customer',
        recipient,
        text: wanted.text,
        links,
        body: wanted.content,
        acceptedAt: now,
        status: 'accepted',
        resultStatus: 0,
      }),
    )
    broadcast.tasks.set(userid, { userid, rows, status: 0, sentAt: 0, due: null })
  }
  ctx.state.broadcasts.set(broadcast.msgid, broadcast)
  for (const task of broadcast.tasks.values()) handToStaff(ctx, broadcast, task, links)
  return broadcast
}

function handToStaff(ctx: Context, broadcast: Broadcast, task: StaffTask, links: readonly string[]): void {
  const { msgid, text, content: body } = broadcast
  arrivedAtStaff(ctx, {
    userid: task.userid,
    kind: 'task',
    msgid,
    at: broadcast.createdAt,
    text,
    links,
    body,
  })
  const confirm = staffOf(ctx.state, task.userid)?.confirm
  if (!confirm || confirm.mode === 'never' || task.status !== 0) return
  const at = broadcast.createdAt + (confirm.afterMs ?? 0)
  task.due = ctx.clock.plan(at, { deed: 'press', msgid, userid: task.userid })
}

export function pressPlanned(ctx: Context, msgid: string, userid: string): void {
  const broadcast = ctx.state.broadcasts.get(msgid)
  const task = broadcast?.tasks.get(userid)
  if (broadcast && task) press(ctx, broadcast, task)
}

/** The staff member presses "send": what arrives depends on friendship and quota at this moment. */
function press(ctx: Context, broadcast: Broadcast, task: StaffTask): void {
  if (broadcast.cancelled || task.status !== 0) return
  ctx.clock.unplan(task.due)
  const now = ctx.clock.now()
  task.status = 2
  task.sentAt = now
  const sent: LedgerRow[] = []
  for (const row of task.rows) {
    if (!reachable(ctx, row)) ctx.ledger.settle(row, 'failed', now, 2)
    else if (!spendQuota(ctx.state, ctx.settings.quotaMode, row.recipient, now))
      ctx.ledger.settle(row, 'failed', now, 3)
    else {
      ctx.ledger.settle(row, 'sent', now, 1)
      if (row.recipientKind === 'group') noteGroupMessage(ctx, row.recipient, task.userid)
      sent.push(row)
    }
  }
  // Listeners run after the whole task is settled, so that what they do sees a finished send.
  for (const row of sent) arrived(ctx, row)
}

function reachable(ctx: Context, row: LedgerRow): boolean {
  if (row.recipientKind === 'group') return ctx.state.groups.get(row.recipient)?.owner === row.sender
  return areFriends(ctx.state, row.sender, row.recipient)
}

export function confirmTask(ctx: Context, userid: string, msgid: string): void {
  const staff = mustStaff(ctx, userid)
  const broadcast = ctx.state.broadcasts.get(msgid)
  const task = broadcast?.tasks.get(staff.userid)
  if (!broadcast || !task) throw new WorldError(`${userid} has no task ${msgid}`)
  if (broadcast.cancelled) throw new WorldError(`task ${msgid} was cancelled`)
  if (task.status !== 0) throw new WorldError(`${userid} already confirmed ${msgid}`)
  press(ctx, broadcast, task)
}

/** The task appears once more in the client of everybody who has not pressed "send" yet. */
export function remindStaff(ctx: Context, broadcast: Broadcast): void {
  const { msgid, text, content: body } = broadcast
  const at = ctx.clock.now()
  for (const task of broadcast.tasks.values()) {
    if (task.status !== 0) continue
    arrivedAtStaff(ctx, { userid: task.userid, kind: 'task', msgid, at, text, links: linksIn(body), body })
  }
}

/** Stops what is not sent yet; what was sent stays sent. */
export function cancelBroadcast(ctx: Context, broadcast: Broadcast): void {
  broadcast.cancelled = true
  const now = ctx.clock.now()
  for (const task of broadcast.tasks.values()) {
    ctx.clock.unplan(task.due)
    if (task.status !== 0) continue
    for (const row of task.rows) ctx.ledger.settle(row, 'cancelled', now)
  }
}

/** A send the staff member made alone in the client: only the quota notices. */
export function staffBroadcast(ctx: Context, userid: string, externalUserIds: readonly string[]): void {
  const staff = mustStaff(ctx, userid)
  const now = ctx.clock.now()
  for (const id of externalUserIds) {
    if (areFriends(ctx.state, staff.userid, id)) spendQuota(ctx.state, ctx.settings.quotaMode, id, now)
  }
}
