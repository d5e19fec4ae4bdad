/**
 * The universal holdout: those who were due and were told nothing on purpose, against everybody else who was due for the
 * same touchpoints. Both clocks start at the planned moment.
 */
import type { Day } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import { days } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'
import { tuningFor } from './always-valid.ts'
import { compareMeans, compareShares } from './comparison.ts'
import type { Difference, Reading } from './comparison.ts'
import { complierEffect } from './complier.ts'
import type { Complier } from './complier.ts'
import { customerTallies } from './outcomes.store.ts'
import type { Metric } from './shape.ts'
import { assignedOf, customerTally, shareOf } from './tally.ts'
import type { ArmTally } from './tally.ts'
import { waitWords } from './words.ts'

export interface HoldoutReport {
  readonly since: Day
  readonly windowDays: number
  readonly heldOut: ArmTally
  readonly treated: ArmTally
  /** Null while either side has fewer than this many people whose window is over. */
  readonly minimum: number
  readonly order: Difference | null
  readonly value: Difference | null
  readonly complier: Complier | null
  readonly words: string
}

export interface HoldoutQuery {
  readonly since: Day
  readonly windowDays: number
  readonly now: Instant
}

/** People a side, before the two are compared. */
export const holdoutMinimum = 100
const alpha = 0.05
export const holdoutReading: Reading = { read: 'always-valid', level: alpha, tuning: tuningFor(2_000, alpha) }
const metric: Metric = 'sent-to-order'

export async function holdoutReport(reader: Reader, query: HoldoutQuery): Promise<HoldoutReport> {
  const { since, windowDays, now } = query
  const held = `purpose = 'marketing' and day >= `
  const rows = await customerTallies(
    reader,
    {
      where: `${held}$1 and subject_kind = 'customer'
        and touchpoint in (select touchpoint from promise where ${held}$2 and reason_code = 'holdout')`,
      params: [since, since],
      arm: `case when max(case when reason_code = 'holdout' then 1 else 0 end) = 1 then 'holdout' else 'treated' end`,
      dropped: ['no-advisor', 'no-contact', 'opted-out'],
    },
    { windowMs: days(windowDays), now },
  )
  const [heldOut, treated] = [customerTally('holdout', rows), customerTally('treated', rows)]
  const isReadable = Math.min(heldOut.n, treated.n) >= holdoutMinimum
  const order = isReadable
    ? compareShares(shareOf(heldOut, metric), shareOf(treated, metric), holdoutReading)
    : null
  return {
    since,
    windowDays,
    heldOut,
    treated,
    minimum: holdoutMinimum,
    order,
    value: isReadable ? compareMeans(heldOut.fen, treated.fen, holdoutReading) : null,
    complier: isReadable
      ? complierEffect(assignedOf(heldOut, metric), assignedOf(treated, metric), alpha)
      : null,
    words: wordsOf(heldOut, treated, order),
  }
}

function wordsOf(heldOut: ArmTally, treated: ArmTally, order: Difference | null): string {
  if (heldOut.entered === 0) return '还没有对照组：在节奏的“分寸”里设置对照组比例后，这里显示触达带来的增量'
  if (!order)
    return `对照组 ${String(heldOut.n)} 人、触达组 ${String(treated.n)} 人观察期满，各满 ${String(holdoutMinimum)} 人后显示增量`
  return increaseWords('触达组', order, waitWords(null))
}

/** How much more often those who were told ordered; `otherwise`: what to do while it does not show. */
export function increaseWords(
  told: string,
  { absolute: { value, low, high } }: Difference,
  otherwise: string,
): string {
  const range = `（95% 区间 ${(low * 100).toFixed(1)} 到 ${(high * 100).toFixed(1)}）`
  const words = `${told}下单率比对照组${value < 0 ? '低' : '高'} ${(Math.abs(value) * 100).toFixed(1)} 个百分点${range}`
  return low > 0 || high < 0 ? `${words}，增量可信` : `${words}，还看不出增量，${otherwise}`
}
