import type { Control } from './control.ts'
import { WorldError } from './errors.ts'
import type { Card } from './state.ts'

/** What a staff member sees in the client: group sends and moments to confirm, and the app's messages. */
export function inboxOf({ ctx, parts }: Control): unknown {
  const userid = (parts[1] ?? '').toLowerCase()
  const staff = ctx.state.staff.get(userid)
  if (!staff) throw new WorldError(`there is no staff member ${parts[1]}`)
  const tasks = []
  for (const broadcast of ctx.state.broadcasts.values()) {
    const task = broadcast.tasks.get(staff.userid)
    if (!task) continue
    tasks.push({
      msgid: broadcast.msgid,
      chatType: broadcast.chatType,
      createdAt: broadcast.createdAt,
      text: broadcast.text,
      recipients: task.rows.map((row) => row.recipient),
      status: statusOf(broadcast.cancelled, task.status === 2),
      reminded: broadcast.remindedAt.length,
    })
  }
  for (const moment of ctx.state.moments.values()) {
    const task = moment.creator === null ? moment.tasks.get(staff.userid) : undefined
    if (!task) continue
    tasks.push({
      msgid: moment.momentId,
      chatType: 'moment',
      createdAt: moment.createdAt,
      text: moment.text,
      recipients: task.audience,
      status: statusOf(moment.cancelled, task.publishedAt !== null),
      reminded: 0,
    })
  }
  const cards = new Map([...ctx.state.cards.values()].map((card) => [card.msgid, card]))
  const messages = [...ctx.state.messages.values()]
    .filter((message) => !message.recalled && message.recipients.includes(staff.userid))
    .map(({ msgid, at, msgtype, text, links, body }) => {
      const card = cards.get(msgid)
      // What a button was replaced by is shown to whoever it was replaced for.
      const shown = card && { taskId: card.taskId, ...replacedFor(card, staff.userid) }
      return { msgid, at, msgtype, text, links, body, ...(shown ? { card: shown } : {}) }
    })
  return { userid: staff.userid, name: staff.name, tasks, messages }
}

const replacedFor = (card: Card, userid: string): object => {
  const words = card.replaced.get(userid)
  return words === undefined ? {} : { replaced: words }
}

const statusOf = (cancelled: boolean, done: boolean): string =>
  done ? 'sent' : cancelled ? 'cancelled' : 'unsent'
