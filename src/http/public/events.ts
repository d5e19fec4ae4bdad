/**
 * `POST /api/v1/events`: orders and behaviour from the shop's own systems, by bearer key. Each event is recorded once by
 * its id, so a sender who did not hear the answer sends the same again.
 */
import { DateTime } from 'luxon'
import type { z } from 'zod'
import type { Happening, Who } from '../../base/act.ts'
import { days } from '../../base/clock.ts'
import type { Instant } from '../../base/clock.ts'
import { Refusal } from '../../base/errors.ts'
import { childWithoutConsent, describing, readAttribute, usualAttributes } from '../../customer/index.ts'
import type { AttributeSpec, AttributeValue, HashPhone } from '../../customer/index.ts'
import { shopEvents } from '../../files/index.ts'
import type { Kind, Recorder } from '../../interaction/index.ts'
import { couponIn } from '../../reward/index.ts'
import type { CouponWarning } from '../../reward/index.ts'
import { eventsBody } from '../contract.ts'
import type { EventsAnswer } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Route } from '../route.ts'

type Event = z.infer<typeof eventsBody>['events'][number]

const kindOf = (event: Exclude<Event['kind'], 'customer'>): Kind =>
  event === 'order' ? 'order-placed' : shopEvents[event].kind

const source = 'api'
const maxDetails = 20

export interface EventParts {
  readonly recorder: Recorder
  readonly hashPhone?: HashPhone | undefined
  /** What a customer may have, by config/attributes.yaml. */
  readonly attributes?: readonly AttributeSpec[] | undefined
  /** Redeems the coupon an order names; why not, when it cannot be. */
  readonly redeem?: ((told: Happening) => Promise<CouponWarning | null>) | undefined
}

type Refuse = (field: string, words: string) => Refusal

export const eventRoutes = (parts: EventParts): Route[] => [
  {
    method: 'POST',
    path: '/api/v1/events',
    access: { kind: 'key' },
    async handle({ body, now }) {
      const { events } = parse(eventsBody, body)
      // All are checked before any is recorded: a mistake in one refuses the batch, and nothing is half done.
      const happenings = events.map((event, i) => happeningOf(event, i, now, parts))
      const recorded = await Promise.all(happenings.map((happening) => parts.recorder.submit(happening)))
      const fresh = recorded.filter((one) => one.fresh).length
      const warnings = await redeemNamed(happenings, parts)
      const answer: EventsAnswer = {
        recorded: fresh,
        known: recorded.length - fresh,
        ...(warnings.length === 0 ? {} : { warnings }),
      }
      return { json: answer }
    },
  },
]

/** After the orders are safe: a coupon that is not what the shop thinks is said, and costs no order. */
async function redeemNamed(
  happenings: readonly Happening[],
  { redeem }: EventParts,
): Promise<NonNullable<EventsAnswer['warnings']>> {
  const warnings: NonNullable<EventsAnswer['warnings']>[number][] = []
  for (const told of happenings) {
    const isTrade = told.kind === 'order-placed' || told.kind === 'coupon-redeemed'
    if (!redeem || !isTrade || couponIn(told) === null) continue
    const warning = await redeem(told)
    if (warning)
      warnings.push({ id: told.sourceKey, code: warning.code, message: warning.words, fix: warning.fix })
  }
  return warnings
}

function happeningOf(event: Event, index: number, now: Instant, parts: EventParts): Happening {
  const refuse: Refuse = (field, words) =>
    new Refusal('invalid', `第 ${String(index + 1)} 个事件有误：${words}`, 400, {
      fix: `events.${String(index)}.${field}: ${words}`,
    })
  const at = DateTime.fromISO(event.at, { setZone: true }).toMillis()
  if (at > now + days(1)) throw refuse('at', '发生时间在未来')
  const who = whoOf(event, parts.hashPhone, refuse)
  if (event.kind === 'customer') {
    const says = saysOf(event, parts.attributes ?? usualAttributes, refuse)
    return describing({ source, sourceKey: event.id, at, who, says })
  }
  if (Object.keys(event.attributes).length > 0) throw refuse('attributes', '只有 customer 事件可以带客户属性')
  if (event.kind === 'order' && event.amountFen === undefined) throw refuse('amountFen', '订单缺少金额（分）')
  if (event.kind === 'refund' && event.orderId === undefined) throw refuse('orderId', '退款缺少订单号')
  if (event.kind === 'delivered' && event.orderId === undefined) throw refuse('orderId', '签收缺少订单号')
  if (event.coupon !== undefined && event.kind !== 'order' && event.kind !== 'coupon')
    throw refuse('coupon', '只有订单和核销可以带券码')
  if (event.kind === 'campaign' && event.detail['campaign'] === undefined)
    throw refuse('detail.campaign', '缺少活动编号')
  if (Object.keys(event.detail).length > maxDetails)
    throw refuse('detail', `附加信息最多 ${String(maxDetails)} 项`)
  const { text, ...facts } = event.detail
  const isTrade = event.kind === 'order' || event.kind === 'refund'
  return {
    kind: kindOf(event.kind),
    at,
    source,
    sourceKey: event.id,
    who,
    detail: {
      ...facts,
      ...(event.orderId === undefined ? {} : { orderId: event.orderId }),
      ...(event.amountFen === undefined ? {} : { amountFen: event.amountFen }),
      ...(event.coupon === undefined ? {} : { coupon: event.coupon }),
      ...(isTrade || event.items.length > 0 ? { items: event.items } : {}),
    },
    // What a person wrote is kept beside the log, where it can be erased.
    ...(typeof text === 'string' ? { said: text } : {}),
  }
}

function whoOf({ customer, chat }: Event, hashPhone: HashPhone | undefined, refuse: Refuse): Who {
  const { external, unionid, shopId, phone } = customer
  let phoneHash = customer.phoneHash
  if (phone !== undefined) {
    const hashed = hashPhone?.(phone) ?? null
    if (hashed === null) throw refuse('customer.phone', '不是有效的手机号')
    if (phoneHash !== undefined && phoneHash !== hashed)
      throw refuse('customer.phoneHash', '与 phone 不是同一个号码')
    phoneHash = hashed
  }
  return {
    ...(external ? { external } : {}),
    ...(unionid ? { unionid } : {}),
    ...(shopId ? { shopId } : {}),
    ...(phoneHash ? { phoneHash } : {}),
    ...(chat ? { chat } : {}),
  }
}

function saysOf(
  { attributes }: Event,
  specs: readonly AttributeSpec[],
  refuse: Refuse,
): Map<string, AttributeValue | null> {
  const says = new Map<string, AttributeValue | null>()
  for (const [name, given] of Object.entries(attributes)) {
    const spec = specs.find((one) => one.name === name)
    if (!spec)
      throw refuse(
        `attributes.${name}`,
        `没有名为 ${name} 的属性，请先在 config/attributes.yaml 里声明；已有：${specs.map((one) => one.name).join('、')}`,
      )
    const text = Array.isArray(given) ? given.join(';') : given === null ? '' : String(given)
    if (text === '') {
      says.set(name, null)
      continue
    }
    const value = readAttribute(spec, text)
    if (!value.ok) throw refuse(`attributes.${name}`, `${spec.title}的值不对：${value.why}（${value.fix}）`)
    says.set(name, value.value)
  }
  const child = childWithoutConsent(specs, says)
  if (child)
    throw refuse(`attributes.${child.name}`, `${child.title}是孩子的信息，需同时带 guardianConsent: "是"`)
  return says
}
