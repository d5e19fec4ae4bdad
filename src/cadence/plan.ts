/** One slot, one planner: stage the day, let the outbox decide, insert. Run again it changes nothing. */
import { setImmediate as breathe } from 'node:timers/promises'
import { system } from '../base/act.ts'
import type { Act, Actor } from '../base/act.ts'
import { dayOf, instantOf, minutesOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { minutes } from '../base/clock.ts'
import type { Clock, Instant } from '../base/clock.ts'
import type { Db, Reader } from '../base/db.ts'
import { holidaysInForce } from '../base/holidays.ts'
import type { Job } from '../base/jobs.ts'
import { ensureGames } from '../game/index.ts'
import { enqueue, openDryRun, ownerOf } from '../outbox/index.ts'
import type { Candidate, Decided, Places } from '../outbox/index.ts'
import type { TierRules } from '../segment/index.ts'
import { readPeople, standingsOf } from './audience.ts'
import { readAudiences } from './audience-rule.ts'
import type { VersionRow } from './cadence.store.ts'
import { gamesOf } from './config.ts'
import type { Cadence } from './config.ts'
import { runningOn } from './experiments/arms.ts'
import { recordStart } from './experiments/decisions.ts'
import { sinceWhen } from './rules-since.ts'
import {
  readDigest,
  readFigures,
  readHistory,
  readOccasions,
  readTips,
  splitByHand,
  stageParts,
  stageRobots,
} from './stage.ts'
import type { Scene } from './stage.ts'
import { planAt } from './spread.ts'
import { currentCadence, publish } from './versions.ts'
import type { Publishing } from './versions.ts'

export interface CadenceParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
  readonly tierRules: TierRules
  /** Called after candidates were committed, so that delivery looks at once. */
  readonly wakeDelivery?: (() => void) | undefined
}

/** No transaction holds more customers than this. */
const customersAtOnce = 100

/** Where few are due, so many candidates are gathered first. */
const writtenAtLeast = 500

/** Nothing planned later could still leave inside a window. */
const planUntil = '20:30'

async function sceneOn(
  reader: Reader,
  cadence: Cadence,
  rules: TierRules,
  day: Day,
  at: Instant,
): Promise<Scene> {
  const customers = null
  const people = await readPeople(reader, day, customers)
  return {
    cadence,
    day,
    people,
    standings: await standingsOf(reader, rules, day, customers),
    occasions: await readOccasions(reader, cadence, day, customers),
    history: await readHistory(reader, cadence, day, customers),
    tips: await readTips(reader, day),
    holidays: await holidaysInForce(reader),
    audiences: await readAudiences(reader, rules, cadence.touchpoints, at, customers),
    figures: await readFigures(reader, cadence, people, day),
  }
}

/** All that was decided of the day; a shop of any size plans in `planInParts`, which holds a part of it. */
export async function planDay(parts: CadenceParts, day: Day): Promise<Decided[]> {
  const decided: Decided[] = []
  for await (const part of planInParts(parts, day)) for (const one of part) decided.push(one)
  return decided
}

/** Plans the day as it is read to its end: each part is committed when it is told. */
export async function* planInParts(parts: CadenceParts, day: Day): AsyncGenerator<readonly Decided[]> {
  const { db, act, clock, tierRules } = parts
  const cadence = await currentCadence(db.reader)
  if (!cadence) return
  await act(system('planner'), async (ctx) => {
    await ensureGames(ctx, gamesOf(cadence, day))
    for (const experiment of runningOn(cadence, day)) recordStart(ctx, experiment)
  })
  const write = (part: readonly Candidate[], places?: Places): Promise<Decided[]> =>
    act(
      system('planner'),
      async (ctx) => {
        if (parts.wakeDelivery) ctx.afterCommit(parts.wakeDelivery)
        return enqueue(ctx, part, places)
      },
      'bulk',
    )
  const now = Math.max(clock.now(), instantOf(day))
  const scene = await sceneOn(db.reader, cadence, tierRules, day, now)
  const marked = await sinceWhen(db.reader, cadence, day)
  const ofAdvisors: Candidate[] = []
  let others: Candidate[] = []
  for (const staged of stageParts(scene)) {
    // The server answers others meanwhile, also where a whole part is due for nothing.
    await breathe()
    const { byHand, alone } = splitByHand(marked(staged))
    for (const candidate of byHand) ofAdvisors.push(candidate)
    for (const candidate of alone) others.push(candidate)
    if (others.length < writtenAtLeast) continue
    for (const part of inParts(others)) yield await write(part)
    others = []
  }
  for (const part of inParts(others)) yield await write(part)
  // Decided as a whole first: an advisor's day is given to the best of all her customers, not of the first part.
  const whole = await openDryRun(db.reader, clock.now())
  await whole.decide(ofAdvisors)
  const places = whole.places()
  for (const part of inParts(ofAdvisors)) yield await write(part, places)
  const digest = await readDigest(db.reader, cadence, day)
  if (digest) yield await write(stageRobots(scene, digest))
}

async function planWhole(parts: CadenceParts, day: Day): Promise<void> {
  const planning = planInParts(parts, day)
  while ((await planning.next()).done !== true);
}

/** A customer's candidates stay in one part, so that her caps are counted once. */
function* inParts(candidates: readonly Candidate[]): Generator<Candidate[]> {
  let part: Candidate[] = []
  let subjects = new Set<string>()
  const bySubject = [...candidates].sort((a, b) =>
    ownerOf(a) < ownerOf(b) ? -1 : ownerOf(a) > ownerOf(b) ? 1 : 0,
  )
  for (const candidate of bySubject) {
    if (subjects.size >= customersAtOnce && !subjects.has(ownerOf(candidate))) {
      yield part
      part = []
      subjects = new Set()
    }
    subjects.add(ownerOf(candidate))
    part.push(candidate)
  }
  if (part.length > 0) yield part
}

/** Publishes; what the new version adds to a day that has been planned already is planned at once. */
export async function publishAndPlan(
  parts: CadenceParts,
  actor: Actor,
  publishing: Publishing,
): Promise<VersionRow> {
  const row = await parts.act(actor, (ctx) => publish(ctx, parts.tierRules, publishing))
  await planToday(parts)
  return row
}

/** After a publication: what it adds to a day that has been planned already. */
export async function planToday(parts: CadenceParts): Promise<void> {
  const now = parts.clock.now()
  const today = dayOf(now)
  if (now >= instantOf(today, planAt) && now < instantOf(today, planUntil)) await planWhole(parts, today)
}

export const createCadenceJobs = (parts: CadenceParts): Job[] => [
  {
    name: 'plan-day',
    schedule: { every: 'day', at: planAt },
    catchUpMs: minutes(minutesOf(planUntil) - minutesOf(planAt)),
    async run({ day }) {
      await planWhole(parts, day)
    },
  },
]
