import { afterEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import { openWorld } from '../../test/outbox-world.ts'
import type { World } from '../../test/outbox-world.ts'
import { days, minutes } from '../base/clock.ts'
import { enqueue } from './enqueue.ts'
import { dueIds, lockDue } from './promise.store.ts'

onBothDatabases('what is due first', (open) => {
  let world: World
  afterEach(() => world.drop())

  it('is the more important, then the older; what is not due, taken or of another channel is not among it', async () => {
    world = await openWorld(open, 12)
    const now = world.clock.now()
    const owe = (
      n: number,
      priority: number,
      inMinutes: number,
      channel: 'broadcast' | 'advisor-task' = 'broadcast',
    ) =>
      world.candidate(n, {
        dedupeKey: `p${String(priority)}-${String(inMinutes)}-${channel}`,
        purpose: 'service',
        channel,
        priority,
        wantedAt: now + minutes(inMinutes),
        expiresAt: now + days(2),
      })
    await world.as((ctx) =>
      enqueue(ctx, [
        owe(1, 10, 0),
        owe(2, 90, 20),
        owe(3, 90, 5),
        owe(4, 50, 1),
        owe(5, 95, 50),
        owe(6, 99, 0, 'advisor-task'),
        owe(7, 0, 0),
      ]),
    )
    const at = now + minutes(30)
    const keys = (limit: number) =>
      world.as(async (ctx) => (await lockDue(ctx.tx, 'broadcast', at, limit)).map((row) => row.dedupe_key))
    const expected = ['p90-5', 'p90-20', 'p50-1', 'p10-0', 'p0-0'].map((key) => `${key}-broadcast`)
    expect(await keys(10)).toEqual(expected)
    expect(await keys(3)).toEqual(expected.slice(0, 3))
    expect(await dueIds(world.db.reader, 'broadcast', at, 10)).toHaveLength(5)
    await world.db.tx((tx) =>
      tx.run(`UPDATE promise SET state = 'claimed' WHERE dedupe_key = 'p90-5-broadcast'`),
    )
    expect(await keys(10)).toEqual(expected.slice(1))
  })
})
