/** A campaign as one thing: what each of its runnings says and when, how far it is, and what came of it. */
import { addDays, dayOf, instantOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'
import { covers, pausesNow, reasons as reasonTable } from '../../outbox/index.ts'
import type { Pause } from '../../outbox/index.ts'
import type { Cadence } from '../config.ts'
import { compareShares } from '../experiments/comparison.ts'
import type { Difference } from '../experiments/comparison.ts'
import { holdoutMinimum, holdoutReading, increaseWords } from '../experiments/holdout.ts'
import { isRecord } from '../lines.ts'
import { campaignShape } from './campaign.ts'
import type { Campaign } from './campaign.ts'
import {
  answersOf,
  couponsOf,
  heldOut,
  newsOutcomes,
  outcomesOf,
  partCount,
  resultsOf,
  toldOf,
} from './report.store.ts'
import type { CouponRow, HeldRow, OutcomeRow, ResultRow, Scope } from './report.store.ts'
import { focusOf, newsHead, partNames, runningsOf, touchpointOf } from './timeline.ts'
import type { Named, PartName, PlannedPart, Running, RunningPhase } from './timeline.ts'

export type CampaignPhase = RunningPhase | 'stopped' | 'disabled'

/** Why so many of a part were not said, or ended otherwise; `how`: decided beforehand, ended later, failed, unknown. */
export interface CountedOutcome {
  readonly how: 'declined' | 'ended' | 'failed' | 'unknown'
  readonly code: string
  readonly words: string
  readonly count: number
}

/** Promises by what became of them; the others add up to `due`. Customers, or groups for the news of groups. */
export interface PartCounts {
  readonly due: number
  readonly queued: number
  /** Handed over, until a person presses. */
  readonly waiting: number
  readonly sent: number
  readonly failed: number
  /** Nobody knows yet whether it was sent. */
  readonly unknown: number
  /** Expired or cancelled. */
  readonly ended: number
  readonly declined: number
  /** The most frequent first. */
  readonly reasons: readonly CountedOutcome[]
}

export interface PartReport extends PlannedPart {
  readonly touchpoint: string
  readonly counts: PartCounts
  /** The kill switch holds this part, or all of it. */
  readonly isStopped: boolean
}

export interface Arm {
  readonly n: number
  readonly ordered: number
  readonly fen: number
}

export interface HoldoutComparison {
  readonly heldOut: Arm
  readonly others: Arm
  /** Others minus held out; null while there are too few. */
  readonly order: Difference | null
  readonly words: string
}

export interface Results {
  /** Orders count from the first day to this one, both included. */
  readonly countedUntil: Day
  readonly countedDays: number
  /** False while orders may still come in. */
  readonly isOver: boolean
  readonly told: number
  readonly optOuts: number
  /** Null without an invitation. */
  readonly answers: { readonly come: number; readonly maybe: number; readonly not: number } | null
  readonly tookPart: number
  readonly ordered: number
  readonly orders: number
  /** Net of refunds. */
  readonly fen: number
  /** Null where nobody is followed up. */
  readonly followUp: {
    /** Took part and had not ordered when it was due. */
    readonly quiet: number
    readonly sent: number
    readonly ordered: number
  } | null
  /** Null where no words carry a coupon. */
  readonly coupons: CouponRow | null
  readonly holdout: HoldoutComparison
}

export interface RunningReport extends Omit<Running, 'parts'> {
  readonly parts: readonly PartReport[]
  readonly results: Results
}

export interface CampaignHead {
  readonly name: string
  readonly campaign: Campaign
  readonly phase: CampaignPhase
  /** Who stopped all of it, and why. */
  readonly pause: Pause | null
}

/** One line of the list: the running to look at first, in three figures. */
export interface CampaignSummary extends CampaignHead {
  readonly running: Running | null
  readonly counts: PartCounts
  readonly tookPart: number
}

export interface CampaignReport extends CampaignHead {
  /** All there are to choose from. */
  readonly spans: readonly Running[]
  /** Those that were asked for. */
  readonly runnings: readonly RunningReport[]
}

/** All of a cadence, those that are switched off too. */
export function campaignsIn({ raw }: Pick<Cadence, 'raw'>): Named[] {
  const written = isRecord(raw) ? raw['campaigns'] : undefined
  return isRecord(written)
    ? Object.entries(written).map(([name, settings]) => ({ name, campaign: campaignShape.parse(settings) }))
    : []
}

export async function campaignSummaries(
  reader: Reader,
  cadence: Cadence,
  now: Instant,
): Promise<CampaignSummary[]> {
  const pauses = await pausesNow(reader)
  const summaries: CampaignSummary[] = []
  for (const named of campaignsIn(cadence)) {
    const running = focusOf(runningsOf(named.campaign, dayOf(now)))
    const parts = running ? await partsReported(reader, cadence, named, running, pauses) : []
    const window = running && { name: named.name, ...running }
    summaries.push({
      ...headOf(named, running, pauses),
      running,
      counts: sumOf(parts),
      tookPart: window && running.phase !== 'upcoming' ? await partCount(reader, window) : 0,
    })
  }
  return summaries
}

/**
 * `wanted`: the first day of one running, or all of them; absent or unknown, the one to look at first. Null when the
 * cadence has no campaign of that name.
 */
export async function campaignReport(
  reader: Reader,
  cadence: Cadence,
  {
    name,
    wanted,
    now,
  }: { readonly name: string; readonly wanted?: string | undefined; readonly now: Instant },
): Promise<CampaignReport | null> {
  const named = campaignsIn(cadence).find((one) => one.name === name)
  if (!named) return null
  const pauses = await pausesNow(reader)
  const spans = runningsOf(named.campaign, dayOf(now))
  const focus = focusOf(spans)
  const chosen = spans.find(({ from }) => from === wanted) ?? focus
  const runnings: RunningReport[] = []
  for (const running of wanted === 'all' ? spans : spans.filter((one) => one === chosen))
    runnings.push({
      ...running,
      parts: await partsReported(reader, cadence, named, running, pauses),
      results: await resultsReported(reader, named, running, now),
    })
  return { ...headOf(named, focus, pauses), spans, runnings }
}

const sumOf = (parts: readonly PartReport[]): PartCounts =>
  parts.map(({ counts }) => counts).reduce(addCounts, noCounts)

function headOf({ name, campaign }: Named, running: Running | null, pauses: readonly Pause[]): CampaignHead {
  const pause =
    pauses.find(({ scope }) => scope === 'global') ??
    pauses.find((one) => one.scope === 'campaign' && one.name === name) ??
    null
  const phase = (): CampaignPhase => {
    if (!campaign.enabled) return 'disabled'
    const own = running?.phase ?? 'over'
    return pause && own !== 'over' ? 'stopped' : own
  }
  return { name, campaign, phase: phase(), pause }
}

// ---------------------------------------------------------------- parts

/** Whatever the settings were when it was said: no part is planned further away from its running. */
const [mostBefore, mostAfter] = [21, 14]

const scopeOf = (name: string, { from, until }: Running, parts: readonly PartName[]): Scope => ({
  touchpoints: parts.map((part) => touchpointOf(name, part)),
  from,
  firstDay: addDays(from, -mostBefore),
  lastDay: addDays(until, mostAfter),
})

async function partsReported(
  reader: Reader,
  cadence: Cadence,
  { name, campaign }: Named,
  running: Running,
  pauses: readonly Pause[],
): Promise<PartReport[]> {
  const rows = await outcomesOf(reader, scopeOf(name, running, partNames))
  const newsDays = running.parts.flatMap(({ part, day }) => (part === 'live' ? [day] : []))
  const news =
    newsDays.length === 0
      ? []
      : await newsOutcomes(reader, carriersOf(cadence, name), newsDays, newsHead(campaign))
  return running.parts.map((part) => {
    const touchpoint = touchpointOf(name, part.part)
    const mine =
      part.part === 'live'
        ? news.filter(({ day }) => day === part.day)
        : rows.filter((row) => row.touchpoint === touchpoint)
    const pausable = { channel: part.channel, touchpoint, campaign: name }
    return {
      ...part,
      touchpoint,
      counts: countsOf(mine),
      isStopped: pauses.some((pause) => covers(pause, pausable)),
    }
  })
}

/** News may go out in the message of any touchpoint for groups. */
const carriersOf = ({ touchpoints }: Cadence, name: string): string[] => [
  ...new Set([
    touchpointOf(name, 'live'),
    ...touchpoints.flatMap((one) => (one.rules.audience === 'customer' ? [] : [one.name])),
  ]),
]

type Bucket = 'queued' | 'waiting' | 'sent' | 'failed' | 'unknown' | 'ended' | 'declined'

function bucketOf({ decision, state }: Pick<OutcomeRow, 'decision' | 'state'>): Bucket {
  if (decision === 'declined') return 'declined'
  switch (state) {
    case 'waiting':
    case 'sent':
      return state
    case 'refused':
      return 'failed'
    case 'unknown':
    case 'held':
      return 'unknown'
    case 'expired':
    case 'cancelled':
      return 'ended'
    default:
      return 'queued'
  }
}

export const noCounts: PartCounts = {
  ...{ due: 0, queued: 0, waiting: 0, sent: 0, failed: 0, unknown: 0, ended: 0, declined: 0 },
  reasons: [],
}

const wordsOf = (code: string): string =>
  Object.hasOwn(reasonTable, code) ? reasonTable[code as keyof typeof reasonTable].words : code

export function countsOf(rows: readonly OutcomeRow[]): PartCounts {
  return rows.map(countsOfRow).reduce(addCounts, noCounts)
}

function countsOfRow(row: OutcomeRow): PartCounts {
  const bucket = bucketOf(row)
  const code = bucket === 'declined' ? row.reason_code : row.settle_code
  const isExplained =
    bucket === 'declined' || bucket === 'ended' || bucket === 'failed' || bucket === 'unknown'
  const reasons =
    isExplained && code !== null ? [{ how: bucket, code, words: wordsOf(code), count: row.n }] : []
  return { ...noCounts, due: row.n, [bucket]: row.n, reasons }
}

function addCounts(a: PartCounts, b: PartCounts): PartCounts {
  const reasons = new Map<string, CountedOutcome>()
  for (const one of [...a.reasons, ...b.reasons]) {
    const key = `${one.how} ${one.code}`
    reasons.set(key, { ...one, count: one.count + (reasons.get(key)?.count ?? 0) })
  }
  return {
    due: a.due + b.due,
    queued: a.queued + b.queued,
    waiting: a.waiting + b.waiting,
    sent: a.sent + b.sent,
    failed: a.failed + b.failed,
    unknown: a.unknown + b.unknown,
    ended: a.ended + b.ended,
    declined: a.declined + b.declined,
    reasons: [...reasons.values()].sort((x, y) => y.count - x.count || (x.code < y.code ? -1 : 1)),
  }
}

// ---------------------------------------------------------------- results

/** After the last word it may say, orders count for so many days more. */
const afterwards = 7

const toCustomers = partNames.filter((part) => part !== 'live')
/** Whom these find does not depend on what she did after an earlier one. */
const toEverybody: readonly PartName[] = ['early', 'before', 'invitation', 'start']
const withCoupons: readonly PartName[] = ['start', 'after']

async function resultsReported(
  reader: Reader,
  { name, campaign }: Named,
  running: Running,
  now: Instant,
): Promise<Results> {
  const { from, until, since } = running
  const countedDays = (campaign.after?.days ?? 0) + afterwards
  const countedUntil = addDays(until, countedDays)
  const [first, end] = [instantOf(from), instantOf(addDays(countedUntil, 1))]
  const counted = { from: first, until: end }
  const scope = (parts: readonly PartName[]): Scope => scopeOf(name, running, parts)
  const spoken = { since: instantOf(addDays(from, -mostBefore)), until: end }
  const told = await toldOf(reader, scope(toCustomers), spoken)
  const results = await resultsOf(reader, {
    window: { name, since, from, until },
    followUp: scope(['after']),
    ...counted,
    quietAt: instantOf(addDays(until, campaign.after?.days ?? 1)),
  })
  const gives = campaign.start?.offer !== undefined || campaign.after?.offer !== undefined
  return {
    countedUntil,
    countedDays,
    isOver: now >= end,
    told: told.told,
    optOuts: told.opted_out,
    answers: campaign.invitation ? answersIn(await answersOf(reader, name, from)) : null,
    ...peopleOf(results),
    followUp: campaign.after
      ? { quiet: results.quiet, sent: results.followed, ordered: results.ordered_after }
      : null,
    coupons: gives ? await couponsOf(reader, scope(withCoupons), spoken.since) : null,
    holdout: comparisonOf(await heldOut(reader, scope(toEverybody), counted)),
  }
}

const peopleOf = ({ took_part: tookPart, ordered, orders, fen }: ResultRow) => ({
  tookPart,
  ordered,
  orders,
  fen,
})

function answersIn(rows: readonly { readonly choice: string; readonly n: number }[]) {
  const of = (choice: string): number => rows.find((row) => row.choice === choice)?.n ?? 0
  return { come: of('come'), maybe: of('maybe'), not: of('not') }
}

export function comparisonOf(rows: readonly HeldRow[]): HoldoutComparison {
  const arm = (held: number): Arm => {
    const row = rows.find((one) => one.held === held)
    return { n: row?.n ?? 0, ordered: row?.ordered ?? 0, fen: row?.fen ?? 0 }
  }
  const [heldOut, others] = [arm(1), arm(0)]
  const share = ({ n, ordered }: Arm) => ({ n, hits: ordered })
  const isReadable = Math.min(heldOut.n, others.n) >= holdoutMinimum
  const order = isReadable ? compareShares(share(heldOut), share(others), holdoutReading) : null
  return { heldOut, others, order, words: comparisonWords(heldOut, others, order) }
}

function comparisonWords(held: Arm, others: Arm, order: Difference | null): string {
  if (held.n === 0)
    return '这一场没有留对照组，看不出活动本身带来多少订单；在节奏的“分寸”里设置对照组比例，以后的场次就能比较'
  return order
    ? increaseWords('该收到的人', order, '多看几场，或把对照组留大一些')
    : `对照组 ${String(held.n)} 人、该收到的 ${String(others.n)} 人，各满 ${String(holdoutMinimum)} 人后再比较`
}
