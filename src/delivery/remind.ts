/**
 * Reminders to advisors: of a broadcast that nobody confirmed (through WeCom's own reminder), and of the tasks in their
 * list (one note for all of them). At most three in 24 hours, never in the quiet hours. Each is written down before it
 * is made: one whose answer was lost counts as given, and no restart makes it a second time.
 */
import type { Ctx } from '../base/act.ts'
import { system } from '../base/act.ts'
import { timeOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { days, hours, minutes } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import {
  afterQuiet,
  currentManners,
  isQuiet,
  isTask,
  lockBudgets,
  lockParcel,
  parcelsByIds,
  pausedNow,
  updateParcel,
} from '../outbox/index.ts'
import type { ParcelRow, PromiseRow } from '../outbox/index.ts'
import type { Channel } from './channel.ts'
import { forgetReminders, remindersSince, sendersToRemind, writeReminder } from './delivery.store.ts'
import type { SenderTasks } from './delivery.store.ts'
import type { Works } from './parts.ts'

const firstReminderMs = hours(2)
/** One each eight hours: never more than three in any 24 (41094). */
const reminderMs = hours(8)
const mostInADay = 3
const readMs = 60_000
/** How often the lists of all advisors are looked through. */
const lookMs = minutes(5)

/** When a waiting broadcast is reminded of next, quiet hours apart. */
export const reminderDueAt = (parcel: Pick<ParcelRow, 'called_at' | 'reminded_at'>): Instant =>
  parcel.reminded_at === null ? parcel.called_at + firstReminderMs : parcel.reminded_at + reminderMs

export async function remindIfDue(
  works: Works,
  channel: Channel,
  parcel: ParcelRow,
  now: Instant,
): Promise<void> {
  if (!channel.remind || parcel.remote_id === null || now <= reminderDueAt(parcel)) return
  if (isQuiet(await currentManners(works.db.reader), now)) return
  const mayRemind = await works.act(system('delivery'), async (ctx) => {
    const locked = await lockParcel(ctx.tx, parcel.id)
    if (locked?.state !== 'waiting' || locked.reminded_at !== parcel.reminded_at) return false
    const reminders = (locked.reminders ?? 0) + 1
    await updateParcel(ctx.tx, parcel.id, { reminded_at: ctx.now, reminders })
    recordReminder(ctx, parcel.sender, `${parcel.id}:${String(reminders)}`, { parcel: parcel.id, reminders })
    return true
  })
  if (mayRemind) await channel.remind(parcel.remote_id, AbortSignal.timeout(readMs))
}

function recordReminder(
  ctx: Ctx,
  staff: string | null,
  key: string,
  detail: Readonly<Record<string, unknown>>,
): void {
  ctx.record({
    kind: 'sender-reminded',
    at: ctx.now,
    source: 'outbox',
    sourceKey: `reminded:${key}`,
    who: staff === null ? {} : { staff },
    detail,
  })
}

/** Answers how many advisors were told. */
export function createTaskReminder(works: Works): (now: Instant) => Promise<number> {
  let lookAgainAt = Number.NEGATIVE_INFINITY
  return async (now) => {
    const channel = [...works.channels.values()].find((one) => isTask(one.name) && one.nudge)
    if (!channel || now < lookAgainAt) return 0
    lookAgainAt = now + lookMs
    if (isQuiet(await currentManners(works.db.reader), now) || (await pausedNow(works.db.reader))) return 0
    let told = 0
    for (const waiting of await sendersToRemind(works.db.reader, now - firstReminderMs, now)) {
      if (works.stopping()) break
      if (await remindOfTasks(works, channel, waiting)) told += 1
    }
    return told
  }
}

async function remindOfTasks(works: Works, channel: Channel, waiting: SenderTasks): Promise<boolean> {
  const { sender, tasks, calls, first_end: firstEnd } = waiting
  const mayRemind = await works.act(system('delivery'), async (ctx) => {
    await lockBudgets(ctx.tx, [`reminder:${sender}`])
    const past = await remindersSince(ctx.tx, sender, ctx.now - days(1))
    if (past.length >= mostInADay || past.some((at) => at > ctx.now - reminderMs)) return false
    await forgetReminders(ctx.tx, sender, ctx.now - days(7))
    await writeReminder(ctx.tx, { sender, at: ctx.now, tasks })
    recordReminder(ctx, sender, `${sender}:${String(ctx.now)}`, { tasks, calls })
    return true
  })
  if (!mayRemind) return false
  const kinds = calls === 0 ? '' : `（消息 ${String(tasks - calls)}，电话 ${String(calls)}）`
  const words = `还有 ${String(tasks)} 件待办没有完成${kinds}，最早的 ${timeOf(firstEnd)} 到期`
  try {
    await channel.nudge?.(sender, words, AbortSignal.timeout(readMs))
  } catch (error) {
    works.log.warn({ sender, err: error }, 'an advisor could not be reminded of her tasks')
  }
  return true
}

// ---------------------------------------------------------------- for the console

export interface Reminders {
  readonly count: number
  readonly nextAt: Instant
}

/** Of the waiting ones among these: how often their advisor was reminded, and when she will be next. */
export async function remindersOf(
  reader: Reader,
  rows: readonly PromiseRow[],
  now: Instant,
): Promise<Map<string, Reminders>> {
  const waiting = rows.filter(({ state, parcel }) => state === 'waiting' && parcel !== null)
  const manners = await currentManners(reader)
  const parcels = new Map(
    (await parcelsByIds(reader, [...new Set(waiting.flatMap(({ parcel }) => parcel ?? []))])).map((row) => [
      row.id,
      row,
    ]),
  )
  const found = new Map<string, Reminders>()
  for (const row of waiting) {
    const parcel = parcels.get(row.parcel ?? '')
    if (!parcel) continue
    const told = isTask(row.channel) ? await remindersSince(reader, row.sender ?? '', parcel.called_at) : []
    const dueAt = isTask(row.channel)
      ? Math.max(parcel.called_at + firstReminderMs, (told[0] ?? 0) + reminderMs)
      : reminderDueAt(parcel)
    const count = isTask(row.channel) ? told.length : (parcel.reminders ?? 0)
    const nextAt = afterQuiet(manners, Math.max(dueAt, now))
    if (nextAt < row.expires_at) found.set(row.id, { count, nextAt })
  }
  return found
}
