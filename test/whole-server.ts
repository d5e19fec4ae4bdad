/** The whole server and the simulator over HTTP, both clocks moved by hand. */
import { setImmediate as breathe } from 'node:timers/promises'
import { openApp } from '../src/app.ts'
import type { App } from '../src/app.ts'
import type { VirtualClock } from '../src/base/clock.ts'
import { packageRoot, readEnv } from '../src/base/env.ts'
import { createLog } from '../src/base/log.ts'
import type { Simulator } from '../src/simulator/index.ts'

/** With the simulator's keys, and `more` of the environment; it does not listen yet. */
export function openServerOn(
  databaseUrl: string,
  { url, credentials: keys }: Simulator,
  clock: VirtualClock,
  more: Readonly<Record<string, string>> = {},
): Promise<App> {
  const env = readEnv({
    envFile: false,
    simulated: true,
    source: {
      PORT: '0',
      DATABASE_URL: databaseUrl,
      PUBLIC_URL: 'http://127.0.0.1:9',
      SIYU_MASTER_KEY: Buffer.alloc(32, 5).toString('base64'),
      SIYU_RECONCILE_DELAYS_MS: '300,1000,3000',
      WECOM_API_URL: url,
      WECOM_CORP_ID: keys.corpId,
      WECOM_AGENT_ID: String(keys.agentId),
      WECOM_AGENT_SECRET: keys.agentSecret,
      WECOM_CALLBACK_TOKEN: keys.callbackToken,
      WECOM_CALLBACK_AES_KEY: keys.callbackAesKey,
      ...more,
    },
  })
  return openApp({ env, clock, log: createLog('silent'), root: packageRoot })
}

/** Time passes for everybody, and what was caused comes to rest. */
export async function passTogether(
  app: App,
  simulator: Simulator,
  clock: VirtualClock,
  ms = 0,
): Promise<void> {
  clock.set(clock.now() + ms)
  await simulator.advanceTo(clock.now())
  do {
    await simulator.idle()
    await app.settle()
    await breathe()
  } while (simulator.busy() || app.busy())
}
