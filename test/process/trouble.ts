/** R4: a server at work, a database in trouble, and what became of callbacks and deliveries. */
import { setTimeout as pause } from 'node:timers/promises'
import { contactsOf, countOf, inParts, onGround, owed } from './drain.ts'
import type { Ground } from './drain.ts'
import { pressAtOnce, settled } from './drain-fire.ts'
import { judge, problemsOf } from './drain-judge.ts'
import { readiness, startServer, until } from './harness.ts'
import type { ServerProcess, Settings, SimulatorProcess } from './harness.ts'

export interface Trouble {
  /** Null: a file of its own. */
  readonly databaseUrl: string | null
  /** After the first refusal; 5 s. */
  readonly lastsMs?: number
  /** For the server alone. */
  readonly env?: Settings
  begin(server: ServerProcess, ground: Ground): Promise<void>
  end(server: ServerProcess, ground: Ground): Promise<void>
  /** Afterwards, when nobody works on the database any more. */
  remove?(): Promise<void> | void
}

export interface TroubleReport {
  readonly deliveries: number
  readonly refusedCallbacks: number
  /** Answered 200 although there was trouble: the full disk still had a page, say. */
  readonly takenInTrouble: number
  readonly longestRefusalMs: number
  readonly otherAnswers: readonly string[]
  readonly takenAndLost: readonly string[]
  readonly readyInTrouble: boolean
  readonly sentInTrouble: number
  /** From the repair until the server says that it is ready and takes a callback. */
  readonly readyAfterMs: number
  readonly settledAfterMs: number
  /** What the server called an error; trouble of the world is none. */
  readonly errorsSaid: readonly string[]
  readonly problems: readonly string[]
}

const shop = { staff: 8, customers: 96, groups: 0 }
const lastsMs = 5_000
/** A full database has room here and there: so long until the first refusal. */
const bitesWithinMs = 60_000

export async function throughTrouble(trouble: Trouble): Promise<TroubleReport> {
  try {
    return await onGround(shop, trouble.databaseUrl, (ground) => onTroubledGround(ground, trouble))
  } finally {
    await trouble.remove?.()
  }
}

async function onTroubledGround(ground: Ground, trouble: Trouble): Promise<TroubleReport> {
  const { core, simulator, env } = ground
  await stage(ground)
  const tagsBefore = await countOf(core, 'seen_tag')
  const advisors = pressAtOnce(simulator)
  const server = await startServer({ ...env, ...trouble.env }, { mortal: true })
  const visitors = createVisitors(simulator)
  let troubled = false
  try {
    await until('first sends', () => (advisors.rows().length > 5 ? true : null))
    const sentBefore = advisors.rows().length
    troubled = true
    await trouble.begin(server, ground)
    await until('the first refusal', async () => ((await visitors.come()).refused ? true : null), {
      timeoutMs: bitesWithinMs,
      everyMs: 20,
    })
    const endAt = Date.now() + (trouble.lastsMs ?? lastsMs)
    if (server.program.exited()) throw new Error(`The server fell: ${server.program.stderr().slice(-4_000)}`)
    const { ready: readyInTrouble } = await readiness(server.url)
    while (Date.now() < endAt) {
      await visitors.come()
      await pause(100)
    }
    const sentInTrouble = advisors.rows().length - sentBefore
    const inTrouble = visitors.seen.length
    const repairedAt = Date.now()
    troubled = false
    await trouble.end(server, ground)
    await until('a callback is taken', async () => ((await visitors.come()).refused ? null : true))
    await until('ready', async () => ((await readiness(server.url)).ready ? true : null))
    const readyAfterMs = Date.now() - repairedAt
    const added = visitors.seen.map(({ external }) => external)
    const run = { core, simulator, advisors, added, tagsBefore, plan: { patienceMs: 120_000 } }
    await settled(run)
    const settledAfterMs = Date.now() - repairedAt
    await advisors.stop()
    const end = await server.program.end('SIGTERM')
    const verdict = await judge(run)
    return {
      deliveries: verdict.deliveries,
      ...summaryOf(visitors.seen.slice(0, inTrouble)),
      takenAndLost: await takenAndLost(ground, visitors.seen),
      readyInTrouble,
      sentInTrouble,
      readyAfterMs,
      settledAfterMs,
      errorsSaid: errorsIn(server.program.stderr()),
      problems: [
        ...problemsOf(verdict),
        ...(end.code === 0 ? [] : [`the server did not stop well: ${server.program.stderr().slice(-2_000)}`]),
      ],
    }
  } finally {
    // Whatever failed: those that come after it need a database again.
    if (troubled) await trouble.end(server, ground)
    await advisors.stop()
    await server.program.end('SIGKILL')
  }
}

function errorsIn(stderr: string): string[] {
  const lines = stderr.split('\n').filter((line) => /^\{"level":[56]0,/.test(line))
  const said = lines.map((line) => JSON.parse(line) as { msg: string; err?: { message?: string } })
  return [...new Set(said.map(({ msg, err }) => `${msg}: ${err?.message ?? ''}`))]
}

async function stage({ core, simulator, env }: Ground): Promise<void> {
  const people = await contactsOf(core)
  await inParts(
    core,
    people.flatMap((to, n) => [
      owed(core, to, 'broadcast', n),
      ...(n % 2 === 0 ? [owed(core, to, 'advisor-task', 1_000 + n)] : []),
    ]),
  )
  await simulator.post('settings', { latencyMs: 150, dispatchMs: 100, callbackTries: 1 })
  const url = `http://127.0.0.1:${env['PORT'] ?? ''}/wecom/callback`
  await simulator.post('callback-url', { url, verify: false })
}

// ------------------------------------------------------------------ callbacks

interface Visit {
  readonly external: string
  /** What the callback was answered; null: nothing at all. */
  readonly status: number | null
  readonly refused: boolean
  readonly tookMs: number
}

interface CallbackSeen {
  readonly state: string
  readonly status: number | null
  readonly problem: string | null
  readonly xml: string
}

/** People who add an advisor, one after the other, each told by one callback. */
function createVisitors(simulator: SimulatorProcess) {
  const seen: Visit[] = []
  return {
    seen: seen as readonly Visit[],
    async come(): Promise<Visit> {
      const external = `wmVisitor${String(seen.length)}`
      const startedAt = Date.now()
      await simulator.post('contacts/add', {
        userid: `advisor${String(seen.length % shop.staff)}`,
        external_userid: external,
      })
      const { status } = await until('the end of a callback', async () => {
        const { rows } = await simulator.get<{ rows: CallbackSeen[] }>('callbacks')
        return (
          rows.find(({ xml, state }) => xml.includes(`[${external}]`) && /delivered|given-up/.test(state)) ??
          null
        )
      })
      const visit = { external, status, refused: status !== 200, tookMs: Date.now() - startedAt }
      seen.push(visit)
      return visit
    },
  }
}

function summaryOf(visits: readonly Visit[]) {
  const refused = visits.filter((visit) => visit.refused)
  const isFive = ({ status }: Visit): boolean => status !== null && status >= 500
  return {
    refusedCallbacks: refused.filter(isFive).length,
    takenInTrouble: visits.length - refused.length,
    longestRefusalMs: Math.max(0, ...refused.map(({ tookMs }) => tookMs)),
    otherAnswers: refused
      .filter((visit) => !isFive(visit))
      .map(({ external, status }) => `${external} ${String(status)}`),
  }
}

async function takenAndLost({ core }: Ground, visits: readonly Visit[]): Promise<string[]> {
  const rows = await core.db.reader.rows<{ external: string }>(
    `select external from log where kind = 'contact-added'`,
  )
  const known = new Set(rows.map(({ external }) => external))
  return visits.flatMap(({ external, refused }) => (refused || known.has(external) ? [] : external))
}
