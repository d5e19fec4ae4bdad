/** The `wechaty` process. wechaty costs a second and 80 MB to load, so it is imported only here, when asked for. */
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import type { Log } from '../base/log.ts'
import { bridge } from './bridge.ts'
import { createThrottle } from './throttle.ts'

export interface WechatyOptions {
  /** A puppet's package name, for example wechaty-puppet-service; its token comes from its own environment variable. */
  readonly puppet: string
  readonly serverUrl: string
  readonly key: string
  readonly log: Log
}

export async function runWechaty(options: WechatyOptions): Promise<{ stop(): Promise<void> }> {
  const { WechatyBuilder } = await import('wechaty')
  const bot = WechatyBuilder.build({ name: 'siyu', puppet: options.puppet as 'wechaty-puppet-service' })
  const throttle = createThrottle({
    steady: () => performance.now(),
    wait: (ms) => wait(ms),
    random: Math.random,
  })
  bridge({ bot, serverUrl: options.serverUrl, key: options.key, throttle, log: options.log })
  await bot.start()
  return { stop: () => bot.stop() }
}
