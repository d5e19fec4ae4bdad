/**
 * The invariants of RELIABILITY.md §3, read off the simulator's ledger and the tables. Windows, days, slots and sums are
 * computed here a second time; nothing is asked of the outbox.
 */
import { createHash } from 'node:crypto'
import { verifyAudit } from '../../src/access/index.ts'
import type { Day } from '../../src/base/calendar.ts'
import { checkLedger } from '../../src/demo/check.ts'
import type { LedgerLine, PromiseLine } from '../../src/demo/check.ts'
import { createOracle } from './oracle.ts'
import type { Oracle } from './oracle.ts'
import type { People } from './people.ts'
import type { Post } from './post.ts'
import type { Town } from './town.ts'

export interface Violation {
  readonly invariant: string
  readonly day: Day
  readonly words: string
}

export interface Referee {
  readonly oracle: Oracle
  /** Answers the state of the world, for the hash. */
  afterDay(day: Day): Promise<string>
  atEnd(): Promise<{
    readonly violations: readonly Violation[]
    readonly checked: Readonly<Record<string, number>>
    readonly promises: Readonly<Record<string, number>>
    readonly faults: Readonly<Record<string, number>>
    readonly state: string
  }>
}

interface Row extends Omit<PromiseLine, 'id' | 'dedupeKey' | 'subjectKind' | 'dueAt' | 'sentAt'> {
  readonly id: string
  readonly dedupe_key: string
  readonly subject_kind: PromiseLine['subjectKind']
  readonly due_at: number
  readonly sent_at: number | null
  readonly created_at: number
  readonly expires_at: number
  readonly reason_code: string
  readonly batch_token: string | null
  readonly intent_at: number | null
  readonly pressed_at: number | null
  readonly recall: string | null
}

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const zoneMs = 8 * hourMs
const startOf = (day: Day): number => Date.parse(day) - zoneMs
const dayOfMs = (at: number): Day => new Date(at + zoneMs).toISOString().slice(0, 10)
const timeOfMs = (at: number): string => new Date(at + zoneMs).toISOString().slice(11, 16)

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g
const ended = new Set(['sent', 'refused', 'expired', 'cancelled'])
/**
 * After its expiry a promise may wait for one more look, and an unknown one for a day until a person is asked. Nobody
 * can end anything while no server looks, so the time counts to the last look of each loop.
 */
const graceMs = 30 * hourMs

export function createReferee(
  town: Town,
  people: People,
  post: Post,
  {
    from,
    thrown,
    attendedAt,
  }: {
    readonly from: Day
    readonly thrown: readonly string[]
    /** Since this instant each loop of delivery has looked as often as it needs; 0 before that. */
    readonly attendedAt: () => number
  },
): Referee {
  const oracle = createOracle(town)
  const violations = new Map<string, Violation>()
  const checked: Record<string, number> = {}
  let today = from
  let pausedUntil = 0

  const say = (invariant: string, words: string): void => {
    const key = `${invariant} ${words}`
    if (!violations.has(key)) violations.set(key, { invariant, day: today, words })
  }
  const count = (invariant: string, n: number): void => {
    checked[invariant] = (checked[invariant] ?? 0) + n
  }

  const promiseRows = (): Promise<Row[]> =>
    town.rows<Row>(
      `select p.id, p.dedupe_key, p.touchpoint, p.channel, p.subject_kind, p.subject, p.sender, p.purpose, p.decision,
              p.reason_code, p.state, p.due_at, p.sent_at, p.created_at, p.expires_at, p.pressed_at, a.batch_token, a.intent_at, a.recall
         from promise p left join parcel a on a.id = p.parcel order by p.created_at, p.id`,
    )

  /** What tells an advisor that tasks wait is for no promise: it names none. */
  const isNote = (row: LedgerLine): boolean =>
    row.api === 'message/send' && !new RegExp(uuid.source).test(JSON.stringify(row.body))

  /** I4 and I5 of such notes: each was written down before, by day, and told once. */
  async function judgeNotes(ledger: readonly LedgerLine[]): Promise<void> {
    const written = await town.rows<{ staff: string; at: number }>(
      `select staff, at from log where kind = 'sender-reminded' order by at`,
    )
    for (const row of ledger.filter(isNote)) {
      count('I4', 1)
      const index = written.findIndex(({ staff, at }) => staff === row.recipient && at <= row.acceptedAt)
      const [intent] = index < 0 ? [] : written.splice(index, 1)
      if (!intent) say('I4', `the note of ledger row ${String(row.seq)} was not written down before`)
      else if (timeOfMs(intent.at) < '08:30' || timeOfMs(intent.at) >= '21:30')
        say('I5', `the note of ledger row ${String(row.seq)} was meant in the quiet hours`)
    }
  }

  /** I3 and the larger half of I5: what was accepted is what was promised, once, in good hours, within the caps. */
  function judgeLedger(rows: readonly Row[], ledger: readonly LedgerLine[]): void {
    const verdict = checkLedger({ ledger, promises: rows.map((row) => lineOf(row, town.now())) })
    count('I3', verdict.accepted)
    count('I5', verdict.accepted)
    for (const words of verdict.problems)
      say(/window|hours|marketing|broadcasts/.test(words) ? 'I5' : 'I3', words)
  }

  /** I4: whatever WeCom accepted carries a token that we had written down before. */
  async function judgeIntents(ledger: readonly LedgerLine[]): Promise<void> {
    const parcels = await town.rows<{ batch_token: string; intent_at: number; body: string; text: string }>(
      'select batch_token, intent_at, body, text from parcel',
    )
    for (const row of ledger) {
      if (row.via === 'sidebar' || isNote(row)) continue
      count('I4', 1)
      const words = `${row.text}\n${JSON.stringify(row.body)}`
      // A broadcast betrays its parcel by the token, a card or a welcome by the id of its promise.
      const ids = words.match(uuid) ?? []
      const mine = parcels.filter(
        ({ batch_token: token, text, body }) =>
          words.includes(token) ||
          ids.some((id) => body.includes(id)) ||
          (text !== '' && words.includes(text)),
      )
      if (!mine.some((parcel) => parcel.intent_at <= row.acceptedAt))
        say(
          'I4',
          `ledger row ${String(row.seq)} (${row.api}) was accepted before any intent for it was written`,
        )
    }
  }

  /** I5: at least 48 hours between two offers, and no more broadcasts a month than WeCom gives. */
  function judgeGaps(rows: readonly Row[], ledger: readonly LedgerLine[]): void {
    const calls = new Map<string, number[]>()
    for (const row of rows) {
      if (row.purpose !== 'marketing' || row.subject_kind !== 'customer' || row.intent_at === null) continue
      if (row.state === null || ['refused', 'expired', 'cancelled', 'queued', 'claimed'].includes(row.state))
        continue
      calls.set(row.subject, [...(calls.get(row.subject) ?? []), row.due_at])
    }
    for (const [subject, dues] of calls) {
      const sorted = dues.sort((a, b) => a - b)
      count('I5', sorted.length)
      sorted.forEach((at, i) => {
        const before = sorted[i - 1]
        if (before !== undefined && at - before < 48 * hourMs)
          say(
            'I5',
            `${subject} was promised two offers ${String(Math.round((at - before) / hourMs))} h apart`,
          )
      })
    }
    const months = new Map<string, number>()
    for (const row of ledger) {
      if (row.api !== 'add_msg_template' || row.status !== 'sent') continue
      const key = `${row.recipient} in ${dayOfMs(row.acceptedAt).slice(0, 7)}`
      months.set(key, (months.get(key) ?? 0) + 1)
    }
    for (const [key, n] of months) if (n > 31) say('I5', `${key} got ${String(n)} broadcasts`)
  }

  /** I2: what has expired has ended, and everything has a state. */
  async function judgeEnds(rows: readonly Row[]): Promise<void> {
    if (await town.machine.until(people.isPaused())) pausedUntil = town.now()
    const paused = pausedUntil > 0 && attendedAt() - pausedUntil < graceMs
    for (const row of rows) {
      count('I2', 1)
      if (row.decision === 'declined') {
        if (row.state !== null || row.reason_code === '')
          say('I2', `${row.dedupe_key} is declined, in state ${String(row.state)}`)
      } else if (row.state === null) say('I2', `${row.dedupe_key} has no state`)
      else if (
        !ended.has(row.state) &&
        row.state !== 'held' &&
        !paused &&
        row.expires_at + graceMs < attendedAt()
      )
        say('I2', `${row.dedupe_key} (${row.id}) is still ${row.state} long after its expiry`)
    }
  }

  /** I6 and I7: the log holds what was answered with 200, and nothing that was not WeCom's. */
  async function judgeCallbacks(): Promise<void> {
    const { corpId, agentId } = town.simulator.credentials
    const rows = await town.rows<{ source_key: string }>('select source_key from log where source = $1', [
      `wecom:${corpId}:${String(agentId)}`,
    ])
    const recorded = new Set(rows.map(({ source_key: key }) => key.slice(key.indexOf('.') + 1)))
    const digest = (inner: string): string =>
      createHash('sha256')
        .update(`${corpId}|${String(agentId)}|${inner}`)
        .digest('hex')
    for (const inner of post.answered) {
      count('I6', 1)
      if (!recorded.has(digest(inner)))
        say('I6', `a callback was answered with 200 and is not in the log: ${inner.slice(0, 200)}`)
    }
    const posted = new Set(town.posted.map(digest))
    for (const key of recorded) {
      count('I7', 1)
      if (!posted.has(key)) say('I7', `the log holds a callback that WeCom never sent: ${key}`)
    }
    for (const nonce of post.forgedTaken)
      say('I7', `a forged callback was answered with 200 (nonce ${nonce})`)
  }

  /** I8: points in the table are points in the log, a vote is paid once, a coupon is issued once. */
  async function judgeRewards(): Promise<void> {
    const [sums] = await town.rows<{ told: number | null; kept: number | null }>(
      `select (select cast(sum(cast(detail ->> 'amount' as bigint)) as bigint) from log where kind = 'points-given') as told,
              (select cast(sum(amount) as bigint) from points where amount > 0) as kept`,
    )
    count('I8', 1)
    if ((sums?.told ?? 0) !== (sums?.kept ?? 0))
      say('I8', `the log tells of ${String(sums?.told)} points, the table holds ${String(sums?.kept)}`)
    const votes = await town.rows<{ game: string; player: string; n: number }>(
      `select m.game, m.player, (select cast(count(*) as bigint) from points p
          where p.player = m.player and p.unique_key like m.game || ':%:vote') as n
         from game_move m where m.slot = 'vote'`,
    )
    for (const { game, player, n } of votes) {
      count('I8', 1)
      if (n !== 1) say('I8', `the vote of ${player} in ${game} was paid ${String(n)} times`)
    }
    const [coupons] = await town.rows<{ told: number; kept: number }>(
      `select (select cast(count(*) as bigint) from log where kind = 'coupon-issued') as told,
              (select cast(count(*) as bigint) from coupon) as kept`,
    )
    if (coupons?.told !== coupons?.kept)
      say('I8', `the log tells of ${String(coupons?.told)} coupons, the table holds ${String(coupons?.kept)}`)
  }

  /** I1: every slot of every job stands in the table once, and says what became of it. */
  async function judgeSlots(last: Day): Promise<void> {
    const { app } = town
    if (!app) return
    const rows = await town.rows<{ job: string; slot: string; state: string }>(
      'select job, slot, state from job_slot',
    )
    const stateOf = new Map(rows.map((row) => [`${row.job} ${row.slot}`, row.state]))
    for (const { name, schedule } of app.jobs) {
      for (const at of slots(schedule, startOf(from) + dayMs, startOf(last) + dayMs - 2 * hourMs)) {
        count('I1', 1)
        const slot = `${dayOfMs(at)}T${timeOfMs(at)}`
        const state = stateOf.get(`${name} ${slot}`)
        if (state === undefined) say('I1', `${name} has no slot ${slot}`)
        else if (!['done', 'missed', 'exhausted'].includes(state) && at < town.now() - hourMs)
          say('I1', `slot ${slot} of ${name} is ${state}`)
        if (state === 'exhausted') say('I1', `slot ${slot} of ${name} failed three times`)
      }
    }
  }

  async function judgeAudit(): Promise<void> {
    const { app } = town
    if (!app) return
    const verdict = await town.machine.until(verifyAudit(app.db.reader, app.env.masterKey))
    count('I9', verdict.entries)
    if (!verdict.ok) say('I9', verdict.broken?.why ?? 'the audit chain does not verify')
  }

  /** I10: nothing that opens a door, and nobody's number. */
  function judgeLines(): void {
    const { agentSecret, callbackAesKey, callbackToken } = town.simulator.credentials
    const secrets = [
      agentSecret,
      callbackAesKey,
      callbackToken,
      town.eventsKey,
      ...town.wire.tokens,
      ...people.phones,
    ]
    const text = town.lines.join('')
    count('I10', town.lines.length)
    for (const secret of secrets)
      if (text.includes(secret))
        say('I10', `a secret or a phone number is in the log: ${secret.slice(0, 4)}…`)
  }

  return {
    oracle,
    async afterDay(day) {
      today = day
      const rows = await promiseRows()
      const ledger = town.simulator.ledger()
      judgeLedger(rows, ledger)
      judgeGaps(rows, ledger)
      await judgeEnds(rows)
      await judgeIntents(ledger)
      await judgeNotes(ledger)
      await judgeCallbacks()
      await judgeRewards()
      const { problems, judged } = await oracle.judge(day)
      count('due', judged)
      for (const words of problems) say('due', words)
      for (const words of thrown) say('thrown', words)
      const [head] = await town.rows<{ seq: number }>('select seq from log_head')
      return JSON.stringify([head, rows, ledger])
    },
    async atEnd() {
      const rows = await promiseRows()
      await judgeSlots(today)
      await judgeAudit()
      judgeLines()
      const promises: Record<string, number> = {}
      for (const { state } of rows) promises[state ?? 'declined'] = (promises[state ?? 'declined'] ?? 0) + 1
      const log = await town.rows('select * from log order by seq')
      const all = await town.rows('select * from promise order by id')
      const faults: Record<string, number> = {}
      for (const { fault } of town.simulator.calls()) if (fault) faults[fault] = (faults[fault] ?? 0) + 1
      return {
        violations: [...violations.values()],
        checked,
        promises,
        faults,
        state: JSON.stringify([log, all, town.simulator.ledger()]),
      }
    },
  }
}

type Schedule =
  { readonly every: 'day'; readonly at: string } | { readonly every: 'minutes'; readonly minutes: number }

/** Instants in [from, to). */
function slots(schedule: Schedule, from: number, to: number): number[] {
  const stepMs = schedule.every === 'day' ? dayMs : schedule.minutes * 60_000
  const [hour = 0, minute = 0] = schedule.every === 'day' ? schedule.at.split(':').map(Number) : []
  const first =
    schedule.every === 'day'
      ? startOf(dayOfMs(from)) + hour * hourMs + minute * 60_000
      : Math.ceil(from / stepMs) * stepMs
  const found: number[] = []
  for (let at = first; at < to; at += stepMs) if (at >= from) found.push(at)
  return found
}

/**
 * Where a row may be there or not, for good reasons. A welcome cannot be read back: where its answer was lost and the 20
 * seconds are over it has expired, and nobody knows whether it arrived (RELIABILITY.md §2). A press is known when she
 * says so. What is being taken back is gone over there a moment before it is gone here.
 */
function stateOf(row: Row, now: number): string | null {
  const { channel, state } = row
  if (channel === 'welcome' && state === 'expired' && row.intent_at !== null) return 'unknown'
  if (channel === 'advisor-task' && row.pressed_at !== null && state !== 'sent') return 'unknown'
  if (state === 'waiting' && (row.recall !== null || row.expires_at <= now)) return 'unknown'
  return state
}

/** In the words of the ledger's check. The token is written down once more, from the id alone. */
const lineOf = (row: Row, now: number): PromiseLine => ({
  ...row,
  state: stateOf(row, now),
  dedupeKey: row.dedupe_key,
  subjectKind: row.subject_kind,
  token:
    row.channel === 'advisor-task' || row.channel === 'welcome'
      ? `/h5/l/p.${Buffer.from(row.id.replaceAll('-', ''), 'hex').toString('base64url')}`
      : row.batch_token,
  dueAt: row.due_at,
  sentAt: row.sent_at,
})
