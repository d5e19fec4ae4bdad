/** `wechaty`: the optional process beside the server. */
import { createLog } from '../base/log.ts'
import { readEnv } from '../base/env.ts'
import { ConfigMistakes } from '../base/errors.ts'
import { runWechaty } from '../wechaty/run.ts'

export async function runWechatyVerb({ puppet }: { readonly puppet: string }): Promise<void> {
  const env = readEnv()
  if (env.eventsKey === undefined) {
    throw new ConfigMistakes('wechaty cannot speak to the server:', [
      'SIYU_EVENTS_KEY is missing; server and wechaty share it (npm run -s siyu -- init writes one)',
    ])
  }
  const log = createLog(env.logLevel)
  const running = await runWechaty({
    puppet,
    serverUrl: `http://${env.host}:${String(env.port)}`,
    key: env.eventsKey,
    log,
  })
  await new Promise<void>((ok) => {
    process.once('SIGINT', ok)
    process.once('SIGTERM', ok)
  })
  await running.stop()
}
