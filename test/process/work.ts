/** What a fleet owes: promises made from this process, and how often each was heard of in the end. */
import { system } from '../../src/base/act.ts'
import { dayOf } from '../../src/base/calendar.ts'
import type { Instant } from '../../src/base/clock.ts'
import { minutes } from '../../src/base/clock.ts'
import { readEnv } from '../../src/base/env.ts'
import { openCore } from '../../src/core.ts'
import type { Core } from '../../src/core.ts'
import { enqueue } from '../../src/outbox/index.ts'
import type { Candidate } from '../../src/outbox/index.ts'
import type { LedgerRow } from '../../src/simulator/types.ts'
import type { Fleet } from './fleet.ts'
import { packageRoot } from './harness.ts'

export interface WorkPlan {
  /** Part of the keys and of the words: each time another. */
  readonly mark: string
  readonly at: Instant
  /** The customers who get a card about them, and those who get a broadcast, by number. */
  readonly cards: number
  readonly broadcasts: number
}

/** The database of a fleet from this process, beside its servers. */
export function openBeside({ env, clock }: Fleet, databaseUrl: string): Promise<Core> {
  return openCore({
    env: readEnv({ source: { ...env, DATABASE_URL: databaseUrl }, envFile: false }),
    clock,
    root: packageRoot,
    mode: 'create',
  })
}

/** Promises cards to advisors and broadcasts to customers, each in words of its own, due at one instant. */
export async function promiseWork(core: Core, plan: WorkPlan): Promise<void> {
  const people = await core.db.reader.rows<{ external: string; staff: string; customer: string }>(
    `select r.external, r.staff, i.customer from relation r
     join identity i on i.kind = 'external' and i.value = r.external
     where r.state = 'active' order by r.external limit ${String(Math.max(plan.cards, plan.broadcasts))}`,
  )
  const to = (channel: 'advisor-task' | 'broadcast', most: number): Candidate[] =>
    people.slice(0, most).map(({ external, staff, customer }, n) => ({
      dedupeKey: `${plan.mark}:${channel}:${external}`,
      touchpoint: 'drill',
      title: '演练',
      cadenceVersion: 1,
      purpose: 'service',
      personal: false,
      channel,
      content: {
        text: `${plan.mark} 第 ${String(n)} 句 [[link:me]]`,
        why: `${plan.mark} 第 ${String(n)} 件`,
      },
      subjectKind: 'customer',
      subject: external,
      customer,
      sender: staff,
      day: dayOf(plan.at),
      wantedAt: plan.at,
      expiresAt: plan.at + minutes(20),
      priority: 10,
    }))
  const candidates = [...to('advisor-task', plan.cards), ...to('broadcast', plan.broadcasts)]
  if (candidates.length !== plan.cards + plan.broadcasts) throw new Error('The shop has too few customers.')
  for (let from = 0; from < candidates.length; from += 250) {
    const part = candidates.slice(from, from + 250)
    const decided = await core.act(system('drill'), (ctx) => enqueue(ctx, part))
    const other = decided.find(({ decision }) => decision !== 'queued')
    if (other) throw new Error(`${other.dedupeKey} was not queued: ${other.reasonWords}`)
  }
}

export interface Told {
  readonly lost: readonly string[]
  readonly twice: readonly string[]
}

/**
 * How often each promise of this mark was heard of, by the simulator's ledger: a card by the promise's id in it, a
 * broadcast by its words. What WeCom took back in time nobody heard.
 */
export async function toldOf(core: Core, ledger: readonly LedgerRow[], mark: string): Promise<Told> {
  const heard = new Map<string, number>()
  for (const row of ledger) {
    if (row.status === 'cancelled') continue
    const key =
      row.api === 'message/send' ? taskOf(row) : `${row.recipient} ${row.text.replace(/ http\S+/, '')}`
    heard.set(key, (heard.get(key) ?? 0) + 1)
  }
  const promises = await core.db.reader.rows<{
    id: string
    dedupe_key: string
    channel: string
    subject: string
    content: string
  }>(`select id, dedupe_key, channel, subject, content from promise where dedupe_key like $1`, [`${mark}:%`])
  const timesOf = ({ id, channel, subject, content }: (typeof promises)[number]): number => {
    const { text } = JSON.parse(content) as { text: string }
    return heard.get(channel === 'advisor-task' ? id : `${subject} ${text.replace(/ \[\[.*/, '')}`) ?? 0
  }
  const keysOf = (some: typeof promises): string[] => some.map(({ dedupe_key }) => dedupe_key)
  return {
    lost: keysOf(promises.filter((one) => timesOf(one) === 0)),
    twice: keysOf(promises.filter((one) => timesOf(one) > 1)),
  }
}

export const taskOf = ({ body }: LedgerRow): string =>
  (body as { template_card?: { task_id?: string } }).template_card?.task_id ?? ''
