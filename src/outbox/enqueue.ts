/**
 * The only place that decides whether now is a good moment for this person. A whole staged set is decided together,
 * higher priority first and ties by dedupe key, so that what is accepted early in the set counts against the rest. The
 * dry run (`decide`) and the deed (`enqueue`) are the same code; the deed also locks, writes and is final.
 */
import type { Ctx } from '../base/act.ts'
import { dayOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import { days, hours } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { overBudget } from './budget.ts'
import type { Use } from './budget.ts'
import {
  contacts,
  knownPromises,
  livingGroups,
  lockBudgets,
  mannersRow,
  optedOut,
  restraints,
  speakers,
  usesOf,
  writeManners,
} from './facts.store.ts'
import type { KnownPromise, Restraint } from './facts.store.ts'
import { defaultManners, mannersShape, nextAllowedAt } from './manners.ts'
import type { Manners, Moment, Reason } from './manners.ts'
import { insertPromises } from './promise.store.ts'
import type { Candidate, Decided, Decision } from './promise.ts'

/** The manners in force: those of the published cadence, or the defaults before the first one. */
export async function currentManners(reader: Reader): Promise<Manners> {
  return mannersFrom((await mannersRow(reader))?.body)
}

/** From the stored text; nothing stored = the defaults. */
export function mannersFrom(body: string | undefined): Manners {
  if (body === undefined) return defaultManners
  if (parsed?.body !== body) parsed = { body, manners: mannersShape.parse(JSON.parse(body)) }
  return parsed.manners
}
/** The last text that was parsed, and what it said: delivery asks before every call. */
let parsed: { readonly body: string; readonly manners: Manners } | null = null

/** Publishing a cadence copies its manners here. */
export async function publishManners(ctx: Ctx, version: number, manners: Manners): Promise<void> {
  await writeManners(ctx.tx, version, JSON.stringify(mannersShape.parse(manners)))
}

export interface DecideOptions {
  /** Manners of a draft, for the dry run of an edit. */
  readonly manners?: Manners
}

/** What would be decided now; writes nothing. */
export async function decide(
  reader: Reader,
  candidates: readonly Candidate[],
  now: Instant,
  options: DecideOptions = {},
): Promise<Decided[]> {
  const manners = options.manners ?? (await currentManners(reader))
  return decideAll(candidates, manners, await gather(reader, candidates, now), now)
}

/**
 * Decides and writes, declined ones too, in the deed's transaction. A customer's candidates belong into one call: give
 * big sets in parts (≤ 500 customers), so that no transaction is long.
 */
export async function enqueue(ctx: Ctx, candidates: readonly Candidate[]): Promise<Decided[]> {
  if (candidates.length === 0) return []
  await lockBudgets(ctx.tx, candidates.map(ownerOf))
  const decided = await decide(ctx.tx, candidates, ctx.now)
  const fresh = decided.filter((one) => !one.known)
  await insertPromises(
    ctx.tx,
    fresh.map((one) => ({ ...one, id: ctx.newId() })),
    ctx.now,
  )
  return decided
}

/** Whose patience it uses: the customer's (however many identities she has), or the group's. */
const ownerOf = (candidate: Candidate): string =>
  candidate.subjectKind === 'group' ? candidate.subject : (candidate.customer ?? candidate.subject)

// ---------------------------------------------------------------- facts

interface Facts {
  readonly known: ReadonlyMap<string, KnownPromise>
  readonly optedOut: ReadonlySet<string>
  readonly contacts: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
  readonly speakers: ReadonlySet<string>
  readonly restraints: ReadonlyMap<string, Restraint>
  /** Grows while the set is decided. */
  readonly uses: Map<string, Use[]>
}

async function gather(reader: Reader, candidates: readonly Candidate[], now: Instant): Promise<Facts> {
  const people = candidates.filter(({ subjectKind }) => subjectKind === 'customer')
  const customers = people.flatMap(({ customer }) => (customer === undefined ? [] : [customer]))
  const chats = candidates.filter(({ subjectKind }) => subjectKind === 'group').map(({ subject }) => subject)
  const known = await knownPromises(
    reader,
    candidates.map(({ dedupeKey }) => dedupeKey),
  )
  return {
    known: new Map(known.map((row) => [row.dedupe_key, row])),
    optedOut: await optedOut(reader, customers),
    contacts: await contacts(
      reader,
      people.map(({ subject }) => subject),
    ),
    groups: await livingGroups(reader, chats),
    speakers: await speakers(reader),
    restraints: await restraints(reader, customers),
    uses: new Map([
      ...(await usesOf(reader, 'customer', customers, now)),
      ...(await usesOf(reader, 'subject', chats, now)),
    ]),
  }
}

// ---------------------------------------------------------------- the decision

interface Verdict {
  readonly decision: Decision
  readonly dueAt: Instant
  readonly reason: Reason
}

const byRank = (a: Candidate, b: Candidate): number =>
  a.day < b.day ? -1 : a.day > b.day ? 1 : b.priority - a.priority || (a.dedupeKey < b.dedupeKey ? -1 : 1)

function decideAll(
  candidates: readonly Candidate[],
  manners: Manners,
  facts: Facts,
  now: Instant,
): Decided[] {
  const moments = new Map<string, Moment>()
  /** The same few instants come back for thousands of customers. */
  const allowedAt = (candidate: Candidate, from: Instant): Moment => {
    const key = `${String(from)} ${candidate.channel} ${candidate.purpose} ${candidate.touchpoint}`
    const moment = moments.get(key) ?? nextAllowedAt(manners, candidate, from)
    moments.set(key, moment)
    return moment
  }
  const verdicts = new Map<string, Verdict>()
  const twice = new Set<Candidate>()
  for (const candidate of [...candidates].sort(byRank)) {
    if (verdicts.has(candidate.dedupeKey)) {
      twice.add(candidate)
      continue
    }
    const known = facts.known.get(candidate.dedupeKey)
    const verdict = known ? recall(known) : judge(candidate, manners, facts, now, allowedAt)
    verdicts.set(candidate.dedupeKey, verdict)
    if (!known && verdict.decision !== 'declined') reserve(facts, candidate, verdict.dueAt)
  }
  return candidates.map((candidate) => {
    const { decision, dueAt, reason } = verdicts.get(candidate.dedupeKey) ?? declined(candidate, noReason)
    return {
      ...candidate,
      decision,
      dueAt,
      reasonCode: reason.code,
      reasonWords: reason.words,
      known: twice.has(candidate) || facts.known.has(candidate.dedupeKey),
    }
  })
}

const noReason: Reason = { code: 'undecided', words: '未决定' }
const declined = (candidate: Candidate, reason: Reason): Verdict => ({
  decision: 'declined',
  dueAt: candidate.wantedAt,
  reason,
})
const recall = (known: KnownPromise): Verdict => ({
  decision: known.decision,
  dueAt: known.due_at,
  reason: { code: known.reason_code, words: known.reason_words },
})

function reserve(facts: Facts, candidate: Candidate, dueAt: Instant): void {
  const owner = ownerOf(candidate)
  const { purpose, channel } = candidate
  const use: Use = { at: dueAt, purpose, channel, stage: 'planned' }
  const own = facts.uses.get(owner)
  if (own) own.push(use)
  else facts.uses.set(owner, [use])
}

function judge(
  candidate: Candidate,
  manners: Manners,
  facts: Facts,
  now: Instant,
  allowedAt: (candidate: Candidate, from: Instant) => Moment,
): Verdict {
  const never = candidate.skip ?? hindrance(candidate, manners, facts, now)
  if (never) return declined(candidate, never)
  const { at, moved } = goodMoment(candidate, manners, facts, now, allowedAt)
  if (at >= candidate.expiresAt) {
    const reason = moved ?? lateReason
    return declined(candidate, { code: reason.code, words: `${reason.words}，到期前没有合适的时间` })
  }
  const over = overBudget(manners, { ...candidate, dueAt: at }, facts.uses.get(ownerOf(candidate)) ?? [])
  if (over) return declined(candidate, over)
  if (moved) return { decision: 'later', dueAt: at, reason: moved }
  return { decision: 'queued', dueAt: at, reason: { code: 'ok', words: '可以发送' } }
}

const lateReason: Reason = { code: 'late', words: '已过时限' }

/** What no waiting cures. */
function hindrance(candidate: Candidate, manners: Manners, facts: Facts, now: Instant): Reason | null {
  if (now >= candidate.expiresAt) return lateReason
  if (candidate.personal && candidate.channel.endsWith('broadcast'))
    return { code: 'personal', words: '个性化内容不能群发' }
  if (candidate.channel !== 'welcome') {
    const gone = nobodyThere(candidate, facts)
    if (gone) return gone
  }
  if (candidate.purpose !== 'marketing') return null
  if (manners.blackout.includes(dayOf(Math.max(candidate.wantedAt, now))))
    return { code: 'blackout', words: '停发日' }
  const complaintAt = facts.restraints.get(candidate.customer ?? '')?.complaint_at ?? null
  if (complaintAt !== null && complaintAt + days(manners.complaintDays) > Math.max(candidate.wantedAt, now))
    return { code: 'complaint-open', words: '有未解决的投诉' }
  return null
}

/** Consent first: it is the reason a person should see, whatever else is missing. */
function nobodyThere(candidate: Candidate, facts: Facts): Reason | null {
  if (facts.optedOut.has(`${candidate.customer ?? ''}\t${candidate.purpose}`))
    return {
      code: 'opted-out',
      words: candidate.purpose === 'marketing' ? '已退订营销消息' : '已退订服务消息',
    }
  if (candidate.sender === undefined) return { code: 'no-advisor', words: '没有可用的顾问' }
  if (!facts.speakers.has(candidate.sender))
    return { code: 'no-advisor', words: '顾问不可用或未开通客户联系' }
  if (candidate.subjectKind === 'group')
    return facts.groups.has(candidate.subject) ? null : { code: 'no-contact', words: '社群已解散' }
  return facts.contacts.has(`${candidate.subject}\t${candidate.sender}`)
    ? null
    : { code: 'no-contact', words: '与顾问已不是好友' }
}

function goodMoment(
  candidate: Candidate,
  manners: Manners,
  facts: Facts,
  now: Instant,
  allowedAt: (candidate: Candidate, from: Instant) => Moment,
): Moment {
  const wanted = Math.max(candidate.wantedAt, now)
  const first = allowedAt(candidate, wanted)
  const talkedAt = facts.restraints.get(candidate.customer ?? '')?.talked_at ?? null
  const quietUntil = talkedAt === null ? 0 : talkedAt + hours(manners.afterTalkHours)
  if (candidate.purpose !== 'marketing' || first.at >= quietUntil) return first
  const reason = { code: 'recent-conversation', words: `${String(manners.afterTalkHours)} 小时内刚聊过` }
  return { at: allowedAt(candidate, quietUntil).at, moved: reason }
}
