/**
 * The entrances into the private domain, from end to end: the whole server and the simulator over HTTP, both clocks moved
 * by hand. What counts in the end is what the simulator has.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../src/app.ts'
import type { Actor } from '../src/base/act.ts'
import { instantOf } from '../src/base/calendar.ts'
import { days, hours, minutes, seconds, virtualClock } from '../src/base/clock.ts'
import type { VirtualClock } from '../src/base/clock.ts'
import { createLog } from '../src/base/log.ts'
import { packageRoot } from '../src/base/env.ts'
import { publish } from '../src/cadence/index.ts'
import type { Core } from '../src/core.ts'
import { findWay, waysOf } from '../src/customer/index.ts'
import type { Way } from '../src/customer/index.ts'
import { readLog } from '../src/interaction/index.ts'
import type { LogRow } from '../src/interaction/index.ts'
import { wayReports } from '../src/report/index.ts'
import { audienceFields, fieldMap, loadTierRules, previewAudience } from '../src/segment/index.ts'
import { startSimulator } from '../src/simulator/index.ts'
import type { Simulator } from '../src/simulator/index.ts'
import type { FaultKind } from '../src/simulator/types.ts'
import { createApi, createClient, createWays, knownQuota, wayWarnings } from '../src/wecom/index.ts'
import type { NewWay, WecomApi, WecomClient, Ways } from '../src/wecom/index.ts'
import { onBothDatabases } from './database.ts'
import type { TestDatabase } from './database.ts'
import { openServerOn, passTogether } from './whole-server.ts'

const start = instantOf('2026-05-20', '10:00')
const operator: Actor = { kind: 'staff', userid: 'lin' }
const cadence = `shop: { name: 小鹿母婴 }
touchpoints:
  welcome:
    wording: 欢迎！
    attachments: [{ link: { title: 新人礼, url: 'https://shop.example/new' } }]
    ways:
      parcel-card:
        wording: '{{ customer.salutation }}，包裹收到了吗？'
        attachments: [{ link: { title: 查包裹, url: 'https://shop.example/parcel' } }]
      flyer: { wording: 谢谢扫码 }
      shelf: { wording: 店里见, attachments: [] }
`
const parcelCard: NewWay = {
  kind: 'contact',
  name: '包裹卡',
  mark: 'parcel-card',
  staff: ['lin', 'wang'],
  chats: [],
  skipVerify: true,
  remark: '',
  tags: ['包裹卡'],
}

onBothDatabases('渠道', (open) => {
  let opened: TestDatabase
  let simulator: Simulator
  let clock: VirtualClock
  let client: WecomClient
  let api: WecomApi
  let app: App
  let ways: Ways

  beforeEach(async () => {
    opened = await open()
    clock = virtualClock(start)
    simulator = await startSimulator({ clock: 'virtual', startAt: start, empty: true })
    const { world, credentials } = simulator
    for (const userid of ['lin', 'wang']) world.addStaff({ userid, name: userid, confirm: { mode: 'never' } })
    const { corpId, agentSecret } = credentials
    client = createClient(
      { apiUrl: simulator.url, corpId, agentSecret, timeoutMs: 300, retryBaseMs: 5 },
      { clock },
    )
    api = createApi(client)
    app = await openServerOn(opened.url, simulator, clock)
    const { url } = await app.listen()
    await simulator.setCallback(`${url}/wecom/callback`, true)
    await app.compareAll()
    await core().act({ kind: 'cli', verb: 'test' }, (ctx) =>
      publish(ctx, loadTierRules(`${packageRoot}/config`), {
        yaml: cadence,
        note: '',
        by: 'cli',
        baseVersion: null,
      }),
    )
    ways = waysOfThisTest()
    await settle()
  })
  afterEach(async () => {
    await app.stop()
    await client.close()
    await simulator.close()
    await opened.drop()
  })

  const core = (): Core => app.importParts
  const waysOfThisTest = (over: Partial<WecomApi> = {}, act = core().act): Ways =>
    createWays({
      ...core(),
      act,
      api: { ...api, ...over },
      log: createLog('silent'),
      lookDelaysMs: [300, 1_000, 3_000],
      restored: () => Promise.resolve(false),
    })
  const settle = (ms = 0): Promise<void> => passTogether(app, simulator, clock, ms)
  const sim = async (path: string, body: object = {}): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${simulator.url}/sim/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    return (await answer.json()) as Record<string, unknown>
  }
  const scan = async (way: Way, external?: string): Promise<string> => {
    const body = external === undefined ? {} : { external_userid: external }
    return String((await sim(`qr/${way.remoteId ?? ''}`, body))['external_userid'])
  }
  const rows = (...kinds: string[]): Promise<LogRow[]> => readLog(core().db.reader, { kinds, limit: 1_000 })
  const inWecom = async (): Promise<number> => {
    const listed = await api.contactWays({ start_time: 0, end_time: Math.ceil(clock.now() / 1000) + 60 })
    return listed.kind === 'ok' ? listed.value.contact_way.length : -1
  }
  const welcomes = (external: string): string[] =>
    simulator
      .ledger()
      .filter((row) => row.api === 'send_welcome_msg' && row.recipient === external)
      .map(({ text }) => text)
  const titlesTo = (external: string): string[] =>
    simulator
      .ledger()
      .filter((row) => row.api === 'send_welcome_msg' && row.recipient === external)
      .flatMap(({ body }) => (body as { attachments?: { link?: { title: string } }[] }).attachments ?? [])
      .map(({ link }) => link?.title ?? '')
  const again = async (id: string): Promise<Way> => {
    const way = await findWay(core().db.reader, id)
    if (!way) throw new Error('the way is gone')
    return way
  }

  it('a way carries what is written for it, else what every welcome carries', async () => {
    for (const [mark, titles] of Object.entries({ flyer: ['新人礼'], shelf: [] })) {
      const external = await scan(await ways.add(operator, { ...parcelCard, name: mark, mark }))
      await settle(seconds(1))
      expect(welcomes(external)).toHaveLength(1)
      expect(titlesTo(external)).toEqual(titles)
    }
  })

  it('a way is made, a customer scans it, hears its words, is tagged, and counts for it', async () => {
    const way = await ways.add(operator, parcelCard)
    expect(way).toMatchObject({ state: 'live', told: 1, mark: 'parcel-card', readyAt: null })
    expect(way.url).toContain(way.remoteId)
    const external = await scan(way)
    await settle(seconds(1))
    expect(welcomes(external)).toEqual([expect.stringContaining('包裹收到了吗？')])
    expect(titlesTo(external)).toEqual(['查包裹'])
    expect((await rows('contact-added')).at(-1)?.detail).toMatchObject({ State: 'parcel-card' })
    await settle(minutes(1))
    const tags = simulator.world.tagGroups().find(({ name }) => name === '渠道来源')?.tags ?? []
    expect(tags.map(({ name }) => name)).toEqual(['包裹卡'])
    const follow = [...(simulator.world.customer(external)?.follows.values() ?? [])][0]
    expect([...(follow?.tagIds ?? [])]).toContain(tags[0]?.id)

    // Whoever came by nothing hears the general words.
    const other = simulator.world.addContact({ userid: 'lin', name: '路人' }).external_userid
    await settle(seconds(1))
    expect(welcomes(other)).toEqual(['欢迎！'])
    expect(titlesTo(other)).toEqual(['新人礼'])

    const found = await previewAudience(
      { rules: loadTierRules(`${packageRoot}/config`), fields: fieldMap(audienceFields) },
      core().db.reader,
      { combinator: 'and', rules: [{ field: 'came-by', operator: 'in', value: ['parcel-card'] }] },
      clock.now(),
    )
    expect(found).toMatchObject({ count: 1 })

    await core().act({ kind: 'system', name: 'test' }, async (ctx) => {
      await Promise.resolve()
      for (const [id, fen] of [
        ['O1', 12_900],
        ['O2', 5_000],
      ] as const)
        ctx.record({
          kind: 'order-placed',
          at: clock.now(),
          source: 'test',
          sourceKey: id,
          who: { external },
          detail: { orderId: id, amountFen: fen, items: [] },
        })
    })
    const report = (await wayReports(core().db.reader, clock.now()))('parcel-card')
    expect(report.all).toEqual({ added: 1, friends: 1, bought: 1, revenueFen: 17_900 })
    expect(report.days7).toEqual(report.all)
    // A fortnight later she has deleted her advisor.
    const [advisor = ''] = simulator.world.customer(external)?.follows.keys() ?? []
    simulator.world.removeContact(advisor, external, 'customer')
    await settle(seconds(1))
    await settle(days(10))
    const later = (await wayReports(core().db.reader, clock.now()))('parcel-card')
    expect(later).toMatchObject({
      days7: { added: 0 },
      days30: { added: 1, friends: 0, bought: 1 },
    })
  })

  it('is changed and ended, each in WeCom too and in the audit chain', async () => {
    const way = await ways.add(operator, parcelCard)
    const external = await scan(way)
    await settle(minutes(1))
    const changed = await ways.change(operator, way.id, {
      ...parcelCard,
      name: '包裹卡（新）',
      staff: ['wang'],
      tags: ['新包裹卡'],
    })
    expect(changed).toMatchObject({ told: 2, version: 2, name: '包裹卡（新）' })
    const seen = await api.contactWay(way.remoteId ?? '')
    expect(seen).toMatchObject({ value: { contact_way: { user: ['wang'], state: 'parcel-card' } } })
    await settle(minutes(1))
    const names = new Map(
      simulator.world.tagGroups().flatMap(({ tags }) => tags.map(({ id, name }) => [id, name] as const)),
    )
    const worn = [...(simulator.world.customer(external)?.follows.values() ?? [])].flatMap(({ tagIds }) =>
      [...tagIds].map((id) => names.get(id)),
    )
    expect(worn).toContain('新包裹卡')
    expect(worn).not.toContain('包裹卡')

    const ended = await ways.end(operator, way.id)
    expect(ended).toMatchObject({ state: 'ended', endedAt: clock.now() })
    expect(await inWecom()).toBe(0)
    const chain = await core().db.reader.rows<{ who: string; what: string }>(
      `select who, what from audit where what like 'way-%' order by seq`,
    )
    expect(chain).toEqual([
      { who: 'staff:lin', what: 'way-added' },
      { who: 'staff:lin', what: 'way-changed' },
      { who: 'staff:lin', what: 'way-ended' },
    ])
    // Its name is free again, its mark never.
    await expect(ways.add(operator, parcelCard)).rejects.toMatchObject({ code: 'mark-taken' })
    expect(await ways.add(operator, { ...parcelCard, mark: 'parcel-card-2' })).toMatchObject({
      state: 'live',
    })
  })

  const faults: readonly (readonly [string, FaultKind, Way['state']])[] = [
    ['is accepted and the answer lost', 'reset-after', 'asked'],
    ['is accepted and the answer comes too late', 'timeout-after', 'asked'],
    ['never arrives, which nobody can tell', 'refuse', 'asked'],
    ['is answered with a page of the gateway', 'http-502-html', 'asked'],
  ]
  describe.each(faults)('whose making %s', (_words, kind, state) => {
    it('is in WeCom exactly once in the end', async () => {
      simulator.addFault({
        kind,
        api: 'add_contact_way',
        times: 1,
        ...(kind === 'timeout-after' ? { ms: 2_000 } : {}),
      })
      const way = await ways.add(operator, parcelCard)
      expect(way).toMatchObject({ state, remoteId: null })
      await settle(minutes(1))
      await settle(minutes(2))
      await settle(minutes(2))
      const made = await again(way.id)
      expect(made).toMatchObject({ state: 'live', told: 1, readyAt: null })
      expect(await inWecom()).toBe(1)
      await scan(made)
      await settle(seconds(1))
      expect((await rows('contact-added')).at(-1)?.detail).toMatchObject({ State: 'parcel-card' })
    })
  })

  it('is refused with WeCom’s reason, and made once it is put right', async () => {
    simulator.addFault({ kind: 'errcode', api: 'add_contact_way', errcode: 84074, times: 1 })
    const way = await ways.add(operator, parcelCard)
    expect(way).toMatchObject({ state: 'refused', why: expect.stringContaining('84074') as string })
    expect(await wayWarnings(core().db.reader)).toHaveLength(1)
    expect(await ways.again(operator, way.id)).toMatchObject({ state: 'live', why: '' })
    expect(await wayWarnings(core().db.reader)).toEqual([])
  })

  it('whose server fell between the call and the commit is found by its mark', async () => {
    const fallen = waysOfThisTest({
      addContactWay: async (body) => {
        await api.addContactWay(body)
        throw new Error('the process is gone')
      },
    })
    await expect(fallen.add(operator, parcelCard)).rejects.toThrow('gone')
    expect(await inWecom()).toBe(1)
    await settle(minutes(2))
    const [way] = await waysOf(core().db.reader)
    expect(way).toMatchObject({ state: 'live', told: 1 })
    expect(await inWecom()).toBe(1)
  })

  it('whose maker was frozen between the row and the call leaves the call to whoever comes next', async () => {
    let commits = 0
    const { act } = core()
    const slow: Core['act'] = async (actor, deed, lane) => {
      const answer = await act(actor, deed, lane)
      // The row, then the taking of it: behind that one it slept for two minutes.
      if ((commits += 1) === 2) clock.set(clock.now() + minutes(2))
      return answer
    }
    const calls = (): number =>
      simulator.calls().filter((call) => call.api.endsWith('add_contact_way')).length
    const way = await waysOfThisTest({}, slow).add(operator, parcelCard)
    expect(way).toMatchObject({ state: 'live' })
    expect([calls(), await inWecom()]).toEqual([1, 1])
  })

  it('whose call arrives after another has taken over is shown as a second one', async () => {
    let thaw = (): void => undefined
    const frozen = new Promise<void>((ok) => {
      thaw = ok
    })
    const slow = waysOfThisTest({
      addContactWay: async (body) => {
        await frozen
        return api.addContactWay(body)
      },
    })
    const adding = slow.add(operator, parcelCard)
    while ((await waysOf(core().db.reader))[0]?.state !== 'asked') await breathe()
    for (const ms of [minutes(2), minutes(1), minutes(1), minutes(1)]) await settle(ms)
    const [made] = await waysOf(core().db.reader)
    expect(made).toMatchObject({ state: 'live' })
    thaw()
    // What the late one answers changes nothing: the code that people print is the first.
    expect((await adding).remoteId).toBe(made?.remoteId)
    expect((await ways.compare()).unknown).toMatchObject([{ mark: 'parcel-card', twinOf: '包裹卡' }])
  })

  it('of a group has the mark of whoever joined by it, and waits for a person where its making is in doubt', async () => {
    const chat = simulator.world.createGroup({ owner: 'lin', name: '辅食群' }).chatId
    await app.compareAll()
    await settle()
    const joins: NewWay = {
      ...parcelCard,
      kind: 'join',
      name: '门店群',
      mark: 'shop-group',
      staff: [],
      chats: [chat],
    }
    simulator.addFault({ kind: 'reset-after', api: 'add_join_way', times: 1 })
    const doubted = await ways.add(operator, joins)
    expect(doubted).toMatchObject({ state: 'unsure', readyAt: null })
    await settle(hours(1))
    expect(await again(doubted.id)).toMatchObject({ state: 'unsure' })
    const way = await ways.again(operator, doubted.id)
    expect(way).toMatchObject({ state: 'live' })
    expect(way.url).toContain(way.remoteId)
    const external = await scan(way)
    await settle(minutes(1))
    expect((await rows('way-entered')).map(({ who, detail }) => [who, detail['State']])).toEqual([
      [{ external, chat }, 'shop-group'],
    ])
    await app.compareAll()
    await settle(minutes(1))
    expect(await rows('way-entered')).toHaveLength(1)
    expect((await wayReports(core().db.reader, clock.now()))('shop-group').all).toMatchObject({
      added: 1,
      friends: 1,
    })
  })

  it('of 获客助手 carries its channel, finds whom no event told, and says when the quota ends', async () => {
    await sim('acquisition/buy', { count: 21, expire_date: Math.ceil((clock.now() + days(90)) / 1000) })
    simulator.addFault({ kind: 'reset-after', api: 'create_link', times: 1 })
    const asked = await ways.add(operator, {
      ...parcelCard,
      kind: 'link',
      name: '详情页',
      mark: 'detail-page',
    })
    expect(asked).toMatchObject({ state: 'asked' })
    await expect(ways.change(operator, asked.id, { ...parcelCard, name: '别名' })).rejects.toMatchObject({
      code: 'way-underway',
    })
    await settle(minutes(2))
    const way = await again(asked.id)
    expect(way).toMatchObject({ state: 'live' })
    expect(way.url).toMatch(/\?customer_channel=detail-page$/)
    const links = await api.acquisitionLinks()
    expect(links).toMatchObject({ value: { link_id_list: [way.remoteId] } })

    const open = (more: object): Promise<Record<string, unknown>> =>
      sim('acquisition/open', { link_id: way.remoteId, ...more })
    const told = String((await open({ customer_channel: 'detail-page' }))['external_userid'])
    // Without its channel nothing in the event says where she came from.
    const untold = await open({})
    await settle(hours(2))
    expect((await rows('way-entered')).map(({ who }) => who)).toEqual([
      { external: untold['external_userid'], staff: untold['userid'] },
    ])
    expect((await wayReports(core().db.reader, clock.now()))('detail-page').all.added).toBe(2)
    expect(await knownQuota(core().db.reader)).toMatchObject({ balance: 19, total: 21 })
    expect((await wayWarnings(core().db.reader)).map(({ words }) => words)).toEqual([
      '获客助手的额度只剩 19 次',
    ])
    simulator.world.customerSays(told, [...(simulator.world.customer(told)?.follows.keys() ?? [])][0] ?? '')
    await settle(minutes(1))
    expect((await rows('acquired-said')).map(({ who }) => who.external)).toEqual([told])

    await sim('acquisition/delete', { link_id: way.remoteId })
    await settle(minutes(1))
    expect(await again(way.id)).toMatchObject({ state: 'lost' })
    expect((await wayWarnings(core().db.reader)).map(({ words }) => words)).toContain(
      '渠道“详情页”：链接在企业微信里被删除',
    )
    expect(await ways.again(operator, way.id)).toMatchObject({ state: 'live', mark: 'detail-page' })
  })

  it('is compared: what is unknown here is adopted with its mark, what WeCom lost is said', async () => {
    const way = await ways.add(operator, parcelCard)
    const made = await api.addContactWay({
      type: 1,
      scene: 2,
      state: 'old-card',
      remark: '老卡片',
      user: ['lin'],
    })
    const bare = await api.addContactWay({ type: 2, scene: 2, user: ['wang'] })
    if (made.kind !== 'ok' || bare.kind !== 'ok') throw new Error('not made')
    expect(await ways.compare()).toMatchObject({
      lost: [],
      more: 0,
      unknown: [
        { kind: 'contact', remoteId: made.value.config_id, mark: 'old-card', name: '老卡片', twinOf: null },
        { kind: 'contact', remoteId: bare.value.config_id, mark: '' },
      ],
    })
    const adopted = await ways.adopt(operator, {
      kind: 'contact',
      remoteId: made.value.config_id,
      name: '老卡片',
    })
    expect(adopted).toMatchObject({
      state: 'live',
      mark: 'old-card',
      single: true,
      staff: ['lin'],
      readyAt: null,
    })
    // One for exactly one member stays so.
    await expect(
      ways.change(operator, adopted.id, { ...parcelCard, name: '老卡片', staff: ['lin', 'wang'] }),
    ).rejects.toMatchObject({ code: 'invalid' })
    const marked = await ways.adopt(operator, {
      kind: 'contact',
      remoteId: bare.value.config_id,
      name: '门店',
    })
    expect(marked.mark).toMatch(/^way-[a-z0-9]{8}$/)
    expect(await api.contactWay(bare.value.config_id)).toMatchObject({
      value: { contact_way: { state: marked.mark } },
    })
    expect((await ways.compare()).unknown).toEqual([])

    await api.deleteContactWay(way.remoteId ?? '')
    expect(await ways.compare()).toMatchObject({ lost: ['包裹卡'] })
    expect(await again(way.id)).toMatchObject({ state: 'lost' })
    const remade = await ways.again(operator, way.id)
    expect(remade).toMatchObject({ state: 'live', mark: 'parcel-card' })
    expect(remade.remoteId).not.toBe(way.remoteId)
  })
})
