/**
 * 回归礼遇: whoever buys again after a long quiet stands one level higher for a while. Told once for each return; the
 * lift is given once in a while, so that staying away never pays.
 */
import type { Ctx } from '../base/act.ts'
import { addDays, dayNumber, dayOf } from '../base/calendar.ts'
import { days } from '../base/clock.ts'
import { customersOfRows } from '../customer/index.ts'
import type { Follower, LogRow } from '../interaction/index.ts'
import { currentLevelRules } from './level-rules.ts'
import type { LevelRules } from './level-rules.ts'
import { grantedSince, purchaseBefore } from './level.store.ts'
import { grantLevel, levelOf, relevel } from './levels.ts'

/** An order that is told later than this is no news to anybody. */
const newsDays = 3

const keyPrefix = 'comeback:'

export const comebackFollower: Follower = {
  name: 'comebacks',
  kinds: ['order-placed'],
  async handle(ctx, rows) {
    const rules = await currentLevelRules(ctx.tx)
    const fresh = rows.filter(
      ({ source, at }) => !source.startsWith('import:') && at > ctx.now - days(newsDays),
    )
    if (!rules.comeback.on || fresh.length === 0) return
    const customers = await customersOfRows(ctx.tx, fresh)
    for (const row of fresh) {
      const customer = customers.get(row.id)
      if (customer !== undefined) await welcomeBack(ctx, rules, customer, row)
    }
  },
}

async function welcomeBack(ctx: Ctx, rules: LevelRules, customer: string, row: LogRow): Promise<void> {
  const dayNo = dayNumber(dayOf(row.at))
  const before = await purchaseBefore(ctx.tx, customer, dayNo)
  if (before === null || dayNo - before < rules.comeback.afterDays) return
  const quietDays = dayNo - before
  // Above what this very order may have brought.
  await relevel(ctx, new Map([[customer, 'spent']]))
  const key = `${keyPrefix}${customer}:${String(dayNo)}`
  const lifted = await lift(ctx, rules, customer, { key, quietDays, dayNo })
  ctx.record({
    kind: 'customer-returned',
    at: ctx.now,
    source: 'reward',
    sourceKey: key,
    who: row.who,
    detail: {
      quietDays,
      day: dayOf(row.at),
      ...(lifted ?? {}),
      words: `${String(quietDays)} 天后再次下单${lifted === null ? '' : `，${lifted.words}`}`,
    },
  })
}

interface Lift {
  readonly level: string
  readonly levelTitle: string
  readonly until: string
  readonly words: string
}

/** Null at the top, for whoever was lifted not long ago, and for a return that was seen before. */
async function lift(
  ctx: Ctx,
  { comeback }: LevelRules,
  customer: string,
  { key, quietDays, dayNo }: { readonly key: string; readonly quietDays: number; readonly dayNo: number },
): Promise<Lift | null> {
  const today = dayOf(ctx.now)
  const { next } = await levelOf(ctx.tx, customer, today)
  if (next === null || (await grantedSince(ctx.tx, customer, keyPrefix, dayNo - comeback.onceInDays)))
    return null
  const until = addDays(today, comeback.days - 1)
  const words = `${next.title}权益体验 ${String(comeback.days)} 天`
  const why = `欢迎回来：隔 ${String(quietDays)} 天再次下单，${words}`
  return (await grantLevel(ctx, { customer, level: next.level, until, why, key }))
    ? { level: next.level, levelTitle: next.title, until, words }
    : null
}
