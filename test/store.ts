/** The store put together as the server does it, without a network: for tests of customers, orders, segments, imports. */
import { createAudit } from '../src/access/index.ts'
import { createAct } from '../src/base/act.ts'
import type { Act, Happening } from '../src/base/act.ts'
import { virtualClock } from '../src/base/clock.ts'
import type { Instant, VirtualClock } from '../src/base/clock.ts'
import { createLog } from '../src/base/log.ts'
import { projections, regroup } from '../src/core.ts'
import { createErasures, createPeople } from '../src/customer/index.ts'
import type { Erasures } from '../src/customer/index.ts'
import { createFlush, createFollowers } from '../src/interaction/index.ts'
import type { Flush, Followers, Projection } from '../src/interaction/index.ts'
import { createSegmentFollowers, loadTierRules } from '../src/segment/index.ts'
import type { TagRules, TierRules } from '../src/segment/index.ts'
import type { OpenTestDatabase, TestDatabase } from './database.ts'

export interface TestStore extends TestDatabase {
  readonly clock: VirtualClock
  readonly act: Act
  readonly flush: Flush
  readonly erasures: Erasures
  readonly projections: readonly Projection[]
  readonly followers: Followers
  readonly rules: TierRules
  /** No dynamic tags, unless a test says which. */
  readonly tagRules: TagRules
  /** Records these in one transaction. */
  say(...happenings: readonly Happening[]): Promise<void>
}

export const masterKey = Buffer.alloc(32, 9)
export const configDir = new URL('../config', import.meta.url).pathname

export async function openStore(open: OpenTestDatabase, now: Instant): Promise<TestStore> {
  const opened = await open()
  const clock = virtualClock(now)
  const rules = loadTierRules(configDir)
  const erasures = createErasures(masterKey)
  const flush = createFlush({
    people: createPeople(erasures),
    projections,
    regroup,
    audit: createAudit(masterKey),
    wake: () => undefined,
  })
  const act = createAct({
    db: opened.db,
    clock,
    flush: async (ctx, happenings) => void (await flush(ctx, happenings)),
  })
  const followers = createFollowers(opened.db, act, createSegmentFollowers({ rules }), createLog('silent'))
  return {
    ...opened,
    clock,
    act,
    flush,
    erasures,
    projections,
    followers,
    rules,
    tagRules: { tags: [], kinds: [], hash: '' },
    async say(...happenings) {
      await act({ kind: 'system', name: 'test' }, async (ctx) => {
        await Promise.resolve()
        for (const happening of happenings) ctx.record(happening)
      })
    },
  }
}
