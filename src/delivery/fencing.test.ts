/** Two servers on one database, and one that froze in the middle of a call and woke up when others had taken over. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import { fakeChannel } from '../../test/fake-channel.ts'
import type { FakeChannel } from '../../test/fake-channel.ts'
import { externalOf, openWorld } from '../../test/outbox-world.ts'
import type { World } from '../../test/outbox-world.ts'
import type { Act } from '../base/act.ts'
import { hours } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { linkKey } from '../content/index.ts'
import { enqueue } from '../outbox/index.ts'
import type { Channel } from './channel.ts'
import { createDelivery } from './deliver.ts'
import type { Delivery } from './deliver.ts'

onBothDatabases('two servers', (open) => {
  let world: World
  let broadcast: FakeChannel
  let task: FakeChannel
  const servers: Delivery[] = []
  beforeEach(async () => {
    world = await openWorld(open, 60)
    broadcast = fakeChannel('broadcast', { now: () => world.clock.now() })
    task = fakeChannel('advisor-task', { now: () => world.clock.now(), resendWithinMs: hours(4) })
  })
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop()
    await world.drop()
  })

  function server(channels: readonly Channel[], act: Act = world.act): Delivery {
    const delivery = createDelivery({
      db: world.db,
      act,
      clock: world.clock,
      log: createLog('silent'),
      channels,
      links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
      reconcileDelaysMs: [300, 1_000],
    })
    servers.push(delivery)
    return delivery
  }
  const now = () => world.clock.now()

  it('share the work and call for each promise once', async () => {
    task.latencyMs = 1
    const numbers = Array.from({ length: 60 }, (_, i) => i + 1)
    await world.as((ctx) =>
      enqueue(
        ctx,
        numbers.map((n) => world.candidate(n, { channel: 'advisor-task' })),
      ),
    )
    const [a, b] = [server([task]), server([task])]
    await Promise.all([a.drainOnce(now()), b.drainOnce(now()), a.drainOnce(now()), b.drainOnce(now())])
    expect(task.calls).toHaveLength(60)
    expect(new Set(Object.values(await world.states()))).toEqual(new Set(['waiting']))
  })

  it('an answer that comes after others have called again settles nothing, and what it made is taken back', async () => {
    let wake: () => void = () => undefined
    const frozen = new Promise<void>((ok) => {
      wake = ok
    })
    const slow: Channel = {
      ...broadcast,
      send: async (parcel, signal) => {
        await frozen
        return broadcast.send(parcel, signal)
      },
    }
    const [sleeper, other] = [server([slow]), server([broadcast])]
    await world.as((ctx) => enqueue(ctx, [world.candidate(1)]))
    const asleep = sleeper.drainOnce(now())
    const isMeant = async () => Object.values(await world.states())[0] === 'intent'
    while (!(await isMeant())) await new Promise((ok) => setTimeout(ok, 5))
    await world.db.tx((tx) => tx.run('UPDATE worker_lease SET lease_until = 0'))
    for (let turn = 0; turn < 4; turn += 1) {
      await other.drainOnce(now())
      world.clock.advance(500)
      await other.reconcileOnce(now())
    }
    expect(await world.states()).toEqual({ [`offer:${externalOf(1)}:2026-05-19`]: 'waiting' })
    wake()
    await asleep
    expect(broadcast.accepted.map(({ remoteId, cancelled }) => [remoteId, cancelled])).toEqual([
      ['msg-broadcast-1', false],
      ['msg-broadcast-2', true],
    ])
    expect((await world.promises())[0]).toMatchObject({ state: 'waiting', remote_id: 'msg-broadcast-1' })
  })

  it.each(['intent', 'waiting'] as const)(
    'a last commit (%s) that comes while its successor waits for its locks leaves nothing lying',
    async (state) => {
      let commit: () => void = () => undefined
      const frozen = new Promise<void>((ok) => {
        commit = ok
      })
      let reached = false
      // It dies with this commit: whatever it would do next never happens.
      const dying: Act = async (actor, deed, lane) => {
        const answer = await world.act(
          actor,
          async (ctx) => {
            const inside = await deed(ctx)
            const [row] = await ctx.tx.rows<{ state: string }>('select state from promise')
            if (row?.state !== state) return inside
            reached = true
            await frozen
            return inside
          },
          lane,
        )
        return reached ? new Promise(() => undefined) : answer
      }
      const dead = server([broadcast], dying)
      servers.length = 0
      await world.as((ctx) => enqueue(ctx, [world.candidate(1)]))
      // A killed process: what becomes of it, until its database is gone too, nobody hears.
      dead.drainOnce(now()).catch(() => undefined)
      while (!reached) await new Promise((ok) => setTimeout(ok, 5))
      const successor = server([broadcast])
      const end = world.db.tx((tx) => tx.run('UPDATE worker_lease SET lease_until = 0'))
      const taking = end.then(() => successor.drainOnce(now()))
      await new Promise((ok) => setTimeout(ok, 200))
      commit()
      await taking
      for (let turn = 0; turn < 6; turn += 1) {
        world.clock.advance(1_000)
        await successor.drainOnce(now())
        await successor.reconcileOnce(now())
      }
      expect(Object.values(await world.states())).toEqual(['waiting'])
      expect(broadcast.accepted.filter(({ cancelled }) => !cancelled)).toHaveLength(1)
      expect(await world.db.reader.rows('select state from parcel')).toEqual([{ state: 'waiting' }])
    },
  )

  it('one that is asked to stop settles what it is calling, gives the rest back, and does not finish the backlog', async () => {
    task.latencyMs = 30
    const numbers = Array.from({ length: 60 }, (_, i) => i + 1)
    await world.as((ctx) =>
      enqueue(
        ctx,
        numbers.map((n) => world.candidate(n, { channel: 'advisor-task', purpose: 'service' })),
      ),
    )
    const stopped = server([task])
    const draining = stopped.drainOnce(now())
    while (task.accepted.length === 0) await new Promise((ok) => setTimeout(ok, 1))
    await stopped.stop()
    await draining
    const states = Object.values(await world.states())
    expect(new Set(states)).toEqual(new Set(['waiting', 'queued']))
    expect(states.filter((state) => state === 'waiting')).toHaveLength(task.accepted.length)
    expect(await world.db.reader.rows('select worker from worker_lease')).toEqual([])
  })

  it('one that is alone takes over at once from whoever was killed', async () => {
    const dead = server([{ ...task, send: () => new Promise(() => undefined) }])
    const numbers = Array.from({ length: 20 }, (_, i) => i + 1)
    await world.as((ctx) =>
      enqueue(
        ctx,
        numbers.map((n) => world.candidate(n, { channel: 'advisor-task', purpose: 'service' })),
      ),
    )
    // It stands for a killed process: what becomes of it, until its database is gone too, nobody hears.
    dead.drainOnce(now()).catch(() => undefined)
    const inHand = async () =>
      Object.values(await world.states()).filter((state) => state === 'intent').length
    while ((await inHand()) === 0) await new Promise((ok) => setTimeout(ok, 1))
    servers.length = 0
    const fresh = createDelivery({
      db: world.db,
      act: world.act,
      clock: world.clock,
      log: createLog('silent'),
      channels: [task],
      links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
      reconcileDelaysMs: [300],
      alone: true,
    })
    expect(await fresh.drainOnce(now())).toBeGreaterThan(0)
    const states = Object.values(await world.states())
    expect(states.filter((state) => state === 'claimed' || state === 'intent')).toEqual([])
    await fresh.stop()
  })
})
