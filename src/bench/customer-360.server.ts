/** One server of `bench 360`, in a process of its own: says where it listens, and on request what it has used. */
import { openApp } from '../app.ts'
import { startSession } from '../access/index.ts'
import { system } from '../base/act.ts'
import { instantOf } from '../base/calendar.ts'
import { virtualClock } from '../base/clock.ts'
import { packageRoot, readEnv } from '../base/env.ts'
import { createLog } from '../base/log.ts'
import { serveRaw, serveRepositories } from './customer-360.peers.ts'
import { peakMemoryMb } from './measure.ts'

const [, , kind = '', url = '', today = ''] = process.argv

async function ours(): Promise<{ url: string; cookie: string }> {
  const env = readEnv({ partial: true, envFile: false, source: { DATABASE_URL: url, SIYU_ADMINS: 'bench' } })
  const clock = virtualClock(instantOf(today, '12:00'))
  const app = await openApp({ env: { ...env, port: 0 }, clock, log: createLog('silent'), root: packageRoot })
  const secret = await app.importParts.act(system('bench'), (ctx) => startSession(ctx, 'bench'))
  const { url: address } = await app.listen()
  return { url: address, cookie: `siyu_session=${secret}` }
}

const started =
  kind === 'ours'
    ? await ours()
    : {
        url: await (kind === 'raw' ? serveRaw(url.slice('sqlite:'.length)) : serveRepositories(url)),
        cookie: '',
      }
process.on('message', () => process.send?.({ cpu: process.cpuUsage(), peakMemoryMb: peakMemoryMb() }))
process.on('disconnect', () => process.exit(0))
process.send?.(started)
