/**
 * Names an advisor for each customer at the top, and takes back what no longer holds. Who differs is found beside the door;
 * then a few at a time are looked at again under the log's lock and recorded, so that two servers never name twice and a
 * second run finds nothing. People name, and take back, by the same rows.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { system } from '../base/act.ts'
import type { Act, Actor, Ctx, Who } from '../base/act.ts'
import type { Db, Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import {
  advisorsOf,
  identitiesOf,
  namedAdvisorsOf,
  namedLoads,
  staffList,
  whoOfCustomer,
} from '../customer/index.ts'
import type { Identities, NamedAdvisor, NamedDetail, UnnamedDetail } from '../customer/index.ts'
import { lockHead } from '../interaction/index.ts'
import { talksOf } from '../outbox/index.ts'
import { clvRankOf, placesByClv } from '../segment/index.ts'
import type { ClvPlaces, ClvSettings } from '../segment/index.ts'
import { heldTimes, stepFor } from './naming.ts'
import type { Step } from './naming.ts'

export interface NamingParts {
  readonly db: Db
  readonly act: Act
  readonly clv: Pick<ClvSettings, 'advisorPercent'>
}

export interface NamingDone {
  readonly named: number
  readonly unnamed: number
  /** At the top, and nobody can be named for them. */
  readonly nobody: number
}

/** Looked at again and written in well under 100 ms, also on a busy machine. */
const perDeed = 50
const pauseMs = 20
/** So many are looked at with one read. */
const perLook = 500

/** Nothing at all until a model was fitted: then nobody's place is known. */
export async function nameAdvisors(parts: NamingParts): Promise<NamingDone> {
  const { db, act, clv } = parts
  const percent = clv.advisorPercent
  const places = await placesByClv(db.reader, percent, heldTimes)
  let [named, unnamed, nobody] = [0, 0, 0]
  if (places.of === 0) return { named, unnamed, nobody }
  const customers = await concerned(db.reader, places)
  for (let from = 0; from < customers.length; from += perLook) {
    const look = await stepsOf(db.reader, places, customers.slice(from, from + perLook))
    nobody += [...look.values()].filter((step) => step.nobody !== null).length
    const differing = [...look].filter(([, step]) => isMove(step)).map(([customer]) => customer)
    for (let at = 0; at < differing.length; at += perDeed) {
      const part = differing.slice(at, at + perDeed)
      const done = await act(system('named-advisors'), (ctx) => write(ctx, { places, percent }, part), 'bulk')
      named += done.named
      unnamed += done.unnamed
      await pause(pauseMs)
    }
  }
  return { named, unnamed, nobody }
}

/** The first of all in order of rank, then everybody else about whom something was said. */
async function concerned(reader: Reader, { ranks, count }: ClvPlaces): Promise<string[]> {
  const top = [...ranks].filter(([, rank]) => rank <= count).map(([customer]) => customer)
  const known = await namedAdvisorsOf(reader)
  return [...new Set([...top, ...known.keys()])]
}

const isMove = ({ ends, name }: Step): boolean => ends !== null || name !== null

/** What the next run would do, by customer. In the order given: whoever is named on the way counts for those behind. */
export async function stepsOf(
  reader: Reader,
  { ranks, count }: ClvPlaces,
  customers: readonly string[],
): Promise<Map<string, Step>> {
  const named = await namedAdvisorsOf(reader, customers)
  const advisors = await advisorsOf(reader, customers)
  const talks = await talksOf(reader, customers)
  const load = await namedLoads(reader)
  const left = new Set((await staffList(reader)).filter(({ active }) => !active).map(({ userid }) => userid))
  const add = (staff: string | null, by: number): void => {
    if (staff !== null) load.set(staff, (load.get(staff) ?? 0) + by)
  }
  const steps = new Map<string, Step>()
  for (const customer of customers) {
    const known = named.get(customer) ?? null
    const step = stepFor({
      named: known,
      rank: ranks.get(customer) ?? null,
      places: count,
      advisors: advisors.get(customer) ?? [],
      hasLeft: left.has(known?.staff ?? ''),
      talks: talks.get(customer) ?? noTalks,
      load,
    })
    steps.set(customer, step)
    if (step.ends !== null) add(known?.staff ?? null, -1)
    add(step.name, 1)
  }
  return steps
}

const noTalks: ReadonlyMap<string, number> = new Map()

async function write(
  ctx: Ctx,
  { places, percent }: { readonly places: ClvPlaces; readonly percent: number },
  customers: readonly string[],
): Promise<{ named: number; unnamed: number }> {
  await lockHead(ctx.tx)
  const known = await namedAdvisorsOf(ctx.tx, customers)
  const steps = await stepsOf(ctx.tx, places, customers)
  const identities = await identitiesOf(ctx.tx, customers)
  let [named, unnamed] = [0, 0]
  for (const [customer, { ends, name }] of steps) {
    const her = whoOfCustomer(identities.get(customer))
    const staff = known.get(customer)?.staff ?? null
    if (ends !== null && staff !== null) {
      recordUnnamed(ctx, her, { staff, by: 'clv', reason: ends })
      unnamed += 1
    }
    if (name === null) continue
    const rank = places.ranks.get(customer)
    recordNamed(ctx, her, {
      staff: name,
      by: 'clv',
      ...(rank === undefined ? {} : { rank, of: places.of, percent }),
    })
    named += 1
  }
  return { named, unnamed }
}

const recordNamed = (ctx: Ctx, who: Who, detail: NamedDetail, said = ''): void =>
  ctx.record({
    kind: 'advisor-named',
    at: ctx.now,
    source: 'desk',
    sourceKey: `named:${ctx.newId()}`,
    who: { ...who, staff: detail.staff },
    detail: { ...detail },
    ...(said === '' ? {} : { said }),
  })

const recordUnnamed = (ctx: Ctx, who: Who, detail: UnnamedDetail, said = ''): void =>
  ctx.record({
    kind: 'advisor-unnamed',
    at: ctx.now,
    source: 'desk',
    sourceKey: `unnamed:${ctx.newId()}`,
    who: { ...who, ...(typeof detail.staff === 'string' ? { staff: detail.staff } : {}) },
    detail: { ...detail },
    ...(said === '' ? {} : { said }),
  })

// ------------------------------------------------------------------ by a person

const personOf = (actor: Actor): string => (actor.kind === 'staff' ? actor.userid : actor.kind)

interface Known {
  readonly her: Identities
  readonly named: NamedAdvisor | null
}

async function mustKnow(ctx: Ctx, customer: string): Promise<Known> {
  await lockHead(ctx.tx)
  const her = (await identitiesOf(ctx.tx, [customer])).get(customer)
  if (!her)
    throw new Refusal('not-found', '没有这位客户', 404, {
      fix: '请从客户列表重新打开，她可能已被合并',
      english: { message: 'There is no such customer.', fix: 'Look her up: siyu customer find WHO' },
    })
  return { her, named: (await namedAdvisorsOf(ctx.tx, [customer])).get(customer) ?? null }
}

/**
 * One of those who have her as a contact and may write to her. Saying again what is so changes nothing, except that a name
 * given for her value is now a person's. `said`: why, kept beside the log.
 */
export async function nameAdvisor(
  ctx: Ctx,
  customer: string,
  { staff, said }: { readonly staff: string; readonly said: string },
): Promise<void> {
  const { her, named } = await mustKnow(ctx, customer)
  const contact = ((await advisorsOf(ctx.tx, [customer])).get(customer) ?? []).find(
    (one) => one.staff === staff,
  )
  if (contact?.maySpeak !== true)
    throw new Refusal('not-her-advisor', '这位顾问没有添加她，或没有客户联系权限', 409, {
      fix: '从添加了她的顾问里选一位；要换成别人，先在企业微信里让对方添加她',
      english: {
        message: 'This advisor does not have her as a contact, or may not write to customers.',
        fix: 'Choose one of those who have added her.',
      },
    })
  if (named?.staff === staff && named.by === 'person') return
  const place = (await clvRankOf(ctx.tx, [customer])).get(customer)
  const detail: NamedDetail = {
    staff,
    by: 'person',
    person: personOf(ctx.actor),
    ...(place ? { rank: place.rank, of: place.of } : {}),
  }
  recordNamed(ctx, whoOfCustomer(her), detail, said)
}

/** She is nobody's by name until a person names somebody again. */
export async function takeBackAdvisor(
  ctx: Ctx,
  customer: string,
  { said }: { readonly said: string },
): Promise<void> {
  const { her, named } = await mustKnow(ctx, customer)
  const staff = named?.staff ?? null
  if (staff === null)
    throw new Refusal('not-named', '她现在没有专属顾问', 409, {
      fix: '刷新页面看看现在的情况',
      english: { message: 'No advisor is named for her.', fix: 'Open her card again.' },
    })
  recordUnnamed(
    ctx,
    whoOfCustomer(her),
    { staff, by: 'person', reason: 'taken-back', person: personOf(ctx.actor) },
    said,
  )
}
