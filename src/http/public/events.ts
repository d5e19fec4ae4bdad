/**
 * `POST /api/v1/events`: orders and behaviour from the shop's own systems, by bearer key. Each event is recorded once by
 * its id, so a sender who did not hear the answer sends the same again.
 */
import { DateTime } from 'luxon'
import type { z } from 'zod'
import type { Happening } from '../../base/act.ts'
import { days } from '../../base/clock.ts'
import type { Instant } from '../../base/clock.ts'
import { Refusal } from '../../base/errors.ts'
import type { Kind, Recorder } from '../../interaction/index.ts'
import { eventsBody } from '../contract.ts'
import type { EventsAnswer } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Route } from '../route.ts'

type Event = z.infer<typeof eventsBody>['events'][number]

const kindOf: Readonly<Record<Event['kind'], Kind>> = {
  order: 'order-placed',
  refund: 'order-refunded',
  browse: 'product-browsed',
  click: 'link-clicked',
  complaint: 'complaint-opened',
  satisfaction: 'satisfaction-given',
}

const source = 'api'
const maxDetails = 20

export const eventRoutes = ({ recorder }: { readonly recorder: Recorder }): Route[] => [
  {
    method: 'POST',
    path: '/api/v1/events',
    access: { kind: 'key' },
    async handle({ body, now }) {
      const { events } = parse(eventsBody, body)
      // All are checked before any is recorded: a mistake in one refuses the batch, and nothing is half done.
      const happenings = events.map((event, i) => happeningOf(event, i, now))
      const recorded = await Promise.all(happenings.map((happening) => recorder.submit(happening)))
      const fresh = recorded.filter((one) => one.fresh).length
      const answer: EventsAnswer = { recorded: fresh, known: recorded.length - fresh }
      return { json: answer }
    },
  },
]

function happeningOf(event: Event, index: number, now: Instant): Happening {
  const refuse = (field: string, words: string): Refusal =>
    new Refusal('invalid', `第 ${String(index + 1)} 个事件有误：${words}`, 400, {
      fix: `events.${String(index)}.${field}: ${words}`,
    })
  const at = DateTime.fromISO(event.at, { setZone: true }).toMillis()
  if (at > now + days(1)) throw refuse('at', '发生时间在未来')
  if (event.kind === 'order' && event.amountFen === undefined) throw refuse('amountFen', '订单缺少金额（分）')
  if (event.kind === 'refund' && event.orderId === undefined) throw refuse('orderId', '退款缺少订单号')
  if (Object.keys(event.detail).length > maxDetails)
    throw refuse('detail', `附加信息最多 ${String(maxDetails)} 项`)
  const { external, shopId, phoneHash } = event.customer
  const { text, ...facts } = event.detail
  const isTrade = event.kind === 'order' || event.kind === 'refund'
  return {
    kind: kindOf[event.kind],
    at,
    source,
    sourceKey: event.id,
    who: {
      ...(external ? { external } : {}),
      ...(shopId ? { shopId } : {}),
      ...(phoneHash ? { phoneHash } : {}),
    },
    detail: {
      ...facts,
      ...(event.orderId === undefined ? {} : { orderId: event.orderId }),
      ...(event.amountFen === undefined ? {} : { amountFen: event.amountFen }),
      ...(isTrade || event.items.length > 0 ? { items: event.items } : {}),
    },
    // What a person wrote is kept beside the log, where it can be erased.
    ...(typeof text === 'string' ? { said: text } : {}),
  }
}
