/**
 * Text of a cell to an instant, without a guess: what is written with an offset keeps it, wall time is taken in the zone
 * the person names (the shop's by default). A wall time that a clock change skips moves forward, one that comes twice
 * means the first. A day without a time is its midnight in that zone.
 */
import { DateTime, IANAZone } from 'luxon'
import { shopZone } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { Refusal } from '../base/errors.ts'
import { bad } from './values.ts'
import type { Parsed } from './values.ts'

export interface DateOptions {
  /** luxon's tokens; `YYYY-MM-DD` and `%Y-%m-%d` are understood as well. */
  readonly format?: string | null | undefined
  readonly zone?: string | undefined
  readonly notAfter: Instant
}

export type DateReader = (text: string) => Parsed<Instant>

const dayMs = 86_400_000
const earliest = Date.UTC(1970, 0, 2)
const maxRemembered = 50_000

export function zoneOf(name: string | undefined): string {
  const zone = name ?? shopZone
  if (!IANAZone.isValidZone(zone))
    throw new Refusal('usage', `--zone ${zone} is not a time zone.`, 400, {
      fix: 'Use an IANA name such as Asia/Shanghai or America/New_York.',
    })
  return zone
}

/** Wall time, written as if it were UTC, to the instant it means in the zone. */
export function wallClockOf(zone: string): (wall: number) => Instant {
  const iana = IANAZone.create(zone)
  const known = new Map<number, { readonly before: number; readonly after: number }>()
  const offsetsOn = (day: number): { before: number; after: number } => {
    const found = known.get(day)
    if (found) return found
    if (known.size >= maxRemembered) known.clear()
    const offsets = {
      before: iana.offset((day - 1) * dayMs) * 60_000,
      after: iana.offset((day + 2) * dayMs) * 60_000,
    }
    known.set(day, offsets)
    return offsets
  }
  return (wall) => {
    const { before, after } = offsetsOn(Math.floor(wall / dayMs))
    const early = wall - before
    if (before === after || iana.offset(early) * 60_000 === before) return early
    const late = wall - after
    return iana.offset(late) * 60_000 === after ? late : early
  }
}

const isoLike =
  /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:(?:\s*T|\s+)(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i
const chinese =
  /^(\d{4})年(\d{1,2})月(\d{1,2})[日号]?(?:\s*(\d{1,2})[:时点](\d{1,2})(?:[:分](\d{1,2})?秒?)?)?$/
const compact = /^(\d{4})(\d{2})(\d{2})(?:\s?(\d{2}):?(\d{2}):?(\d{2})?)?$/
const seconds = /^1\d{9}$/
const milliseconds = /^1\d{12}$/

function offsetOf(text: string): number {
  if (/^z$/i.test(text)) return 0
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d{2}):?(\d{2})?$/.exec(text) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

function wallOf(parts: readonly (string | undefined)[]): number | null {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts.map((one) =>
    Number(one ?? 0),
  )
  if (hour > 23 || minute > 59 || second > 59) return null
  const at = Date.UTC(year, month - 1, day, hour, minute, second)
  const back = new Date(at)
  const same = back.getUTCFullYear() === year && back.getUTCMonth() === month - 1 && back.getUTCDate() === day
  return same ? at : null
}

function readAny(text: string, toInstant: (wall: number) => Instant): Instant | null {
  const iso = isoLike.exec(text)
  if (iso) {
    const wall = wallOf(iso.slice(1, 7))
    if (wall === null) return null
    const ms = wall + Number((iso[7] ?? '').padEnd(3, '0').slice(0, 3))
    return iso[8] === undefined ? toInstant(ms) : ms - offsetOf(iso[8])
  }
  const other = chinese.exec(text) ?? compact.exec(text)
  if (other) {
    const wall = wallOf(other.slice(1, 7))
    return wall === null ? null : toInstant(wall)
  }
  if (seconds.test(text)) return Number(text) * 1000
  return milliseconds.test(text) ? Number(text) : null
}

/** People bring the tokens of other tools: moment's `YYYY-MM-DD`, strftime's `%Y-%m-%d`. */
const strftime: Readonly<Record<string, string>> = {
  '%Y': 'yyyy',
  '%m': 'MM',
  '%d': 'dd',
  '%H': 'HH',
  '%M': 'mm',
  '%S': 'ss',
  '%y': 'yy',
}
const luxonTokens = (format: string): string =>
  format.includes('%')
    ? format.replace(/%[A-Za-z]/g, (token) => strftime[token] ?? token)
    : format.replaceAll('YYYY', 'yyyy').replaceAll('DD', 'dd')

/** Remembers what was read by a format, since dates repeat. */
export function createDateReader(options: DateOptions): DateReader {
  const zone = zoneOf(options.zone)
  const toInstant = wallClockOf(zone)
  const format = options.format ? luxonTokens(options.format) : null
  const known = new Map<string, Parsed<Instant>>()
  const parse = (text: string): Instant | null => {
    if (format === null) return readAny(text, toInstant)
    const at = DateTime.fromFormat(text, format, { zone: 'utc', setZone: true })
    // With an offset in the text luxon moves to it; without one the wall time means the zone of the file.
    if (at.isValid) return /Z/.test(format) ? at.toMillis() : toInstant(at.toMillis())
    // A spreadsheet's own date cells are written like this whatever the other cells look like.
    return /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$/.test(text) ? readAny(text, toInstant) : null
  }
  const read = (text: string): Parsed<Instant> => {
    if (text === '') return bad('the date is empty', 'fill in the date')
    const value = parse(text)
    const shown = `"${text.slice(0, 40)}"`
    if (value === null)
      return format === null
        ? bad(
            `${shown} is not a date`,
            'write it as 2026-05-20 or 2026-05-20 13:45:00, or say with --date-format how dates are written',
          )
        : bad(`${shown} is not a date written as ${options.format ?? ''}`, 'check --date-format')
    if (value < earliest) return bad(`${shown} is before 1970`, 'check the year')
    return value > options.notAfter
      ? bad(`${shown} lies in the future`, 'check the date, and the clock of this machine')
      : { ok: true, value }
  }
  // Ours is quicker than remembering; luxon's parser is not.
  if (format === null) return read
  return (text) => {
    const before = known.get(text)
    if (before) return before
    if (known.size >= maxRemembered) known.clear()
    const parsed = read(text)
    // A copy: a part of a line would keep the whole chunk of the file it was cut from.
    known.set(Buffer.from(text).toString(), parsed)
    return parsed
  }
}
