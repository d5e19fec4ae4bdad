/**
 * Calendar days are strings `YYYY-MM-DD` in the shop's zone; an instant is epoch milliseconds. Arithmetic on days never
 * touches a zone; only the step between a day and an instant does.
 */
import { DateTime, IANAZone } from 'luxon'
import type { Instant } from './clock.ts'

export type Day = string
/** `HH:mm`, local. */
export type TimeOfDay = string

export const shopZone = 'Asia/Shanghai'
const dayMs = 86_400_000

/** Shanghai has kept UTC+8 since the summer time of 1991 ended; everything of today skips the zone tables. */
const shanghaiSince = Date.UTC(1991, 9, 1)
const shanghaiOffsetMs = 8 * 3_600_000
const isSteady = (at: Instant, zone: string): boolean => zone === shopZone && at >= shanghaiSince

/** How far the zone's clocks are ahead of UTC at that instant. */
function offsetOf(at: Instant, zone: string): number {
  if (isSteady(at, zone)) return shanghaiOffsetMs
  const minutes = IANAZone.create(zone).offset(at)
  if (Number.isNaN(minutes)) throw new Error(`There is no time zone ${zone}.`)
  return Math.round(minutes * 60_000)
}
/** What the clocks show, written as if it were UTC. */
const shownAt = (at: Instant, zone: string): string => new Date(at + offsetOf(at, zone)).toISOString()

export const dayOf = (at: Instant, zone = shopZone): Day => shownAt(at, zone).slice(0, 10)
export const timeOf = (at: Instant, zone = shopZone): TimeOfDay => shownAt(at, zone).slice(11, 16)
/**
 * The first instant at which the clocks show this time or a later one; midnight when `time` is absent, the end of the
 * day for `24:00`. So a time that is skipped in spring is the moment after the gap, and one that comes twice in autumn
 * its first.
 */
export function instantOf(day: Day, time: TimeOfDay = '00:00', zone = shopZone): Instant {
  const steady = Date.parse(`${day}T${time}:00+08:00`)
  return isSteady(steady, zone) ? steady : firstShowing(Date.parse(`${day}T${time}:00Z`), zone)
}

/** No zone is further from UTC. */
const furthestMs = 16 * 3_600_000

function firstShowing(shown: number, zone: string): Instant {
  let [before, after] = [shown - furthestMs, shown + furthestMs]
  const [offset, later] = [offsetOf(before, zone), offsetOf(after, zone)]
  const unchanged = shown - offset
  if (offset === later) return unchanged
  // The clocks change in between, on a whole second: find it.
  while (after - before > 1000) {
    const middle = before + Math.floor((after - before) / 2000) * 1000
    if (offsetOf(middle, zone) === offset) before = middle
    else after = middle
  }
  return unchanged < after ? unchanged : Math.max(after, shown - later)
}

/** False for a date that the zone never had, as 2011-12-30 in Samoa. */
export const isLived = (day: Day, zone = shopZone): boolean =>
  dayOf(instantOf(day, '00:00', zone), zone) === day

export const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && DateTime.fromISO(text, { zone: 'utc' }).isValid

const toUtc = (day: Day): number =>
  Date.UTC(Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10)))
export const addDays = (day: Day, n: number): Day =>
  new Date(toUtc(day) + n * dayMs).toISOString().slice(0, 10)
/** Days from `from` to `to`; negative when `to` is earlier. */
export const daysBetween = (from: Day, to: Day): number => Math.round((toUtc(to) - toUtc(from)) / dayMs)
/** Days since 1970-01-01: what day buckets are kept by, so that the database can add and compare them. */
export const dayNumber = (day: Day): number => Math.round(toUtc(day) / dayMs)
export const dayOfNumber = (number: number): Day => new Date(number * dayMs).toISOString().slice(0, 10)
/** 1 = Monday … 7 = Sunday (ISO 8601). */
export const weekdayOf = (day: Day): number => ((new Date(toUtc(day)).getUTCDay() + 6) % 7) + 1
/** ISO week, `2026-W07`: the period of weekly promises. */
export const weekOf = (day: Day): string => DateTime.fromISO(day, { zone: 'utc' }).toFormat("kkkk-'W'WW")
/** ISO 8601 with the shop's offset, as every JSON instant is written. */
export const isoOf = (at: Instant, zone = shopZone): string =>
  isSteady(at, zone)
    ? `${new Date(at + shanghaiOffsetMs).toISOString().slice(0, 19)}+08:00`
    : (DateTime.fromMillis(Math.floor(at / 1000) * 1000, { zone }).toISO({ suppressMilliseconds: true }) ??
      '')
/** Minutes since midnight of `HH:mm`. */
export const minutesOf = (time: TimeOfDay): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))
