/**
 * DESIGN.md §6, dry run against reality, over a month without surprises: nobody buys, comes or goes, and every advisor
 * presses at once. (a) What was foreseen for a day at the moment of its planning is what that day did. (b) What was
 * foreseen for thirty days on the first of them is what they did, or the event that made the difference is named.
 */
import { afterAll, expect, it } from 'vitest'
import { addDays, instantOf } from '../../src/base/calendar.ts'
import type { Day } from '../../src/base/calendar.ts'
import { currentCadence, previewDays } from '../../src/cadence/index.ts'
import type { Foreseen } from '../../src/cadence/index.ts'
import { createPeople } from './people.ts'
import { secondsSince } from './report.ts'
import { removeTowns, settledTown } from './town.ts'
import type { Town } from './town.ts'

afterAll(removeTowns)

const from: Day = '2026-05-18'
const days = Number(process.env['R12_DAYS'] ?? 30)

interface Row {
  readonly touchpoint: string
  readonly subject: string
  readonly customer: string | null
  readonly day: Day
  readonly decision: string
  readonly reason_code: string
  readonly due_at: number
  readonly state: string | null
}

/** Night jobs, the plan, and one look inside each of the windows. */
const hoursOfDay = ['03:31', '08:30', '10:31', '15:31', '20:31'] as const

const nameOf = (one: { touchpoint: string; subject: string; day: Day }): string =>
  `${one.day} ${one.touchpoint} ${one.subject}`

async function foresee(town: Town, day: Day, count: number): Promise<readonly Foreseen[]> {
  const { app, machine } = town
  if (!app) throw new Error('The server is down.')
  const { db, rules } = app.importParts
  const cadence = await machine.until(currentCadence(db.reader))
  if (!cadence) throw new Error('No cadence is published.')
  const preview = previewDays(
    { reader: db.reader, tierRules: rules, cadence },
    { from: day, days: count, now: town.now() },
  )
  return (await machine.until(preview)).promises
}

const rowsOf = (town: Town, first: Day, last: Day): Promise<Row[]> =>
  town.rows<Row>(
    `select touchpoint, subject, customer, day, decision, reason_code, due_at, state from promise
      where day >= $1 and day <= $2`,
    [first, last],
  )

/** Lives through one day; answers what was foreseen of it when it was about to be planned. */
async function liveDay(
  town: Town,
  day: Day,
  attend: () => Promise<void>,
  afterNight: () => Promise<void>,
): Promise<readonly Foreseen[]> {
  const { app, machine } = town
  if (!app) throw new Error('The server is down.')
  let foreseen: readonly Foreseen[] = []
  for (const hour of hoursOfDay) {
    await town.advanceTo(instantOf(day, hour))
    if (hour === '08:30') foreseen = await foresee(town, day, 1)
    if (hour < '09:00') await machine.until(app.works.jobs())
    for (const work of [app.works.followers, app.works.drain, app.works.poll]) await machine.until(work())
    await machine.until(attend())
    // What was pressed is read when the parcel is looked at again.
    await town.advanceTo(town.now() + 45_000)
    await machine.until(app.works.poll())
    await machine.until(app.works.followers())
    if (hour === '03:31') await afterNight()
  }
  return foreseen
}

function compareDay(foreseen: readonly Foreseen[], rows: readonly Row[]): string[] {
  const rowOf = new Map(rows.map((row) => [nameOf(row), row]))
  const known = new Set(foreseen.map(nameOf))
  return [
    ...rows.filter((row) => !known.has(nameOf(row))).map((row) => `${nameOf(row)} was not foreseen`),
    ...foreseen.flatMap((one) => {
      const row = rowOf.get(nameOf(one))
      if (!row) return [`${nameOf(one)} was foreseen and did not come`]
      const same =
        row.decision === one.decision && row.due_at === one.dueAt && row.reason_code === one.reasonCode
      if (!same)
        return [
          `${nameOf(one)} was to be ${one.decision} (${one.reasonCode}), and is ${row.decision} (${row.reason_code})`,
        ]
      return []
    }),
  ]
}

interface Event {
  readonly seq: number
  readonly kind: string
  readonly at: number
  readonly external: string | null
  readonly detail: string
  /** Of the promise it is about. */
  readonly due_at: number | null
}

/** Foreseen themselves: they make no difference. */
const foreseenKinds = new Set(['touch-sent', 'touch-waiting', 'touch-intent'])

/** What changes most of what is due, first. */
const causes = ['tier-moved', 'coupon-issued', 'touch-expired', 'touch-refused', 'touch-cancelled']

/** What happened to her or to the group and was not foreseen: a move, a coupon, a message that was lost, or whatever came last. */
function causeOf(all: Events, subject: string, day: Day): string | null {
  const own = all.filter(
    ({ at, kind, external, detail }) =>
      at < instantOf(addDays(day, 1)) &&
      !foreseenKinds.has(kind) &&
      (external === subject || detail.includes(subject)),
  )
  const known = causes.find((kind) => own.some((event) => event.kind === kind))
  return known ?? (wasLate(all, subject, day) ? 'touch-sent, later than due' : (own.at(-1)?.kind ?? null))
}

/** The gap to the next offer begins when the words really left: an advisor who pressed half an hour late moved it. */
const wasLate = (all: Events, subject: string, day: Day): boolean =>
  all.some(
    ({ at, kind, external, due_at: dueAt }) =>
      kind === 'touch-sent' &&
      external === subject &&
      at < instantOf(addDays(day, 1)) &&
      dueAt !== null &&
      at > dueAt + 60_000,
  )
type Events = readonly Event[]

it('what was foreseen is what happened', { timeout: 900_000 }, async () => {
  const since = secondsSince()
  const town = await settledTown({ seed: 1, from, customers: 48 })
  try {
    await town.start()
    const people = createPeople(town)
    let ahead: readonly Foreseen[] = []
    let head = 0
    const surprises: string[] = []
    let judged = 0
    for (let n = 0; n < days; n += 1) {
      const day = addDays(from, n)
      const foreseen = await liveDay(
        town,
        day,
        () => people.attend(),
        async () => {
          if (n > 0) return
          // After the first night: what the shop's past asks for is asked for, what is computed nightly is there.
          ahead = await foresee(town, from, days)
          head = (await town.rows<{ seq: number }>('select seq from log_head'))[0]?.seq ?? 0
        },
      )
      surprises.push(...compareDay(foreseen, await rowsOf(town, day, day)))
      judged += foreseen.length
    }
    const rows = await rowsOf(town, from, addDays(from, days - 1))
    const events = await town.rows<Event>(
      `select l.seq, l.kind, l.at, l.external, l.detail, p.due_at from log l
         left join promise p on p.id = l.detail ->> 'promise' where l.seq > $1 order by l.seq`,
      [head],
    )
    const aheadOf = new Map(ahead.map((one) => [nameOf(one), one.decision]))
    const whyOf = new Map(rows.map((row) => [nameOf(row), row.reason_code]))
    const rowOf = new Map(rows.map((row) => [nameOf(row), row.decision]))
    const named: Record<string, number> = {}
    const unexplained: string[] = []
    const differences: Record<string, number> = {}
    let equal = 0
    for (const name of new Set([...aheadOf.keys(), ...rowOf.keys()])) {
      const [day = '', , subject = ''] = name.split(' ')
      if (aheadOf.get(name) === rowOf.get(name)) equal += 1
      else {
        const cause = causeOf(events, subject, day)
        const what = `${name.split(' ')[1] ?? ''}: ${aheadOf.get(name) ?? 'nothing'} → ${rowOf.get(name) ?? 'nothing'} (${whyOf.get(name) ?? ''}), ${day}`
        differences[what] = (differences[what] ?? 0) + 1
        if (cause) named[cause] = (named[cause] ?? 0) + 1
        else
          unexplained.push(
            `${name}: foreseen ${String(aheadOf.get(name))}, happened ${String(rowOf.get(name))}`,
          )
      }
    }
    const states = rows.reduce<Record<string, number>>((sum, { state, decision }) => {
      const word = state ?? decision
      return { ...sum, [word]: (sum[word] ?? 0) + 1 }
    }, {})
    process.stderr.write(
      `Dry run ${JSON.stringify({ days, judged, states, aMonthAhead: { foreseen: ahead.length, happened: rows.length, equal, named, differences }, surprises: surprises.length, unexplained: unexplained.length, seconds: since() })}\n`,
    )
    expect(surprises).toEqual([])
    expect(unexplained).toEqual([])
    expect(judged).toBeGreaterThan(days)
    expect(equal).toBeGreaterThan(days)
  } finally {
    await town.close()
  }
})
