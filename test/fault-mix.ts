/**
 * R2 (RELIABILITY.md §4): deliveries through an API that fails in every way it can. What counts afterwards is the
 * simulator's own ledger and its list of calls; the checks here share no code with the outbox.
 */
import { hours, minutes, seconds } from '../src/base/clock.ts'
import { enqueue } from '../src/outbox/index.ts'
import type { Candidate } from '../src/outbox/index.ts'
import type { CallRow, FaultRequest, LedgerRow } from '../src/simulator/index.ts'
import type { OpenTestDatabase } from './database.ts'
import { openRig } from './delivery-rig.ts'
import type { Rig } from './delivery-rig.ts'
import { customerOfNumber } from './outbox-world.ts'

export interface FaultPlan {
  readonly seed: number
  readonly cards: number
  readonly broadcasts: number
  readonly groupBroadcasts: number
  readonly welcomes: number
  readonly customers: number
  /** A customer is asked for one thing a day: so long everything keeps. */
  readonly keepsHours: number
  /** Limits that strike all at once and last, in business time; one API after the other. */
  readonly bursts: number
  /** Turns from one to the next: while they overlap nothing is sent at all. */
  readonly burstEvery: number
  readonly say?: (line: string) => void
}

export interface FaultReport {
  readonly deliveries: number
  readonly sendCalls: number
  readonly allCalls: number
  readonly callsPerDelivery: number
  readonly faults: Readonly<Record<string, number>>
  readonly states: Readonly<Record<string, number>>
  /** By their markers. */
  readonly missing: readonly string[]
  readonly open: readonly string[]
  readonly twice: readonly string[]
  readonly unmeant: readonly string[]
  readonly outsideHours: readonly string[]
  readonly dropped: number
  /** The most calls that met a limit after the first moment of it, over all limits. */
  readonly mostProbes: number
  readonly blocks: number
  readonly seconds: number
}

/** Shares of all calls; together about one in seven. The server waits 250 ms for an answer. */
const mix: readonly Omit<FaultRequest, 'api'>[] = [
  { kind: 'refuse', probability: 0.015 },
  { kind: 'reset-before', probability: 0.015 },
  { kind: 'reset-after', probability: 0.015 },
  { kind: 'timeout-after', probability: 0.01, ms: 400 },
  { kind: 'slow', probability: 0.01, ms: 400 },
  { kind: 'errcode', errcode: -1, probability: 0.02 },
  { kind: 'expire-token', probability: 0.004 },
  { kind: 'invalidate-token', probability: 0.004 },
  { kind: 'bad-json', probability: 0.01 },
  { kind: 'http-502-html', probability: 0.015 },
  { kind: 'truncate', probability: 0.015 },
]
const sendApi = /add_msg_template$|message\/send$|send_welcome_msg$/
const calmMs = minutes(30)

export async function deliverUnderFaults(open: OpenTestDatabase, plan: FaultPlan): Promise<FaultReport> {
  const rig = await openRig(open, {
    customers: plan.customers,
    seed: plan.seed,
    timeoutMs: 250,
    retryBaseMs: 1,
  })
  try {
    const startedAt = performance.now()
    const staged = await stageAll(rig, plan)
    for (const fault of mix) rig.simulator.addFault(fault)
    const struck = await live(rig, plan, staged)
    const report = await judge(rig, plan, struck)
    return { ...report, seconds: Math.round((performance.now() - startedAt) / 100) / 10 }
  } finally {
    await rig.close()
  }
}

/** Each promise says a number of its own, by which everything of it is known again. */
const marker = (n: number): string => `#${String(n)}#`
const markersIn = (row: LedgerRow): string[] => [
  ...new Set(`${row.text} ${JSON.stringify(row.body)}`.match(/#\d+#/g) ?? []),
]

interface Staged {
  readonly deliveries: number
  /** A welcome is due the moment somebody adds an advisor. */
  welcome(): Promise<boolean>
}

async function stageAll(rig: Rig, plan: FaultPlan): Promise<Staged> {
  const { world, simulator } = rig
  let count = 0
  const candidate = (channel: Candidate['channel'], more: Partial<Candidate> = {}): Candidate => {
    const n = (count += 1)
    return world.candidate((n % plan.customers) + 1, {
      dedupeKey: `k${String(n)}`,
      channel,
      purpose: 'service',
      expiresAt: world.clock.now() + hours(plan.keepsHours),
      content: { text: `${marker(n)} 给您的 [[link:me]]`, why: `第 ${marker(n)} 件` },
      ...more,
    })
  }
  const many = (channel: Candidate['channel'], n: number): Candidate[] =>
    Array.from({ length: n }, () => candidate(channel))
  const all = [
    ...many('advisor-task', plan.cards),
    ...many('broadcast', plan.broadcasts),
    ...Array.from({ length: plan.groupBroadcasts }, () => {
      const { content, dedupeKey } = candidate('group-broadcast')
      return world.groupCandidate({
        content,
        dedupeKey,
        purpose: 'service',
        expiresAt: world.clock.now() + hours(plan.keepsHours),
        wantedAt: world.clock.now(),
      })
    }),
  ]
  // Several for one group and one customer a day: what the caps say is not the question here.
  for (let from = 0; from < all.length; from += 250)
    await world.as((ctx) => enqueue(ctx, all.slice(from, from + 250)))
  await world.db.tx((tx) =>
    tx.run(`UPDATE promise SET state = 'queued', decision = 'queued', ready_at = due_at WHERE state is null`),
  )
  // Broadcasts leave at 600 a minute; a drain on a virtual clock would make them all in one instant, and whoever looks
  // for a lost one would find herself among all the others.
  await world.db.tx((tx) =>
    tx.run(
      `UPDATE promise SET ready_at = ready_at + 100 * cast(substr(dedupe_key, 2) as integer)
       WHERE channel in ('broadcast', 'group-broadcast')`,
    ),
  )
  let welcomed = 0
  return {
    deliveries: all.length + plan.welcomes,
    async welcome() {
      if (welcomed >= plan.welcomes) return false
      const some = Array.from({ length: Math.min(10, plan.welcomes - welcomed) }, () => {
        const external_userid = `wmNew${String((welcomed += 1))}`
        const { welcomeCode } = simulator.world.addContact({ userid: 'lin', external_userid })
        const one = candidate('welcome')
        return {
          ...one,
          subject: external_userid,
          customer: customerOfNumber(1),
          expiresAt: world.clock.now() + seconds(18),
          content: { ...one.content, welcomeCode: welcomeCode ?? '' },
        }
      })
      await world.as((ctx) => enqueue(ctx, some))
      return true
    },
  }
}

interface Struck {
  readonly faults: Readonly<Record<string, number>>
  readonly bursts: readonly Burst[]
}

async function live(rig: Rig, plan: FaultPlan, staged: Staged): Promise<Struck> {
  const { world, simulator } = rig
  // Rates are kept in real time, which a proof on a virtual clock does not have.
  const unhurried = { perMinute: 600_000, burst: 1_000 }
  const server = rig.server({ channels: rig.channels.map((one) => ({ ...one, rate: unhurried })) })
  const bursts: Burst[] = []
  const confirmed = new Set<string>()
  let seen = 0
  const pressAll = (): void => {
    const rows = simulator.ledger()
    for (const { api, msgid, sender, status } of rows.slice(seen)) {
      if (api !== 'add_msg_template' || status !== 'accepted' || confirmed.has(msgid)) continue
      confirmed.add(msgid)
      simulator.world.confirm(sender, msgid)
    }
    seen = rows.length
  }
  const openOnes = async (): Promise<number> => {
    const [row] = await world.db.reader.rows<{ n: number }>(
      `select cast(count(*) as bigint) as n from promise where state in ('queued', 'claimed', 'intent', 'unknown')
         or (state = 'waiting' and channel in ('broadcast', 'group-broadcast'))`,
    )
    return row?.n ?? 0
  }
  for (let turn = 0; ; turn += 1) {
    const welcomed = await staged.welcome()
    const burst = turn / plan.burstEvery
    if (Number.isInteger(burst) && burst < plan.bursts) {
      const api = ['add_msg_template', 'message/send', 'send_welcome_msg'][burst % 3] ?? ''
      // One that outlasts the first minute costs an hour; a welcome has eighteen seconds, so hers never do.
      const outlasts = burst % 3 !== 2 && Math.floor(burst / 3) % 4 === 1
      const ms = seconds(outlasts ? 100 : 45)
      bursts.push({ api, from: simulator.now(), to: simulator.now() + ms })
      simulator.addFault({ api, kind: 'errcode', errcode: 45009, ms })
    }
    const now = world.clock.now()
    await server.drainOnce(now)
    await server.reconcileOnce(now)
    await server.pollOnce(now)
    // Not at once: a broadcast whose answer was lost is looked for while nobody has pressed, too.
    if (turn % 3 === 2) pressAll()
    const left = await openOnes()
    plan.say?.(`turn ${String(turn)}: ${String(left)} open, ${String(simulator.calls().length)} calls`)
    if (left === 0 && !welcomed) break
    if (turn > 20_000) throw new Error(`${String(left)} promises do not end`)
    const next = (await server.nextDueAt()) ?? now
    await rig.pass(welcomed ? seconds(2) : Math.max(seconds(5), Math.min(next - now, calmMs)))
  }
  await server.stop()
  const faults: Record<string, number> = {}
  for (const { fault } of simulator.calls()) if (fault !== null) faults[fault] = (faults[fault] ?? 0) + 1
  return { faults, bursts }
}

// ------------------------------------------------------------------ the judgement

interface PromiseSeen {
  readonly dedupe_key: string
  readonly channel: string
  readonly state: string
  readonly subject: string
  readonly intent_at: number | null
  readonly text: string | null
}

async function judge(
  rig: Rig,
  plan: FaultPlan,
  { faults, bursts }: Struck,
): Promise<Omit<FaultReport, 'seconds'>> {
  const rows = rig.simulator.ledger()
  const calls = rig.simulator.calls()
  const promises = await rig.world.db.reader.rows<PromiseSeen>(
    `select p.dedupe_key, p.channel, p.state, p.subject, q.intent_at, q.text
     from promise p left join parcel q on q.id = p.parcel order by p.id`,
  )
  const deliveries = plan.cards + plan.broadcasts + plan.groupBroadcasts + plan.welcomes
  const byKey = new Map(promises.map((one) => [`#${one.dedupe_key.slice(1)}#`, one]))
  const reached = new Map<string, LedgerRow[]>()
  const unmeant: string[] = []
  for (const row of rows) {
    if (row.status === 'cancelled') continue
    const [mark] = markersIn(row)
    const promise = byKey.get(mark ?? '')
    if (mark === undefined) continue
    reached.set(mark, [...(reached.get(mark) ?? []), row])
    if (!promise || promise.intent_at === null || row.acceptedAt < promise.intent_at) unmeant.push(mark)
  }
  const states: Record<string, number> = {}
  for (const { channel, state } of promises)
    states[`${channel} ${state}`] = (states[`${channel} ${state}`] ?? 0) + 1
  const over = ['sent', 'waiting', 'refused', 'expired', 'held', 'cancelled']
  const said = (one: PromiseSeen): number => reached.get(`#${one.dedupe_key.slice(1)}#`)?.length ?? 0
  const sendCalls = calls.filter(({ api }) => sendApi.test(api)).length
  return {
    deliveries,
    sendCalls,
    allCalls: calls.length,
    callsPerDelivery: Math.round((sendCalls / deliveries) * 1000) / 1000,
    faults,
    states,
    missing: promises
      .filter((one) => ['sent', 'waiting'].includes(one.state) && said(one) === 0)
      .map(({ dedupe_key }) => dedupe_key),
    open: [
      ...promises.filter(({ state }) => !over.includes(state)).map(({ dedupe_key }) => dedupe_key),
      ...(promises.length === deliveries
        ? []
        : [`${String(promises.length)} promises of ${String(deliveries)}`]),
    ],
    twice: promises.filter((one) => said(one) > 1).map(({ dedupe_key }) => dedupe_key),
    unmeant,
    outsideHours: rows.filter(isOutside).map(({ api, acceptedAt }) => `${api} ${String(acceptedAt)}`),
    dropped: rows.filter(({ api, status }) => api === 'message/send' && status === 'failed').length,
    ...probesOf(calls, bursts),
  }
}

/** The shop's default hours, written down a second time: broadcasts in three windows, cards not at night. */
function isOutside(row: LedgerRow): boolean {
  const local = new Date(row.acceptedAt + hours(8))
  const minute = local.getUTCHours() * 60 + local.getUTCMinutes()
  if (row.api === 'send_welcome_msg') return false
  if (row.api === 'message/send') return minute >= 21 * 60 + 30 || minute < 8 * 60 + 30
  return ![
    [9 * 60 + 30, 11 * 60],
    [14 * 60 + 30, 16 * 60 + 30],
    [19 * 60 + 30, 21 * 60],
  ].some(([from = 0, to = 0]) => minute >= from && minute <= to)
}

interface Burst {
  readonly api: string
  readonly from: number
  readonly to: number
}

/** A limit is met by whatever is under way at that moment; whatever meets it later was a probe. */
function probesOf(
  calls: readonly CallRow[],
  bursts: readonly Burst[],
): Pick<FaultReport, 'mostProbes' | 'blocks'> {
  let [mostProbes, blocks] = [0, 0]
  for (const { api, from, to } of joined(bursts)) {
    const met = calls.filter(
      (call) => call.errcode === 45009 && call.api.endsWith(api) && call.at >= from && call.at < to,
    )
    const first = met[0]?.at
    if (first === undefined) continue
    blocks += 1
    mostProbes = Math.max(mostProbes, met.filter(({ at }) => at > first).length)
  }
  return { mostProbes, blocks }
}

/** Those of one API that overlap are one. */
function joined(bursts: readonly Burst[]): Burst[] {
  const list: Burst[] = []
  for (const burst of [...bursts].sort((a, b) => a.api.localeCompare(b.api) || a.from - b.from)) {
    const last = list.at(-1)
    if (last?.api === burst.api && burst.from <= last.to)
      list[list.length - 1] = { ...last, to: Math.max(last.to, burst.to) }
    else list.push(burst)
  }
  return list
}

/** Everything that must not be, in words. */
export const faultsOf = (report: FaultReport): string[] => [
  ...report.missing.map((key) => `called said, but nobody got it: ${key}`),
  ...report.open.map((key) => `did not end: ${key}`),
  ...report.twice.map((key) => `twice: ${key}`),
  ...report.unmeant.map((key) => `sent without an earlier intent: ${key}`),
  ...report.outsideHours.map((key) => `outside the hours: ${key}`),
  ...(report.dropped > 0 ? [`${String(report.dropped)} cards were dropped by WeCom`] : []),
  ...(report.mostProbes > 1 ? [`${String(report.mostProbes)} probes inside one limit`] : []),
  ...(report.callsPerDelivery > 1.3 ? [`${String(report.callsPerDelivery)} calls a delivery`] : []),
]
