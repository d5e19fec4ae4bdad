/**
 * What a clock on the wall shows, minute by minute, from Intl.DateTimeFormat and nothing else: no luxon, nothing of the
 * calendar. Whoever wants to know when something is due reads the minutes from the first to the last, as a person would.
 */
const minute = 60_000

export interface Wall {
  readonly zone: string
  readonly from: number
  readonly to: number
  /** `2026-05-20 08:30` for each minute from `from` on. */
  readonly shown: readonly string[]
  /** As they come by, each once. */
  readonly dates: readonly string[]
  /** The first minute that shows it. */
  readonly firsts: ReadonlyMap<string, number>
}

export function readWall(zone: string, from: number, to: number): Wall {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const shown: string[] = []
  const firsts = new Map<string, number>()
  for (let at = from; at < to; at += minute) {
    const words = format.format(at)
    shown.push(words)
    if (!firsts.has(words)) firsts.set(words, at)
  }
  return { zone, from, to, shown, dates: [...new Set(shown.map((words) => words.slice(0, 10)))], firsts }
}

/**
 * When a daily time is due on each date of the wall: the minute that shows it, or else the first that shows more.
 * `24:00` is the first minute of whatever date comes next.
 */
export function duesOfDay(wall: Wall, time: string): number[] {
  const { dates } = wall
  return dates.flatMap((date, n) => {
    if (time === '24:00') {
      const next = dates[n + 1]
      return next === undefined ? [] : firstAfter(wall, `${next} 00:00`)
    }
    return firstAfter(wall, `${date} ${time}`)
  })
}

function firstAfter(wall: Wall, wanted: string): number[] {
  const exact = wall.firsts.get(wanted)
  if (exact !== undefined) return [exact]
  // Skipped, or outside of what was read: the first minute that shows more, if the one before showed less.
  const n = wall.shown.findIndex((words) => words > wanted)
  return n > 0 ? [wall.from + n * minute] : []
}

/** Every minute whose number since 1970 divides. */
export function duesOfMinutes({ from, to }: Pick<Wall, 'from' | 'to'>, every: number): number[] {
  const dues: number[] = []
  for (let at = from; at < to; at += minute) if ((at / minute) % every === 0) dues.push(at)
  return dues
}
