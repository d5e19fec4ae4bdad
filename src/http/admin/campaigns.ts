/** Campaigns in the console: what each of its runnings says and when, how far it is, and what came of it. */
import { isoOf } from '../../base/calendar.ts'
import type { Db } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import { campaignReport, campaignSummaries, currentCadence, partTitles } from '../../cadence/index.ts'
import type {
  CampaignHead,
  CampaignReport,
  CampaignSummary,
  HoldoutComparison,
  PartCounts,
  PartReport,
  RunningReport,
} from '../../cadence/index.ts'
import { channelTitles, pauseTitle } from '../../outbox/index.ts'
import { campaignQuery } from '../contract.ts'
import type {
  CampaignArmView,
  CampaignCounts,
  CampaignList,
  CampaignPartView,
  CampaignRow,
  CampaignRunningView,
  CampaignSpan,
  CampaignView,
} from '../contract.ts'
import { parse } from '../parse.ts'
import type { Access, Answer, Call, Route } from '../route.ts'
import { differenceView } from './experiments.ts'

export interface CampaignRouteParts {
  readonly db: Db
}

const readers: Access = { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] }

export const campaignRoutes = ({ db }: CampaignRouteParts): Route[] => [
  {
    method: 'GET',
    path: '/api/admin/campaigns',
    access: readers,
    handle: (call) => list(db, call),
  },
  {
    method: 'GET',
    path: '/api/admin/campaigns/:name',
    access: readers,
    handle: (call) => one(db, call),
  },
]

async function list(db: Db, { now }: Call): Promise<Answer> {
  const cadence = await currentCadence(db.reader)
  // A connection of its own: counting takes longer than a page may keep the others waiting.
  const summaries = cadence ? await db.aside((scratch) => campaignSummaries(scratch, cadence, now)) : []
  const answer: CampaignList = { items: summaries.map(summaryView) }
  return { json: answer }
}

async function one(db: Db, { params, query, now }: Call): Promise<Answer> {
  const { from: wanted } = parse(campaignQuery, query)
  const name = params['name'] ?? ''
  const cadence = await currentCadence(db.reader)
  const report =
    cadence && (await db.aside((scratch) => campaignReport(scratch, cadence, { name, wanted, now })))
  if (!report)
    throw new Refusal('not-found', '没有这个活动', 404, {
      fix: '它可能已从节奏里删去，或改了名字；回到活动列表看看',
    })
  return { json: campaignView(report) }
}

// ---------------------------------------------------------------- shown

const headView = ({ name, campaign, phase, pause }: CampaignHead) => ({
  ...{ name, title: campaign.title, phase },
  repeats: campaign.repeat !== undefined,
  ...(pause
    ? {
        pause: {
          ...{ scope: pause.scope, name: pause.name, by: pause.by, reason: pause.reason },
          title: pauseTitle(pause, campaign.title),
          at: isoOf(pause.at),
        },
      }
    : {}),
})

const spanView = ({ from, until, since, phase }: CampaignSpan): CampaignSpan => ({
  from,
  until,
  since,
  phase,
})

export const summaryView = (summary: CampaignSummary): CampaignRow => ({
  ...headView(summary),
  ...(summary.running ? { running: spanView(summary.running) } : {}),
  counts: countsView(summary.counts),
  tookPart: summary.tookPart,
})

const countsView = ({ reasons: _reasons, ...counts }: PartCounts): CampaignCounts => counts

export const campaignView = (report: CampaignReport): CampaignView => ({
  ...headView(report),
  spans: report.spans.map(spanView),
  runnings: report.runnings.map(runningView),
})

function runningView(running: RunningReport): CampaignRunningView {
  const { parts, results } = running
  const { isOver, answers, followUp, coupons, holdout, ...figures } = results
  return {
    ...spanView(running),
    parts: parts.map(partView),
    ...figures,
    counted: isOver,
    ...(answers ? { answers } : {}),
    ...(followUp ? { followUp } : {}),
    ...(coupons ? { coupons } : {}),
    holdout: holdoutView(holdout),
  }
}

const partView = (part: PartReport): CampaignPartView => ({
  part: part.part,
  title: partTitles[part.part],
  touchpoint: part.touchpoint,
  ...{ day: part.day, at: part.at, lastDay: part.lastDay },
  channel: part.channel,
  channelTitle: channelTitles[part.channel],
  ...(part.tiers ? { tiers: part.tiers } : {}),
  text: part.text,
  hasOffer: part.hasOffer,
  stopped: part.isStopped,
  counts: countsView(part.counts),
  reasons: part.counts.reasons,
})

const armView = ({ n, ordered, fen }: HoldoutComparison['heldOut']): CampaignArmView => ({
  people: n,
  ordered,
  fen,
})

const holdoutView = ({
  heldOut,
  others,
  order,
  words,
}: HoldoutComparison): CampaignRunningView['holdout'] => ({
  heldOut: armView(heldOut),
  others: armView(others),
  ...(order ? { order: differenceView(order) } : {}),
  words,
})
