/**
 * When something falls due, in any zone. A daily time is what the clocks on the wall show: skipped in spring it is due
 * right after the gap, coming twice in autumn the first time, and a date that the zone never had has no slot. Every so
 * many minutes means real minutes, counted from the epoch, whatever the clocks show.
 */
import type { Instant } from './clock.ts'
import { addDays, dayOf, instantOf, isLived, isoOf, shopZone, timeOf } from './calendar.ts'
import type { Day, TimeOfDay } from './calendar.ts'

export interface Slot {
  /** `2026-05-20T08:00`, local: the slot's name in the table. The second of two equal local times has its offset too. */
  readonly name: string
  readonly dueAt: Instant
  readonly day: Day
}

export type Every =
  { readonly every: 'day'; readonly at: TimeOfDay } | { readonly every: 'minutes'; readonly minutes: number }

/** So many at a time: whoever wants more asks again from the last. */
export const mostSlots = 500

/** Slots in (after, now], oldest first, at most 500. */
export function slotsBetween(schedule: Every, after: Instant, now: Instant, zone = shopZone): Slot[] {
  const slots: Slot[] = []
  if (schedule.every === 'minutes') {
    const step = schedule.minutes * 60_000
    for (let at = nextMultiple(after, step); at <= now && slots.length < mostSlots; at += step)
      slots.push(minuteSlot(at, zone))
    return slots
  }
  // 24:00 is due on the day after, and a change at midnight moves by a day at most.
  const last = addDays(dayOf(now, zone), 1)
  for (
    let day = addDays(dayOf(after, zone), -1);
    day <= last && slots.length < mostSlots;
    day = addDays(day, 1)
  ) {
    const slot = daySlot(day, schedule.at, zone)
    if (slot && slot.dueAt > after && slot.dueAt <= now) slots.push(slot)
  }
  return slots
}

/** The next instant at which a slot of this schedule falls due, after `now`. */
export function nextSlotAfter(schedule: Every, now: Instant, zone = shopZone): Instant {
  if (schedule.every === 'minutes') return nextMultiple(now, schedule.minutes * 60_000)
  for (let day = addDays(dayOf(now, zone), -1); ; day = addDays(day, 1)) {
    const slot = daySlot(day, schedule.at, zone)
    if (slot && slot.dueAt > now) return slot.dueAt
  }
}

const nextMultiple = (after: Instant, step: number): Instant => (Math.floor(after / step) + 1) * step

const daySlot = (day: Day, at: TimeOfDay, zone: string): Slot | null =>
  isLived(day, zone) ? { name: `${day}T${at}`, dueAt: instantOf(day, at, zone), day } : null

function minuteSlot(dueAt: Instant, zone: string): Slot {
  const [day, time] = [dayOf(dueAt, zone), timeOf(dueAt, zone)]
  const isFirst = instantOf(day, time, zone) === dueAt
  return { name: isFirst ? `${day}T${time}` : isoOf(dueAt, zone), dueAt, day }
}
