/**
 * Levels when the log is told again: computed from the purchases told and the gifts of the shop, with the rules in force.
 * A level has no memory, so whoever differs is simply looked at again.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { system } from '../base/act.ts'
import type { Act } from '../base/act.ts'
import { dayNumber, dayOf } from '../base/calendar.ts'
import type { Clock } from '../base/clock.ts'
import type { Db, Reader } from '../base/db.ts'
import type { Derived } from '../interaction/index.ts'
import { currentLevelRules } from './level-rules.ts'
import type { LevelRules } from './level-rules.ts'
import { levelOn } from './level.ts'
import type { LevelStanding } from './level.ts'
import {
  copyGrants,
  grantsOf,
  levelCandidates,
  purchasesOf,
  saveLevels,
  storedLevels,
} from './level.store.ts'
import { blankOf, isSame, leastFen, relevel } from './levels.ts'
import type { LevelOccasion } from './levels.ts'

export interface LevelsRetoldParts {
  readonly act: Act
  readonly clock: Clock
}

const perDeed = 200
const pauseMs = 20

export const levelsRetold = ({ act, clock }: LevelsRetoldParts): Derived => ({
  name: 'levels',
  keeps: [{ table: 'level_standing', of: 'customer' }],
  kinds: [],
  told: () => Promise.resolve(),
  async finish(scratch, log) {
    await copyGrants(scratch, log)
    const rules = await currentLevelRules(log)
    for (let after = ''; ;) {
      const customers = await levelCandidates(scratch.reader, leastFen(rules), after, perDeed)
      const last = customers.at(-1)
      if (last === undefined) return
      after = last
      await levelSome(scratch, log, rules, customers, dayNumber(dayOf(clock.now())))
    }
  },
  async mend(customers) {
    for (let from = 0; from < customers.length; from += perDeed) {
      const part = customers.slice(from, from + perDeed)
      if (from > 0) await pause(pauseMs)
      const occasions = new Map(part.map((customer): [string, LevelOccasion] => [customer, 'rules']))
      await act(system('rebuild'), (ctx) => relevel(ctx, occasions), 'bulk')
    }
  },
})

async function levelSome(
  scratch: Db,
  log: Reader,
  rules: LevelRules,
  customers: readonly string[],
  todayNo: number,
): Promise<void> {
  const purchases = await purchasesOf(scratch.reader, customers)
  const grants = await grantsOf(scratch.reader, customers)
  const live = await storedLevels(log, customers)
  const blank = blankOf(rules)
  const told = new Map<string, LevelStanding>()
  for (const customer of customers) {
    // What time has yet to change in the shop (its server may be off) is no difference: the day before is compared.
    const next = live.get(customer)?.nextNo ?? null
    const dayNo = next === null ? todayNo : Math.min(todayNo, next - 1)
    const is = levelOn(rules, purchases.get(customer) ?? [], grants.get(customer) ?? [], dayNo)
    if (!isSame(is, blank)) told.set(customer, is)
  }
  await scratch.tx((tx) => saveLevels(tx, told))
}
