/** `serve`: the server, until somebody stops it. */
import { existsSync } from 'node:fs'
import cron from 'node-cron'
import { sqlitePath } from './base/db.ts'
import { packageRoot, readEnv } from './base/env.ts'
import type { Env } from './base/env.ts'
import { wallClock } from './base/clock.ts'
import { Refusal, messageOf } from './base/errors.ts'
import { keepCount, noticeCopy } from './base/instance.ts'
import { createLog } from './base/log.ts'
import type { Log } from './base/log.ts'
import { quarantineOf } from './base/quarantine.ts'
import { newSecret } from './base/ids.ts'
import { takeServerLock } from './base/server-lock.ts'
import { openApp } from './app.ts'
import { checkCadence, namesInFiles } from './cadence/index.ts'
import { shippedCadence } from './core.ts'
import { erasureListFile } from './privacy.ts'
import { eraseAgain } from './restore.ts'
import { loadTierRules } from './segment/index.ts'
import type { App } from './app.ts'
import { exitCodes, say } from './cli/output.ts'
import type { Simulator } from './simulator/types.ts'

export interface ServeOptions {
  /** True: with a simulator of its own; an address: against the one there. */
  readonly simulator?: string | true
  readonly json?: boolean
}

export async function runServe(options: ServeOptions): Promise<void> {
  const simulator = options.simulator === true ? await ownSimulator() : null
  const env = simulator ? simulatedEnv(simulator) : readEnv({ simulated: options.simulator !== undefined })
  const log = createLog(env.logLevel)
  const path = sqlitePath(env.databaseUrl, packageRoot)
  // A first start whose cadence cannot be used leaves no database behind.
  if (path !== null && !existsSync(path))
    checkCadence(namesInFiles(env.configDir, loadTierRules(env.configDir)), shippedCadence(env))
  const lock = path === null ? null : await takeServerLock(path)
  let app: App | null = null
  try {
    app = await openApp({ env, clock: wallClock, log, root: packageRoot, alone: lock !== null })
    await lookForCopy(app, path, log)
    const { url } = await listening(app, env)
    if (simulator) await simulator.setCallback(`${env.publicUrl}/wecom/callback`)
    app.start()
    const wake = cron.schedule('* * * * *', () => {
      app?.wakeJobs()
      if (app && path !== null) void countInstance(app, path, log)
    })
    log.info({ url, roles: env.roles, database: app.db.dialect, simulated: env.simulated }, 'listening')
    ready(options, env, url, simulator)
    await untilStopped()
    await wake.stop()
  } finally {
    await app?.stop()
    await simulator?.close()
    await lock?.release()
  }
}

/** A file put in place by hand, or a restore that nobody confirmed: said at once, and the erased are erased again. */
async function lookForCopy(app: App, path: string | null, log: Log): Promise<void> {
  if (path !== null) {
    const seen = await noticeCopy(app.db, path, wallClock.now())
    if (seen === 'older-copy' || seen === 'other-place')
      log.warn({ seen }, 'this database file is not the one that was served here last')
  }
  if (!(await quarantineOf(app.db.reader))) return
  await eraseAgain(app.importParts, erasureListFile(app.env.databaseUrl, packageRoot))
  log.warn(
    'this database comes from a backup: nothing is sent until a person confirms (siyu restore confirm REASON)',
  )
}

async function countInstance(app: App, path: string, log: Log): Promise<void> {
  try {
    await keepCount(app.db, path, wallClock.now())
  } catch (error) {
    log.warn({ err: error }, 'the counter beside the database could not be moved')
  }
}

async function listening(app: App, env: Env): Promise<{ url: string }> {
  try {
    return await app.listen()
  } catch (error) {
    throw new Refusal(
      'port-taken',
      `The server cannot listen on ${env.host}:${String(env.port)}: ${messageOf(error)}`,
      409,
      {
        fix: 'stop whatever uses the port, or set PORT',
      },
    )
  }
}

function ready(options: ServeOptions, env: Env, url: string, simulator: Simulator | null): void {
  if (options.json)
    process.stdout.write(
      `${JSON.stringify({ url, publicUrl: env.publicUrl, simulator: simulator?.url ?? null })}\n`,
    )
  if (!process.stderr.isTTY) return
  say(`Siyu listens on ${url}`)
  say(`  console  ${env.publicUrl}/admin/`)
  say(`  sidebar  ${env.publicUrl}/sidebar/`)
  if (simulator) say(`  simulator  ${simulator.url}/sim/state`)
}

async function ownSimulator(): Promise<Simulator> {
  const { startSimulator } = await import('./simulator/index.ts')
  return startSimulator({ clock: 'wall' })
}

/** Credentials from the simulator, everything else as set; a database of its own unless one is named. */
export function simulatedEnv(simulator: Simulator): Env {
  const { credentials: keys, bot, url } = simulator
  const given = readEnv({ partial: true })
  return readEnv({
    envFile: false,
    simulated: true,
    source: {
      PORT: String(given.port),
      HOST: given.host,
      PUBLIC_URL: given.publicUrl,
      DATABASE_URL:
        given.databaseUrl === 'sqlite:data/siyu.db' ? 'sqlite:data/simulated.db' : given.databaseUrl,
      SIYU_MASTER_KEY: given.masterKey.toString('base64'),
      SIYU_EVENTS_KEY: given.eventsKey ?? newSecret(),
      SIYU_ADMINS:
        given.admins.length > 0 ? given.admins.join(',') : (simulator.world.staff()[0]?.userid ?? ''),
      SIYU_RECONCILE_DELAYS_MS: given.reconcileDelaysMs.join(','),
      SIYU_CONFIG_DIR: given.configDir,
      CADENCE_SOURCE: given.cadenceSource,
      LOG_LEVEL: given.logLevel,
      SIYU_ROLES: given.roles.join(','),
      REDIS_URL: given.redisUrl,
      WECOM_API_URL: url,
      WECOM_OAUTH_URL: `${url}/connect/oauth2/authorize`,
      WECOM_LOGIN_URL: `${url}/wwlogin/sso/login`,
      WECOM_CORP_ID: keys.corpId,
      WECOM_AGENT_ID: String(keys.agentId),
      WECOM_AGENT_SECRET: keys.agentSecret,
      WECOM_CALLBACK_TOKEN: keys.callbackToken,
      WECOM_CALLBACK_AES_KEY: keys.callbackAesKey,
      WECOM_BOT_ID: bot.botId,
      WECOM_BOT_SECRET: bot.botSecret,
      WECOM_BOT_URL: bot.botUrl,
    },
  })
}

/** SIGTERM ends well (0); Ctrl-C says that it was interrupted (130). */
function untilStopped(): Promise<void> {
  return new Promise((ok) => {
    process.once('SIGTERM', () => ok())
    process.once('SIGINT', () => {
      process.exitCode = exitCodes.interrupted
      ok()
    })
  })
}
