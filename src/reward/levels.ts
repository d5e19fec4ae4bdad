/**
 * Moves customers to the level they stand at now: computed again under one lock, only what differs is written, each move
 * is a row of the log with its cause. Who never rose has no row.
 */
import type { Ctx } from '../base/act.ts'
import { dayNumber, dayOf, dayOfNumber } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Reader, Row, Value } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { identitiesOf, whoOfCustomer } from '../customer/index.ts'
import { currentLevelRules } from './level-rules.ts'
import type { LevelRules } from './level-rules.ts'
import { levelOn } from './level.ts'
import type { LevelStanding } from './level.ts'
import {
  grantsOf,
  insertGrant,
  lockLevels,
  purchasesOf,
  saveLevels,
  spentOf,
  storedLevels,
  whysOfGrants,
} from './level.store.ts'

/**
 * Why a level moved. `rules`, `import` and `merged` are bookkeeping: nobody did anything just now, so they trigger no
 * touchpoint.
 */
export type LevelCause =
  'spent' | 'refunded' | 'lapsed' | 'granted' | 'grant-ended' | 'rules' | 'import' | 'merged'

/** What brought us to look at her. */
export type LevelOccasion = Exclude<LevelCause, 'lapsed' | 'grant-ended'> | 'time'

/** Where everybody begins. */
export const blankOf = (rules: LevelRules): LevelStanding => {
  const name = rules.levels[0]?.name ?? ''
  return { level: name, earned: name, sinceNo: null, keepNo: null, grantedNo: null, nextNo: null }
}

export const isSame = (a: LevelStanding, b: LevelStanding): boolean =>
  a.level === b.level &&
  a.earned === b.earned &&
  a.sinceNo === b.sinceNo &&
  a.keepNo === b.keepNo &&
  a.grantedNo === b.grantedNo &&
  a.nextNo === b.nextNo

/** Nobody who spent less than this ever can have risen. */
export const leastFen = ({ levels, promotions }: LevelRules): number =>
  Math.floor((levels[1]?.fromYuan ?? 0) * 100 * Math.min(1, ...promotions.map(({ factor }) => factor)))

const rankOf = (rules: LevelRules, name: string): number =>
  rules.levels.findIndex((level) => level.name === name)

/** A fall by an order or by the night is what time brought; it may have been due before the order. */
function causeOf(
  rules: LevelRules,
  occasion: LevelOccasion,
  was: LevelStanding,
  is: LevelStanding,
): LevelCause {
  const fell = rankOf(rules, is.level) < rankOf(rules, was.level)
  if (occasion === 'time' || (fell && (occasion === 'spent' || occasion === 'granted'))) {
    if (!fell) return 'spent'
    return was.grantedNo !== null && was.level !== was.earned ? 'grant-ended' : 'lapsed'
  }
  return occasion
}

/** At most 500 customers; answers how many moved. */
export async function relevel(ctx: Ctx, occasions: ReadonlyMap<string, LevelOccasion>): Promise<number> {
  if (occasions.size === 0) return 0
  await lockLevels(ctx.tx)
  const rules = await currentLevelRules(ctx.tx)
  const customers = [...occasions.keys()].sort()
  const before = await storedLevels(ctx.tx, customers)
  const purchases = await purchasesOf(ctx.tx, customers)
  const grants = await grantsOf(ctx.tx, customers)
  const blank = blankOf(rules)
  const todayNo = dayNumber(dayOf(ctx.now))
  const changed = new Map<string, LevelStanding | null>()
  const moves: Move[] = []
  for (const customer of customers) {
    const was = before.get(customer)
    const is = levelOn(rules, purchases.get(customer) ?? [], grants.get(customer) ?? [], todayNo)
    const isBlank = isSame(is, blank)
    if (was === undefined ? isBlank : isSame(was, is) && !isBlank) continue
    changed.set(customer, isBlank ? null : is)
    const from = was ?? blank
    if (from.level === is.level) continue
    moves.push({ customer, from, is, cause: causeOf(rules, occasions.get(customer) ?? 'time', from, is) })
  }
  await saveLevels(ctx.tx, changed)
  await recordMoves(ctx, moves)
  return moves.length
}

interface Move {
  readonly customer: string
  readonly from: LevelStanding
  readonly is: LevelStanding
  readonly cause: LevelCause
}

async function recordMoves(ctx: Ctx, moves: readonly Move[]): Promise<void> {
  if (moves.length === 0) return
  const identities = await identitiesOf(
    ctx.tx,
    moves.map(({ customer }) => customer),
  )
  for (const { customer, from, is, cause } of moves)
    ctx.record({
      kind: 'level-moved',
      at: ctx.now,
      source: 'reward',
      sourceKey: `level:${customer}:${ctx.newId()}`,
      who: whoOfCustomer(identities.get(customer)),
      detail: { from: from.level, to: is.level, cause, day: dayOf(ctx.now) },
    })
}

// ------------------------------------------------------------------ a gift

export interface LevelGift {
  readonly customer: string
  readonly level: string
  /** The last day of it. */
  readonly until: Day
  readonly why: string
  /** Makes it be given once. */
  readonly key: string
}

/** Lifts her for a while; what she earned goes on beneath. False when this key was given before. */
export async function grantLevel(ctx: Ctx, gift: LevelGift): Promise<boolean> {
  const { customer, level, until, why, key } = gift
  const rules = await currentLevelRules(ctx.tx)
  const today = dayOf(ctx.now)
  if (rankOf(rules, level) < 1)
    throw new Refusal('unknown-level', `没有可赠送的等级「${level}」`, 400, {
      fix: `可选：${rules.levels
        .slice(1)
        .map(({ name }) => name)
        .join('、')}（见 config/levels.yaml）`,
    })
  if (until < today)
    throw new Refusal('level-over', `截止日 ${until} 已经过去`, 400, { fix: '请选今天或以后的日期' })
  const grant = { key, customer, level, fromNo: dayNumber(today), untilNo: dayNumber(until), why }
  if (!(await insertGrant(ctx.tx, grant))) return false
  ctx.record({
    kind: 'level-granted',
    at: ctx.now,
    source: 'reward',
    sourceKey: `granted:${key}`,
    who: whoOfCustomer((await identitiesOf(ctx.tx, [customer])).get(customer)),
    detail: { level, until, why },
  })
  await relevel(ctx, new Map([[customer, 'granted']]))
  return true
}

// ------------------------------------------------------------------ for whoever asks

export interface LevelOf {
  readonly customer: string
  readonly level: string
  readonly title: string
  readonly benefits: readonly string[]
  /** Null for who never rose. */
  readonly since: Day | null
  /** The last day on which the level she earned is held. */
  readonly keepUntil: Day | null
  /** The last day of a gift that lifts her above what she earned. */
  readonly grantedUntil: Day | null
  /** For what it was given, in words she may read. */
  readonly grantedWhy: string | null
  /** Within the window that ends today. */
  readonly spentFen: number
  /** To the level above; 0 at the top. */
  readonly missingFen: number
  readonly next: { readonly level: string; readonly title: string } | null
  /** What she has still to spend by `keepUntil` to keep what she earned; 0 when it is enough. */
  readonly keepMissingFen: number
}

/** Of these customers; null = of everybody who stands above the lowest level or bought within the window. */
export async function levelsOf(
  reader: Reader,
  customers: readonly string[] | null,
  today: Day,
): Promise<Map<string, LevelOf>> {
  const rules = await currentLevelRules(reader)
  const standings = await storedLevels(reader, customers)
  const spent = await spentOf(reader, customers, dayNumber(today), rules)
  const whys = await whysOfGrants(reader, customers)
  const spentBy = new Map(spent.map((row) => [row.customer, row]))
  const names = customers ?? [...new Set([...standings.keys(), ...spentBy.keys()])].sort()
  const blank = blankOf(rules)
  return new Map(
    names.map((customer) => [
      customer,
      faceOf(rules, customer, standings.get(customer) ?? blank, spentBy.get(customer), whys.get(customer)),
    ]),
  )
}

export async function levelOf(reader: Reader, customer: string, today: Day): Promise<LevelOf> {
  const found = (await levelsOf(reader, [customer], today)).get(customer)
  if (!found) throw new Error(`No level was told of ${customer}.`)
  return found
}

const numberOrNull = (value: Value | undefined): number | null => (typeof value === 'number' ? value : null)

/** From the row of `levelRowSql`. */
export function presentLevelRow(rules: LevelRules, customer: string, row: Row | undefined): LevelOf {
  const blank = blankOf(rules)
  const { level, earned, granted_why: why } = row ?? {}
  const standing =
    typeof level === 'string' && typeof earned === 'string'
      ? {
          level,
          earned,
          sinceNo: numberOrNull(row?.['since_no']),
          keepNo: numberOrNull(row?.['keep_no']),
          grantedNo: numberOrNull(row?.['granted_no']),
          nextNo: numberOrNull(row?.['next_no']),
        }
      : blank
  return faceOf(
    rules,
    customer,
    standing,
    {
      spent: numberOrNull(row?.['spent']) ?? 0,
      keeping: numberOrNull(row?.['keeping']) ?? 0,
    },
    typeof why === 'string' ? why : undefined,
  )
}

const dayOrNull = (dayNo: number | null): Day | null => (dayNo === null ? null : dayOfNumber(dayNo))

function faceOf(
  rules: LevelRules,
  customer: string,
  standing: LevelStanding,
  spent: { readonly spent: number; readonly keeping: number } | undefined,
  grantedWhy?: string,
): LevelOf {
  const spentFen = spent?.spent ?? 0
  // A level that the rules do not know any more is the lowest until the next look.
  const rank = Math.max(0, rankOf(rules, standing.level))
  const [level, next] = [rules.levels[rank], rules.levels[rank + 1]]
  const earnedFen = (rules.levels[Math.max(0, rankOf(rules, standing.earned))]?.fromYuan ?? 0) * 100
  return {
    customer,
    level: level?.name ?? standing.level,
    title: level?.title ?? standing.level,
    benefits: level?.benefits ?? [],
    since: dayOrNull(standing.sinceNo),
    keepUntil: dayOrNull(standing.keepNo),
    grantedUntil: dayOrNull(standing.grantedNo),
    grantedWhy: standing.grantedNo === null ? null : (grantedWhy ?? null),
    spentFen,
    missingFen: next === undefined ? 0 : Math.max(0, next.fromYuan * 100 - spentFen),
    next: next === undefined ? null : { level: next.name, title: next.title },
    keepMissingFen: standing.keepNo === null ? 0 : Math.max(0, earnedFen - (spent?.keeping ?? 0)),
  }
}
