/** What an advisor is asked to do today, and why. Only ever her own customers. */
import { dayOf, instantOf } from '../base/calendar.ts'
import { days } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import type { LinkParts } from '../content/index.ts'
import { ownsCustomer } from '../customer/index.ts'
import { currentManners, optedOut, restraints } from '../outbox/index.ts'
import type { PromiseRow } from '../outbox/index.ts'
import {
  finishedTasks,
  knownAs,
  latestCallNotes,
  offersSince,
  openTaskCount,
  openTasks,
  reachedSince,
  tiersOf,
} from './desk.store.ts'
import type { CallNote } from './desk.store.ts'
import {
  callOutcomeWords,
  callOutcomes,
  contentOf,
  personalAttachments,
  personalText,
  taskState,
  warningsFor,
} from './task.ts'
import type { Task } from './task.ts'

export interface DeskParts {
  readonly links: LinkParts
  /** `high` → 高价值. */
  readonly tierTitle: (tier: string) => string
}

const mostTasks = 200
const startOfDay = (now: Instant): Instant => instantOf(dayOf(now))

/** By value, then by deadline; below them what she has finished today. */
export async function today(
  parts: DeskParts,
  reader: Reader,
  staff: string,
  now: Instant,
): Promise<{ readonly total: number; readonly items: readonly Task[] }> {
  const open = await openTasks(reader, staff, null, mostTasks)
  const finished = await finishedTasks(reader, staff, startOfDay(now), null, mostTasks)
  return {
    total: (await openTaskCount(reader, staff)) + finished.length,
    items: await present(parts, reader, [...open, ...finished], now),
  }
}

export async function tasksOf(
  parts: DeskParts,
  reader: Reader,
  staff: string,
  external: string,
  now: Instant,
): Promise<Task[]> {
  await mustOwn(reader, staff, external)
  const open = await openTasks(reader, staff, external, mostTasks)
  const finished = await finishedTasks(reader, staff, startOfDay(now), external, mostTasks)
  return present(parts, reader, [...open, ...finished], now)
}

/** Somebody else's customer does not exist for this advisor. */
export async function mustOwn(reader: Reader, staff: string, external: string): Promise<void> {
  if (!(await ownsCustomer(reader, staff, external))) throw notFound()
}

export const notFound = (): Refusal =>
  new Refusal('not-found', '没有找到这位客户', 404, { fix: '如果由其他顾问负责，需要接手请联系管理员' })

export async function present(
  parts: DeskParts,
  reader: Reader,
  rows: readonly PromiseRow[],
  now: Instant,
): Promise<Task[]> {
  const customers = [...new Set(rows.flatMap(({ customer }) => (customer === null ? [] : [customer])))]
  const externals = [...new Set(rows.map(({ subject }) => subject))]
  const manners = await currentManners(reader)
  const names = await knownAs(reader, rows[0]?.sender ?? '', externals)
  const tiers = await tiersOf(reader, customers)
  const refusers = await optedOut(reader, customers)
  const restrained = await restraints(reader, customers)
  const reached = await reachedSince(reader, customers, startOfDay(now))
  const offers = await offersSince(reader, customers, now - days(7))
  const calls = await latestCallNotes(
    reader,
    rows.flatMap(({ id, channel }) => (channel === 'phone-task' ? [id] : [])),
  )
  return rows.map((row) => {
    const customer = row.customer ?? ''
    const tier = tiers.get(customer) ?? 'lead'
    return {
      promise: row,
      name: names.get(row.subject) ?? row.subject,
      tier,
      tierTitle: parts.tierTitle(tier),
      why: contentOf(row).why ?? row.title,
      text: personalText(parts.links, row),
      attachments: personalAttachments(parts.links, row),
      state: taskState(row),
      warnings: warningsFor(row, {
        now,
        manners,
        optedOut: refusers.has(`${customer}\t${row.purpose}`),
        reachedToday: reached.has(customer),
        talkedAt: restrained.get(customer)?.talked_at ?? null,
        complaintAt: restrained.get(customer)?.complaint_at ?? null,
        refundAt: restrained.get(customer)?.refund_at ?? null,
        offersThisWeek: offers.get(customer) ?? 0,
      }),
      ...callOf(row, calls.get(row.id)),
    }
  })
}

function callOf(row: PromiseRow, last: CallNote | undefined): Pick<Task, 'call'> {
  if (row.channel !== 'phone-task') return {}
  const words = callOutcomes.flatMap((one) => (one === last?.outcome ? [callOutcomeWords[one]] : []))[0]
  return { call: last === undefined || words === undefined ? {} : { last: { words, at: last.at } } }
}
