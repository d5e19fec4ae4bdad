/** Random schedules against the wall clock: what the everyday test does briefly and R6 at length. */
import { mostSlots, nextSlotAfter, slotsBetween } from './schedule.ts'
import type { Every, Slot } from './schedule.ts'
import { duesOfDay, duesOfMinutes, readWall } from './schedule.oracle.fixture.ts'
import type { Wall } from './schedule.oracle.fixture.ts'

const minute = 60_000
const hour = 3_600_000
const day = 86_400_000

/** Where clocks do unusual things, with the days around which they do them. */
export const turns: Readonly<Record<string, readonly string[]>> = {
  'Asia/Shanghai': ['1990-04-15', '1990-09-16', '2028-02-29', '2026-12-31'],
  'America/New_York': ['2026-03-08', '2026-11-01', '2027-02-28'],
  'Europe/London': ['2028-03-26', '2026-10-25', '2028-02-29'],
  // Half an hour of summer time.
  'Australia/Lord_Howe': ['2026-04-05', '2026-10-04', '2026-04-30'],
  // An offset of half an hour, and until 2011 changes at one minute past midnight.
  'America/St_Johns': ['2026-03-08', '2026-11-01', '2010-03-14', '2010-11-07'],
  // 2011-12-30 never was.
  'Pacific/Apia': ['2011-12-30', '2012-04-01', '2020-09-27'],
  // Ramadan.
  'Africa/Casablanca': ['2025-02-23', '2025-04-06', '2026-02-15'],
  // The gap is at midnight: the day begins at one.
  'America/Santiago': ['2026-04-05', '2026-09-06', '2027-09-05'],
}

/** Three days around each turn. */
export const wallsAroundTurns = (): Wall[] =>
  Object.entries(turns).flatMap(([zone, days]) =>
    days.map((around) => {
      const middle = Date.parse(`${around}T12:00:00Z`)
      return readWall(zone, middle - 2 * day, middle + 2 * day)
    }),
  )

export interface Random {
  (below: number): number
}

/** The same numbers for the same seed. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39)
    mixed = (mixed ^ (mixed >>> 15)) >>> 0
    return mixed % below
  }
}

const two = (n: number): string => String(n).padStart(2, '0')
/** Not twenty times a day of minutes: half the times lie in the night, where clocks are changed. */
function randomSchedule(random: Random): Every {
  if (random(4) === 0)
    return { every: 'minutes', minutes: [5, 7, 15, 30, 45, 60, 90, 360, 1440][random(9)] ?? 60 }
  if (random(20) === 0) return { every: 'day', at: '24:00' }
  const hours = random(2) === 0 ? random(4) : random(24)
  return { every: 'day', at: `${two(hours)}:${two(random(60))}` }
}

export interface Figures {
  readonly schedules: number
  readonly occurrences: number
  readonly zones: number
  readonly minutesRead: number
  /** In words, the first few. */
  readonly wrong: readonly string[]
  readonly milliseconds: number
}

/** As whoever was away for long asks: again from the last, until there are no more. */
function allSlots(schedule: Every, after: number, now: number, zone: string): Slot[] {
  const slots: Slot[] = []
  for (let from = after; ;) {
    const part = slotsBetween(schedule, from, now, zone)
    slots.push(...part)
    if (part.length < mostSlots) return slots
    from = part.at(-1)?.dueAt ?? now
  }
}

/** Slots of random schedules in random spans, and the next one after random moments. */
export function compareWithWall(walls: readonly Wall[], schedules: number, random: Random): Figures {
  const started = performance.now()
  const wrong: string[] = []
  let occurrences = 0
  for (let n = 0; n < schedules; n += 1) {
    const wall = walls[random(walls.length)]
    if (!wall) throw new Error('There is no wall to read.')
    const schedule = randomSchedule(random)
    // A day at each end of the wall is only there to see where the days inside begin.
    const after = wall.from + day + random(day / minute) * minute + random(2) * 1
    const now = after + random(Math.floor((wall.to - day - after) / minute)) * minute
    const dues =
      schedule.every === 'day' ? duesOfDay(wall, schedule.at) : duesOfMinutes(wall, schedule.minutes)
    const wanted = dues.filter((at) => at > after && at <= now)
    const slots = allSlots(schedule, after, now, wall.zone)
    occurrences += wanted.length
    const next = dues.find((at) => at > after)
    const found = nextSlotAfter(schedule, after, wall.zone)
    const isRight =
      slots.map(({ dueAt }) => dueAt).join() === wanted.join() &&
      new Set(slots.map(({ name }) => name)).size === slots.length &&
      (next === undefined || next === found)
    if (!isRight && wrong.length < 10)
      wrong.push(
        `${JSON.stringify({ schedule, zone: wall.zone, after, now })}: ${slots.map(({ name }) => name).join(' ')} next ${String(found)}, wanted ${wanted.join(' ')} next ${String(next)}`,
      )
  }
  return {
    schedules,
    occurrences,
    zones: new Set(walls.map(({ zone }) => zone)).size,
    minutesRead: walls.reduce((sum, { shown }) => sum + shown.length, 0),
    wrong,
    milliseconds: Math.round(performance.now() - started),
  }
}

export const hourMs = hour
export const dayMs = day
