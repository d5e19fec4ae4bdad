/** The document of `siyu churn evaluate`: what was asked, what was found, and in plain words where ours is not better. */
import { dayNumber, dayOfNumber } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { Refusal } from '../../base/errors.ts'
import { sha256 } from '../../base/ids.ts'
import type { Calibration } from './calibrate.ts'
import type { Difference } from './differences.ts'
import type { Compared, Evaluation, EvaluationTask, Pooled } from './evaluate.ts'
import type { Histories } from './histories.ts'
import { spanOf } from './histories.ts'
import type { ChurnRules, Parameters } from './settings.ts'

export interface EvaluationWindow {
  readonly from?: Day | undefined
  readonly to?: Day | undefined
  readonly everyDays: number
  readonly split?: Day | undefined
  /** No data after this day exists yet. */
  readonly today: Day
}

const mostOrigins = 200
/** Origins begin when a season of history has been seen. */
const warmUpDays = 90

export interface Planned {
  readonly task: EvaluationTask
  readonly firstNo: number
}

/** Origins, split and end of the data; refuses what cannot be evaluated, with what to do instead. */
export function planEvaluation(rules: ChurnRules, h: Histories, window: EvaluationWindow): Planned {
  const span = spanOf(h)
  if (!span)
    throw new Refusal('no-purchases', 'There are no purchases to evaluate on.', 409, {
      fix: 'Import orders first (siyu import orders FILE), or use --data simulated.',
    })
  const endNo = Math.min(span.lastNo, dayNumber(window.today))
  const fromNo = window.from === undefined ? span.firstNo + warmUpDays : dayNumber(window.from)
  const toNo = window.to === undefined ? endNo - rules.label.leastDays : dayNumber(window.to)
  const splitNo =
    window.split === undefined
      ? span.firstNo + Math.round(0.6 * (endNo - span.firstNo))
      : dayNumber(window.split)
  const count = Math.floor((toNo - fromNo) / window.everyDays) + 1
  if (count > mostOrigins)
    throw new Refusal('usage', `${String(count)} origins are more than ${String(mostOrigins)}.`, 400, {
      fix: 'Use a larger --every, or a shorter range from --from to --to.',
    })
  const origins = Array.from({ length: Math.max(0, count) }, (_, n) => fromNo + n * window.everyDays)
  if (!origins.some((originNo) => originNo >= splitNo))
    throw new Refusal(
      'too-short',
      `The data ends too early: from ${dayOfNumber(span.firstNo)} to ${dayOfNumber(endNo)} no origin after the split ${dayOfNumber(splitNo)} has ${String(rules.label.leastDays)} days behind it.`,
      409,
      { fix: 'Evaluate with more history, or set --from, --split and --to inside it.' },
    )
  return {
    firstNo: span.firstNo,
    task: {
      origins,
      splitNo,
      endNo,
      actsFromNo: span.actsFromNo,
      half: Uint8Array.from(h.customers, (customer) => Number.parseInt(sha256(customer).slice(0, 2), 16) & 1),
    },
  }
}

export interface EvaluationSource {
  readonly data: 'store' | 'simulated'
  /** Said in every output of simulated data, and wherever the data has a caveat. */
  readonly note: string
  readonly buyers: number
  readonly sampled: number
}

export interface EvaluationDocument {
  readonly data: string
  readonly simulated: boolean
  readonly note: string
  readonly buyers: number
  readonly evaluated: number
  readonly window: Readonly<Record<string, string | number>>
  readonly definition: Readonly<Record<string, string>>
  /** Whether browsing, clicks and the like were known; without them only the interval speaks. */
  readonly acts: boolean
  readonly calibration: CalibrationWords
  readonly cases: { readonly test: number; readonly censored: number; readonly tooFewPurchases: number }
  readonly findings: readonly string[]
  readonly origins: readonly object[]
  readonly laterTime: Pooled
  readonly otherCustomers: Pooled & { readonly calibrations: readonly CalibrationWords[] }
  readonly stillActive: Pooled
  readonly warnings: Evaluation['warnings']
  readonly leadDays: Evaluation['leadDays']
  readonly nextPurchase: Evaluation['nextPurchase']
}

export interface CalibrationWords {
  readonly own: boolean
  readonly words: string
  readonly cases: number
  readonly churned: number
  readonly customers: number
  readonly censored: number
  readonly parameters: Parameters
}

export function documentOf(
  rules: ChurnRules,
  source: EvaluationSource,
  { task, firstNo }: Planned,
  found: Evaluation,
): EvaluationDocument {
  const [first = 0] = task.origins
  return {
    data: source.data,
    simulated: source.data === 'simulated',
    note: source.note,
    buyers: source.buyers,
    evaluated: source.sampled,
    window: {
      firstDay: dayOfNumber(firstNo),
      lastDay: dayOfNumber(task.endNo),
      from: dayOfNumber(first),
      to: dayOfNumber(task.origins.at(-1) ?? first),
      everyDays: (task.origins[1] ?? first) - first,
      split: dayOfNumber(task.splitNo),
    },
    definition: definitionOf(rules),
    acts: found.acts,
    calibration: calibrationWords(found.calibration),
    cases: {
      test: found.laterTime.cases,
      censored: found.censored,
      tooFewPurchases: found.tooFew,
    },
    findings: findingsOf(found),
    origins: found.origins.map(({ originNo, ...compared }) => ({ day: dayOfNumber(originNo), ...compared })),
    laterTime: found.laterTime,
    otherCustomers: { ...found.otherCustomers, calibrations: found.halves.map(calibrationWords) },
    stillActive: found.stillActive,
    warnings: found.warnings,
    leadDays: found.leadDays,
    nextPurchase: found.nextPurchase,
  }
}

const calibrationWords = ({ actsFromNo: _, ...calibration }: Calibration): CalibrationWords => calibration

const criterionWords = ({ criterion }: ChurnRules): string => {
  switch (criterion.best) {
    case 'youden':
      return "largest recall minus false alarms (Youden's J)"
    case 'f1':
      return 'largest F1'
    case 'precision':
      return `largest precision with a recall of at least ${String(criterion.recallAtLeast)}`
  }
}

function definitionOf(rules: ChurnRules): Record<string, string> {
  const { label, baselines } = rules
  return {
    scope: `customers with at least ${String(rules.leastPurchases)} purchase days at the origin`,
    churned: `no purchase in the next max(${String(label.leastDays)} days, ${String(label.rhythm)} × own mean interval); a purchase that was taken back whole is none`,
    censoring:
      'a case whose window ends after the data is left out, by her own interval alone, whether she bought or not',
    ours: `alarm score (silence ${String(rules.leadDays)} days ahead) at or above the threshold`,
    rhythmOnly: 'ours, calibrated and judged without acts; the same as ours where none are known',
    fixedSilence: `silent for at least ${String(baselines.silenceDays)} days`,
    twiceRhythm: `silent for at least ${String(baselines.rhythm)} × own mean interval`,
    everybody: 'warn about everybody',
    threshold: `${criterionWords(rules)}, on calibration cases only: origins before the split whose label was complete on it`,
    laterTime: 'all customers, origins from the split on',
    otherCustomers: 'the same origins, each half of the customers tested with what the other half taught',
    stillActive: 'later time, only customers silent for less than their own label window',
    warnings:
      'each silence followed day by day, with the parameters of later time: of first warnings in the test, how many were right; of silences that lasted as long as the label window (certain churn), how many were warned about by then',
    intervals: 'rates: Wilson 95 %; differences: 95 % by drawing whole customers again',
  }
}

const percent = (share: number | null): string => (share === null ? '–' : `${(share * 100).toFixed(1)} %`)
const points = (share: number | null): string =>
  share === null ? '–' : `${share >= 0 ? '+' : '−'}${Math.abs(share * 100).toFixed(1)}`

const splits = {
  laterTime: 'later time',
  otherCustomers: 'later time and other customers',
  stillActive: 'later time, still active',
} as const

/** Every comparison that ours does not win is said, not only those it does. */
function findingsOf(found: Evaluation): string[] {
  const lines: string[] = []
  for (const name of ['laterTime', 'otherCustomers', 'stillActive'] as const) {
    const { rules, cases, baseRate, differences, atSameRecall } = found[name]
    const { ours, fixedSilence, twiceRhythm } = rules
    lines.push(
      `${splits[name]}: ${String(cases)} cases, ${percent(baseRate)} churned; ours precision ${percent(ours.precision.value)}, recall ${percent(ours.recall.value)}; fixed silence ${percent(fixedSilence.precision.value)}, ${percent(fixedSilence.recall.value)}; twice the rhythm ${percent(twiceRhythm.precision.value)}, ${percent(twiceRhythm.recall.value)}`,
      `${splits[name]}: AUC ours ${area(ours)}, fixed silence ${area(fixedSilence)}, twice the rhythm ${area(twiceRhythm)}`,
    )
    for (const rule of ['fixedSilence', 'twiceRhythm'] as const) {
      const { ours: mine, theirs } = atSameRecall[rule]
      if (mine !== null && theirs !== null)
        lines.push(
          `${splits[name]}: at the recall of ${ruleWords[rule]} our curve has precision ${percent(mine)}, theirs is ${percent(theirs)}`,
        )
    }
    if (found.acts)
      lines.push(
        `${splits[name]}: without acts AUC ${area(rules.rhythmOnly)}, precision ${percent(rules.rhythmOnly.precision.value)}, recall ${percent(rules.rhythmOnly.recall.value)}`,
      )
    lines.push(...differences.filter((one) => isLoss(one, found.acts)).map((one) => lossWords(name, one)))
  }
  for (const rule of ['ours', 'fixedSilence', 'twiceRhythm'] as const) {
    const { warnings, precision, churns, recall, leadDays } = found.warnings[rule]
    lines.push(
      `followed day by day, ${ruleWords[rule]}: ${String(warnings)} warnings, ${percent(precision.value)} right (${percent(precision.low)} to ${percent(precision.high)}); of ${String(churns)} certain churns ${percent(recall.value)} warned about in time, ${days(leadDays.median)} before (quartiles ${days(leadDays.lower)}, ${days(leadDays.upper)})`,
    )
  }
  return lines
}

const days = (n: number | null): string => (n === null ? '–' : `${n.toFixed(0)} days`)
/** Who warns everybody finds everybody, and without acts ours is itself: neither says anything. */
const isLoss = ({ verdict, against, measure }: Difference, acts: boolean): boolean =>
  verdict !== 'better' &&
  !(against === 'everybody' && measure === 'recall') &&
  (acts || against !== 'rhythmOnly')

const area = ({ auc }: { readonly auc: number | null }): string => (auc === null ? '–' : auc.toFixed(3))
const ruleWords = {
  ours: 'ours',
  fixedSilence: 'fixed silence',
  twiceRhythm: 'twice the rhythm',
  rhythmOnly: 'ours without acts',
  everybody: 'warning everybody',
} as const

const lossWords = (name: keyof typeof splits, one: Difference): string =>
  `${splits[name]}: ours ${one.verdict === 'worse' ? 'is WORSE than' : 'is not shown to be better than'} ${ruleWords[one.against]} in ${one.measure}: ${points(one.difference)} points (${points(one.low)} to ${points(one.high)})`

export type { Compared }
