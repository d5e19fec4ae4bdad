/**
 * The decision, pure: a whole staged set against what is known of everybody in it. Who comes first is one order, the
 * same whatever the order of the set:
 *
 * 1. the earlier day;
 * 2. the higher priority of its touchpoint, by bands: 80-100 service and recovery (a complaint, an order that is late),
 *    60-79 personal and bound to a time (birthday, follow-up), 40-59 offers, 0-39 everything general;
 * 3. who is expected to be worth more in a year;
 * 4. the dedupe key, so that nothing is left to chance.
 *
 * What is accepted early counts against the rest: caps and gaps of the customer or group, the advisor's day. Whoever is
 * held out for comparison is declined last of all, at the instant she would have had, and counts as if she had it.
 */
import { addDays, dayOf, instantOf, timeOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { loadKey, overBudget } from './budget.ts'
import type { Use } from './budget.ts'
import { leaveOn } from './leave.ts'
import type { Leave } from './leave.ts'
import { isHeldOut } from './holdout.ts'
import { kfClosed, windowIn } from './kf-window.ts'
import { isBlackout, nextAllowedAt } from './moment.ts'
import type { Moment } from './moment.ts'
import type { Manners, Reason } from './manners.ts'
import { channelTitles, isBroadcast, isTask, needsStaff } from './promise.ts'
import type { Candidate, ChannelName, Decided, Decision } from './promise.ts'
import { reasonOf } from './reasons.ts'
import { deputyFor, restrained, talkedUntil } from './restrain.ts'
import type { Restraint } from './restrain.ts'

export interface KnownPromise {
  readonly dedupe_key: string
  readonly day: Day
  readonly cadence_version: number
  readonly decision: Decision
  readonly due_at: number
  readonly reason_code: string
  readonly reason_words: string
}

/** A run that a full cap ended. */
export interface Ended {
  readonly customer: string
  readonly touchpoint: string
  readonly campaign: string | null
  readonly dedupe_key: string
  readonly day: string
}

export interface Facts {
  readonly known: ReadonlyMap<string, KnownPromise>
  /** `customer` + tab + `purpose`. */
  readonly optedOut: ReadonlySet<string>
  /** `customer` + tab + `topic`. */
  readonly refusedTopics: ReadonlySet<string>
  /** `external` + tab + `staff` of every living contact. */
  readonly contacts: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
  /** Who may speak, and her name. */
  readonly speakers: ReadonlyMap<string, string>
  readonly channels: ReadonlySet<ChannelName>
  readonly restraints: ReadonlyMap<string, Restraint>
  /** When somebody last wrote to an account of 微信客服, by `kfWindowOf`. */
  readonly kfTalks: ReadonlyMap<string, Instant>
  readonly uses: ReadonlyMap<string, readonly Use[]>
  /** By customer. */
  readonly ended: ReadonlyMap<string, readonly Ended[]>
  /** Tasks of an advisor on a day, by `staff` + tab + `day`. */
  readonly load: ReadonlyMap<string, number>
  readonly leaves: ReadonlyMap<string, readonly Leave[]>
  /** Whose quota WeCom says is used up, and until when. */
  readonly quotaSeen: ReadonlyMap<string, Instant>
}

/** Whose patience it uses: the customer's (however many identities she has), the group's, or the advisor's. */
export const ownerOf = (candidate: Candidate): string =>
  candidate.subjectKind === 'customer' ? (candidate.customer ?? candidate.subject) : candidate.subject

interface Verdict {
  readonly decision: Decision
  readonly dueAt: Instant
  readonly reason: Reason
  readonly sender?: string | undefined
}

/** One set while it is decided. */
interface Sitting {
  readonly manners: Manners
  /** Of the set in hand. */
  facts: Facts
  readonly now: Instant
  allowedAt(candidate: Candidate, from: Instant): Moment
  usesOf(owner: string): Use[]
  /** Runs of hers that ended, written before or in this sitting. */
  endedOf(owner: string): readonly Ended[]
  end(ended: Ended): void
  /** Held out for comparison. */
  isApart(customer: string): boolean
  /** Tasks of an advisor on a day, written or accepted here. */
  loadOf(key: string): number
  readonly given: ReadonlyMap<string, string>
  give(dedupeKey: string, key: string): void
}

const byRank = (a: Candidate, b: Candidate): number => {
  if (a.day !== b.day) return a.day < b.day ? -1 : 1
  const rank = b.priority - a.priority || (b.worthFen ?? 0) - (a.worthFen ?? 0)
  return rank !== 0 ? rank : a.dedupeKey < b.dedupeKey ? -1 : a.dedupeKey > b.dedupeKey ? 1 : 0
}

/** Candidates between two pauses: some milliseconds, so that calls due meanwhile leave in time. */
const turnOf = 150

/** Decides one set after another: what was accepted in the earlier ones counts against the later. */
export interface Decider {
  /** `facts`: of everybody in this set at least. Sets come in order of day, or the earlier day would not come first. */
  decide(candidates: readonly Candidate[], facts: Facts): Decided[]
  /** The same with a pause after every few hundred, for a set that takes seconds. Nothing else is decided meanwhile. */
  decideInTurns(candidates: readonly Candidate[], facts: Facts): Generator<void, Decided[]>
  /** What it gave away of the advisors' days so far. */
  places(): Places
}

/**
 * The advisors' days of a whole plan, decided together. A part of the plan that is decided once more when it is written
 * keeps the places it was given, and gets no others.
 */
export interface Places {
  /** Tasks of an advisor on a day, whole plan included. */
  loadOf(key: string): number
  /** The advisor's day that a candidate was given, by its dedupe key. */
  readonly given: ReadonlyMap<string, string>
}

export function createDecider(manners: Manners, now: Instant, places: Places | null = null): Decider {
  const sitting = openSitting(manners, now, places)
  const verdicts = new Map<string, Verdict>()
  const kept = createVerdictKeeper()
  const reopened = new Set<string>()
  const judgeAgain = (known: KnownPromise, candidate: Candidate): Verdict => {
    const verdict = mayReopen(known, candidate) ? judge(candidate, sitting) : null
    if (verdict === null || verdict.decision === 'declined') return recall(known)
    reopened.add(candidate.dedupeKey)
    return verdict
  }
  function* decideInTurns(candidates: readonly Candidate[], facts: Facts): Generator<void, Decided[]> {
    sitting.facts = facts
    const twice = new Set<Candidate>()
    for (const [n, candidate] of [...candidates].sort(byRank).entries()) {
      if (n > 0 && n % turnOf === 0) yield
      if (verdicts.has(candidate.dedupeKey)) {
        twice.add(candidate)
        continue
      }
      const known = facts.known.get(candidate.dedupeKey)
      verdicts.set(
        candidate.dedupeKey,
        kept(known ? judgeAgain(known, candidate) : judge(candidate, sitting)),
      )
    }
    const decided: Decided[] = []
    for (const [n, candidate] of candidates.entries()) {
      if (n > 0 && n % turnOf === 0) yield
      const verdict = verdicts.get(candidate.dedupeKey)
      if (!verdict) throw new Error(`${candidate.dedupeKey} was not decided.`)
      const isReopened = reopened.has(candidate.dedupeKey)
      const before = facts.known.get(candidate.dedupeKey)
      decided.push(
        decidedOf(candidate, verdict, {
          known: twice.has(candidate) || (before !== undefined && !isReopened),
          knownDay: before !== undefined && !isReopened ? before.day : null,
          reopened: isReopened,
        }),
      )
    }
    return decided
  }
  return {
    places: () => ({ loadOf: sitting.loadOf, given: sitting.given }),
    decide(candidates, facts) {
      const turns = decideInTurns(candidates, facts)
      for (;;) {
        const turn = turns.next()
        if (turn.done === true) return turn.value
      }
    },
    decideInTurns,
  }
}

/** The same few come back for thousands, and a month of a large shop is a million of them. */
function createVerdictKeeper(): (verdict: Verdict) => Verdict {
  const known = new Map<string, Verdict>()
  return (verdict) => {
    const { decision, dueAt, sender, reason } = verdict
    const key = [decision, dueAt, sender, reason.code, reason.words].join('\t')
    const same = known.get(key)
    if (same === undefined) known.set(key, verdict)
    return same ?? verdict
  }
}

export const decideAll = (
  candidates: readonly Candidate[],
  manners: Manners,
  facts: Facts,
  now: Instant,
): Decided[] => createDecider(manners, now).decide(candidates, facts)

const decidedOf = (
  candidate: Candidate,
  verdict: Verdict,
  before: Pick<Decided, 'known' | 'knownDay' | 'reopened'>,
): Decided => {
  const { decision, dueAt, reason, sender } = verdict
  return {
    ...candidate,
    sender: sender ?? candidate.sender,
    decision,
    dueAt,
    reasonCode: reason.code,
    reasonWords: reason.words,
    ...before,
  }
}

function openSitting(manners: Manners, now: Instant, places: Places | null): Sitting {
  const moments = new Map<string, Map<Instant, Moment>>()
  const uses = new Map<string, Use[]>()
  const endedHere = new Map<string, Ended[]>()
  const apart = new Map<string, boolean>()
  const load = new Map<string, number>()
  const given = new Map<string, string>(places?.given)
  const sitting: Sitting = {
    manners,
    facts: noFacts,
    now,
    /** The same few instants come back for thousands of customers. */
    allowedAt(candidate, from) {
      const kind = `${candidate.channel} ${candidate.purpose} ${candidate.touchpoint} ${String(candidate.awaited)}`
      const ofKind = moments.get(kind) ?? new Map<Instant, Moment>()
      moments.set(kind, ofKind)
      const moment = ofKind.get(from) ?? nextAllowedAt(manners, candidate, from)
      ofKind.set(from, moment)
      return moment
    },
    usesOf(owner) {
      const own = uses.get(owner) ?? [...(sitting.facts.uses.get(owner) ?? [])]
      uses.set(owner, own)
      return own
    },
    endedOf: (owner) => [...(sitting.facts.ended.get(owner) ?? []), ...(endedHere.get(owner) ?? [])],
    end(ended) {
      endedHere.set(ended.customer, [...(endedHere.get(ended.customer) ?? []), ended])
    },
    isApart(customer) {
      const answer = apart.get(customer) ?? isHeldOut(manners, customer)
      apart.set(customer, answer)
      return answer
    },
    given,
    loadOf: (key) =>
      (places ? places.loadOf(key) : (sitting.facts.load.get(key) ?? 0)) + (load.get(key) ?? 0),
    give(dedupeKey, key) {
      if (given.get(dedupeKey) === key) return
      given.set(dedupeKey, key)
      load.set(key, (load.get(key) ?? 0) + 1)
    },
  }
  return sitting
}

const noFacts: Facts = {
  known: new Map(),
  optedOut: new Set(),
  refusedTopics: new Set(),
  contacts: new Set(),
  groups: new Set(),
  speakers: new Map(),
  channels: new Set(),
  restraints: new Map(),
  kfTalks: new Map(),
  uses: new Map(),
  ended: new Map(),
  load: new Map(),
  leaves: new Map(),
  quotaSeen: new Map(),
}

const declined = (candidate: Candidate, reason: Reason): Verdict => ({
  decision: 'declined',
  dueAt: candidate.wantedAt,
  reason,
})
/** Whom chance holds back stays held back: a second decision would be another draw. */
const mayReopen = (known: KnownPromise, { rulesSince = 0 }: Candidate): boolean =>
  known.decision === 'declined' && known.cadence_version < rulesSince && known.reason_code !== 'holdout'

const recall = (known: KnownPromise): Verdict => ({
  decision: known.decision,
  dueAt: known.due_at,
  reason: { code: known.reason_code, words: known.reason_words },
})

function judge(candidate: Candidate, sitting: Sitting): Verdict {
  const never = candidate.skip ?? hindrance(candidate, sitting) ?? runEnded(candidate, sitting)
  if (never) return declined(candidate, never)
  const verdict = place(candidate, sitting)
  if (verdict.decision === 'declined') {
    if (verdict.reason.code === 'run-aborted') sitting.end(endingOf(candidate))
    return verdict
  }
  reserve(candidate, verdict, sitting)
  const apart =
    candidate.purpose === 'marketing' &&
    candidate.subjectKind === 'customer' &&
    sitting.isApart(ownerOf(candidate))
  return apart ? { ...verdict, decision: 'declined', reason: reasonOf('holdout') } : verdict
}

function reserve(candidate: Candidate, { dueAt, sender }: Verdict, sitting: Sitting): void {
  const { purpose, channel, subject, content } = candidate
  const window = windowIn(subject, content)
  sitting.usesOf(ownerOf(candidate)).push({ at: dueAt, purpose, channel, stage: 'planned', ...window })
  if (!isTask(channel)) return
  sitting.give(candidate.dedupeKey, loadKey(sender ?? candidate.sender ?? '', dueAt))
}

// ---------------------------------------------------------------- what no waiting cures

function hindrance(candidate: Candidate, { manners, facts, now }: Sitting): Reason | null {
  if (now >= candidate.expiresAt) return reasonOf('late')
  if (!facts.channels.has(candidate.channel))
    return reasonOf('no-channel', `渠道未接入：${channelTitles[candidate.channel]}`)
  if (candidate.personal && isBroadcast(candidate.channel)) return reasonOf('personal')
  const gone = candidate.channel === 'welcome' ? null : nobodyThere(candidate, facts)
  if (gone) return gone
  const at = Math.max(candidate.wantedAt, now)
  if (candidate.purpose !== 'marketing') return null
  // Whoever may be held is moved past it, like past any other bad hour.
  if (candidate.overCap !== 'hold' && isBlackout(manners, candidate, dayOf(at))) return reasonOf('blackout')
  return restrained(candidate, facts.restraints.get(candidate.customer ?? ''), manners, at)
}

/** Consent first: it is the reason a person should see, whatever else is missing. */
function nobodyThere(candidate: Candidate, facts: Facts): Reason | null {
  const { customer = '', purpose, topic, sender, subject, subjectKind, channel } = candidate
  // Whoever asked gets her answer, whatever else she does not want to hear.
  if (candidate.awaited !== true && facts.optedOut.has(`${customer}\t${purpose}`))
    return reasonOf('opted-out', purpose === 'marketing' ? '已退订营销消息' : '已退订服务消息')
  if (topic !== undefined && facts.refusedTopics.has(`${customer}\t${topic}`))
    return reasonOf('topic-refused')
  // 客服, robots, texts and mails speak for the shop; nobody has to press.
  if (channel === 'kf' || channel === 'sms' || channel === 'email' || channel === 'robot') return null
  if (sender === undefined) return reasonOf('no-advisor')
  if (!facts.speakers.has(sender)) return reasonOf('no-advisor', '顾问不可用或未开通客户联系')
  if (subjectKind === 'staff') return null
  if (subjectKind === 'group') return facts.groups.has(subject) ? null : reasonOf('no-contact', '社群已解散')
  return facts.contacts.has(`${subject}\t${sender}`) ? null : reasonOf('no-contact')
}

// ---------------------------------------------------------------- the moment

/** In the way at this instant. `until` null: no waiting is wanted. */
interface Obstacle {
  readonly reason: Reason
  readonly until: Instant | null
}

/** Bounded also where nothing ever fits: each step goes forward, and the expiry ends it. */
const maxSteps = 400

function place(candidate: Candidate, sitting: Sitting): Verdict {
  let at = Math.max(candidate.wantedAt, sitting.now)
  /** Why the clock moved it, and why anything else did: the latter says more. */
  let clock: Reason | null = null
  let cause: Reason | null = null
  for (let steps = 0; steps < maxSteps; steps += 1) {
    const moment = sitting.allowedAt(candidate, at)
    at = moment.at
    clock ??= moment.moved
    if (at >= candidate.expiresAt) break
    const speaker = speakerAt(candidate, at, sitting)
    const obstacle = 'until' in speaker ? speaker : inTheWay(candidate, at, speaker.sender, sitting)
    if (obstacle === null) {
      const sender = 'sender' in speaker ? speaker.sender : candidate.sender
      return accepted(candidate, at, sender, cause ?? clock, sitting)
    }
    if (obstacle.until === null) return declined(candidate, obstacle.reason)
    cause = obstacle.reason
    at = Math.max(obstacle.until, at + 1)
  }
  const { code, words } = cause ?? clock ?? reasonOf('late')
  return declined(candidate, { code, words: `${words}，到期前没有合适的时间` })
}

function accepted(
  candidate: Candidate,
  at: Instant,
  sender: string | undefined,
  moved: Reason | null,
  { facts }: Sitting,
): Verdict {
  if (moved) return { decision: 'later', dueAt: at, reason: moved, sender }
  const reason =
    sender === candidate.sender
      ? reasonOf('ok')
      : reasonOf('advisor-on-leave', `顾问休假，由${facts.speakers.get(sender ?? '') ?? ''}代班`)
  return { decision: 'queued', dueAt: at, reason, sender }
}

/** Who speaks on that day: she herself, her deputy, or nobody before she is back. */
function speakerAt(
  candidate: Candidate,
  at: Instant,
  { facts }: Sitting,
): Obstacle | { readonly sender: string | undefined } {
  const { sender, channel, subject, content } = candidate
  if (sender === undefined || !needsStaff(channel)) return { sender }
  const day = dayOf(at)
  const leave = leaveOn(facts.leaves.get(sender) ?? [], day)
  if (!leave) return { sender }
  const deputy = deputyFor({ sender, subject, text: content.text }, leave, day, facts)
  if (deputy !== null) return { sender: deputy }
  return {
    reason: reasonOf('advisor-on-leave', `顾问休假到 ${leave.to_day}`),
    until: instantOf(addDays(leave.to_day, 1), timeOf(candidate.wantedAt)),
  }
}

function inTheWay(
  candidate: Candidate,
  at: Instant,
  sender: string | undefined,
  sitting: Sitting,
): Obstacle | null {
  return (
    notThatDay(candidate, at) ??
    talkedLately(candidate, at, sitting) ??
    (candidate.channel === 'kf' ? kfShut(candidate, at, sitting) : null) ??
    full(candidate, at, sitting.facts.quotaSeen.get(candidate.subject) ?? 0, sitting) ??
    loaded(candidate, at, sender, sitting)
  )
}

/** Said at its own time on the first day that is right. */
function notThatDay({ notOn, wantedAt }: Candidate, at: Instant): Obstacle | null {
  const day = dayOf(at)
  if (notOn?.days.includes(day) !== true) return null
  return { reason: reasonOf('day-kind', notOn.words), until: instantOf(addDays(day, 1), timeOf(wantedAt)) }
}

function talkedLately(candidate: Candidate, at: Instant, { manners, facts }: Sitting): Obstacle | null {
  const talked = talkedUntil(candidate, facts.restraints.get(candidate.customer ?? ''), manners)
  return talked !== null && at < talked.until ? talked : null
}

function kfShut(candidate: Candidate, at: Instant, { facts, usesOf }: Sitting): Obstacle | null {
  const { subject: external, content } = candidate
  const reason = kfClosed({ external, place: content.kf, at }, facts.kfTalks, usesOf(ownerOf(candidate)))
  return reason && { reason, until: null }
}

/** Caps, gaps and quota: waited for where the touchpoint says so. */
function full(candidate: Candidate, at: Instant, spentUntil: Instant, sitting: Sitting): Obstacle | null {
  const uses = sitting.usesOf(ownerOf(candidate))
  const { channel } = candidate
  const over =
    overBudget(sitting.manners, { ...candidate, dueAt: at }, uses) ??
    (isBroadcast(channel) && at < spentUntil ? { ...reasonOf('quota-used'), until: spentUntil } : null)
  if (over === null) return null
  const { code, words, until } = over
  // Service is not lost because of other service: it waits for a day of its own where it can, and else goes beside it.
  if (code === 'waiting-already' && candidate.purpose === 'service')
    return sitting.allowedAt(candidate, until).at < candidate.expiresAt
      ? { reason: { code, words }, until }
      : null
  if (candidate.overCap === 'abort')
    return { reason: reasonOf('run-aborted', `${words}，本轮「${candidate.title}」到此为止`), until: null }
  return { reason: { code, words }, until: candidate.overCap === 'hold' ? until : null }
}

const endingOf = (candidate: Candidate): Ended => ({
  customer: ownerOf(candidate),
  touchpoint: candidate.touchpoint,
  campaign: candidate.campaign ?? null,
  dedupe_key: candidate.dedupeKey,
  day: candidate.day,
})

/** A step of a run that a full cap has ended. What was promised before that stands. */
function runEnded(candidate: Candidate, sitting: Sitting): Reason | null {
  const { run, overCap, touchpoint, campaign, day } = candidate
  if (overCap !== 'abort' || run === undefined) return null
  const ended = sitting
    .endedOf(ownerOf(candidate))
    .find(
      (one) =>
        (campaign === undefined ? one.touchpoint === touchpoint : one.campaign === campaign) &&
        one.day <= day &&
        ('since' in run ? one.day >= run.since : one.dedupe_key.endsWith(`:${run.period}`)),
    )
  return ended ? reasonOf('run-ended', `本轮因触达次数已满提前结束（${ended.day}）`) : null
}

/** Marketing goes to her next day with room; service is never kept waiting, and uses room like everything else. */
function loaded(
  candidate: Candidate,
  at: Instant,
  sender: string | undefined,
  { manners, loadOf, given }: Sitting,
): Obstacle | null {
  if (!isTask(candidate.channel) || candidate.purpose !== 'marketing') return null
  const key = loadKey(sender ?? '', at)
  if (given.get(candidate.dedupeKey) === key || loadOf(key) < manners.advisorPerDay) return null
  const reason = reasonOf('advisor-load', `顾问当天任务已满 ${String(manners.advisorPerDay)} 个`)
  const tomorrow = addDays(dayOf(at), 1)
  const sameTime = instantOf(tomorrow, timeOf(at))
  return { reason, until: sameTime < candidate.expiresAt ? sameTime : instantOf(tomorrow) }
}
