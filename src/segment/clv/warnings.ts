/** What a reader of a fit must know before believing it: each with its figure, in words, with what to do. */
import type { Dataset } from './dataset.ts'
import type { Fitted } from './fit.ts'
import { named } from './model.ts'

export interface Warning {
  readonly code: string
  readonly value: number | null
  readonly words: string
  readonly fix: string
}

/** What is wrong is wrong from these on; all of them are said in the words. */
export const limits = {
  customers: 200,
  repeatBuyers: 50,
  oneTimeShare: 0.5,
  calibrationWeeks: 26,
  spendCorrelation: 0.1,
  /** Sum of purchases, expected against actual, on the fit's own data and on the hold-out. */
  inSampleBand: 0.1,
  holdoutBand: 0.15,
} as const

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** Of the numbers alone: convergence, borders, flat directions. */
export function fitWarnings(fitted: Fitted): Warning[] {
  const warnings: Warning[] = []
  if (!fitted.converged)
    warnings.push({
      code: 'not-converged',
      value: fitted.slope,
      words: `The likelihood is still rising (gradient ${fitted.slope.toPrecision(3)}) where the search ended; the parameters are not a maximum.`,
      fix: 'Use more data or another model (mbg-nbd is the easiest to fit); do not use these figures.',
    })
  if (fitted.atBorder.length > 0)
    warnings.push({
      code: 'parameter-at-border',
      value: fitted.atBorder.length,
      words: `${fitted.atBorder.join(' and ')} ran to an extreme: the data fit a simpler model (nobody leaves, or all customers are alike), and what these parameters stand for cannot be told.`,
      fix: 'Take a longer calibration period or more customers; the totals may still be right, P(alive) of a single customer is not.',
    })
  if (!fitted.positiveDefinite)
    warnings.push({
      code: 'flat-likelihood',
      value: null,
      words:
        'The likelihood is flat in some direction: the observed information is not positive definite, parameters along it have no standard error (null), and intervals are too narrow.',
      fix: 'Take a longer calibration period or more customers.',
    })
  if (fitted.model === 'gamma-gamma' && (named(fitted.names, fitted.parameters)['q'] ?? 2) <= 1)
    warnings.push({
      code: 'no-mean-spend',
      value: named(fitted.names, fitted.parameters)['q'] ?? null,
      words: 'q is not above 1: the mean spend of the population is infinite under this fit.',
      fix: 'Look for wrong amounts (a few huge orders); until then value new customers by the mean of the shop.',
    })
  return warnings
}

/** Of the customers behind it. */
export function dataWarnings(fitted: Fitted, data: Dataset): Warning[] {
  const warnings: Warning[] = []
  const all = data.triples.customers
  const repeat = all - data.oneTime
  const share = data.oneTime / all
  if (all < limits.customers || repeat < limits.repeatBuyers)
    warnings.push({
      code: 'small-sample',
      value: all,
      words: `${String(all)} customers, of whom ${String(repeat)} bought again: with fewer than ${String(limits.customers)} customers or ${String(limits.repeatBuyers)} repeat buyers the parameters are mostly chance.`,
      fix: 'Import a longer history; look at the standard errors before using the figures.',
    })
  if (fitted.model === 'bg-nbd' && data.oneTime > 0)
    warnings.push({
      code: 'bg-nbd-one-time-buyers',
      value: share,
      words: `BG/NBD calls each of the ${String(data.oneTime)} one-time buyers (${percent(share)}) alive with certainty, however long they have been away.`,
      fix: 'Use pareto-nbd or mbg-nbd for P(alive), dormancy and value.',
    })
  else if (share > limits.oneTimeShare && fitted.model !== 'gamma-gamma')
    warnings.push({
      code: 'one-time-share',
      value: share,
      words: `${percent(share)} of the customers bought once (above ${percent(limits.oneTimeShare)}): their rate of leaving is inferred from the others' silence only.`,
      fix: 'Read P(alive) of one-time buyers as a group figure; check the hold-out of x = 0 (`clv holdout`).',
    })
  const longest = data.triples.T.reduce((max, t) => Math.max(max, t), 0)
  if (longest < limits.calibrationWeeks)
    warnings.push({
      code: 'short-calibration',
      value: longest,
      words: `The longest history is ${longest.toFixed(1)} weeks; below ${String(limits.calibrationWeeks)} weeks slow buyers and lost ones look alike.`,
      fix: 'Import older orders, or choose a later --calibration-end.',
    })
  if (fitted.model === 'gamma-gamma') warnings.push(...spendWarnings(data))
  return warnings
}

function spendWarnings(data: Dataset): Warning[] {
  const warnings: Warning[] = []
  const correlation = data.spendCorrelation
  if (correlation !== null && Math.abs(correlation) > limits.spendCorrelation)
    warnings.push({
      code: 'spend-frequency-correlation',
      value: correlation,
      words: `Spend and frequency are correlated (Spearman ${correlation.toFixed(3)}, above ${String(limits.spendCorrelation)}), which the model rules out: the value of frequent buyers is ${correlation > 0 ? 'under' : 'over'}stated, that of rare ones ${correlation > 0 ? 'over' : 'under'}stated.`,
      fix: 'Rank by value as it is, but quote sums per class of frequency from what was really spent.',
    })
  if (data.spends.free > 0)
    warnings.push({
      code: 'free-purchases',
      value: data.spends.free,
      words: `${String(data.spends.free)} repeat buyers paid nothing on all their repeat days and are left out of the model of spend.`,
      fix: 'Check whether their orders came with amounts.',
    })
  return warnings
}

/** Expected against actual totals: of the fit's own period, or of what came after. */
export function bandWarning(
  where: 'calibration' | 'hold-out',
  expected: number,
  actual: number,
): Warning | null {
  const band = where === 'calibration' ? limits.inSampleBand : limits.holdoutBand
  // Less than this many purchases say nothing about a share.
  if (actual < 30 && expected < 30) return null
  const off = actual === 0 ? Infinity : expected / actual - 1
  if (Math.abs(off) <= band) return null
  const over = off > 0
  return {
    code: over ? 'over-prediction' : 'under-prediction',
    value: Number.isFinite(off) ? off : null,
    words: `In the ${where} ${expected.toFixed(0)} repeat purchases are expected and ${actual.toFixed(0)} happened: ${percent(Math.abs(off))} too ${over ? 'many' : 'few'}, outside the band of ±${percent(band)}.`,
    fix: 'Look at `clv plot --kind tracking` for a season, a campaign or a change of the shop; compare the models; quote values with this error.',
  }
}
