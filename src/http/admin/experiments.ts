/** Experiments in the console: what is tested, what it says so far, and the two presses that end it. */
import type { Act } from '../../base/act.ts'
import { addDays, dayOf, isoOf } from '../../base/calendar.ts'
import type { Db } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import {
  currentCadence,
  decideExperiment,
  draftWith,
  experimentReport,
  experimentReports,
  holdoutReport,
  metrics,
  newestVersion,
  whats,
} from '../../cadence/index.ts'
import type {
  ArmReport,
  Cadence,
  Comparison,
  Difference,
  Estimate,
  ExperimentReport,
  HoldoutReport,
} from '../../cadence/index.ts'
import { experimentDecide, experimentDraftQuery } from '../contract.ts'
import type {
  DifferenceView,
  EstimateView,
  ExperimentDraft,
  ExperimentList,
  ExperimentRow,
  ExperimentView,
  HoldoutView,
} from '../contract.ts'
import { parse } from '../parse.ts'
import type { Access, Answer, Call, Route } from '../route.ts'

export interface ExperimentRouteParts {
  readonly db: Db
  readonly act: Act
}

const readers: Access = { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] }
const deciders: Access = { kind: 'staff', roles: ['admin', 'approver'] }

export const experimentRoutes = (parts: ExperimentRouteParts): Route[] => [
  {
    method: 'GET',
    path: '/api/admin/experiments',
    access: readers,
    handle: (call) => list(parts, call),
  },
  {
    method: 'GET',
    path: '/api/admin/experiments/:name',
    access: readers,
    handle: async (call) => ({ json: viewOf(await reportOf(parts, call)) }),
  },
  {
    method: 'GET',
    path: '/api/admin/experiments/:name/draft',
    access: readers,
    handle: (call) => draft(parts, call),
  },
  {
    method: 'POST',
    path: '/api/admin/experiments/:name/decide',
    access: deciders,
    handle: (call) => decide(parts, call),
  },
]

const notFound = (): Refusal =>
  new Refusal('not-found', '没有这个实验', 404, {
    fix: '它可能已从节奏里删去；回到实验列表看看',
  })

const cadenceOf = async ({ db }: ExperimentRouteParts): Promise<Cadence | null> => currentCadence(db.reader)

/** The holdout is looked at over the last 90 days. */
const holdoutDays = 90
const holdoutWindow = 14

async function list(parts: ExperimentRouteParts, { now }: Call): Promise<Answer> {
  const cadence = await cadenceOf(parts)
  // A connection of its own: counting takes longer than a page may keep the others waiting.
  const { reports, holdout } = await parts.db.aside(async (scratch) => ({
    reports: cadence ? await experimentReports(scratch, cadence, now) : [],
    holdout: await holdoutReport(scratch, {
      since: addDays(dayOf(now), -holdoutDays),
      windowDays: holdoutWindow,
      now,
    }),
  }))
  const answer: ExperimentList = { items: reports.map(rowOf), holdout: holdoutView(holdout) }
  return { json: answer }
}

async function reportOf(parts: ExperimentRouteParts, call: Call): Promise<ExperimentReport> {
  const cadence = await cadenceOf(parts)
  const report =
    cadence &&
    (await parts.db.aside((scratch) =>
      experimentReport(scratch, cadence, call.params['name'] ?? '', call.now),
    ))
  if (!report) throw notFound()
  return report
}

async function draft(parts: ExperimentRouteParts, call: Call): Promise<Answer> {
  const { arm: wanted } = parse(experimentDraftQuery, call.query)
  const newest = await newestVersion(parts.db.reader)
  const cadence = await cadenceOf(parts)
  const experiment = cadence?.experiments.find(({ name }) => name === call.params['name'])
  const arm = experiment?.arms.find(({ name }) => name === wanted)
  if (!newest || !experiment || !arm) throw notFound()
  const answer: ExperimentDraft = { baseVersion: newest.version, ...draftWith(newest.yaml, experiment, arm) }
  return { json: answer }
}

async function decide(parts: ExperimentRouteParts, call: Call): Promise<Answer> {
  const { how, arm, why } = parse(experimentDecide, call.body)
  const { staff } = call
  if (!staff) throw new Error('A staff route was called without a member of staff.')
  await parts.act({ kind: 'staff', userid: staff.userid }, (ctx) =>
    decideExperiment(ctx, { name: call.params['name'] ?? '', how, arm: arm ?? null, why, by: staff.name }),
  )
  return { json: viewOf(await reportOf(parts, call)) }
}

// ---------------------------------------------------------------- shown

export function rowOf({ experiment, phase, arms, words }: ExperimentReport): ExperimentRow {
  const { name, title, touchpointTitle, what, unit, from, until, primary } = experiment
  return {
    ...{ name, title, touchpointTitle, unit, phase, from, words },
    whatTitle: whats[what],
    ...(until === null ? {} : { until }),
    metricTitle: metrics[primary.metric],
    windowDays: primary.windowDays,
    entered: arms.reduce((sum, { entered }) => sum + entered, 0),
  }
}

export function viewOf(report: ExperimentReport): ExperimentView {
  const { experiment, arms, findings, warnings } = report
  const { smallRange, decided, alpha } = experiment
  return {
    ...rowOf(report),
    state: findings.state,
    read: experiment.read,
    confidence: Math.round((1 - alpha) * 1000) / 10,
    needed: findings.needed,
    ...(findings.waitDays === null ? {} : { waitDays: findings.waitDays }),
    ...(smallRange
      ? {
          smallRange: {
            percent: smallRange.percent,
            thenRollOut: smallRange.thenRollOut,
            optOutMax: smallRange.guard.optOutMax,
          },
        }
      : {}),
    split: {
      expected: findings.split.expected.map(Math.round),
      p: findings.split.p,
      isBroken: findings.split.isBroken,
    },
    arms: arms.map(armView),
    comparisons: findings.comparisons.map((one) => comparisonView(one, arms)),
    warnings,
    ...(decided
      ? { decided: { arm: decided.arm, how: decided.how, by: decided.by, at: isoOf(decided.at) } }
      : {}),
  }
}

const metricNames = ['sent-to-order', 'click', 'reply', 'opt-out'] as const

function armView(arm: ArmReport): ExperimentView['arms'][number] {
  const { name, title, share, sets, entered, n, queued, sent, waiting, unreachable, fen, rates } = {
    ...arm,
    name: arm.arm,
  }
  return {
    ...{ name, title, share, sets, entered, queued, sent, waiting, unreachable },
    due: n,
    metrics: metricNames.map((metric) => ({
      name: metric,
      title: metrics[metric],
      hits: arm.hits[metric],
      rate: n === 0 ? 0 : (rates ? rates[metric].sum : arm.hits[metric]) / n,
    })),
    fenEach: n === 0 ? 0 : Math.round(fen.sum / n),
  }
}

const comparisonView = (
  { arm, isClear, assigned, delivered, complier, value }: Comparison,
  arms: readonly ArmReport[],
): ExperimentView['comparisons'][number] => ({
  arm,
  title: arms.find((one) => one.arm === arm)?.title ?? arm,
  isClear,
  assigned: differenceView(assigned),
  ...(delivered ? { delivered: differenceView(delivered) } : {}),
  ...(complier?.kind === 'estimate' ? { complier: estimateView(complier.effect) } : {}),
  value: differenceView(value),
})

export const differenceView = ({ absolute, relative, p }: Difference): DifferenceView => ({
  absolute: estimateView(absolute),
  ...(relative ? { relative: estimateView(relative) } : {}),
  p,
})

const estimateView = ({ value, low, high }: Estimate): EstimateView => ({
  value,
  ...(Number.isFinite(low) ? { low } : {}),
  ...(Number.isFinite(high) ? { high } : {}),
})

export const holdoutView = (report: HoldoutReport): HoldoutView => ({
  since: report.since,
  windowDays: report.windowDays,
  heldOut: report.heldOut.n,
  treated: report.treated.n,
  ...(report.order ? { order: differenceView(report.order) } : {}),
  ...(report.value ? { value: differenceView(report.value) } : {}),
  words: report.words,
})
