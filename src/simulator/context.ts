import { Callbacks } from './callbacks.ts'
import { SimClock } from './clock.ts'
import { createCodec, type Codec } from './codec.ts'
import { botKeysFor, credentialsFor } from './credentials.ts'
import { createFaults, type Faults } from './faults.ts'
import type { BotLine } from './aibot.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createLimiter, type Limiter } from './limits.ts'
import type { Plan } from './plan.ts'
import { createRng, type Rng } from './rng.ts'
import { createSnapshots } from './snapshots.ts'
import { createState, type State } from './state.ts'
import type {
  CallRow,
  LedgerRow,
  SimulatorCredentials,
  SimulatorOptions,
  SimulatorSettings,
  Snapshots,
  StaffMessage,
} from './types.ts'

export interface App {
  readonly agentId: number
  readonly secret: string
}

/** What every part of the simulator works on. `state` is replaced as a whole by a reset. */
export interface Context {
  readonly options: SimulatorOptions
  readonly credentials: SimulatorCredentials
  readonly apps: readonly App[]
  readonly settings: SimulatorSettings
  readonly rng: Rng
  readonly clock: SimClock
  readonly codec: Codec
  readonly faults: Faults
  readonly ledger: Ledger
  readonly callbacks: Callbacks
  readonly calls: CallRow[]
  readonly delivered: Set<(row: LedgerRow) => void>
  readonly staffMessages: Set<(message: StaffMessage) => void>
  /** The smart bot: its keys, and who holds its connection. */
  readonly bot: { readonly botId: string; readonly botSecret: string; line: BotLine | null }
  state: State
  /** Does what was planned; set once the deeds are known. */
  perform: (plan: Plan) => void | Promise<void>
  /** Set once listening. */
  url: string
  readonly snapshots: Snapshots
  readonly limiter: Limiter
  /** Back to the beginning; set once the shop is known. */
  restart: () => void
  /** Nobody listens for so long, on the wall clock: connections are truly refused. */
  outage: (ms: number) => void
}

export const defaultSettings: SimulatorSettings = {
  latencyMs: 0,
  quotaMode: 'month-days',
  rotateTokens: false,
  dispatchMs: 500,
  rateLimits: { perMinute: 10_000, perHour: 150_000 },
  memberLimits: { perMinute: 30, perHour: 1_000 },
  mostRunningMoments: null,
  mostWays: 500_000,
  mostTempWaysPerDay: 100_000,
  mostGroupMembers: 500,
  mostCustomersPerStaff: null,
  mostAcquisitionLinks: null,
  appchatLimits: { perMinute: 20_000, perHour: 150_000 },
  mostKfAccounts: 5_000,
  callbackDeadlineMs: 5_000,
  callbackTries: 3,
  callbackRetryMs: 1_000,
  callbackRetryNon200: true,
  memChangeList: 'items',
  trustedHosts: null,
}

export function createContext(options: SimulatorOptions): Context {
  const seed = options.seed ?? 1
  const credentials = credentialsFor(seed, options.credentials)
  const settings: SimulatorSettings = { ...defaultSettings, ...options.settings }
  if (options.latencyMs !== undefined) settings.latencyMs = options.latencyMs
  if (options.quotaMode !== undefined) settings.quotaMode = options.quotaMode
  const rng = createRng(`world ${seed}`)
  const faults = createFaults(createRng(`faults ${seed}`))
  const codec = createCodec(credentials.callbackToken, credentials.callbackAesKey, credentials.corpId)
  const clock: SimClock = new SimClock({
    mode: options.clock ?? 'wall',
    ...(options.startAt === undefined ? {} : { startAt: options.startAt }),
    perform: (plan) => ctx.perform(plan),
    drain: () => callbacks.idle(),
    // Nobody awaits the agenda on the wall clock, so a broken deed must be loud.
    onError: (error) => {
      setImmediate(() => {
        throw error
      })
    },
  })
  const callbacks: Callbacks = new Callbacks({
    credentials,
    codec,
    settings,
    faults,
    rng: createRng(`callbacks ${seed}`),
    now: () => clock.now(),
    poster: options.poster,
  })
  callbacks.setUrl(options.callback?.url ?? null)
  const ctx: Context = {
    options,
    credentials,
    apps: [{ agentId: credentials.agentId, secret: credentials.agentSecret }, ...(options.apps ?? [])],
    settings,
    rng,
    clock,
    codec,
    faults,
    ledger: createLedger(),
    callbacks,
    calls: [],
    delivered: new Set(),
    staffMessages: new Set(),
    bot: { ...botKeysFor(seed), line: null },
    state: createState(),
    limiter: createLimiter(),
    get snapshots() {
      return snapshots
    },
    perform: () => {},
    url: '',
    restart: () => {},
    outage: () => {},
  }
  const snapshots = createSnapshots(ctx)
  return ctx
}

export const seconds = (ms: number): number => Math.floor(ms / 1000)
