/** Orders as the shop's own system reports them: by its events API, after a fault again with the same id. */
import { amountOf, basketOf } from '../shop/basket.ts'
import type { Random } from '../shop/random.ts'
import { dayOf, isoOf, weekMs } from '../shop/shop.ts'
import type { Crowd, Person } from './crowd.ts'
import { hourMs, minuteMs, whenAwake } from './hours.ts'
import { object } from './json.ts'

const patienceMs = 20_000
/** Pauses before the shop system tries again what did not go through. */
const againAfterMs = [minuteMs, 10 * minuteMs, 2 * hourMs] as const

/** Everyone who still is a customer of the shop goes on buying in her own rhythm, whatever we send. */
export function keepBuying(crowd: Crowd, person: Person): void {
  const { ordersPerWeek, leavesAt } = person.household.nature
  const rate = ordersPerWeek * crowd.rules.orderRate
  if (rate <= 0) return
  const random = crowd.chance('rhythm', person.id)
  const next = (from: number): void => {
    const when = whenAwake(from + random.exponential(rate) * weekMs, random)
    if (when >= leavesAt) return
    crowd.at(when, `order of ${person.id}`, async () => {
      next(when)
      await buy(crowd, person, random)
    })
  }
  next(crowd.world.now())
}

/** A message or a page made her want something. */
export function buyLater(crowd: Crowd, person: Person, random: Random, because: string): void {
  const when = whenAwake(crowd.world.now() + random.between(0.2, 60) * hourMs, random)
  crowd.at(when, `order of ${person.id} after a ${because}`, () =>
    buy(crowd, person, crowd.chance('order', person.id, when)),
  )
}

export async function buy(crowd: Crowd, person: Person, random: Random): Promise<void> {
  const at = crowd.world.now()
  const { household } = person
  const amountFen = amountOf(random, household, crowd.products)
  const orderId = `XH${dayOf(at).replaceAll('-', '')}-${household.shopId}-${String(Math.floor(at / 1000) % 86_400)}`
  const event = {
    id: `order:${orderId}`,
    kind: 'order',
    at: isoOf(at),
    customer: { external: person.id, shopId: household.shopId },
    orderId,
    amountFen,
    items: basketOf(random, crowd.products, household, at, amountFen),
  }
  crowd.tally.add('orders')
  crowd.tally.add('orderFen', amountFen)
  await tell(crowd, event, 0)
}

async function tell(crowd: Crowd, event: { readonly id: string }, tried: number): Promise<void> {
  try {
    await post(crowd, event)
  } catch (error) {
    const pause = againAfterMs[tried]
    if (pause !== undefined) {
      const when = crowd.world.now() + pause
      crowd.at(when, `event ${event.id} again`, () => tell(crowd, event, tried + 1))
    }
    throw error
  }
}

async function post(crowd: Crowd, event: { readonly id: string }): Promise<void> {
  const response = await fetch(new URL('/api/v1/events', crowd.baseUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${crowd.eventsKey}` },
    body: JSON.stringify({ events: [event] }),
    signal: AbortSignal.timeout(patienceMs),
  })
  const words = await response.text()
  if (!response.ok) throw new Error(`events answered ${String(response.status)} ${words.slice(0, 200)}`)
  const answer = object(JSON.parse(words), 'events answer')
  if (Number(answer['recorded']) + Number(answer['known']) !== 1)
    throw new Error(`events neither recorded nor knew ${event.id}: ${words.slice(0, 200)}`)
}
