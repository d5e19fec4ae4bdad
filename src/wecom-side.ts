/** Everything that speaks WeCom, put together: door, client, comparison, mirror, channels. */
import { setTimeout as pause } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import type { Instant } from './base/clock.ts'
import type { Job } from './base/jobs.ts'
import type { Log } from './base/log.ts'
import { createQuarantineWatch } from './base/quarantine.ts'
import { linkKey } from './content/index.ts'
import type { Core } from './core.ts'
import type { Channel } from './delivery/index.ts'
import { createIdentities } from './http/auth.ts'
import { createCallbackDoor } from './http/callback.ts'
import type { CallbackDoor } from './http/callback.ts'
import type { Identities } from './http/guard.ts'
import { databaseCheck, restoreCheck, writesCheck } from './http/health.ts'
import type { Check } from './http/health.ts'
import type { Metrics } from './http/metrics.ts'
import type { Follower } from './interaction/index.ts'
import { authPartsOf, cardsOf, tierTitlesOf } from './routes.ts'
import {
  createApi,
  createBot,
  createBotLease,
  createCardMenu,
  createClient,
  createCodec,
  createKf,
  createLoneLease,
  createMedia,
  createMirror,
  createRobots,
  createSharedToken,
  createSync,
  createWays,
  createWecomChannels,
  failureWords,
  hasHeard,
} from './wecom/index.ts'
import type { Bot, Media, Sync, Ways, WecomApi } from './wecom/index.ts'

export interface WecomSide {
  readonly api: WecomApi
  readonly media: Media
  readonly sync: Sync
  readonly ways: Ways
  readonly door: CallbackDoor
  readonly identities: Identities
  readonly checks: readonly Check[]
  readonly channels: readonly Channel[]
  readonly followers: readonly Follower[]
  readonly jobs: readonly Job[]
  compareAll(): Promise<void>
  /** Reads again what is due and brings tags to what is wanted; answers whether anything was done. */
  settle(): Promise<boolean>
  nextDueAt(): Promise<Instant | null>
  busy(): boolean
  start(): void
  stop(): Promise<void>
}

const tickMs = 1_000
const wakeMs = 10
/** The first comparison is begun again this often until WeCom answers. */
const compareAgainMs = 60_000

export function createWecom({
  core,
  log,
  metrics,
  dispatcher,
}: {
  readonly core: Core
  readonly log: Log
  readonly metrics: Metrics
  readonly dispatcher?: Dispatcher | undefined
}): WecomSide {
  const { env, db, act, clock, recorder } = core
  const client = createClient(env.wecom, {
    clock,
    sharedToken:
      db.dialect === 'sqlite'
        ? null
        : createSharedToken({ db, clock, log, masterKey: env.masterKey, app: env.wecom }),
    dispatcher,
    onCall: (api, result, ms) => metrics.wecomCall(api, result, ms),
  })
  const api = createApi(client)
  const media = createMedia({ db, clock, log, api })
  const robots = createRobots({ db, clock, log, keys: env.wecom.robots })
  const sync = createSync({ db, act, clock, log, api, erasures: core.erasures })
  const mirror = createMirror({ db, act, clock, api, agentId: Number(env.wecom.agentId) })
  const cards = createCardMenu({
    db,
    act,
    clock,
    log,
    api,
    publicUrl: env.publicUrl,
    agentId: env.wecom.agentId,
  })
  const restored = createQuarantineWatch(db.reader)
  const ways = createWays({ db, act, clock, log, api, restored, lookDelaysMs: env.reconcileDelaysMs })
  const bot = botOf(core, log, restored)
  const kf = createKf({
    db,
    act,
    clock,
    log,
    api,
    corpId: env.wecom.corpId,
    erasures: core.erasures,
    wake: () => talk.wake(),
  })
  // By itself: whoever writes there waits for an answer, and a greeting has seconds.
  const talk = createLoop(log, async () => {
    const read = await kf.readDue(clock.now())
    // Taking in is always right; who shall answer is not decided by a copy.
    if (await restored()) return read > 0
    return (await kf.handOverDue(clock.now())) > 0 || read > 0
  })
  const ear = createEar(core, log)
  const work = createLoop(log, async () => {
    await ear.listen()
    const reread = await sync.rereadDue(clock.now())
    // What a restored database wants may be yesterday's wish.
    if (await restored()) return reread > 0
    const told = await cards.answerDue(clock.now())
    const wayed = await ways.settleDue(clock.now())
    return (await mirror.converge()) > 0 || reread > 0 || told > 0 || wayed > 0
  })
  let compareTimer: NodeJS.Timeout | null = null
  let stopping = false
  const firstComparison = (): void => {
    sync.compareAll().catch((error: unknown) => {
      if (stopping) return
      log.warn({ err: error }, 'WeCom could not be compared yet; callbacks are accepted meanwhile')
      compareTimer = setTimeout(firstComparison, compareAgainMs)
    })
  }
  metrics.wecomBudget(() => ({
    budgets: client.budgets().map(({ span, ...one }) => ({
      ...one,
      window: typeof span === 'number' ? `${String(span / 1000)}s` : span,
    })),
    blocked: client.blocked().map(({ api: name, ms }) => ({ api: name, seconds: ms / 1000 })),
  }))
  return {
    api,
    media,
    sync,
    ways,
    door: createCallbackDoor({
      inbox: env.wecom,
      codec: codecOf(core),
      recorder,
      reader: db.reader,
      clock,
      log,
      metrics,
    }),
    identities: createIdentities(authPartsOf(core, api)),
    checks: [
      databaseCheck(db.reader),
      writesCheck(db),
      restoreCheck(db.reader),
      wecomCheck(client),
      { name: 'comparison', vital: false, missing: () => sync.incomplete() },
      { name: 'kf', vital: false, missing: () => kf.incomplete() },
      ...(bot ? [botCheck(bot)] : []),
      { name: 'robots', vital: false, missing: () => robots.missing() },
    ],
    channels: createWecomChannels({
      api,
      media,
      clock,
      hears: () => ear.hears(),
      publicUrl: env.publicUrl,
      agentId: env.wecom.agentId,
      robots,
    }),
    followers: [
      ...sync.followers,
      ...kf.followers,
      ...mirror.followers,
      ...cards.followers,
      ...ways.followers,
    ],
    jobs: [...sync.jobs, ...kf.jobs, ...mirror.jobs, ...media.jobs, ...ways.jobs],
    compareAll: () => sync.compareAll(),
    async settle() {
      const [talked, worked] = [await talk.once(), await work.once()]
      return talked || worked
    },
    async nextDueAt() {
      const times = [
        await sync.nextDueAt(),
        await kf.nextDueAt(),
        await cards.nextDueAt(),
        await ways.nextDueAt(),
      ].filter((at) => at !== null)
      return times.length === 0 ? null : Math.min(...times)
    },
    busy: () => work.busy() || talk.busy() || (bot?.busy() ?? false),
    start() {
      work.start()
      talk.start()
      bot?.start()
      firstComparison()
      kf.begin().catch((error: unknown) =>
        log.warn({ err: error }, '微信客服 could not be read at the start; its jobs will'),
      )
    },
    async stop() {
      stopping = true
      if (compareTimer !== null) clearTimeout(compareTimer)
      await bot?.stop()
      // Without a client a comparison under way breaks off at its next call, and is begun again by the next server.
      await client.close()
      await sync.idle()
      await talk.stop()
      await work.stop()
    },
  }
}

/** Null unless it is configured. It answers from the same cards and desk as the sidebar. */
function botOf(core: Core, log: Log, restored: () => Promise<boolean>): Bot | null {
  const { env, db, clock, recorder } = core
  if (env.wecom.bot === null) return null
  return createBot({
    settings: env.wecom.bot,
    answers: {
      reader: db.reader,
      admins: env.admins,
      publicUrl: env.publicUrl,
      rules: core.rules,
      desk: {
        links: { publicUrl: env.publicUrl, key: linkKey(env.masterKey) },
        tierTitle: tierTitlesOf(core),
      },
      card: cardsOf(core),
    },
    recorder,
    lease: db.dialect === 'sqlite' ? createLoneLease() : createBotLease({ db, clock }),
    restored,
    clock,
    log,
  })
}

/** Named in /readyz, never vital. */
const botCheck = (bot: Bot): Check => ({
  name: 'bot',
  vital: false,
  missing: () => Promise.resolve(bot.missing()),
})

const codecOf = ({ env: { wecom } }: Core): ReturnType<typeof createCodec> => {
  const present = (values: readonly (string | undefined)[]): string[] =>
    values.filter((value) => value !== undefined)
  return createCodec({
    corpId: wecom.corpId,
    tokens: present([wecom.callbackToken, wecom.callbackTokenPrevious]),
    aesKeys: present([wecom.callbackAesKey, wecom.callbackAesKeyPrevious]),
  })
}

/** Named in /readyz, never vital: the door takes callbacks without it. */
const wecomCheck = (client: ReturnType<typeof createClient>): Check => ({
  name: 'wecom',
  vital: false,
  async missing() {
    const token = await client.warmUp()
    return token.kind === 'ok' ? null : `no access token: ${failureWords(token)}`
  },
})

/**
 * Has WeCom told us anything yet? Once it has, its address is believed to stay; when it does not, WeCom says so (43012).
 * Without the planner's loop a worker looks when it is asked, and knows the next time.
 */
function createEar({ env, db }: Core, log: Log): { hears(): boolean; listen(): Promise<void> } {
  const inbox = `wecom:${env.wecom.corpId}:${env.wecom.agentId}`
  const loops = env.roles.includes('planner')
  let heard = false
  let listening = false
  const listen = async (): Promise<void> => {
    if (heard || listening) return
    listening = true
    try {
      heard = await hasHeard(db.reader, inbox)
    } finally {
      listening = false
    }
  }
  return {
    listen,
    hears() {
      if (!loops) listen().catch((error: unknown) => log.warn({ err: error }, 'the log could not be read'))
      return heard
    },
  }
}

/** One run at a time; by hand in the demo, by a timer in the server. */
function createLoop(log: Log, work: () => Promise<boolean>) {
  let running: Promise<boolean> | null = null
  let timer: NodeJS.Timeout | null = null
  const once = (): Promise<boolean> => {
    running ??= work().finally(() => {
      running = null
    })
    return running
  }
  let soon: NodeJS.Timeout | null = null
  const quietly = (): void => {
    once().catch((error: unknown) =>
      log.warn({ err: error }, 'WeCom could not be brought up to date and will be tried again'),
    )
  }
  return {
    once,
    busy: () => running !== null,
    start() {
      timer ??= setInterval(quietly, tickMs)
    },
    /** At once, where it is started; what comes during a run has the next one right behind it. */
    wake() {
      if (timer === null || soon !== null) return
      soon = setTimeout(() => {
        soon = null
        if (running === null) quietly()
        else void running.then(quietly, quietly)
      }, wakeMs)
    },
    async stop() {
      if (timer !== null) clearInterval(timer)
      if (soon !== null) clearTimeout(soon)
      timer = null
      while (running !== null) await pause(20)
    },
  }
}
