/**
 * Moves customers to where they stand now. Writes `standing`, the log row of each move and the wanted tag in one
 * transaction; everybody begins as a lead, so the first tier of a buyer is a move too.
 */
import type { Act, Ctx } from '../base/act.ts'
import { system } from '../base/act.ts'
import { addDays, dayOf, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Db } from '../base/db.ts'
import { identitiesOf } from '../customer/index.ts'
import type { Identities } from '../customer/index.ts'
import { cutsToday } from './cuts.ts'
import {
  dueCustomers,
  lockStandings,
  saveStandings,
  saveState,
  saveWantedTags,
  stateOf,
  storedStandings,
} from './segment.store.ts'
import type { StoredStanding } from './segment.store.ts'
import { standingsAsOf, standingsAt } from './standings.ts'
import type { Standing } from './standings.ts'
import type { TierRules } from './tier-rules.ts'

/**
 * Why a customer was looked at: the kind of what happened, or one of ours. Moves by `import`, `cut-points` and `rules`
 * are bookkeeping: nobody did anything just now, so they trigger no touchpoint.
 */
export type Cause = 'order' | 'refund' | 'engagement' | 'contact' | 'time' | 'import' | 'cut-points' | 'rules'

/** At most 500 customers; answers how many moved. */
export async function resegment(
  ctx: Ctx,
  rules: TierRules,
  causes: ReadonlyMap<string, Cause>,
): Promise<number> {
  if (causes.size === 0) return 0
  await lockStandings(ctx.tx)
  const day = dayOf(ctx.now)
  const customers = [...causes.keys()].sort()
  const moment = { day, cuts: await cutsToday(ctx, rules) }
  const standings = await standingsAt(ctx.tx, rules, moment, customers)
  const before = await storedStandings(ctx.tx, customers)
  const changed = standings.filter((standing) => differs(standing, before.get(standing.customer)))
  const moved = changed.filter(({ customer, tier }) => tier !== tierBefore(before.get(customer), rules))
  await saveStandings(
    ctx.tx,
    changed.map((standing) => toStore(standing, before.get(standing.customer))),
  )
  await saveWantedTags(
    ctx.tx,
    changed
      .filter(({ customer, tier }) => before.get(customer)?.tier !== tier)
      .map(({ customer, tierTitle }) => ({
        customer,
        tag_group: rules.tagGroup,
        tag: tierTitle,
        changed_at: ctx.now,
      })),
  )
  const identities = await identitiesOf(
    ctx.tx,
    moved.map(({ customer }) => customer),
  )
  for (const standing of moved) {
    const was = before.get(standing.customer)
    ctx.record({
      kind: 'tier-moved',
      at: ctx.now,
      source: 'segment',
      sourceKey: `tier:${standing.customer}:${ctx.newId()}`,
      who: whoOf(identities.get(standing.customer)),
      detail: {
        from: tierBefore(was, rules),
        to: standing.tier,
        reason: standing.reason,
        cause: causes.get(standing.customer) ?? 'time',
        day,
      },
    })
  }
  return moved.length
}

const tierBefore = (was: StoredStanding | undefined, rules: TierRules): string => was?.tier ?? rules.lead.name

const differs = (now: Standing, was: StoredStanding | undefined): boolean =>
  !was ||
  was.tier !== now.tier ||
  was.reason !== now.reason ||
  was.dormancy !== now.dormancy ||
  was.stage !== now.stage ||
  was.next_day !== (now.nextDay ?? null)

const toStore = (now: Standing, was: StoredStanding | undefined): StoredStanding => ({
  customer: now.customer,
  tier: now.tier,
  since_day: was?.tier === now.tier ? was.since_day : now.computedDay,
  reason: now.reason,
  dormancy: now.dormancy,
  stage: now.stage,
  next_day: now.nextDay ?? null,
  computed_day: now.computedDay,
})

/** One identity as seen; the external one first, since it is what channels and pages know. */
const whoOf = (
  identities: Identities | undefined,
): { external?: string; shopId?: string; phoneHash?: string } => {
  const [external] = identities?.externals ?? []
  if (external !== undefined) return { external }
  const [shopId] = identities?.shopIds ?? []
  if (shopId !== undefined) return { shopId }
  const [phoneHash] = identities?.phoneHashes ?? []
  return phoneHash === undefined ? {} : { phoneHash }
}

export interface SegmentParts {
  readonly db: Db
  readonly act: Act
  readonly rules: TierRules
}

const perTransaction = 200

/** In short transactions, so that the door is never kept waiting. */
export async function resegmentMany(
  { act, rules }: SegmentParts,
  customers: readonly string[],
  cause: Cause,
): Promise<number> {
  let moved = 0
  for (let from = 0; from < customers.length; from += perTransaction) {
    const part = customers.slice(from, from + perTransaction)
    const causes = new Map(part.map((customer) => [customer, cause]))
    moved += await act(system('resegment'), (ctx) => resegment(ctx, rules, causes), 'bulk')
  }
  return moved
}

/** Those whom the day has come for, and those never looked at. Everybody when the rules have changed. */
export async function resegmentDue(parts: SegmentParts, day: Day): Promise<number> {
  const { db, act, rules } = parts
  if ((await stateOf(db.reader, 'rules')) !== rules.hash) {
    const moved = await resegmentEverybody(parts, day, 'rules')
    await act(system('resegment'), (ctx) => saveState(ctx.tx, 'rules', rules.hash))
    return moved
  }
  const due = await dueCustomers(db.reader, day, instantOf(addDays(day, 1)))
  return resegmentMany(parts, due, 'time')
}

/** Compares everybody on the reader; only those who differ are written. */
export async function resegmentEverybody(parts: SegmentParts, day: Day, cause: Cause): Promise<number> {
  const stored = await storedStandings(parts.db.reader, null)
  const standings = await standingsAsOf(parts.db.reader, parts.rules, day)
  const changed = standings
    .filter((standing) => differs(standing, stored.get(standing.customer)))
    .map(({ customer }) => customer)
  return resegmentMany(parts, changed, cause)
}
