/** Reading 微信客服 while servers fall, freeze and meet, against the simulator: nothing is lost, nothing is told twice. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createAct } from '../../base/act.ts'
import type { Act } from '../../base/act.ts'
import { days, minutes, seconds, virtualClock } from '../../base/clock.ts'
import type { VirtualClock } from '../../base/clock.ts'
import { createLog } from '../../base/log.ts'
import { customerProjections, people } from '../../customer/index.ts'
import { createFlush, createFollowers, readLog } from '../../interaction/index.ts'
import type { ComingRow, LogRow, People } from '../../interaction/index.ts'
import { startSimulator } from '../../simulator/index.ts'
import type { Simulator } from '../../simulator/index.ts'
import { onBothDatabases } from '../../../test/database.ts'
import type { TestDatabase } from '../../../test/database.ts'
import { createApi } from '../protocol/api.ts'
import type { WecomApi } from '../protocol/api.ts'
import { createClient } from '../protocol/client.ts'
import type { WecomClient } from '../protocol/client.ts'
import { createKf } from './index.ts'
import type { Kf, KfParts } from './index.ts'

const startAt = Date.UTC(2026, 4, 20, 2)

onBothDatabases('reading 微信客服', (open) => {
  let opened: TestDatabase
  let simulator: Simulator
  let clock: VirtualClock
  let client: WecomClient
  let api: WecomApi
  let act: Act
  let kfid: string
  /** Messages whose recording fails, as a database would refuse them. */
  let poisoned: ReadonlySet<string>

  beforeEach(async () => {
    opened = await open()
    clock = virtualClock(startAt)
    poisoned = new Set()
    simulator = await startSimulator({ clock: 'virtual', startAt, empty: true })
    const { corpId, agentSecret } = simulator.credentials
    client = createClient({ apiUrl: simulator.url, corpId, agentSecret, retryBaseMs: 1 }, { clock })
    api = createApi(client)
    const made = await api.addKfAccount({ name: '小店客服', media_id: '' })
    if (made.kind !== 'ok') throw new Error('no account')
    kfid = made.value.open_kfid
    const flush = createFlush({
      people: choosy(() => poisoned),
      projections: customerProjections,
      wake: () => undefined,
    })
    act = createAct({ db: opened.db, clock, flush: async (ctx, rows) => void (await flush(ctx, rows)) })
    await server().begin()
  })
  afterEach(async () => {
    await client.close()
    await simulator.close()
    await opened.drop()
  })

  const server = (more: Partial<KfParts> = {}): Kf =>
    createKf({ db: opened.db, act, clock, log: createLog('silent'), api, corpId: 'corp', ...more })
  const says = (...words: string[]): string[] => words.map((one) => simulator.world.kfSays(kfid, 'wmA', one))
  const heard = async (): Promise<string[]> =>
    (await readLog(opened.db.reader, { kinds: ['kf-said'], limit: 2_000 })).map(({ sourceKey }) => sourceKey)
  const account = async () => {
    const [row] = await opened.db.reader.rows<{ cursor: string; epoch: number; ready_at: number | null }>(
      'select cursor, epoch, ready_at, why from kf_account',
    )
    if (!row) throw new Error('no account')
    return row
  }
  const pass = async (ms: number): Promise<void> => {
    await simulator.advanceTo(simulator.now() + ms)
    clock.set(simulator.now())
  }
  /** Asks for everything, and reads until nothing is due. */
  async function readAll(kf: Kf): Promise<void> {
    await kf.begin()
    while ((await kf.readDue(clock.now())) > 0) await pass(1)
  }
  /** A step at which the server stands until it is let go. */
  function gate() {
    let arrive = (): void => undefined
    let go = (): void => undefined
    const arrived = new Promise<void>((ok) => (arrive = ok))
    const let_go = new Promise<void>((ok) => (go = ok))
    return {
      arrived,
      go: () => go(),
      failPoint: async () => {
        arrive()
        await let_go
      },
    }
  }

  it('a server that falls between a page and its commit loses nothing, and the next tells nothing twice', async () => {
    const all = says(...Array.from({ length: 700 }, (_, n) => `第 ${String(n)} 句`))
    let pages = 0
    const falling = server({
      failPoint: () => ((pages += 1) === 2 ? Promise.reject(new Error('killed')) : Promise.resolve()),
    })
    await expect(readAll(falling)).rejects.toThrow('killed')
    const before = await heard()
    expect(before.length).toBeLessThan(700)
    await readAll(server())
    expect(await heard()).toEqual(all)
    expect(await account()).toMatchObject({ ready_at: null, why: '' })
  })

  it('the same page twice is told once; a lost cursor begins anew without harm', async () => {
    const all = says('一', '二', '三')
    await readAll(server())
    await act({ kind: 'system', name: 'test' }, (ctx) => ctx.tx.run(`UPDATE kf_account SET cursor = ''`))
    await readAll(server())
    expect(await heard()).toEqual(all)
    await act({ kind: 'system', name: 'test' }, (ctx) => ctx.tx.run(`UPDATE kf_account SET cursor = 'gone'`))
    all.push(...says('四'))
    await readAll(server())
    expect(await heard()).toEqual(all)
  })

  it('goes on behind an empty page that is not the last', async () => {
    const all = says('一', '二')
    let empty = 0
    const pullKf: WecomApi['pullKf'] = async (body, signal) =>
      (empty += 1) <= 3
        ? { kind: 'ok', value: { next_cursor: body.cursor ?? '', has_more: true, msg_list: [] } }
        : api.pullKf(body, signal)
    await readAll(server({ api: { ...api, pullKf } }))
    expect(await heard()).toEqual(all)
  })

  it('of two servers one writes a page; whoever froze writes nothing over what was read meanwhile', async () => {
    const all = says('一')
    await server().begin()
    const door = gate()
    const frozen = server({ failPoint: door.failPoint }).readDue(clock.now())
    await door.arrived
    await readAll(server())
    all.push(...says('二', '三'))
    await readAll(server())
    const after = await account()
    door.go()
    await frozen
    expect(await account()).toEqual(after)
    expect(await heard()).toEqual(all)
    // Both at once, each with its own page in hand.
    all.push(...says('四', '五'))
    await server().begin()
    await Promise.all([server().readDue(clock.now()), server().readDue(clock.now())])
    await readAll(server())
    expect(await heard()).toEqual(all)
  })

  it('a wish that comes during a pull outlives it', async () => {
    const all = says('一')
    const kf = server()
    const follow = createFollowers(opened.db, act, kf.followers, createLog('silent'))
    await kf.begin()
    const late: WecomApi['pullKf'] = async (body, signal) => {
      const page = await api.pullKf(body, signal)
      if (all.length < 2) {
        all.push(...says('二'))
        await eventAt(clock.now(), 'token-two')
        await follow.catchUp()
      }
      return page
    }
    await server({ api: { ...api, pullKf: late } }).readDue(clock.now())
    expect((await account()).ready_at).not.toBeNull()
    await kf.readDue(clock.now())
    await kf.readDue(clock.now())
    expect(await heard()).toEqual(all)
  })

  const eventAt = (at: number, token: string): Promise<void> =>
    act({ kind: 'system', name: 'door' }, (ctx) => {
      ctx.record({
        kind: 'kf-changed',
        at,
        source: 'wecom:corp:1',
        sourceKey: token,
        who: {},
        detail: { Event: 'kf_msg_or_event', OpenKfId: kfid, Token: token },
      })
      return Promise.resolve()
    })

  it('uses the token of the event for its ten minutes, goes without a stale one, and knows a new account by its event', async () => {
    const asked: (string | undefined)[] = []
    const pullKf: WecomApi['pullKf'] = (body, signal) => {
      asked.push(body.token)
      return api.pullKf(body, signal)
    }
    const kf = server({ api: { ...api, pullKf } })
    const follow = createFollowers(opened.db, act, kf.followers, createLog('silent'))
    await readAll(kf)
    asked.length = 0
    const all = says('一')
    // The simulator never gave this token: it is answered 95007 and left out.
    await eventAt(clock.now(), 'never-given')
    await follow.catchUp()
    await kf.readDue(clock.now())
    while ((await kf.readDue(clock.now())) > 0) await pass(1)
    expect(asked[0]).toBe('never-given')
    expect(await heard()).toEqual(all)
    asked.length = 0
    await eventAt(clock.now() - minutes(10), 'old')
    await follow.catchUp()
    await kf.readDue(clock.now())
    expect(asked[0]).toBeUndefined()
  })

  it('events that come late, twice or never change nothing of what is told', async () => {
    const kf = server()
    const follow = createFollowers(opened.db, act, kf.followers, createLog('silent'))
    const all = says('一', '二')
    await readAll(kf)
    all.push(...says('三'))
    await eventAt(clock.now() - seconds(30), 'late')
    await eventAt(clock.now() - seconds(40), 'later')
    await follow.catchUp()
    while ((await kf.readDue(clock.now())) > 0) await pass(1)
    expect(await heard()).toEqual(all)
    all.push(...says('四'))
    // Nobody told of it: the job of each few minutes asks for all.
    for (const job of kf.jobs)
      if (job.name === 'kf-pull') await job.run({ name: '', at: 0, day: '2026-05-20' } as never)
    while ((await kf.readDue(clock.now())) > 0) await pass(1)
    expect(await heard()).toEqual(all)
  })

  it('one bad message hides nothing of its page, whether it cannot be read or cannot be kept', async () => {
    const now = Math.floor(clock.now() / 1000)
    const all = says('一')
    simulator.world.kfMessage(kfid, { msgid: 7, send_time: 'soon', msgtype: ['text'] })
    simulator.world.kfMessage(kfid, {
      msgid: 'nul',
      open_kfid: kfid,
      external_userid: 'wmA',
      send_time: now,
      origin: 3,
      msgtype: 'text',
      text: { content: '有\u0000零' },
    })
    simulator.world.kfMessage(kfid, { msgid: 'odd', send_time: now, origin: 99, msgtype: 'hologram' })
    const bad = says('毒')
    all.push('nul', ...says('二'))
    poisoned = new Set(bad)
    const kf = server()
    await readAll(kf)
    expect(await heard()).toEqual(all)
    expect((await account()).ready_at).toBeNull()
    expect(await kf.incomplete()).toBeNull()
    const others = await readLog(opened.db.reader, { kinds: ['kf-event'], limit: 10 })
    expect(others.map(({ detail }) => detail)).toEqual([{ kfid, msgtype: 'hologram', origin: 99 }])
  })

  it('tries again while WeCom is away, and says so until it has come to the end', async () => {
    const all = says('一')
    const kf = server()
    simulator.addFault({ api: 'kf/sync_msg', kind: 'reset-before' })
    await kf.begin()
    await kf.readDue(clock.now())
    expect(await kf.incomplete()).toMatch(/^1 accounts of 微信客服 are not read to their end/)
    simulator.clearFaults()
    await pass(minutes(1))
    while ((await kf.readDue(clock.now())) > 0) await pass(1)
    expect(await kf.incomplete()).toBeNull()
    expect(await heard()).toEqual(all)
  })

  it('accounts come, are renamed and go; what is older than three days is gone', async () => {
    says('太久以前')
    await pass(days(4))
    const all = says('刚才')
    await readAll(server())
    expect(await heard()).toEqual(all)
    const second = await api.addKfAccount({ name: '二号', media_id: '' })
    await api.deleteKfAccount(kfid)
    await server().begin()
    const rows = await opened.db.reader.rows('select name, state from kf_account order by name')
    expect(second.kind).toBe('ok')
    expect(rows).toEqual([
      { name: '二号', state: 'listed' },
      { name: '小店客服', state: 'gone' },
    ])
    while ((await server().readDue(clock.now())) > 0) await pass(1)
    expect(await server().incomplete()).toBeNull()
  })
})

/** Refuses rows as a database does that cannot hold them. */
const choosy = (poisoned: () => ReadonlySet<string>): People => ({
  ...people,
  resolve(tx, rows: readonly ComingRow[], moment) {
    const bad: Pick<LogRow, 'sourceKey'> | undefined = rows.find(({ sourceKey }) => poisoned().has(sourceKey))
    if (bad) return Promise.reject(new Error(`${bad.sourceKey} cannot be kept`))
    return people.resolve(tx, rows, moment)
  },
})
