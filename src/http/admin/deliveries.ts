/** Every promise with its why: said, waiting, refused, or declined before it was ever queued. */
import type { Act } from '../../base/act.ts'
import { isoOf } from '../../base/calendar.ts'
import type { Db } from '../../base/db.ts'
import { shownText } from '../../content/index.ts'
import { remindersOf } from '../../delivery/index.ts'
import type { Reminders } from '../../delivery/index.ts'
import { channelTitles, listPromises, resolveHeld } from '../../outbox/index.ts'
import type { Content, ListedPromise } from '../../outbox/index.ts'
import { deliveriesQuery, resolveBody } from '../contract.ts'
import type { Delivery, Paged } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Route } from '../route.ts'

const toDelivery = (row: ListedPromise, reminders: Reminders | undefined): Delivery => ({
  id: row.id,
  touchpoint: row.touchpoint,
  title: row.title,
  channel: row.channel,
  channelTitle: channelTitles[row.channel],
  subject: row.subject,
  name: row.name ?? row.subject,
  ...(row.sender === null ? {} : { sender: row.sender_name ?? row.sender }),
  at: isoOf(row.sent_at ?? row.due_at),
  decision: row.decision,
  ...(row.state === null ? {} : { state: row.state }),
  // Why it ended, if it ended with a reason; else why it was decided so.
  reason:
    row.settle_code === null
      ? { code: row.reason_code, words: row.reason_words }
      : { code: row.settle_code, words: row.settle_words ?? '' },
  text: shownText(JSON.parse(row.content) as Content),
  ...(row.settled_at === null ? {} : { settledAt: isoOf(row.settled_at) }),
  ...(reminders === undefined
    ? {}
    : { reminders: { count: reminders.count, nextAt: isoOf(reminders.nextAt) } }),
})

export function deliveryRoutes(parts: { readonly db: Db; readonly act: Act }): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/admin/deliveries',
      access: { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] },
      async handle(call) {
        const { total, items } = await listPromises(parts.db.reader, parse(deliveriesQuery, call.query))
        const reminders = await remindersOf(parts.db.reader, items, call.now)
        return {
          json: {
            total,
            items: items.map((row) => toDelivery(row, reminders.get(row.id))),
          } satisfies Paged<Delivery>,
        }
      },
    },
    {
      method: 'POST',
      path: '/api/admin/deliveries/:id/resolve',
      access: { kind: 'staff', roles: ['admin', 'operator'] },
      async handle(call) {
        const { verdict } = parse(resolveBody, call.body)
        const actor = { kind: 'staff', userid: call.staff?.userid ?? '' } as const
        await parts.act(actor, (ctx) => resolveHeld(ctx, call.params['id'] ?? '', verdict))
        return { json: { resolved: verdict } }
      },
    },
  ]
}
