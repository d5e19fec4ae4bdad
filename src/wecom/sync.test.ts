/** The mirror against the simulator: events come through the real door, everything else through the real client. */
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createAct, system } from '../base/act.ts'
import type { Act } from '../base/act.ts'
import { minutes, seconds, virtualClock } from '../base/clock.ts'
import type { VirtualClock } from '../base/clock.ts'
import { newSecret } from '../base/ids.ts'
import { createLog } from '../base/log.ts'
import { startSession, sessionOf } from '../access/index.ts'
import { createErasures, createPeople, customerProjections, findStaff } from '../customer/index.ts'
import { eraseCustomer } from '../privacy.ts'
import { createCallbackDoor } from '../http/callback.ts'
import { createMetrics } from '../http/metrics.ts'
import { createHttp } from '../http/server.ts'
import type { HttpServer } from '../http/server.ts'
import { createFlush, createFollowers, createRecorder, readLog } from '../interaction/index.ts'
import type { Followers, LogRow } from '../interaction/index.ts'
import { startSimulator } from '../simulator/index.ts'
import type { Simulator } from '../simulator/index.ts'
import { onBothDatabases } from '../../test/database.ts'
import type { TestDatabase } from '../../test/database.ts'
import { createApi, createClient, createCodec, createSync } from './index.ts'
import type { Sync, WecomApi, WecomClient } from './index.ts'

const startAt = Date.UTC(2026, 4, 20, 2)
const log = createLog('silent')
const erasures = createErasures(Buffer.alloc(32, 9))

onBothDatabases('the mirror of WeCom', (open) => {
  let opened: TestDatabase
  let simulator: Simulator
  let clock: VirtualClock
  let client: WecomClient
  let api: WecomApi
  let act: Act
  let sync: Sync
  let followers: Followers
  let server: HttpServer
  let callbackUrl: string

  beforeEach(async () => {
    opened = await open()
    clock = virtualClock(startAt)
    simulator = await startSimulator({ clock: 'virtual', startAt, empty: true })
    const { world, credentials } = simulator
    for (const userid of ['lin', 'wang']) world.addStaff({ userid, name: userid, confirm: { mode: 'never' } })
    const { corpId, agentSecret } = credentials
    client = createClient(
      { apiUrl: simulator.url, corpId, agentSecret, retryBaseMs: 5, timeoutMs: 500 },
      { clock },
    )
    api = createApi(client)
    const flush = createFlush({
      people: createPeople(erasures),
      projections: customerProjections,
      wake: () => undefined,
    })
    act = createAct({ db: opened.db, clock, flush: async (ctx, rows) => void (await flush(ctx, rows)) })
    const { db } = opened
    sync = createSync({ api, act, db, clock, log, erasures })
    followers = createFollowers(db, act, sync.followers, log)
    const metrics = createMetrics()
    server = createHttp({
      clock,
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
        inbox: { corpId, agentId: String(credentials.agentId) },
        codec: createCodec({
          corpId,
          tokens: [credentials.callbackToken],
          aesKeys: [credentials.callbackAesKey],
        }),
        recorder: createRecorder(opened.db, act, flush),
        reader: opened.db.reader,
        clock,
        log,
        metrics,
      }),
    })
    const { url } = await server.listen(0, '127.0.0.1')
    callbackUrl = `${url}/wecom/callback`
    expect(await simulator.setCallback(callbackUrl, true)).toMatchObject({ ok: true })
  })
  afterEach(async () => {
    await client.close()
    await simulator.close()
    await server.stop(100)
    await opened.drop()
  })

  /** Time passes for everybody, callbacks arrive, followers and readings catch up. */
  async function settle(ms = 0): Promise<void> {
    await simulator.advanceTo(simulator.now() + ms)
    clock.set(simulator.now())
    await simulator.idle()
    await followers.catchUp()
    while ((await sync.rereadDue(clock.now())) > 0);
  }
  const relations = () =>
    opened.db.reader.rows<{ external: string; staff: string; state: string; name: string | null }>(
      `select r.external, r.staff, r.state, p.name from relation r left join profile p on p.external = r.external order by r.external, r.staff`,
    )
  const logged = (): Promise<LogRow[]> => readLog(opened.db.reader, { limit: 1_000 })
  const kinds = async (): Promise<string[]> => (await logged()).map(({ kind }) => kind)

  it('does not bring back whom we forgot, unless she comes anew', async () => {
    const external = 'wmForgotten'
    simulator.world.addContact({ userid: 'lin', external_userid: external, name: '王小美' })
    simulator.world.addContact({ userid: 'lin', external_userid: 'wmOther', name: '别人' })
    await settle(1_000)
    await sync.compareAll()
    await settle()
    expect((await relations()).map(({ name }) => name).sort()).toEqual(['别人', '王小美'])
    const parts = {
      db: opened.db,
      act,
      clock,
      erasures,
      listFile: join(tmpdir(), `erasures-${newSecret()}.jsonl`),
    }
    await eraseCustomer(parts, external, '本人要求')
    rmSync(parts.listFile)
    const rows = (await logged()).length
    await settle(3_600_000)
    await sync.compareAll()
    await settle()
    expect((await relations()).map(({ name }) => name)).toEqual(['别人'])
    expect((await logged()).length).toBe(rows)
    simulator.world.addContact({ userid: 'wang', external_userid: external })
    await settle(5_000)
    expect((await relations()).map(({ staff, name }) => [staff, name])).toContainEqual(['wang', '王小美'])
  })

  it('holds everybody after the first comparison, each contact once in the log, and says until then what is missing', async () => {
    for (let n = 0; n < 230; n += 1)
      simulator.world.addContact({
        userid: 'lin',
        external_userid: `wm${String(n)}`,
        name: `客户${String(n)}`,
        silent: true,
      })
    simulator.world.addContact({ userid: 'wang', external_userid: 'wm0', silent: true })
    const { chatId } = simulator.world.createGroup({ owner: 'lin', name: '育儿群', members: ['wm1', 'wm2'] })
    await simulator.idle()
    expect(await sync.incomplete()).toContain('never compared')
    await sync.compareAll()
    expect(await sync.incomplete()).toBeNull()
    expect(await relations()).toHaveLength(231)
    expect(await findStaff(opened.db.reader, 'LIN')).toMatchObject({
      name: 'lin',
      active: true,
      contact: true,
    })
    const group = await opened.db.reader.rows('select name, owner, state from chat_group where chat = $1', [
      chatId,
    ])
    expect(group).toEqual([{ name: '育儿群', owner: 'lin', state: 'active' }])
    const added = (await logged()).filter(({ kind }) => kind === 'contact-added')
    expect(added).toHaveLength(231)
    expect(added[0]?.detail).toMatchObject({ found: 'comparison' })
    const before = (await logged()).length
    await sync.compareAll()
    await followers.catchUp()
    while ((await sync.rereadDue(clock.now())) > 0);
    expect((await logged()).length).toBe(before)
  })

  it('reads a new contact after the event, also when the API does not know her yet, and does not log her twice', async () => {
    await sync.compareAll()
    simulator.addFault({ api: 'externalcontact/get', kind: 'errcode', errcode: 84061, times: 2 })
    simulator.world.addContact({ userid: 'lin', external_userid: 'wmNew', name: '新妈妈', state: 'qr1' })
    await settle()
    expect(await relations()).toEqual([])
    expect(await sync.nextDueAt()).toBe(clock.now() + seconds(2))
    await settle(seconds(2))
    await settle(seconds(10))
    expect(await relations()).toEqual([{ external: 'wmNew', staff: 'lin', state: 'active', name: '新妈妈' }])
    expect(await sync.nextDueAt()).toBeNull()
    await sync.compareAll()
    expect((await kinds()).filter((kind) => kind === 'contact-added')).toHaveLength(1)
  })

  it('finds who came and went while nobody listened, and logs it', async () => {
    simulator.world.addContact({ userid: 'lin', external_userid: 'wmOld', silent: true })
    await sync.compareAll()
    await simulator.setCallback(null)
    await settle(minutes(5))
    simulator.world.addContact({ userid: 'wang', external_userid: 'wmMissed' })
    simulator.world.removeContact('lin', 'wmOld', 'staff')
    await settle(minutes(5))
    await sync.compareAll()
    const states = (await relations()).map(({ external, state }) => `${external} ${state}`)
    expect(states).toEqual(['wmMissed active', 'wmOld removed'])
    const found = (await logged()).slice(1).map(({ kind, who }) => `${kind} ${who.external ?? ''}`)
    expect(found.sort()).toEqual(['contact-added wmMissed', 'contact-removed wmOld'])
  })

  it('believes a customer who deleted her advisor, although the API goes on showing the two', async () => {
    simulator.world.addContact({ userid: 'lin', external_userid: 'wmLeft', silent: true })
    await sync.compareAll()
    await settle(minutes(1))
    simulator.world.removeContact('lin', 'wmLeft', 'customer')
    await settle()
    await sync.compareAll()
    expect((await relations())[0]).toMatchObject({ state: 'removed' })
    await settle(minutes(1))
    simulator.world.addContact({ userid: 'lin', external_userid: 'wmLeft' })
    await settle()
    expect((await relations())[0]).toMatchObject({ state: 'active' })
  })

  it('is not stopped by a member without customers, keeps the names of tags, and logs no contact whose event waits', async () => {
    simulator.world.addContact({ userid: 'lin', external_userid: 'wmTagged', silent: true })
    const tag = simulator.world.createTag('客户等级', '重要')
    simulator.world.markByHand('lin', 'wmTagged', { add: [tag.id] })
    simulator.world.addContact({ userid: 'wang', external_userid: 'wmPending' })
    await simulator.idle()
    simulator.addFault({
      api: 'externalcontact/batch/get_by_user',
      kind: 'errcode',
      errcode: 84061,
      times: 1,
    })
    await sync.compareAll()
    const [profile] = await opened.db.reader.rows<{ remark_tags: string }>(
      'select remark_tags from profile where external = $1',
      ['wmTagged'],
    )
    expect(JSON.parse(profile?.remark_tags ?? '')).toEqual(['重要'])
    const pending = (await logged()).filter(
      ({ kind, who }) => kind === 'contact-added' && who.external === 'wmPending',
    )
    expect(pending).toHaveLength(1)
    expect(pending[0]?.detail).not.toHaveProperty('found')
    await settle()
    expect((await relations()).map(({ state }) => state)).toEqual(['active', 'active'])
  })

  it('follows groups: members from events, and a group that vanished from comparison', async () => {
    simulator.world.addContact({ userid: 'lin', external_userid: 'wm1', silent: true })
    await sync.compareAll()
    const { chatId } = simulator.world.createGroup({ owner: 'lin', name: '群' })
    await settle()
    simulator.world.joinGroup(chatId, ['wm1'])
    await settle()
    const members = () =>
      opened.db.reader.rows<{ member: string }>(
        'select member from group_member where chat = $1 order by member',
        [chatId],
      )
    expect((await members()).map(({ member }) => member)).toEqual(['lin', 'wm1'])
    await simulator.setCallback(null)
    simulator.world.dismissGroup(chatId)
    await settle()
    await sync.compareAll()
    expect(await members()).toEqual([])
    expect((await kinds()).at(-1)).toBe('group-dismissed')
  })

  const memberRows = async (): Promise<[string, string | null, unknown][]> =>
    (await logged())
      .filter(({ kind }) => kind === 'group-joined' || kind === 'group-left')
      .map(({ kind, who, detail }) => [kind, who.external ?? null, detail['found'] ?? 'event'])

  it('names members whose coming or going no event told, once their events cannot come any more', async () => {
    for (const n of [1, 2, 3, 4])
      simulator.world.addContact({ userid: 'lin', external_userid: `wm${String(n)}`, silent: true })
    await sync.compareAll()
    const { chatId } = simulator.world.createGroup({ owner: 'lin', name: '群', members: ['wm4'] })
    await settle()
    const told = (await memberRows()).length
    await simulator.setCallback(null)
    // Both events are lost.
    simulator.world.joinGroup(chatId, ['wm1'])
    simulator.world.leaveGroup(chatId, ['wm4'])
    await settle(minutes(5))
    await simulator.setCallback(callbackUrl, true)
    simulator.world.joinGroup(chatId, ['wm2'])
    await settle(seconds(1))
    expect((await memberRows()).slice(told).sort()).toEqual([
      ['group-joined', 'wm1', 'group'],
      ['group-joined', 'wm2', 'event'],
      ['group-left', 'wm4', 'group'],
    ])
    await settle(minutes(3))
    await settle(minutes(3))
    expect((await memberRows()).length).toBe(told + 3)
  })

  it.each(['cdata', 'items', 'none'] as const)(
    'names each of several who came at once, whatever the list of them looks like (%s)',
    async (memChangeList) => {
      Object.assign(simulator.settings, { memChangeList })
      for (const n of [1, 2, 3])
        simulator.world.addContact({ userid: 'lin', external_userid: `wm${String(n)}`, silent: true })
      const { chatId } = simulator.world.createGroup({ owner: 'lin', name: '群' })
      await settle()
      simulator.world.joinGroup(chatId, ['wm1', 'wm2'])
      await settle(seconds(1))
      simulator.world.joinGroup(chatId, ['wm3'])
      await settle(minutes(2))
      const rows = await memberRows()
      expect(
        rows
          .filter(([, external]) => external !== null)
          .map(([, external]) => external)
          .sort(),
      ).toEqual(['wm1', 'wm2', 'wm3'])
    },
  )

  it('keeps everybody when very many are suddenly not shown, until a person agrees', async () => {
    for (let n = 0; n < 60; n += 1)
      simulator.world.addContact({
        userid: n < 40 ? 'lin' : 'wang',
        external_userid: `wm${String(n)}`,
        silent: true,
      })
    for (let n = 0; n < 8; n += 1) simulator.world.createGroup({ owner: 'lin', name: `群${String(n)}` })
    await settle()
    await sync.compareAll()
    await settle()
    const active = async (): Promise<number> =>
      (await relations()).filter(({ state }) => state === 'active').length
    expect(await sync.standing()).toMatchObject({ state: 'done', contacts: 60, groups: 8 })
    await simulator.setCallback(null)
    await expect(sync.agreeToLosses(system('test'))).rejects.toMatchObject({ code: 'nothing-held' })
    // One by one is life.
    for (let n = 0; n < 15; n += 1) simulator.world.removeContact('lin', `wm${String(n)}`, 'staff')
    await simulator.idle()
    await sync.compareAll()
    expect(await active()).toBe(45)
    // Lin is taken out of the app's visible range: WeCom shows neither her nor what is hers.
    simulator.world.removeStaff('lin')
    const before = (await logged()).length
    await sync.compareAll()
    await sync.compareAll()
    expect(await active()).toBe(45)
    expect((await logged()).length).toBe(before)
    expect(await sync.standing()).toMatchObject({ state: 'held', lostContacts: 25, lostGroups: 8 })
    expect(await sync.incomplete()).toMatch(/no longer shows 25 contacts and 8 groups .*visible range/)
    await sync.agreeToLosses(system('test'))
    await sync.compareAll()
    expect(await active()).toBe(20)
    expect(await sync.standing()).toMatchObject({ state: 'done', contacts: 20, groups: 0 })
    expect((await kinds()).filter((kind) => kind === 'contact-removed').length).toBe(15 + 25)
  })

  it('says that it is incomplete when WeCom stops answering, and ends well when it is begun again', async () => {
    for (const userid of ['lin', 'wang'])
      simulator.world.addContact({ userid, external_userid: `wm-${userid}`, silent: true })
    simulator.addFault({ api: 'externalcontact/groupchat/list', kind: 'http-502-html' })
    await expect(sync.compareAll()).rejects.toMatchObject({ name: 'OutsideFailure' })
    expect(await sync.incomplete()).toContain('broke off')
    expect(await relations()).toHaveLength(2)
    simulator.clearFaults()
    await sync.compareAll()
    expect(await sync.incomplete()).toBeNull()
  })

  it('leaves it to another process that is at it, and takes it over from one that was frozen', async () => {
    simulator.world.addContact({ userid: 'lin', external_userid: 'wmOne', silent: true })
    const other = createSync({ api, act, db: opened.db, clock, log, erasures })
    let met = 0
    const late = createSync({
      ...{ db: opened.db, act, clock, log },
      api: {
        ...api,
        async corpTags() {
          met += 1
          if (opened.db.dialect === 'postgres') {
            await other.compareAll()
            expect(await other.incomplete()).toContain('under way: 0 contacts')
            await opened.db.tx((tx) => tx.run('UPDATE wecom_comparison SET touched_at = 0'))
          }
          await other.compareAll()
          return api.corpTags()
        },
      },
    })
    await late.compareAll()
    expect(met).toBe(1)
    expect(await other.incomplete()).toBeNull()
    expect((await logged()).filter(({ kind }) => kind === 'contact-added')).toHaveLength(1)
  })

  it('goes on where it broke off, and asks for nothing twice', async () => {
    for (let n = 0; n < 250; n += 1)
      simulator.world.addContact({ userid: 'lin', external_userid: `wm${String(n)}`, silent: true })
    for (let n = 0; n < 20; n += 1)
      simulator.world.createGroup({ owner: 'wang', name: `群${String(n)}`, members: [] })
    await simulator.idle()
    simulator.addFault({ api: 'externalcontact/groupchat/get', kind: 'errcode', errcode: 48002, times: 1 })
    const pages = () => simulator.calls().filter(({ api: path }) => path.endsWith('get_by_user')).length
    await expect(sync.compareAll()).rejects.toMatchObject({ name: 'OutsideFailure' })
    expect(await sync.incomplete()).toMatch(/broke off after 250 contacts and 0 groups: .*48002/)
    expect(pages()).toBe(3)
    const onlyGoesOn = sync.jobs.find(({ name }) => name === 'wecom-compare-on')
    await onlyGoesOn?.run({ day: '2026-05-20' } as never)
    expect(await sync.incomplete()).toContain('broke off')
    await opened.db.tx((tx) => tx.run('UPDATE wecom_comparison SET touched_at = 0'))
    await onlyGoesOn?.run({ day: '2026-05-20' } as never)
    expect(await sync.incomplete()).toBeNull()
    expect(pages()).toBe(3)
    const groups = await opened.db.reader.rows<{ n: number }>('select count(*) as n from chat_group')
    expect(groups[0]?.n).toBe(20)
    expect(await opened.db.reader.rows('select * from wecom_seen')).toEqual([])
    // Nothing broke off: there is nothing to go on with.
    await onlyGoesOn?.run({ day: '2026-05-20' } as never)
    expect(pages()).toBe(3)
  })

  it('reads a part again whose cursor has run out', async () => {
    for (let n = 0; n < 250; n += 1)
      simulator.world.addContact({ userid: 'lin', external_userid: `wm${String(n)}`, silent: true })
    let asked = 0
    const broken = createSync({
      ...{ db: opened.db, act, clock, log, erasures },
      api: {
        ...api,
        customersOf: (some, cursor, signal) =>
          (asked += 1) === 2 ? Promise.reject(new Error('cut off')) : api.customersOf(some, cursor, signal),
      },
    })
    await expect(broken.compareAll()).rejects.toThrow('cut off')
    await opened.db.tx((tx) => tx.run(`UPDATE wecom_comparison SET cursor = 'no-such-cursor'`))
    await sync.compareAll()
    expect(await sync.incomplete()).toBeNull()
    expect(await relations()).toHaveLength(250)
    expect((await logged()).filter(({ kind }) => kind === 'contact-added')).toHaveLength(250)
  })

  it('ends the sessions of a member who leaves', async () => {
    await sync.compareAll()
    const secret = await act(system('test'), (ctx) => startSession(ctx, 'lin'))
    expect(await sessionOf(opened.db.reader, secret, clock.now())).not.toBeNull()
    simulator.world.callback(
      `<xml><ToUserName>${simulator.credentials.corpId}</ToUserName><FromUserName>sys</FromUserName><CreateTime>${String(Math.floor(clock.now() / 1000))}</CreateTime><MsgType>event</MsgType><Event>change_contact</Event><ChangeType>delete_user</ChangeType><UserID>lin</UserID></xml>`,
    )
    await settle()
    expect(await sessionOf(opened.db.reader, secret, clock.now())).toBeNull()
    expect(await findStaff(opened.db.reader, 'lin')).toMatchObject({ active: false })
  })
})
