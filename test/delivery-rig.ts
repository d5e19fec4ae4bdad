/** A small shop with the real channels against a simulator on a virtual clock: what was said is read from its ledger. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAct } from '../src/base/act.ts'
import type { Act } from '../src/base/act.ts'
import type { VirtualClock } from '../src/base/clock.ts'
import type { Db } from '../src/base/db.ts'
import { createLog } from '../src/base/log.ts'
import { linkKey } from '../src/content/index.ts'
import { customerProjections, people } from '../src/customer/index.ts'
import { createDelivery } from '../src/delivery/index.ts'
import type { Channel, Delivery, DeliveryParts } from '../src/delivery/index.ts'
import { createFlush } from '../src/interaction/index.ts'
import { outboxProjections } from '../src/outbox/index.ts'
import { startSimulator } from '../src/simulator/index.ts'
import type { Simulator, SimulatorSettings } from '../src/simulator/index.ts'
import { robotsOf } from '../src/wecom/robots.fixture.ts'
import type { Media } from '../src/wecom/index.ts'
import { createApi, createClient, createMedia, createWecomChannels } from '../src/wecom/index.ts'
import type { OpenTestDatabase } from './database.ts'
import { advisorOfNumber, externalOf, openWorld, tuesday } from './outbox-world.ts'
import type { World } from './outbox-world.ts'

export const publicUrl = 'https://shop.example'

export interface Rig {
  readonly world: World
  readonly simulator: Simulator
  readonly channels: readonly Channel[]
  readonly media: Media
  /** Another server on this database (the world's, unless one is given). */
  server(more?: Partial<DeliveryParts>): Delivery
  pass(ms: number): Promise<void>
  close(): Promise<void>
}

export interface RigOptions {
  readonly customers: number
  readonly seed?: number
  readonly settings?: Partial<SimulatorSettings>
  readonly timeoutMs?: number
  readonly retryBaseMs?: number
}

export async function openRig(open: OpenTestDatabase, options: RigOptions): Promise<Rig> {
  const world = await openWorld(open, options.customers)
  const simulator = await startSimulator({
    clock: 'virtual',
    startAt: tuesday,
    empty: true,
    seed: options.seed ?? 1,
    ...(options.settings === undefined ? {} : { settings: options.settings }),
  })
  const ear = await listenOnly()
  await simulator.setCallback(ear.url)
  for (const userid of ['lin', 'wang'])
    simulator.world.addStaff({ userid, name: userid, confirm: { mode: 'never' } })
  for (let n = 1; n <= options.customers; n += 1)
    simulator.world.addContact({ userid: advisorOfNumber(n), external_userid: externalOf(n), silent: true })
  simulator.world.createGroup({ owner: 'lin', name: '护肤群', chat_id: 'wr1' })
  const { corpId, agentId, agentSecret } = simulator.credentials
  const { clock } = world
  const client = createClient(
    {
      apiUrl: simulator.url,
      corpId,
      agentSecret,
      retryBaseMs: options.retryBaseMs ?? 1,
      timeoutMs: options.timeoutMs ?? 2_000,
    },
    { clock },
  )
  const api = createApi(client)
  const media = createMedia({ db: world.db, clock, log: createLog('silent'), api })
  const channels = createWecomChannels({
    api,
    media,
    clock,
    hears: () => true,
    publicUrl,
    agentId: String(agentId),
    robots: robotsOf(),
  })
  return {
    world,
    simulator,
    channels,
    media,
    server: (more = {}) =>
      createDelivery({
        db: world.db,
        act: world.act,
        clock,
        log: createLog('silent'),
        channels,
        links: { publicUrl, key: linkKey(Buffer.alloc(32, 1)) },
        reconcileDelaysMs: [30_000, 120_000, 600_000],
        ...more,
      }),
    async pass(ms) {
      await simulator.advanceTo(simulator.now() + ms)
      clock.set(simulator.now())
    },
    async close() {
      await client.close()
      await simulator.close()
      await ear.close()
      await world.drop()
    },
  }
}

/** Somebody hears what WeCom tells and does nothing of it; without an address WeCom takes no card with a menu. */
async function listenOnly(): Promise<{ readonly url: string; close(): Promise<unknown> }> {
  const server = createServer((req, res) => {
    req.resume()
    req.on('end', () => res.end('success'))
  })
  await new Promise<void>((go) => server.listen(0, '127.0.0.1', go))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${String(port)}/wecom/callback`,
    close() {
      server.closeAllConnections()
      return new Promise((gone) => server.close(gone))
    },
  }
}

/** Deeds on another database of the same shop: a restored copy. */
export const actOn = (db: Db, clock: VirtualClock): Act => {
  const flush = createFlush({
    people,
    projections: [...customerProjections, ...outboxProjections],
    wake: () => undefined,
  })
  return createAct({ db, clock, flush: async (ctx, rows) => void (await flush(ctx, rows)) })
}
