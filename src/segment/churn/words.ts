/** The signal in words for people: Chinese, with the numbers that make it. */
import { dayOfNumber } from '../../base/calendar.ts'
import type { Activity } from './signal.ts'
import type { ChurnRules } from './settings.ts'
import type { Intervals } from './rhythm.ts'

const whole = (n: number): string => String(Math.max(1, Math.round(n)))

const usual = (own: Intervals): string =>
  own.count === 1
    ? `两次购买相隔 ${whole(own.sumDays)} 天`
    : `平时约每 ${whole(own.sumDays / own.count)} 天买一次`

/** A change is worth a word from half as many, or half as much again. */
const worthSaying = 0.4

/** `互动从 6 次降到 1 次`: the earlier acts are scaled to the window, so that both numbers mean as many days. */
export function activityWords(rules: ChurnRules, activity: Activity | null, drop: number): string {
  if (activity === null || Math.abs(drop) < worthSaying) return ''
  const { windowDays } = rules.activity
  const before = Math.round((activity.earlier * windowDays) / Math.max(1, activity.earlierDays))
  if (drop > 0 ? before <= activity.recent : before >= activity.recent) return ''
  return `；近 ${String(windowDays)} 天互动从 ${String(before)} 次${drop > 0 ? '降到' : '增到'} ${String(activity.recent)} 次`
}

/** As of a day. */
export const wordsOf = (
  rules: ChurnRules,
  own: Intervals,
  silence: number,
  activity: Activity | null,
  drop: number,
): string => `${usual(own)}，已 ${String(silence)} 天未买${activityWords(rules, activity, drop)}`

/** For keeping: nothing that a mere day changes. */
export const keptWords = (own: Intervals, lastNo: number, drop: number): string =>
  `${usual(own)}，自 ${dayOfNumber(lastNo)} 起未再购买${drop >= worthSaying ? '；互动也在减少' : ''}`
