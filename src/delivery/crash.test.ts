/**
 * R1 in its short form (RELIABILITY.md §4): workers die at random instants (before a commit, after it, before and after
 * a call) while the channels also lose answers. What counts is what the channels accepted: nothing lost, nothing twice.
 */
import { afterEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import { fakeChannel } from '../../test/fake-channel.ts'
import type { FakeChannel } from '../../test/fake-channel.ts'
import { mortalWorker } from '../../test/mortal-worker.ts'
import { openWorld } from '../../test/outbox-world.ts'
import type { World } from '../../test/outbox-world.ts'
import { hours, minutes } from '../base/clock.ts'
import { enqueue, resolveHeld } from '../outbox/index.ts'
import type { Delivery } from './deliver.ts'

const customers = 40
const mostKills = 25
const seeds = [7, 8]

/** Small, seeded, good enough for choosing where to die. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

onBothDatabases('workers that die', (open) => {
  let world: World
  afterEach(() => world.drop())

  it.each(seeds)(
    'lose nothing and say nothing twice, wherever they die (seed %i)',
    { timeout: 120_000 },
    async (seed) => {
      world = await openWorld(open, customers)
      const now = () => world.clock.now()
      const random = dice(seed)
      const channels = [
        fakeChannel('broadcast', { now }),
        fakeChannel('advisor-task', { now, resendWithinMs: hours(4) }),
        fakeChannel('welcome', { now, resendWithinMs: hours(4), outcome: 'sent' }),
      ]
      for (const channel of channels) channel.latencyMs = 2
      await stageEverything(world)
      let kills = 0
      for (let life = 0; life < 200; life += 1) {
        const mayDie = (): boolean => kills < mostKills && random() < 0.02
        const worker = mortalWorker(world, channels, mayDie)
        const end = await Promise.race([worker.death, live(world, worker.delivery, channels, random)])
        if (end === 'done') break
        kills += 1
        // The dead do not beat: their lease is over.
        await world.db.tx((tx) => tx.run('UPDATE worker_lease SET lease_until = 0'))
      }
      // Some seeds are done before the last bullet.
      expect(kills).toBeGreaterThan(10)
      // So many deaths in so few steps may look like poison; then a person looks in WeCom and says what is true.
      const held = (await world.promises()).filter(({ state }) => state === 'held')
      expect(held.length).toBeLessThanOrEqual(3)
      for (const { id, settle_code, crashes, stumbles } of held) {
        expect(settle_code).toBe('poison')
        expect(crashes >= 6 || (stumbles ?? 0) >= 20).toBe(true)
        const isThere = channels.some((channel) => channel.livePer(id) > 0)
        await world.as((ctx) => resolveHeld(ctx, id, isThere ? 'sent' : 'again'))
      }
      await live(world, mortalWorker(world, channels, () => false).delivery, channels, random)
      const promises = await world.promises()
      expect(promises).toHaveLength(customers * 3)
      const ends = promises.map(({ dedupe_key, state }) => `${dedupe_key} ${String(state)}`)
      expect(ends.filter((end) => !/ (waiting|sent)$/.test(end))).toEqual([])
      const reached = promises.map(({ id }) =>
        channels.reduce((sum, channel) => sum + channel.livePer(id), 0),
      )
      expect(reached.filter((times) => times !== 1)).toEqual([])
      // And each was meant before it was called.
      const parcels = await world.db.reader.rows<{ body: string }>('select body from parcel')
      const bodies = new Set(parcels.map(({ body }) => body))
      expect(channels.flatMap(({ accepted }) => accepted).every(({ body }) => bodies.has(body))).toBe(true)
    },
  )
})

async function stageEverything(world: World): Promise<void> {
  const expiresAt = world.clock.now() + hours(48)
  for (let n = 1; n <= customers; n += 1) {
    const text = `第 ${String(n)} 句 [[link:me]]`
    await world.as((ctx) =>
      enqueue(ctx, [
        world.candidate(n, { dedupeKey: `b${String(n)}`, expiresAt, content: { text } }),
        world.candidate(n, {
          dedupeKey: `t${String(n)}`,
          expiresAt,
          content: { text },
          channel: 'advisor-task',
          purpose: 'service',
        }),
        world.candidate(n, {
          dedupeKey: `w${String(n)}`,
          expiresAt,
          content: { text },
          channel: 'welcome',
          purpose: 'service',
        }),
      ]),
    )
  }
}

async function live(
  world: World,
  delivery: Delivery,
  channels: readonly FakeChannel[],
  random: () => number,
): Promise<'done'> {
  for (let turn = 0; turn < 200; turn += 1) {
    for (const channel of channels) {
      const lot = random()
      channel.otherwise = lot < 0.1 ? 'deaf' : lot < 0.2 ? 'lost' : lot < 0.25 ? busy : 'accept'
    }
    await delivery.drainOnce(world.clock.now())
    await delivery.reconcileOnce(world.clock.now())
    await delivery.pollOnce(world.clock.now())
    world.clock.advance(turn < 20 ? 500 : 10_000)
    const open = await world.db.reader.rows(
      `select id from promise where state not in ('waiting', 'sent', 'held', 'refused', 'expired', 'cancelled')`,
    )
    if (open.length === 0) break
  }
  world.clock.advance(minutes(1))
  await delivery.pollOnce(world.clock.now())
  return 'done'
}

const busy = { kind: 'retry', afterMs: 200, why: '-1' } as const
