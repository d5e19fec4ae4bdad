import { afterEach, beforeEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import { fakeChannel } from '../../test/fake-channel.ts'
import type { FakeChannel } from '../../test/fake-channel.ts'
import { openWorld } from '../../test/outbox-world.ts'
import type { World } from '../../test/outbox-world.ts'
import { hours, minutes } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { linkKey } from '../content/index.ts'
import { enqueue } from '../outbox/index.ts'
import { createDelivery } from './deliver.ts'
import type { Delivery } from './deliver.ts'

const cards = 60
const perSender = { perMinute: 5, perHour: 20 }

onBothDatabases('the ceiling of one advisor', (open) => {
  let world: World
  let task: FakeChannel
  beforeEach(async () => {
    world = await openWorld(open, cards * 2)
    task = fakeChannel('advisor-task', { now: () => world.clock.now(), resendWithinMs: hours(4), perSender })
  })
  afterEach(() => world.drop())

  const freshServer = (): Delivery =>
    createDelivery({
      db: world.db,
      act: world.act,
      clock: world.clock,
      log: createLog('silent'),
      channels: [task],
      links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
      reconcileDelaysMs: [300],
    })
  /** The cards for one advisor whose number is odd: `lin`. */
  const stage = (count: number): Promise<unknown> =>
    world.as((ctx) =>
      enqueue(
        ctx,
        Array.from({ length: count }, (_, n) =>
          world.candidate(n * 2 + 1, {
            channel: 'advisor-task',
            purpose: 'service',
            expiresAt: world.clock.now() + hours(8),
          }),
        ),
      ),
    )
  const mostWithin = (ms: number): number =>
    Math.max(
      ...task.accepted.map(({ at }) => task.accepted.filter((o) => o.at >= at && o.at < at + ms).length),
    )

  it('is kept over restarts, and waiting for it is no failed attempt', { timeout: 60_000 }, async () => {
    await stage(cards)
    for (let turn = 0; turn < 200 && task.accepted.length < cards; turn += 1) {
      // A new server each time: what the last one knew is gone.
      const server = freshServer()
      await server.drainOnce(world.clock.now())
      const next = await server.nextDueAt()
      await server.stop()
      world.clock.set(
        Math.max(world.clock.now() + 1_000, Math.min(next ?? 0, world.clock.now() + minutes(5))),
      )
    }
    expect(task.accepted).toHaveLength(cards)
    expect(mostWithin(minutes(1))).toBe(perSender.perMinute)
    expect(mostWithin(hours(1))).toBe(perSender.perHour)
    const promises = await world.promises()
    expect(new Set(promises.map(({ state }) => state))).toEqual(new Set(['waiting']))
    expect(Math.max(...promises.map(({ attempts }) => attempts))).toBe(1)
  })

  it('holds for cards that are repeated because their answer was lost', async () => {
    await stage(perSender.perMinute)
    task.otherwise = 'lost'
    const server = freshServer()
    await server.drainOnce(world.clock.now())
    task.otherwise = 'accept'
    world.clock.advance(1_000)
    for (let turn = 0; turn < 10; turn += 1) {
      await server.reconcileOnce(world.clock.now())
      world.clock.advance(20_000)
    }
    expect(task.accepted).toHaveLength(perSender.perMinute)
    await server.stop()
  })
})
