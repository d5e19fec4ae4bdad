import { createLog } from '../base/log.ts'
import type { Log } from '../base/log.ts'
import type { Core } from '../core.ts'
import { createApi, createClient, createSharedToken } from '../wecom/index.ts'
import type { WecomApi } from '../wecom/index.ts'

/** For verbs that call WeCom: with the token that servers share, closed again whatever happens. */
export async function withApi<T>(core: Core, work: (api: WecomApi, log: Log) => Promise<T>): Promise<T> {
  const { db, clock, env } = core
  const log = createLog(env.logLevel)
  const sharedToken =
    db.dialect === 'sqlite'
      ? null
      : createSharedToken({ db, clock, log, masterKey: env.masterKey, app: env.wecom })
  const client = createClient(env.wecom, { clock, sharedToken })
  try {
    return await work(createApi(client), log)
  } finally {
    await client.close()
  }
}
