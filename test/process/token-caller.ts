/** One of the processes of R10: takes the shared token, and calls as often and as fast as it is told. */
import { wallClock } from '../../src/base/clock.ts'
import { openDb } from '../../src/base/db.ts'
import { createLog } from '../../src/base/log.ts'
import { createApi, createClient, createSharedToken } from '../../src/wecom/index.ts'

export interface CallerSetting {
  readonly databaseUrl: string
  readonly masterKey: string
  readonly apiUrl: string
  readonly corpId: string
  readonly agentId: string
  readonly agentSecret: string
}

export interface CallerReport {
  readonly ok: number
  /** Anything else, in words. */
  readonly failed: readonly string[]
}

const setting = JSON.parse(process.argv[2] ?? '') as CallerSetting
const db = await openDb({ url: setting.databaseUrl, root: '/', tables: [], migrations: [] })
const sharedToken = createSharedToken({
  db,
  clock: wallClock,
  log: createLog('silent'),
  masterKey: Buffer.from(setting.masterKey, 'base64'),
  app: setting,
})
const client = createClient(setting, { clock: wallClock, sharedToken })
const api = createApi(client)

process.on('message', (calls: number) => {
  void Promise.all(Array.from({ length: calls }, () => api.followUserList())).then((results) => {
    const failed = results.flatMap((one) => (one.kind === 'ok' ? [] : [JSON.stringify(one)]))
    process.send?.({ ok: results.length - failed.length, failed } satisfies CallerReport)
  })
})
process.on('disconnect', () => {
  void client
    .close()
    .then(() => db.close())
    .then(() => process.exit(0))
})
process.send?.('ready')
