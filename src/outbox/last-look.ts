/**
 * The manners once more, in the transaction that writes down a call. What was right when it was planned may be wrong now:
 * she has complained, talked with us a minute ago, a pause has pushed two offers together, her advisor fell ill. Only
 * what is really said or in somebody's hands counts here; what is planned looks for itself when its turn comes.
 */
import { addDays, dayOf, instantOf, timeOf } from '../base/calendar.ts'
import type { Ctx } from '../base/act.ts'
import { hours } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { readMeta, writeMeta } from '../base/meta.ts'
import { overNow } from './budget.ts'
import type { Use } from './budget.ts'
import {
  contacts,
  kfTalks,
  livingGroups,
  lockBudgets,
  quotaSeen,
  restraints,
  speakersAmong,
  usesOf,
} from './facts.store.ts'
import { kfClosed, windowIn } from './kf-window.ts'
import { leaveOn, leavesByStaff } from './leave.ts'
import type { Leave } from './leave.ts'
import { leavesUntil } from './leave.store.ts'
import type { Manners, Reason } from './manners.ts'
import { isBroadcast, needsStaff } from './promise.ts'
import type { Candidate, Content } from './promise.ts'
import { updateSender } from './promise.store.ts'
import type { PromiseRow } from './promise.store.ts'
import { reasonOf } from './reasons.ts'
import { deputyFor, restrained, talkedUntil } from './restrain.ts'
import type { Restraint } from './restrain.ts'
import { move } from './settle.ts'

/** A full cap is looked at again this soon: what blocks it may be taken back. */
const crowdedMs = hours(1)

/** Publishing a cadence says which touchpoints it has: what an older one promised for others is not said any more. */
export async function publishTouchpoints(ctx: Ctx, names: readonly string[]): Promise<void> {
  const before = await touchpointsOf(ctx.tx)
  const retired = [...new Set([...before.retired, ...before.names])].filter((name) => !names.includes(name))
  await writeMeta(
    ctx.tx,
    touchpointsMeta,
    JSON.stringify({ names: [...names].sort(), retired: retired.sort() }),
  )
}
const touchpointsMeta = 'touchpoints-in-force'

interface Touchpoints {
  readonly names: readonly string[]
  /** Of older cadences; one that comes back is in force again. */
  readonly retired: readonly string[]
}

async function touchpointsOf(tx: Ctx['tx']): Promise<Touchpoints> {
  const text = await readMeta(tx, touchpointsMeta)
  return text === null ? { names: [], retired: [] } : (JSON.parse(text) as Touchpoints)
}

interface Seen {
  readonly manners: Manners
  readonly retired: readonly string[]
  readonly now: Instant
  readonly restraints: ReadonlyMap<string, Restraint>
  /** When somebody last wrote to an account of 微信客服. */
  readonly talks: ReadonlyMap<string, Instant>
  readonly uses: Map<string, Use[]>
  readonly groups: ReadonlySet<string>
  readonly contacts: ReadonlySet<string>
  readonly speakers: ReadonlyMap<string, string>
  readonly leaves: ReadonlyMap<string, readonly Leave[]>
  readonly quotaSeen: ReadonlyMap<string, Instant>
}

type Verdict =
  | { readonly kind: 'go' }
  | { readonly kind: 'never'; readonly reason: Reason }
  | { readonly kind: 'wait'; readonly reason: Reason; readonly until: Instant }
  | { readonly kind: 'deputy'; readonly sender: string }

/** Ends, puts off or hands to a deputy what must not leave now; answers the rest. Rows are claimed and locked. */
export async function lookOnceMore(
  ctx: Ctx,
  manners: Manners,
  rows: readonly PromiseRow[],
): Promise<PromiseRow[]> {
  const asked = rows.filter(({ channel }) => channel !== 'welcome')
  if (asked.length === 0) return [...rows]
  const seen = await seenOf(ctx, manners, asked)
  const out = new Map<PromiseRow, Exclude<Verdict, { kind: 'go' }>>()
  for (const row of [...asked].sort(byRank)) {
    const verdict = verdictOf(row, seen)
    if (verdict.kind === 'go') note(row, seen)
    else out.set(row, verdict)
  }
  for (const some of grouped(out).values()) await putAside(ctx, some)
  return rows.filter((row) => !out.has(row))
}

const byRank = (a: PromiseRow, b: PromiseRow): number =>
  b.priority - a.priority || (a.dedupe_key < b.dedupe_key ? -1 : 1)

type Aside = readonly [PromiseRow, Exclude<Verdict, { kind: 'go' }>]

/** Those that fare alike move in one statement. */
function grouped(out: ReadonlyMap<PromiseRow, Aside[1]>): Map<string, Aside[]> {
  const groups = new Map<string, Aside[]>()
  for (const [row, verdict] of out) {
    const key = JSON.stringify([verdict, verdict.kind === 'wait' && verdict.until >= row.expires_at])
    groups.set(key, [...(groups.get(key) ?? []), [row, verdict]])
  }
  return groups
}

async function putAside(ctx: Ctx, some: readonly Aside[]): Promise<void> {
  const rows = some.map(([row]) => row)
  const [first, verdict] = some[0] ?? []
  if (first === undefined || verdict === undefined) return
  switch (verdict.kind) {
    case 'never':
      return move(ctx, rows, { to: 'cancelled', ...verdict.reason })
    case 'deputy':
      // It is claimed anew, so that it is packed with what else she says.
      await updateSender(
        ctx.tx,
        rows.map(({ id }) => id),
        verdict.sender,
      )
      return move(ctx, rows, { to: 'queued' })
    case 'wait': {
      const { reason, until } = verdict
      if (until >= first.expires_at)
        return move(ctx, rows, { to: 'expired', ...reason, words: `${reason.words}，到期前没有合适的时间` })
      return move(ctx, rows, { to: 'queued', readyAt: until, ...reason })
    }
  }
}

// ---------------------------------------------------------------- the verdict, pure

function verdictOf(row: PromiseRow, seen: Seen): Verdict {
  const { manners, now } = seen
  if (seen.retired.includes(row.touchpoint)) return { kind: 'never', reason: reasonOf('touchpoint-off') }
  const restraint = seen.restraints.get(row.customer ?? '')
  const gone = nobodyThere(row, seen) ?? restrained(row, restraint, manners, now) ?? kfShut(row, seen)
  if (gone) return { kind: 'never', reason: gone }
  const leave = onLeave(row, seen)
  if (leave) return leave
  const notOn = row.not_on === null ? undefined : (JSON.parse(row.not_on) as NonNullable<Candidate['notOn']>)
  if (notOn?.days.includes(dayOf(now)) === true)
    return {
      kind: 'wait',
      reason: reasonOf('day-kind', notOn.words),
      until: instantOf(addDays(dayOf(now), 1), timeOf(row.wanted_at)),
    }
  const talked = talkedUntil(row, restraint, manners)
  if (talked !== null && now < talked.until) return { kind: 'wait', ...talked }
  const over = full(row, seen)
  return over ?? { kind: 'go' }
}

function nobodyThere(row: PromiseRow, { speakers, groups, contacts: known }: Seen): Reason | null {
  if (!needsStaff(row.channel)) return null
  if (row.sender === null || !speakers.has(row.sender))
    return reasonOf('no-advisor', '顾问不可用或未开通客户联系')
  if (row.subject_kind === 'group')
    return groups.has(row.subject) ? null : reasonOf('no-contact', '社群已解散')
  if (row.subject_kind === 'staff') return null
  return known.has(`${row.subject}\t${row.sender}`) ? null : reasonOf('no-contact')
}

/** Her window may have ended since, or four others were answered first; WeCom would refuse it. */
function kfShut(row: PromiseRow, { talks, uses, now: at }: Seen): Reason | null {
  if (row.channel !== 'kf') return null
  const { kf: place } = contentOf(row)
  const gone = (uses.get(ownerOf(row)) ?? []).filter(({ stage }) => stage !== 'planned')
  return kfClosed({ external: row.subject, place, at }, talks, gone)
}

const contentOf = ({ content }: PromiseRow): Content => JSON.parse(content) as Content

function onLeave(row: PromiseRow, seen: Seen): Verdict | null {
  const { now } = seen
  const leave = row.sender === null ? null : leaveOn(seen.leaves.get(row.sender) ?? [], dayOf(now))
  if (!leave || row.sender === null || !needsStaff(row.channel)) return null
  const content = contentOf(row)
  const deputy = deputyFor(
    { sender: row.sender, subject: row.subject, text: content.text },
    leave,
    dayOf(now),
    seen,
  )
  if (deputy !== null && row.subject_kind === 'customer') return { kind: 'deputy', sender: deputy }
  return {
    kind: 'wait',
    reason: reasonOf('advisor-on-leave', `顾问休假到 ${leave.to_day}`),
    until: instantOf(addDays(leave.to_day, 1), timeOf(row.wanted_at)),
  }
}

function full(row: PromiseRow, { manners, now, uses, quotaSeen: spent }: Seen): Verdict | null {
  const over =
    row.purpose === 'marketing'
      ? overNow(manners, { ...wantedOf(row), dueAt: now }, uses.get(ownerOf(row)) ?? [])
      : null
  if (over) {
    const { until, ...reason } = over
    return { kind: 'wait', reason, until: Math.min(until, now + crowdedMs) }
  }
  const spentUntil = spent.get(row.subject) ?? 0
  return isBroadcast(row.channel) && now < spentUntil
    ? { kind: 'wait', reason: reasonOf('quota-used'), until: spentUntil }
    : null
}

const wantedOf = ({ purpose, channel, subject_kind, touchpoint }: PromiseRow) => ({
  purpose,
  channel,
  subjectKind: subject_kind,
  touchpoint,
})

const ownerOf = (row: PromiseRow): string =>
  row.subject_kind === 'customer' ? (row.customer ?? row.subject) : row.subject

/** The next one of hers in the same breath finds this one in somebody's hands. */
function note(row: PromiseRow, { uses, now }: Seen): void {
  const { purpose, channel } = row
  const own = uses.get(ownerOf(row)) ?? []
  const window = channel === 'kf' ? windowIn(row.subject, contentOf(row)) : {}
  own.push({ at: now, purpose, channel, stage: 'handed', ...window })
  uses.set(ownerOf(row), own)
}

// ---------------------------------------------------------------- what it has to know

/** A full cap matters to marketing, her window to 微信客服, a full group to whatever goes there. */
async function seenOf(ctx: Ctx, manners: Manners, rows: readonly PromiseRow[]): Promise<Seen> {
  const { tx, now } = ctx
  const counted = rows.filter(
    ({ purpose, subject_kind, channel }) =>
      subject_kind === 'customer' && (purpose === 'marketing' || channel === 'kf'),
  )
  const customers = counted.flatMap(({ customer }) => customer ?? [])
  const chats = rows.filter(({ subject_kind }) => subject_kind === 'group').map(({ subject }) => subject)
  const publishers = rows
    .filter(({ subject_kind, purpose }) => subject_kind === 'staff' && purpose === 'marketing')
    .map(({ subject }) => subject)
  await lockBudgets(tx, [...customers, ...chats, ...publishers])
  const byPeople = rows.filter(({ channel }) => needsStaff(channel))
  const senders = [...new Set(byPeople.flatMap(({ sender }) => sender ?? []))]
  const away = senders.length === 0 ? [] : await leavesUntil(tx, dayOf(now))
  const uses = new Map([
    ...(await usesOf(tx, 'customer', customers, now)),
    ...(await usesOf(tx, 'subject', [...chats, ...publishers], now)),
  ])
  return {
    manners,
    retired: (await touchpointsOf(tx)).retired,
    now,
    uses,
    restraints: await restraints(tx, customers),
    talks: await kfTalks(
      tx,
      rows.filter(({ channel }) => channel === 'kf').map(({ subject }) => subject),
    ),
    groups: await livingGroups(tx, chats),
    contacts: await contacts(
      tx,
      byPeople.filter(({ subject_kind }) => subject_kind === 'customer').map(({ subject }) => subject),
    ),
    speakers: await speakersAmong(tx, [...senders, ...away.flatMap(({ deputy }) => deputy ?? [])]),
    leaves: leavesByStaff(away),
    quotaSeen: await quotaSeen(
      tx,
      rows.filter(({ channel }) => isBroadcast(channel)).map(({ subject }) => subject),
      now,
    ),
  }
}
