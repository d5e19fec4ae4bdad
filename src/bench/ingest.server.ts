/** One server of `bench ingest`, in a process of its own: says where it listens, and on request what it has used. */
import { virtualClock, wallClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { customerProjections, people } from '../customer/index.ts'
import { createCallbackDoor } from '../http/callback.ts'
import { createMetrics } from '../http/metrics.ts'
import { createHttp } from '../http/server.ts'
import { createFlush, createRecorder } from '../interaction/index.ts'
import { orderProjections } from '../order/index.ts'
import { outboxProjections } from '../outbox/index.ts'
import { segmentProjections } from '../segment/index.ts'
import { createCodec } from '../wecom/index.ts'
import { serveEach, serveGroup, serveNode, serveTutorial } from './ingest.peers.ts'
import { keys } from './ingest.sealed.ts'
import { peakMemoryMb } from './measure.ts'
import { placeOn } from './place.ts'

const [, , kind = '', folder = ''] = process.argv

/** The door as it stands before everything else, the recorder and every projection; nobody reacts to what is recorded. */
async function ours(): Promise<string> {
  const { db, act } = await placeOn(`sqlite:${folder}/siyu.db`, folder, virtualClock(wallClock.now()))
  const projections = [
    ...customerProjections,
    ...orderProjections,
    ...segmentProjections,
    ...outboxProjections,
  ]
  const recorder = createRecorder(db, act, createFlush({ people, projections, wake: () => undefined }))
  const metrics = createMetrics()
  const log = createLog('silent')
  const server = createHttp({
    clock: wallClock,
    log,
    routes: [],
    identities: { staff: () => Promise.resolve(null), player: () => null },
    checks: [],
    metrics,
    pages: '/nowhere',
    publicUrl: 'http://127.0.0.1',
    trustProxy: false,
    eventsKey: undefined,
    callback: createCallbackDoor({
      inbox: { corpId: keys.corpId, agentId: '1000002' },
      codec: createCodec({ corpId: keys.corpId, tokens: [keys.token], aesKeys: [keys.aesKey] }),
      recorder,
      reader: db.reader,
      clock: wallClock,
      log,
      metrics,
    }),
  })
  return (await server.listen(0, '127.0.0.1')).url
}

const servers: Readonly<Record<string, (file: string) => Promise<string>>> = {
  ours,
  node: serveNode,
  group: serveGroup,
  each: serveEach,
  tutorial: serveTutorial,
}

const url = await servers[kind]?.(`${folder}/${kind}.db`)
process.on('message', () => process.send?.({ cpu: process.cpuUsage(), peakMemoryMb: peakMemoryMb() }))
process.on('disconnect', () => process.exit(0))
process.send?.({ url })
