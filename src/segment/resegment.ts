/**
 * Moves customers to where they stand now. Who differs is found in one statement beside the door; then at most 500 at a
 * time are computed again and written under a lock, so that what is written is never an older view. The standing, the log
 * row of each move and the wanted tag are one transaction; everybody begins as a lead, so the first tier of a buyer is a
 * move too.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Act, Ctx } from '../base/act.ts'
import { system } from '../base/act.ts'
import { addDays, dayNumber, dayOf, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Db, Tx } from '../base/db.ts'
import { identitiesOf, whoOfCustomer } from '../customer/index.ts'
import { cutsAsOf, cutsToday, newestCuts, recordCuts } from './cuts.ts'
import type { Dormancy } from './lifecycle.ts'
import type { Moment } from './rule.ts'
import { lockStandings, saveState, saveWantedTags, stateOf } from './segment.store.ts'
import {
  anyStanding,
  differingIn,
  findDue,
  keptFeatures,
  lookedAt,
  publishEverybody,
  publishStandings,
  storedStandings,
} from './standing.store.ts'
import type { StoredStanding } from './standing.store.ts'
import { keptIsCurrent, reasonOf, windowsOf } from './standings.ts'
import type { TierRules } from './tier-rules.ts'

/**
 * Why a customer was looked at: the kind of what happened, or one of ours. Moves by `import`, `cut-points`, `merge` and `rules`
 * are bookkeeping: nobody did anything just now, so they trigger no touchpoint.
 */
export type Cause =
  'order' | 'refund' | 'engagement' | 'contact' | 'time' | 'import' | 'cut-points' | 'merge' | 'rules'

/** At most 500 customers; answers how many moved. */
export async function resegment(
  ctx: Ctx,
  rules: TierRules,
  causes: ReadonlyMap<string, Cause>,
): Promise<number> {
  if (causes.size === 0) return 0
  await lockStandings(ctx.tx)
  await noteWindows(ctx, rules)
  const moment: Moment = { dayNo: dayNumber(dayOf(ctx.now)), cuts: await cutsToday(ctx, rules) }
  const customers = [...causes.keys()].sort()
  const before = await storedStandings(ctx.tx, customers)
  const written = await publishStandings(ctx.tx, rules, moment, customers)
  const titles = new Map([...rules.tiers, rules.lead].map(({ name, title }) => [name, title]))
  await saveWantedTags(
    ctx.tx,
    written
      .filter(({ customer, tier }) => before.get(customer)?.tier !== tier)
      .map(({ customer, tier }) => ({
        customer,
        tag_group: rules.tagGroup,
        tag: titles.get(tier) ?? tier,
        changed_at: ctx.now,
      })),
  )
  const moved = written
    .filter(({ customer, tier }) => tier !== tierBefore(before.get(customer), rules))
    .map(({ customer }) => customer)
  await recordMoves(ctx, rules, moment, { moved, before, causes })
  return moved.length
}

interface Moves {
  readonly moved: readonly string[]
  readonly before: ReadonlyMap<string, StoredStanding>
  readonly causes: ReadonlyMap<string, Cause>
}

async function recordMoves(ctx: Ctx, rules: TierRules, moment: Moment, moves: Moves): Promise<void> {
  const { moved, before, causes } = moves
  if (moved.length === 0) return
  const identities = await identitiesOf(ctx.tx, moved)
  const day = dayOf(ctx.now)
  // The figures just written are those that it was decided by.
  for (const row of await keptFeatures(ctx.tx, rules, moved)) {
    const dormancy = row.dormancy as Dormancy | null
    ctx.record({
      kind: 'tier-moved',
      at: ctx.now,
      source: 'segment',
      sourceKey: `tier:${row.customer}:${ctx.newId()}`,
      who: whoOfCustomer(identities.get(row.customer)),
      detail: {
        from: tierBefore(before.get(row.customer), rules),
        to: row.tier,
        reason: reasonOf(rules, row, moment, dormancy),
        cause: causes.get(row.customer) ?? 'time',
        day,
      },
    })
  }
}

const tierBefore = (was: StoredStanding | undefined, rules: TierRules): string => was?.tier ?? rules.lead.name

const mixed = 'mixed'

/** Rows written now keep the windows of these rules; until everybody's do, nobody may be judged by the figures kept. */
async function noteWindows({ tx }: Ctx, rules: TierRules): Promise<void> {
  const mine = windowsOf(rules.windows)
  const kept = await stateOf(tx, 'windows')
  if (kept === mine || kept === mixed) return
  await saveState(tx, 'windows', (await anyStanding(tx)) ? mixed : mine)
}

// ------------------------------------------------------------------ many

export interface SegmentParts {
  readonly db: Db
  readonly act: Act
  readonly rules: TierRules
}

/** Between two short transactions, so that another process finds the door open. */
const pauseMs = 20

/** Whoever is in `tmp_look`, in short transactions. */
async function publishLook({ act, rules }: SegmentParts, scratch: Tx, cause: Cause): Promise<number> {
  let moved = 0
  for (let after = 0; ;) {
    const customers = await lookedAt(scratch, after)
    if (customers.length === 0) return moved
    if (after > 0) await pause(pauseMs)
    const causes = new Map(customers.map((customer) => [customer, cause]))
    moved += await act(system('resegment'), (ctx) => resegment(ctx, rules, causes), 'bulk')
    after += customers.length
  }
}

/** Those whom the day has come for, and those never looked at. Everybody when the rules have changed. */
export async function resegmentDue(parts: SegmentParts, day: Day): Promise<number> {
  if (await areRulesNew(parts)) return resegmentEverybody(parts, day, 'rules')
  return parts.db.aside(async (scratch) => {
    await findDue(scratch, dayNumber(day), instantOf(addDays(day, 1)))
    return publishLook(parts, scratch, 'time')
  })
}

/** Not everybody was judged by these rules yet. */
export async function areRulesNew({ db, rules }: SegmentParts): Promise<boolean> {
  return (await stateOf(db.reader, 'rules')) !== rules.hash || !(await keptIsCurrent(db.reader, rules))
}

/**
 * Compares everybody; only those who differ are written. When facts cannot have changed, the figures kept are judged
 * again, after whoever is due.
 */
export async function resegmentEverybody(parts: SegmentParts, day: Day, cause: Cause): Promise<number> {
  const { db, act, rules } = parts
  const factsChanged = cause !== 'cut-points' && cause !== 'rules'
  const from = factsChanged || !(await keptIsCurrent(db.reader, rules)) ? 'buckets' : 'kept'
  const moved = await db.aside(async (scratch) => {
    const moment: Moment = { dayNo: dayNumber(day), cuts: await cutsInForce(parts, scratch, day) }
    await differingIn(scratch, rules, moment, from)
    return publishLook(parts, scratch, cause)
  })
  await act(system('resegment'), ({ tx }) => noteEverybody(tx, rules))
  return moved
}

/** Everybody was judged by these rules. */
async function noteEverybody(tx: Tx, rules: TierRules): Promise<void> {
  await saveState(tx, 'rules', rules.hash)
  await saveState(tx, 'windows', windowsOf(rules.windows))
}

/** Standings of a generated shop, in one long transaction and without the log rows of the moves. */
export async function fillStandings({ act, rules }: SegmentParts, day: Day): Promise<void> {
  await act(system('bench'), async ({ tx }) => {
    await publishEverybody(tx, rules, { dayNo: dayNumber(day), cuts: await newestCuts(tx, rules) })
    await noteEverybody(tx, rules)
  })
}

/** As `cutsToday`, but what is missing is computed beside the door first. */
async function cutsInForce(parts: SegmentParts, scratch: Tx, day: Day): Promise<Moment['cuts']> {
  const frozen = await newestCuts(scratch, parts.rules)
  if (parts.rules.cutNeeds.every(({ name }) => frozen.has(name))) return frozen
  const cuts = await cutsAsOf(scratch, parts.rules, day)
  await parts.act(system('resegment'), async (ctx) => {
    await lockStandings(ctx.tx)
    recordCuts(ctx, cuts, day)
  })
  return cuts
}
