/** 微信客服 from end to end: the whole server and the simulator over HTTP, both clocks moved by hand. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { App } from '../src/app.ts'
import { instantOf } from '../src/base/calendar.ts'
import { days, hours, minutes, seconds, virtualClock } from '../src/base/clock.ts'
import type { VirtualClock } from '../src/base/clock.ts'
import { system } from '../src/base/act.ts'
import { customerIdOf, subscriptionsOf } from '../src/customer/index.ts'
import { readLog, readWords } from '../src/interaction/index.ts'
import type { LogRow } from '../src/interaction/index.ts'
import { enqueue, resolveHeld } from '../src/outbox/index.ts'
import type { PromiseRow } from '../src/outbox/index.ts'
import { handOutPerson } from '../src/privacy.ts'
import { startSimulator } from '../src/simulator/index.ts'
import type { LedgerRow, Simulator } from '../src/simulator/index.ts'
import { createApi, createClient } from '../src/wecom/index.ts'
import type { WecomApi, WecomClient } from '../src/wecom/index.ts'
import { onBothDatabases } from './database.ts'
import type { TestDatabase } from './database.ts'
import { openServerOn, passTogether } from './whole-server.ts'

/** A Wednesday night, in quiet hours: whoever writes now is answered all the same. */
const start = instantOf('2026-05-20', '22:30')

onBothDatabases('微信客服', (open) => {
  let opened: TestDatabase
  let simulator: Simulator
  let clock: VirtualClock
  let client: WecomClient
  let api: WecomApi
  let app: App
  let kf: string
  let url: string

  const openServer = (): Promise<App> => openServerOn(opened.url, simulator, clock)

  beforeEach(async () => {
    opened = await open()
    clock = virtualClock(start)
    simulator = await startSimulator({ clock: 'virtual', startAt: start, empty: true })
    const { world, credentials } = simulator
    for (const userid of ['lin', 'wang']) world.addStaff({ userid, name: userid, confirm: { mode: 'never' } })
    world.addContact({ userid: 'lin', external_userid: 'wmA', name: '王小美', silent: true })
    const { corpId, agentSecret } = credentials
    client = createClient({ apiUrl: simulator.url, corpId, agentSecret }, { clock })
    api = createApi(client)
    const made = await api.addKfAccount({ name: '小店客服', media_id: '' })
    if (made.kind !== 'ok') throw new Error('no account')
    kf = made.value.open_kfid
    app = await openServer()
    ;({ url } = await app.listen())
    await simulator.setCallback(`${url}/wecom/callback`, true)
    await app.compareAll()
    await settle()
  })
  afterEach(async () => {
    await app.stop()
    await client.close()
    await simulator.close()
    await opened.drop()
  })

  const settle = (ms = 0): Promise<void> => passTogether(app, simulator, clock, ms)
  const said = (to: string): LedgerRow[] =>
    simulator.ledger().filter((row) => row.api === 'kf/send_msg' && row.recipient === to)
  const rows = (...kinds: string[]): Promise<LogRow[]> => readLog(app.db.reader, { kinds, limit: 1_000 })
  const promises = (touchpoint: string): Promise<PromiseRow[]> =>
    app.db.reader.rows<PromiseRow>(
      'select * from promise where touchpoint = $1 order by wanted_at, dedupe_key',
      [touchpoint],
    )

  it('greets, answers 退订 and 恢复订阅, hands over to her advisor, and leaves the rest to people', async () => {
    const { world } = simulator
    await api.addServicers({ open_kfid: kf, userid_list: ['lin'] })
    // She opens the conversation.
    world.kfEnter(kf, 'wmA', 'parcel-card')
    await settle()
    expect(said('wmA').map(({ text }) => text)).toEqual([expect.stringContaining('小禾母婴客服')])
    expect(said('wmA')[0]?.body).toMatchObject({
      msgtype: 'msgmenu',
      msgmenu: { list: [{ click: { content: '转人工' } }, { click: { content: '退订' } }] },
    })
    expect((await rows('kf-entered')).map(({ who, detail }) => [who, detail])).toEqual([
      [
        { external: 'wmA' },
        { kfid: kf, scene: '', param: 'parcel-card', code: expect.any(String) as string },
      ],
    ])
    // What the machine does not understand is not answered, and the state is left alone.
    await settle(seconds(30))
    world.kfSays(kf, 'wmA', '这款奶粉有货吗')
    await settle()
    expect(said('wmA')).toHaveLength(1)
    const [asked] = await rows('kf-said')
    expect(asked).toMatchObject({ who: { external: 'wmA' }, detail: { kfid: kf, msgtype: 'text' } })
    expect(JSON.stringify(asked)).not.toContain('奶粉')
    expect((await readWords(app.db.reader, [asked?.id ?? ''])).get(asked?.id ?? '')).toBe('这款奶粉有货吗')
    // 退订 holds at once, from the menu as from the keyboard.
    world.kfSays(kf, 'wmA', '退订', 'menu-2')
    await settle()
    expect(await subscriptionsOf(app.db.reader, 'wmA')).toMatchObject({ marketing: false, service: true })
    expect(said('wmA').at(-1)?.text).toMatch(/已为您退订.*http/)
    await settle(seconds(5))
    world.kfSays(kf, 'wmA', '恢复订阅')
    await settle()
    expect(await subscriptionsOf(app.db.reader, 'wmA')).toMatchObject({ marketing: true })
    expect(said('wmA').at(-1)?.text).toContain('已为您恢复订阅')
    // A person.
    world.kfSays(kf, 'wmA', '转人工')
    await settle()
    expect(await api.kfState({ open_kfid: kf, external_userid: 'wmA' })).toMatchObject({
      value: { service_state: 3, servicer_userid: 'lin' },
    })
    expect(said('wmA').at(-1)?.text).toContain('转接人工')
    expect(said('wmA')).toHaveLength(4)
    world.kfAnswers(kf, 'wmA', 'lin', '您好，我是林顾问')
    await settle()
    expect((await rows('kf-answered')).map(({ who }) => who)).toEqual([{ external: 'wmA', staff: 'lin' }])
    // In the hands of a person she is not moved again, and the machine may not speak.
    await settle(seconds(5))
    world.kfSays(kf, 'wmA', '人工')
    world.kfSays(kf, 'wmA', 'TD')
    await settle()
    expect(await subscriptionsOf(app.db.reader, 'wmA')).toMatchObject({ marketing: false })
    expect(said('wmA')).toHaveLength(4)
    expect((await promises('kf-consent')).map(({ state, settle_code }) => [state, settle_code])).toEqual([
      ['sent', null],
      ['sent', null],
      ['refused', 'kf-state'],
    ])
    expect(await rows('kf-handed-over')).toHaveLength(1)
    // Nothing of it is a deed of her advisor's.
    expect((await rows('touch-sent')).every(({ who }) => who.staff === undefined)).toBe(true)
    world.kfEnds(kf, 'wmA')
    await settle()
    expect((await rows('kf-session-changed')).map(({ detail }) => detail['change'])).toEqual([3])
  })

  it('knows a stranger by the name WeCom tells, greets her too, and hands out and counts what she said', async () => {
    simulator.world.kfEnter(kf, 'wmStranger')
    await settle()
    expect(said('wmStranger')).toHaveLength(1)
    simulator.world.kfSays(kf, 'wmStranger', '你好')
    await settle(minutes(1))
    const [profile] = await app.db.reader.rows<{ name: string }>(
      `select name from profile where external = 'wmStranger'`,
    )
    const shown = await api.kfCustomers(['wmStranger'])
    expect(shown.kind === 'ok' && shown.value.customer_list[0]?.nickname).toBe(profile?.name)
    const [activity] = await app.db.reader.rows(`select activity, acts from activity_day`)
    expect(activity).toEqual({ activity: 'chat', acts: 1 })
    const handed = await handOutPerson(app.importParts, 'wmStranger')
    expect(handed.log.map(({ said: words }) => words)).toContain('你好')
  })

  it('tells whoever takes her over what she asked, on one card', async () => {
    const { world } = simulator
    const cards = () =>
      simulator.ledger().filter((row) => row.api === 'message/send' && row.text.includes('客服转接提醒'))
    await api.addServicers({ open_kfid: kf, userid_list: ['lin', 'wang'] })
    world.kfSays(kf, 'wmA', '奶粉漏了一罐')
    world.kfSays(kf, 'wmA', '能补发吗[[link:me]]')
    await settle(seconds(2))
    world.kfSays(kf, 'wmA', '转人工')
    await settle()
    expect(cards().map(({ recipient }) => recipient)).toEqual(['lin'])
    const shown = JSON.stringify(cards()[0]?.body)
    expect(shown).toContain('已转给您。她问：奶粉漏了一罐 / 能补发吗 link:me')
    expect(shown).toContain('/sidebar/#/customer/wmA?promise=')
    const [task] = await promises('kf-handed')
    expect(task).toMatchObject({ state: 'waiting', sender: 'lin', subject: 'wmA', channel: 'advisor-task' })
    // Its conversation over, there is nothing left to do; taken again the same day, she has had her card.
    world.kfEnds(kf, 'wmA')
    await settle()
    expect(await promises('kf-handed')).toMatchObject([{ state: 'cancelled', settle_code: 'moved-on' }])
    await settle(minutes(10))
    world.kfSays(kf, 'wmA', '人工')
    await settle()
    expect(await rows('kf-handed-over')).toHaveLength(2)
    expect(cards()).toHaveLength(1)
  })

  it('shows no card of hers to a member who is not in contact with her', async () => {
    simulator.world.kfSays(kf, 'wmA', '人工客服')
    await settle()
    simulator.world.kfTakes(kf, 'wmA', 'wang')
    await settle()
    expect(await promises('kf-handed')).toMatchObject([
      { decision: 'declined', reason_code: 'no-contact', sender: 'wang' },
    ])
  })

  it('pools whom nobody of her own can take, and answers with the code', async () => {
    simulator.world.kfSays(kf, 'wmA', '人工客服')
    await settle()
    expect(await api.kfState({ open_kfid: kf, external_userid: 'wmA' })).toMatchObject({
      value: { service_state: 2 },
    })
    expect(said('wmA').map(({ text }) => text)).toEqual([expect.stringContaining('转接人工')])
    simulator.world.kfTakes(kf, 'wmA', 'wang')
    await settle()
    expect((await rows('kf-session-changed')).map(({ who }) => who)).toEqual([
      { external: 'wmA', staff: 'wang' },
    ])
  })

  it('a hand-over whose answer was lost is looked up, never made twice', async () => {
    simulator.addFault({ api: 'kf/service_state/trans', kind: 'reset-after', times: 1 })
    simulator.world.kfSays(kf, 'wmA', '人工')
    await settle()
    await settle(minutes(1))
    expect((await rows('kf-handed-over')).map(({ detail }) => detail)).toEqual([
      { kfid: kf, state: 2, asked: expect.any(String) as string },
    ])
    expect(await app.db.reader.rows('select * from kf_hand_over')).toEqual([])
  })

  it('cancels what is queued in the very instant in which 退订 is read', async () => {
    const customer = customerIdOf({ kind: 'external', value: 'wmA' })
    await app.importParts.act(system('test'), (ctx) =>
      enqueue(ctx, [
        {
          dedupeKey: 'offer:wmA',
          touchpoint: 'offer',
          title: '每周好物',
          cadenceVersion: 1,
          purpose: 'marketing',
          personal: false,
          channel: 'broadcast',
          subjectKind: 'customer',
          subject: 'wmA',
          customer,
          sender: 'lin',
          day: '2026-05-21',
          wantedAt: ctx.now + hours(13),
          expiresAt: ctx.now + days(1),
          priority: 10,
          content: { text: '新品到店' },
        },
      ]),
    )
    expect(await promises('offer')).toMatchObject([{ state: 'queued' }])
    simulator.world.kfSays(kf, 'wmA', '不要再发了')
    await settle()
    expect(await promises('offer')).toMatchObject([{ state: 'cancelled', settle_code: 'opted-out' }])
    expect(
      (await rows('opted-out')).map(({ who, detail }) => [who, detail['purpose'], detail['via']]),
    ).toEqual([[{ external: 'wmA' }, 'marketing', 'kf']])
    await settle(hours(14))
    expect(simulator.ledger().filter(({ api: by }) => by === 'add_msg_template')).toEqual([])
  })

  it('counts five answers and 48 hours before a call leaves', async () => {
    for (let n = 0; n < 6; n += 1) simulator.world.kfSays(kf, 'wmA', n % 2 === 0 ? '退订' : '恢复订阅')
    await settle()
    const states = (await promises('kf-consent')).map(({ state, decision, reason_code }) =>
      decision === 'declined' ? reason_code : state,
    )
    expect(states.sort()).toEqual(['kf-window', ...Array<string>(5).fill('sent')])
    expect(said('wmA')).toHaveLength(5)
  })

  it('counts them for each account by itself: what she writes to one opens no other', async () => {
    const made = await api.addKfAccount({ name: '售后客服', media_id: '' })
    const second = made.kind === 'ok' ? made.value.open_kfid : ''
    await settle()
    for (let n = 0; n < 5; n += 1) simulator.world.kfSays(kf, 'wmA', n % 2 === 0 ? '退订' : '恢复订阅')
    await settle()
    simulator.world.kfSays(second, 'wmA', '恢复订阅')
    await settle()
    expect(said('wmA')).toHaveLength(6)
    const offers = (account: string, key: string) =>
      app.importParts.act(system('test'), (ctx) =>
        enqueue(ctx, [
          {
            dedupeKey: `${key}:wmA`,
            touchpoint: 'note',
            title: '售后回访',
            cadenceVersion: 1,
            purpose: 'service',
            personal: true,
            awaited: true,
            channel: 'kf',
            subjectKind: 'customer',
            subject: 'wmA',
            customer: customerIdOf({ kind: 'external', value: 'wmA' }),
            day: '2026-05-20',
            wantedAt: ctx.now,
            expiresAt: ctx.now + hours(1),
            priority: 50,
            content: { text: '问题解决了吗', kf: { account } },
          },
        ]),
      )
    expect(await offers(kf, 'full')).toMatchObject([{ decision: 'declined', reasonCode: 'kf-window' }])
    expect(await offers(second, 'open')).toMatchObject([{ decision: 'queued' }])
    await settle()
    expect(said('wmA')).toHaveLength(7)
    expect(
      simulator.calls().filter(({ api: name, errcode }) => name === 'kf/send_msg' && errcode !== 0),
    ).toEqual([])
    expect(await app.db.reader.rows('select external, kfid from kf_talk order by wrote_at')).toEqual([
      { external: 'wmA', kfid: kf },
      { external: 'wmA', kfid: second },
    ])
  })

  it('a lost answer waits for a person, who sends it once more, while the window is open', async () => {
    simulator.addFault({ api: 'kf/send_msg', kind: 'reset-after', times: 1 })
    simulator.world.kfSays(kf, 'wmA', '退订')
    await settle()
    await settle(seconds(60))
    await settle(seconds(60))
    const [held] = await promises('kf-consent')
    expect(held).toMatchObject({ state: 'held', settle_code: 'unsure' })
    await settle(hours(30))
    expect(said('wmA')).toHaveLength(1)
    await app.importParts.act(system('test'), (ctx) => resolveHeld(ctx, held?.id ?? '', 'again'))
    await settle()
    expect(await promises('kf-consent')).toMatchObject([{ state: 'sent' }])
    expect(new Set(said('wmA').map(({ msgid }) => msgid)).size).toBe(2)
    // The next one is asked about when the window is over.
    simulator.addFault({ api: 'kf/send_msg', kind: 'reset-after', times: 1 })
    simulator.world.kfSays(kf, 'wmA', 'TD')
    await settle()
    await settle(seconds(60))
    await settle(hours(46))
    const [, later] = await promises('kf-consent')
    expect(later).toMatchObject({ state: 'held' })
    await app.importParts.act(system('test'), async (ctx) => {
      await ctx.tx.run('UPDATE promise SET expires_at = $1 WHERE id = $2', [
        ctx.now + days(9),
        later?.id ?? '',
      ])
    })
    await settle(hours(3))
    await app.importParts.act(system('test'), (ctx) => resolveHeld(ctx, later?.id ?? '', 'again'))
    await settle()
    expect((await promises('kf-consent'))[1]).toMatchObject({ state: 'cancelled', settle_code: 'kf-window' })
    expect(said('wmA')).toHaveLength(3)
  })

  it('what did not reach her after all is refused, with the reason', async () => {
    simulator.world.kfSays(kf, 'wmA', '退订')
    await settle()
    expect(await promises('kf-consent')).toMatchObject([{ state: 'sent' }])
    simulator.world.kfFails(said('wmA')[0]?.msgid ?? '', 10)
    simulator.world.kfMessage(kf, {
      msgid: 'other',
      send_time: Math.floor(clock.now() / 1000),
      origin: 4,
      msgtype: 'event',
      event: {
        event_type: 'msg_send_fail',
        open_kfid: kf,
        external_userid: 'wmA',
        fail_msgid: 'foreign',
        fail_type: 6,
      },
    })
    await settle()
    expect(await promises('kf-consent')).toMatchObject([
      { state: 'refused', settle_code: 'kf-rejected', sent_at: null },
    ])
    expect((await rows('touch-refused')).map(({ detail }) => detail['code'])).toEqual(['kf-rejected'])
  })

  it('after two days without a server everything is read, and answered while its window is open', async () => {
    await app.stop()
    await simulator.setCallback(null)
    simulator.world.kfEnter(kf, 'wmA')
    simulator.world.kfSays(kf, 'wmA', '退订')
    await simulator.advanceTo(simulator.now() + hours(46))
    clock.set(simulator.now())
    simulator.world.kfSays(kf, 'wmB', '有人吗')
    app = await openServer()
    ;({ url } = await app.listen())
    await simulator.setCallback(`${url}/wecom/callback`, true)
    await settle()
    expect((await rows('kf-said')).map(({ who }) => who.external)).toEqual(['wmA', 'wmB'])
    expect(await subscriptionsOf(app.db.reader, 'wmA')).toMatchObject({ marketing: false })
    // The greeting is two days too late.
    expect(said('wmA').map(({ text }) => text)).toEqual([expect.stringContaining('已为您退订')])
  })

  it('forgets the words of a message that she took back', async () => {
    const early = simulator.world.kfSays(kf, 'wmA', '我的电话是 13800000000')
    await settle()
    simulator.world.kfRecalls(kf, 'wmA', early)
    const same = simulator.world.kfSays(kf, 'wmA', '说错了')
    simulator.world.kfRecalls(kf, 'wmA', same)
    await settle()
    expect(await rows('kf-said')).toHaveLength(2)
    expect(await rows('kf-recalled')).toHaveLength(2)
    expect(await app.db.reader.rows('select words from log_words')).toEqual([])
  })

  it('says in /readyz what it could not read', async () => {
    const missing = async (): Promise<string | undefined> => {
      const answer = await fetch(`${url}/readyz`)
      const { missing: list } = (await answer.json()) as { missing: { name: string; why: string }[] }
      return list.find(({ name }) => name === 'kf')?.why
    }
    expect(await missing()).toBeUndefined()
    simulator.addFault({ api: 'kf/sync_msg', kind: 'errcode', errcode: 48002 })
    simulator.world.kfSays(kf, 'wmA', '在吗')
    await settle()
    expect(await missing()).toContain('48002')
    simulator.clearFaults()
    await settle(minutes(11))
    expect(await missing()).toBeUndefined()
    expect(await rows('kf-said')).toHaveLength(1)
  })
})
