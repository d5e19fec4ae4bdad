import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import type { TestDatabase } from '../../test/database.ts'
import { minutes, virtualClock } from '../base/clock.ts'
import type { VirtualClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { openText, sealText } from '../base/secret.ts'
import { createTokenSource } from './protocol/token.ts'
import type { Issued, TokenSource } from './protocol/token.ts'
import type { Result } from './protocol/result.ts'
import { createSharedToken } from './shared-token.ts'

onBothDatabases('an access token shared by processes', (open) => {
  let opened: TestDatabase
  let clock: VirtualClock
  let issued: number
  const masterKey = Buffer.alloc(32, 3)
  /** Another app for each test, in one database. */
  let agent = 0
  beforeAll(async () => {
    opened = await open()
  })
  beforeEach(() => {
    agent += 1
    clock = virtualClock(1_000_000)
    issued = 0
  })
  afterAll(() => opened.drop())

  const fetchNext = async (): Promise<Result<Issued>> => {
    issued += 1
    const token = `token-${String(issued)}`
    await new Promise((ok) => setTimeout(ok, 10))
    return { kind: 'ok', value: { token, expiresInMs: minutes(120) } }
  }
  function source(issue = fetchNext, leaseMs?: number): TokenSource {
    const shared = createSharedToken({
      db: opened.db,
      clock,
      log: createLog('silent'),
      masterKey,
      app: { corpId: 'ww1', agentId: String(agent), agentSecret: 'secret' },
      ...(leaseMs === undefined ? {} : { leaseMs }),
    })
    return createTokenSource(clock, issue, shared)
  }
  const all = (sources: readonly TokenSource[]) =>
    Promise.all(sources.flatMap((one) => [one.get(), one.get(), one.get()]))
  const values = (results: readonly Result<string>[]) => [
    ...new Set(results.map((one) => (one.kind === 'ok' ? one.value : one.kind))),
  ]

  it('is fetched once for all, again once when it runs out, and by nobody who starts meanwhile', async () => {
    const sources = Array.from({ length: 8 }, () => source())
    expect(values(await all(sources))).toEqual(['token-1'])
    clock.advance(minutes(119))
    expect(values(await all(sources))).toEqual(['token-2'])
    expect(values([await source().get()])).toEqual(['token-2'])
    expect(issued).toBe(2)
    const [row] = await opened.db.reader.rows<{ sealed: string }>(
      `select sealed from wecom_token where app like 'ww1:${String(agent)}:%'`,
    )
    expect(row?.sealed).not.toContain('token')
    expect(openText(masterKey, 'wecom token', row?.sealed ?? '')).toBe('token-2')
  })

  it('is passed over by whoever saw it fail, who then takes the newer one if there is one', async () => {
    const [first, second] = [source(), source()]
    await all([first, second])
    first.drop('token-1')
    expect(values([await first.get()])).toEqual(['token-2'])
    // The same failure, told later by the other process, throws nothing newer away.
    second.drop('token-1')
    expect(values([await second.get()])).toEqual(['token-2'])
    first.drop('token-1')
    expect(values([await first.get()])).toEqual(['token-2'])
    expect(issued).toBe(2)
  })

  it('of a slow fetch does not replace a newer one', async () => {
    let answer: (result: Result<Issued>) => void = () => undefined
    const slow = source(() => new Promise((ok) => (answer = ok)), -1)
    const waiting = slow.get()
    while ((await opened.db.reader.rows('select 1 from wecom_token where holder is not null')).length === 0)
      await new Promise((ok) => setTimeout(ok, 1))
    expect(values([await source().get()])).toEqual(['token-1'])
    answer({ kind: 'ok', value: { token: 'late', expiresInMs: minutes(120) } })
    expect(values([await waiting])).toEqual(['late'])
    expect(values([await source().get()])).toEqual(['token-1'])
  })

  it('that cannot be fetched keeps nobody waiting', async () => {
    const refuse = (): Promise<Result<Issued>> =>
      Promise.resolve({ kind: 'notSent', why: 'down', retryAfterMs: 1 })
    expect((await source(refuse).get()).kind).toBe('notSent')
    expect(values([await source().get()])).toEqual(['token-1'])
  })
})

it('a sealed text opens with its key, for its purpose, and whole', () => {
  const key = Buffer.alloc(32, 1)
  const sealed = sealText(key, 'one', '口令')
  expect(openText(key, 'one', sealed)).toBe('口令')
  expect(openText(key, 'two', sealed)).toBeNull()
  expect(openText(Buffer.alloc(32, 2), 'one', sealed)).toBeNull()
  expect(openText(key, 'one', sealed.slice(0, -2))).toBeNull()
  expect(openText(key, 'one', '')).toBeNull()
})
