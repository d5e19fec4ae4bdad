/**
 * How good the warning is on data it has not seen. Origins roll; parameters come from origins whose labels were complete
 * on the split day, the test is every origin from that day on. Twice: all customers (later time), and with customers cut
 * in two halves, each tested with what the other half taught (later time and other people).
 */
import type { Case, Cases } from './cases.ts'
import { casesOf } from './cases.ts'
import { alarmScore, calibrate } from './calibrate.ts'
import type { Calibration } from './calibrate.ts'
import { differencesOf } from './differences.ts'
import type { Difference } from './differences.ts'
import { judgeForecasts } from './forecasts.ts'
import type { ForecastsJudged } from './forecasts.ts'
import type { Histories } from './histories.ts'
import { leadDaysOf } from './lead.ts'
import type { LeadDays } from './lead.ts'
import { areaUnder, averagePrecision, countsOf, curveOf, judge, precisionAt, sweep } from './metrics.ts'
import type { CurvePoint, Judged } from './metrics.ts'
import type { ChurnRules } from './settings.ts'
import { judgeSilences } from './silences.ts'
import type { SilencesJudged } from './silences.ts'
import { intervalsOf } from './signal.ts'

/** The rules that are compared: ours, ours without acts, two simple ones, and the one that warns about everybody. */
export type RuleName = 'ours' | 'rhythmOnly' | 'fixedSilence' | 'twiceRhythm' | 'everybody'
type Ranking = Exclude<RuleName, 'everybody'>

/** One test case with what each rule said: `scores` rank, `warned` decides. */
export interface Verdict {
  readonly one: Case
  readonly calibration: Calibration
  readonly scores: Readonly<Record<RuleName, number>>
  readonly warned: Readonly<Record<RuleName, boolean>>
}

export interface RuleJudged extends Judged {
  readonly auc: number | null
  readonly averagePrecision: number | null
}

export interface Compared {
  readonly cases: number
  readonly customers: number
  readonly churned: number
  readonly baseRate: number | null
  readonly rules: Readonly<Record<RuleName, RuleJudged>>
}

export interface Pooled extends Compared {
  readonly curves: Readonly<Record<Ranking, readonly CurvePoint[]>>
  /** Our curve's precision where it has the recall of the other rule: the same number of churners found. */
  readonly atSameRecall: Readonly<
    Record<'fixedSilence' | 'twiceRhythm', { readonly ours: number | null; readonly theirs: number | null }>
  >
  readonly differences: readonly Difference[]
}

export interface EvaluationTask {
  readonly origins: readonly number[]
  readonly splitNo: number
  readonly endNo: number
  readonly actsFromNo: number | null
  /** Which half a customer belongs to, by a hash of her id. */
  readonly half: Uint8Array
}

export interface Evaluation {
  readonly calibration: Calibration
  readonly halves: readonly [Calibration, Calibration]
  /** Whether any act was known before the split. */
  readonly acts: boolean
  readonly censored: number
  readonly tooFew: number
  readonly origins: readonly (Compared & { readonly originNo: number })[]
  readonly laterTime: Pooled
  readonly otherCustomers: Pooled
  /** Later time, only those not yet silent for as long as the label's window: the warnings that still come in time. */
  readonly stillActive: Pooled
  /** Each silence followed day by day, with the parameters of later time. */
  readonly warnings: SilencesJudged
  readonly leadDays: LeadDays
  readonly nextPurchase: ForecastsJudged
}

export function evaluate(rules: ChurnRules, h: Histories, task: EvaluationTask): Evaluation {
  const before = task.origins.filter((originNo) => originNo < task.splitNo)
  const after = task.origins.filter((originNo) => originNo >= task.splitNo)
  const learn = (isOf?: (customer: number) => boolean): Taught => {
    const taught = (actsFromNo: number | null): Calibration =>
      calibrate(rules, h, {
        origins: before,
        endNo: task.splitNo,
        actsFromNo,
        ...(isOf ? { isOf } : {}),
      })
    const whole = taught(task.actsFromNo)
    return { whole, rhythmOnly: whole.actsFromNo === null ? whole : taught(null) }
  }
  const test = ({ whole }: Taught, isOf?: (customer: number) => boolean): Cases => {
    const { parameters, actsFromNo } = whole
    const frame = { origins: after, endNo: task.endNo, actsPerDay: parameters.actsPerDay, actsFromNo }
    return casesOf(rules, h, frame, isOf)
  }
  const taught = learn()
  const calibration = taught.whole
  const tested = test(taught)
  const later = tested.cases.map((one) => verdictOf(rules, taught, one))
  const isIn = (half: number) => (customer: number) => task.half[customer] === half
  const halves = [learn(isIn(0)), learn(isIn(1))] as const
  const crossed = [0, 1].flatMap((half) => {
    const others = halves[1 - half] as Taught
    return test(others, isIn(half)).cases.map((one) => verdictOf(rules, others, one))
  })
  return {
    calibration,
    halves: [halves[0].whole, halves[1].whole],
    acts: calibration.actsFromNo !== null,
    censored: tested.censored,
    tooFew: tested.tooFew,
    origins: after.map((originNo) => ({
      originNo,
      ...compare(later.filter(({ one }) => one.originNo === originNo)),
    })),
    laterTime: pool(later),
    otherCustomers: pool(crossed),
    stillActive: pool(later.filter(({ one }) => one.silence < one.windowDays)),
    warnings: judgeSilences(rules, h, calibration, task),
    leadDays: leadDaysOf(rules, later),
    nextPurchase: judgeForecasts(rules, later),
  }
}

/** What one calibration part taught, with and without acts. */
export interface Taught {
  readonly whole: Calibration
  readonly rhythmOnly: Calibration
}

export function verdictOf(rules: ChurnRules, { whole, rhythmOnly }: Taught, one: Case): Verdict {
  const own = intervalsOf(one)
  const mean = own.sumDays / own.count
  const ours = alarmScore(rules, whole.parameters, one)
  const plain = whole === rhythmOnly ? ours : alarmScore(rules, rhythmOnly.parameters, { ...one, drop: 0 })
  return {
    one,
    calibration: whole,
    scores: {
      ours,
      rhythmOnly: plain,
      fixedSilence: one.silence,
      twiceRhythm: one.silence / mean,
      everybody: 0,
    },
    warned: {
      ours: ours >= whole.parameters.threshold,
      rhythmOnly: plain >= rhythmOnly.parameters.threshold,
      fixedSilence: one.silence >= rules.baselines.silenceDays,
      twiceRhythm: one.silence >= rules.baselines.rhythm * mean,
      everybody: true,
    },
  }
}

const labelsOf = (verdicts: readonly Verdict[]): Uint8Array =>
  Uint8Array.from(verdicts, ({ one }) => (one.churned ? 1 : 0))

export function compare(verdicts: readonly Verdict[]): Compared {
  const labels = labelsOf(verdicts)
  const churned = labels.reduce((sum, label) => sum + label, 0)
  const judged = (name: RuleName): RuleJudged => {
    const steps = sweep(
      labels,
      verdicts.map(({ scores }) => scores[name]),
    )
    const warned = verdicts.map((verdict) => (verdict.warned[name] ? 1 : 0))
    return {
      ...judge(countsOf(labels, warned)),
      auc: areaUnder(steps),
      averagePrecision: averagePrecision(steps),
    }
  }
  return {
    cases: verdicts.length,
    customers: new Set(verdicts.map(({ one }) => one.customer)).size,
    churned,
    baseRate: verdicts.length === 0 ? null : churned / verdicts.length,
    rules: {
      ours: judged('ours'),
      rhythmOnly: judged('rhythmOnly'),
      fixedSilence: judged('fixedSilence'),
      twiceRhythm: judged('twiceRhythm'),
      everybody: judged('everybody'),
    },
  }
}

export function pool(verdicts: readonly Verdict[]): Pooled {
  const compared = compare(verdicts)
  const labels = labelsOf(verdicts)
  const steps = (name: RuleName) =>
    sweep(
      labels,
      verdicts.map(({ scores }) => scores[name]),
    )
  const ours = steps('ours')
  const same = (name: 'fixedSilence' | 'twiceRhythm') => {
    const { recall, precision } = compared.rules[name]
    return {
      ours: recall.value === null || recall.value === 0 ? null : precisionAt(ours, recall.value),
      theirs: precision.value,
    }
  }
  return {
    ...compared,
    curves: {
      ours: curveOf(ours),
      rhythmOnly: curveOf(steps('rhythmOnly')),
      fixedSilence: curveOf(steps('fixedSilence')),
      twiceRhythm: curveOf(steps('twiceRhythm')),
    },
    atSameRecall: { fixedSilence: same('fixedSilence'), twiceRhythm: same('twiceRhythm') },
    differences: differencesOf(verdicts),
  }
}
