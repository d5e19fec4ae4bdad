/** A small real shop for the tests of outbox, delivery and desk: two advisors, their customers, one group. */
import { createAct, system } from '../src/base/act.ts'
import type { Act, Ctx } from '../src/base/act.ts'
import { dayOf, instantOf } from '../src/base/calendar.ts'
import { hours, virtualClock } from '../src/base/clock.ts'
import type { VirtualClock } from '../src/base/clock.ts'
import type { Db } from '../src/base/db.ts'
import { createLog } from '../src/base/log.ts'
import {
  customerIdOf,
  customerProjections,
  people,
  saveContacts,
  saveGroup,
  saveStaff,
} from '../src/customer/index.ts'
import { createFlush, createFollowers, readLog } from '../src/interaction/index.ts'
import type { Followers, LogRow } from '../src/interaction/index.ts'
import { createOutboxFollowers, outboxProjections } from '../src/outbox/index.ts'
import type { Candidate, PromiseRow } from '../src/outbox/index.ts'
import type { OpenTestDatabase } from './database.ts'

/** A Tuesday, inside a window. */
export const tuesday = instantOf('2026-05-19', '10:00')

export interface World {
  readonly db: Db
  readonly act: Act
  readonly clock: VirtualClock
  readonly followers: Followers
  /** Runs a deed as the system. */
  as<T>(deed: (ctx: Ctx) => Promise<T>): Promise<T>
  record(kind: string, external: string, detail?: Record<string, unknown>): Promise<void>
  /** The customer `n` of advisor `lin` (even: of `wang`). */
  candidate(n: number, more?: Partial<Candidate>): Candidate
  groupCandidate(more?: Partial<Candidate>): Candidate
  promises(): Promise<PromiseRow[]>
  /** `key: state`, sorted. */
  states(): Promise<Record<string, string>>
  log(): Promise<LogRow[]>
  drop(): Promise<void>
}

export const externalOf = (n: number): string => `wm${String(n).padStart(4, '0')}`
export const customerOfNumber = (n: number): string =>
  customerIdOf({ kind: 'external', value: externalOf(n) })
export const advisorOfNumber = (n: number): string => (n % 2 === 0 ? 'wang' : 'lin')

export async function openWorld(open: OpenTestDatabase, customers = 6): Promise<World> {
  const opened = await open()
  const { db } = opened
  const clock = virtualClock(tuesday)
  const flush = createFlush({
    people,
    projections: [...customerProjections, ...outboxProjections],
    wake: () => undefined,
  })
  const act = createAct({ db, clock, flush: async (ctx, rows) => void (await flush(ctx, rows)) })
  const as: World['as'] = (deed) => act(system('test'), deed)
  await as((ctx) => populate(ctx, customers))
  const promises = () => db.reader.rows<PromiseRow>('select * from promise order by dedupe_key')
  let happenings = 0
  return {
    db,
    act,
    clock,
    as,
    followers: createFollowers(db, act, createOutboxFollowers(), createLog('silent')),
    record: (kind, external, detail = {}) =>
      as((ctx) => {
        const sourceKey = String((happenings += 1))
        ctx.record({ kind, at: ctx.now, source: 'test', sourceKey, who: { external }, detail })
        return Promise.resolve()
      }),
    candidate: (n, more = {}) => ({
      ...common(clock.now()),
      dedupeKey: `offer:${externalOf(n)}:${dayOf(clock.now())}`,
      purpose: 'marketing',
      personal: false,
      channel: 'broadcast',
      subjectKind: 'customer',
      subject: externalOf(n),
      customer: customerOfNumber(n),
      sender: advisorOfNumber(n),
      ...more,
    }),
    groupCandidate: (more = {}) => ({
      ...common(clock.now()),
      dedupeKey: `tip:wr1:${dayOf(clock.now())}`,
      touchpoint: 'daily-tip',
      purpose: 'marketing',
      personal: false,
      channel: 'group-broadcast',
      subjectKind: 'group',
      subject: 'wr1',
      sender: 'lin',
      ...more,
    }),
    promises,
    async states() {
      return Object.fromEntries((await promises()).map((row) => [row.dedupe_key, row.state ?? row.decision]))
    },
    log: () => readLog(db.reader, { limit: 10_000 }),
    drop: () => opened.drop(),
  }
}

const common = (now: number) => ({
  touchpoint: 'weekly-offer',
  title: '每周好物',
  cadenceVersion: 1,
  day: dayOf(now),
  wantedAt: now,
  expiresAt: now + hours(36),
  priority: 10,
  content: { text: '新品到店，看看 [[link:game/poll-1]]', why: '她上周看过这一款' },
})

async function populate(ctx: Ctx, customers: number): Promise<void> {
  await saveStaff(
    ctx,
    ['lin', 'wang'].map((userid) => ({ userid, name: userid, active: true, contact: true })),
  )
  const numbers = Array.from({ length: customers }, (_, i) => i + 1)
  await saveContacts(
    ctx,
    numbers.map((n) => ({
      external: externalOf(n),
      staff: advisorOfNumber(n),
      name: `客户${String(n)}`,
      gender: 2,
      addedAt: ctx.now - 1,
    })),
  )
  for (const n of numbers) {
    const external = externalOf(n)
    const who = { external, staff: advisorOfNumber(n) }
    const row = { kind: 'contact-added', at: ctx.now - 1, source: 'test', sourceKey: external, who }
    ctx.record({ ...row, detail: {} })
  }
  await saveGroup(ctx, { chat: 'wr1', name: '护肤群', owner: 'lin', members: [] })
}
