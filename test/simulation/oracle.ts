/**
 * Who was due, worked out a second time from configuration and standings alone, and held against the promises. It is
 * small on purpose: three kinds of touchpoints, each in a line or two.
 */
import { parse } from 'yaml'
import { standingsAsOf } from '../../src/segment/index.ts'
import type { Day } from '../../src/base/calendar.ts'
import type { Town } from './town.ts'

export interface Oracle {
  /** Call before and after whatever may plan: who stands where on this day, as far as anybody can know. */
  look(day: Day): Promise<void>
  /** Sentences about who was due and has no row, or has one and was not due; and how many were held to it. */
  judge(day: Day): Promise<{ readonly problems: readonly string[]; readonly judged: number }>
}

interface Look {
  /** Customers by touchpoint. */
  readonly due: ReadonlyMap<string, ReadonlySet<string>>
  readonly groups: ReadonlySet<string>
}

const weekdayWords = ['一', '二', '三', '四', '五', '六', '日']
/** 1 = Monday; 1 January 1970 was a Thursday. */
const weekdayOf = (day: Day): number => ((Date.parse(day) / 86_400_000 + 3) % 7) + 1
const quietDays = (last: Day, day: Day): number => (Date.parse(day) - Date.parse(last)) / 86_400_000
const weekdayIn = (written: unknown): number =>
  typeof written === 'number' ? written : weekdayWords.indexOf(String(written).slice(-1)) + 1

/** Touchpoints whose due day hangs on weekday and tier, and for the ladder on how long she has not bought. */
const weekly = ['weekly-note', 'wake-up']

export function createOracle(town: Town): Oracle {
  const looks = new Map<Day, Look[]>()

  async function touchpoints(): Promise<
    Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>
  > {
    const [row] = await town.rows<{ yaml: string }>(
      'select yaml from cadence_version order by version desc limit 1',
    )
    const document = parse(row?.yaml ?? '') as {
      touchpoints: Record<string, Record<string, unknown> | undefined>
    }
    return document.touchpoints
  }

  async function lookNow(day: Day): Promise<Look> {
    const { app } = town
    if (!app) throw new Error('The server is down.')
    const { db, rules } = app.importParts
    const standings = await town.machine.until(standingsAsOf(db.reader, rules, day))
    const settings = await touchpoints()
    const due = new Map<string, Set<string>>()
    for (const name of weekly) {
      const one = settings[name]
      if (!one || weekdayIn(one['weekday']) !== weekdayOf(day)) continue
      const tiers = one['tiers'] as readonly string[]
      const ladder = one['ladder'] as readonly { readonly afterMonths: number }[] | undefined
      const leastQuiet = ladder ? Math.min(...ladder.map(({ afterMonths }) => afterMonths)) * 30 : 0
      due.set(
        name,
        new Set(
          standings
            .filter(
              ({ tier, lastDay = day }) => tiers.includes(tier) && quietDays(lastDay, day) >= leastQuiet,
            )
            .map(({ customer }) => customer),
        ),
      )
    }
    const tips = settings['daily-tip']?.['weekdays'] as readonly number[] | undefined
    const groups = tips?.includes(weekdayOf(day))
      ? await town.rows<{ chat: string }>(`select chat from chat_group where state = 'active'`)
      : []
    return { due, groups: new Set(groups.map(({ chat }) => chat)) }
  }

  return {
    async look(day) {
      const seen = looks.get(day) ?? []
      looks.set(day, [...seen, await lookNow(day)])
    },
    async judge(day) {
      const seen = looks.get(day) ?? []
      looks.delete(day)
      const problems: string[] = []
      const [slot] = await town.rows<{ state: string }>(
        `select state from job_slot where job = 'plan-day' and slot = $1`,
        [`${day}T08:30`],
      )
      // A day on which nobody planned until it was too late says so itself; whoever was planned all the same must be due.
      const planned = slot?.state === 'done'
      let judged = 0
      const rows = await town.rows<{ touchpoint: string; customer: string | null; subject: string }>(
        'select touchpoint, customer, subject from promise where day = $1',
        [day],
      )
      for (const name of weekly) {
        const had = new Set(
          rows.filter((row) => row.touchpoint === name).map(({ customer }) => customer ?? ''),
        )
        const everDue = new Set(seen.flatMap(({ due }) => [...(due.get(name) ?? [])]))
        const alwaysDue = [...everDue].filter(
          (customer) => planned && seen.every(({ due }) => due.get(name)?.has(customer)),
        )
        judged += everDue.size
        for (const customer of alwaysDue)
          if (!had.has(customer))
            problems.push(`${name} was due for ${customer} on ${day}, and there is no row`)
        for (const customer of had)
          if (!everDue.has(customer))
            problems.push(`${name} has a row for ${customer} on ${day}, who was not due`)
      }
      const groups = [...new Set(seen.flatMap((look) => [...look.groups]))]
      judged += groups.length
      for (const chat of groups.filter((one) => planned && seen.every((look) => look.groups.has(one))))
        if (!rows.some(({ subject }) => subject === chat))
          problems.push(`daily-tip was due for the group ${chat} on ${day}, and there is no row`)
      return { problems, judged }
    },
  }
}
