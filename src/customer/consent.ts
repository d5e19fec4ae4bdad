/** Whether she wants to hear from us, per purpose and topic. The log is the truth; these tables are its projection. */
import type { Ctx } from '../base/act.ts'
import type { Reader } from '../base/db.ts'
import type { FreshRow, Projection } from '../interaction/index.ts'
import {
  consentsOf,
  knownIdentities,
  optedOutAmong,
  saveConsents,
  saveTopics,
  topicsOf,
} from './customer.store.ts'
import type { ConsentRow, TopicRow } from './customer.store.ts'

export type Purpose = 'marketing' | 'service'

export interface Choice {
  readonly purpose: Purpose
  /** Where she said so: `h5`, `sidebar`, `kf`… */
  readonly via: string
  /** Her own words, if any: kept beside the log. */
  readonly said?: string
}

const textOf = (value: unknown, fallback: string): string => (typeof value === 'string' ? value : fallback)

export const consentProjection: Projection = {
  name: 'consent',
  kinds: ['opted-out', 'opted-in'],
  keeps: [{ table: 'consent', of: 'customer' }],
  async apply(tx, rows) {
    const last = new Map<string, ConsentRow>()
    for (const row of rows) {
      if (row.customer === null) continue
      const purpose = textOf(row.detail['purpose'], 'marketing')
      last.set(`${row.customer} ${purpose}`, {
        customer: row.customer,
        purpose,
        optedOut: row.kind === 'opted-out',
        at: row.at,
        via: textOf(row.detail['via'], row.source),
      })
    }
    await saveConsents(tx, inKeyOrder(last))
  },
}

export const topicProjection: Projection = {
  name: 'topics',
  kinds: ['topics-chosen'],
  keeps: [{ table: 'topic_choice', of: 'customer' }],
  async apply(tx, rows) {
    const last = new Map<string, TopicRow>()
    for (const row of rows)
      for (const choice of choicesOf(row)) last.set(`${choice.customer} ${choice.topic}`, choice)
    await saveTopics(tx, inKeyOrder(last))
  },
}

const inKeyOrder = <T>(rows: ReadonlyMap<string, T>): T[] =>
  [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)

function choicesOf(row: FreshRow): TopicRow[] {
  const { customer } = row
  const topics = row.detail['topics']
  if (customer === null || typeof topics !== 'object' || topics === null) return []
  return Object.entries(topics).map(([topic, wanted]) => ({
    customer,
    topic,
    wanted: wanted === true,
    at: row.at,
  }))
}

const decide = (ctx: Ctx, kind: 'opted-out' | 'opted-in', external: string, choice: Choice): void =>
  ctx.record({
    kind,
    at: ctx.now,
    source: choice.via,
    sourceKey: `${kind}:${ctx.newId()}`,
    who: { external, ...(ctx.actor.kind === 'staff' ? { staff: ctx.actor.userid } : {}) },
    detail: { purpose: choice.purpose, via: choice.via },
    ...(choice.said === undefined ? {} : { said: choice.said }),
  })

/** Works from the commit on; saying it twice is no error. */
export async function optOut(ctx: Ctx, external: string, choice: Choice): Promise<void> {
  await Promise.resolve(decide(ctx, 'opted-out', external, choice))
}

export async function optIn(ctx: Ctx, external: string, choice: Choice): Promise<void> {
  await Promise.resolve(decide(ctx, 'opted-in', external, choice))
}

export async function chooseTopics(
  ctx: Ctx,
  external: string,
  topics: Readonly<Record<string, boolean>>,
  via: string,
): Promise<void> {
  if (Object.keys(topics).length === 0) return
  await Promise.resolve(
    ctx.record({
      kind: 'topics-chosen',
      at: ctx.now,
      source: via,
      sourceKey: `topics-chosen:${ctx.newId()}`,
      who: { external },
      detail: { topics },
    }),
  )
}

export interface Subscriptions {
  /** False after an opt-out; somebody unknown has not opted out. */
  readonly marketing: boolean
  readonly service: boolean
  readonly topics: Readonly<Record<string, boolean>>
}

export async function subscriptionsOf(reader: Reader, external: string): Promise<Subscriptions> {
  const known = await knownIdentities(reader, [{ kind: 'external', value: external }])
  const customer = known.get(`external:${external}`)?.customer
  if (customer === undefined) return { marketing: true, service: true, topics: {} }
  const refused = new Set(
    (await consentsOf(reader, customer)).filter((row) => row.opted_out === 1).map((row) => row.purpose),
  )
  const topics = (await topicsOf(reader, customer)).map(({ topic, wanted }) => [topic, wanted === 1] as const)
  return {
    marketing: !refused.has('marketing'),
    service: !refused.has('service'),
    topics: Object.fromEntries(topics),
  }
}

/** Of these customers, those who refuse this purpose. */
export const optedOutOf = (
  reader: Reader,
  customers: readonly string[],
  purpose: Purpose,
): Promise<Set<string>> => optedOutAmong(reader, customers, purpose)

/** Records what she wishes otherwise than before; what is left out stays. */
export async function changeSubscriptions(
  ctx: Ctx,
  external: string,
  wish: Partial<Subscriptions>,
  via: string,
): Promise<void> {
  const before = await subscriptionsOf(ctx.tx, external)
  for (const purpose of ['marketing', 'service'] as const) {
    const wanted = wish[purpose]
    if (wanted === undefined || wanted === before[purpose]) continue
    await (wanted ? optIn : optOut)(ctx, external, { purpose, via })
  }
  const topics = Object.entries(wish.topics ?? {}).filter(
    ([topic, wanted]) => wanted !== (before.topics[topic] ?? true),
  )
  await chooseTopics(ctx, external, Object.fromEntries(topics), via)
}
