/**
 * Standings and the tags they ask for, when the log is told again: the day of the last move and its tag come from the
 * rows `tier-moved`, everything else is computed from the facts as of today by the same code as in the running shop.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { createAct, system } from '../base/act.ts'
import type { Act, Happening } from '../base/act.ts'
import { dayNumber, dayOf, isDay } from '../base/calendar.ts'
import type { Clock } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import type { Derived, FreshRow } from '../interaction/index.ts'
import { resegment, resegmentEverybody } from './resegment.ts'
import type { Cause } from './resegment.ts'
import { saveWantedTags } from './segment.store.ts'
import {
  copyFirstRows,
  dropOldMoves,
  dueAmong,
  noteDue,
  noteMoves,
  replaceStandings,
  rowsTold,
  setTier,
} from './retold.store.ts'
import type { TierRules } from './tier-rules.ts'

export interface RetoldParts {
  readonly act: Act
  readonly clock: Clock
  readonly rules: TierRules
}

const perMend = 200

export function standingsRetold({ act, clock, rules }: RetoldParts): Derived {
  const titles = new Map([...rules.tiers, rules.lead].map(({ name, title }) => [name, title]))
  return {
    name: 'standings',
    keeps: [
      { table: 'standing', of: 'customer' },
      { table: 'wanted_tag', of: 'customer', unlike: ['changed_at'] },
    ],
    kinds: ['tier-moved'],
    async told(facts, rows) {
      const moves = rows.flatMap(moveIn)
      await noteMoves(facts, [...new Map(moves.map((move) => [move.customer, move])).values()])
      const last = new Map(moves.map((move) => [move.customer, move]))
      await saveWantedTags(
        facts,
        [...last.values()].map(({ customer, tier, at }) => ({
          customer,
          tag_group: rules.tagGroup,
          tag: titles.get(tier) ?? tier,
          changed_at: at,
        })),
      )
    },
    async finish(scratch, log) {
      await scratch.tx((tx) => dropOldMoves(tx))
      await copyFirstRows(scratch, log)
      // Its moves are no rows of any log. They are put down: the running shop has yet to make them.
      const quiet = createAct({
        db: scratch,
        clock,
        flush: (ctx, happenings) => noteDue(ctx.tx, happenings.flatMap(dueIn)),
      })
      await resegmentEverybody({ db: scratch, act: quiet, rules }, dayOf(clock.now()), 'import')
    },
    async mend(customers, scratch) {
      for (let from = 0; from < customers.length; from += perMend) {
        const part = customers.slice(from, from + perMend)
        if (from > 0) await pause(20)
        await mendSome(act, rules, part, scratch)
      }
    },
  }
}

/** Everything as told; a move that is due is then made and logged by those who make moves. */
async function mendSome(
  act: Act,
  rules: TierRules,
  customers: readonly string[],
  scratch: Reader,
): Promise<void> {
  const told = await rowsTold(scratch, customers)
  const due = await dueAmong(scratch, customers)
  await act(
    system('rebuild'),
    async (ctx) => {
      await replaceStandings(ctx.tx, customers, told)
      for (const [customer, from] of due) await setTier(ctx.tx, customer, from)
      await resegment(
        ctx,
        rules,
        new Map([...due.keys()].map((customer): [string, Cause] => [customer, 'rules'])),
      )
    },
    'bulk',
  )
}

const dueIn = ({ kind, sourceKey, detail }: Happening): { customer: string; from: string }[] => {
  const customer = sourceKey.split(':')[1]
  const from = detail['from']
  return kind === 'tier-moved' && customer !== undefined && typeof from === 'string'
    ? [{ customer, from }]
    : []
}

interface MoveTold {
  readonly customer: string
  readonly tier: string
  readonly dayNo: number
  readonly at: number
}

/** The customer as she was called when she moved stands in the row's key. */
function moveIn({ sourceKey, detail, at }: FreshRow): MoveTold[] {
  const customer = sourceKey.split(':')[1]
  const { to: tier, day } = detail
  if (customer === undefined || typeof tier !== 'string' || typeof day !== 'string' || !isDay(day)) return []
  return [{ customer, tier, dayNo: dayNumber(day), at }]
}
