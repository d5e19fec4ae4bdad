/** The menu of an advisor's card, from the press to what the card says afterwards, over HTTP. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { App } from '../src/app.ts'
import { system } from '../src/base/act.ts'
import { instantOf } from '../src/base/calendar.ts'
import { days, hours, seconds, virtualClock } from '../src/base/clock.ts'
import type { VirtualClock } from '../src/base/clock.ts'
import { customerIdOf } from '../src/customer/index.ts'
import { enqueue } from '../src/outbox/index.ts'
import { startSimulator } from '../src/simulator/index.ts'
import type { Simulator } from '../src/simulator/index.ts'
import { onBothDatabases } from './database.ts'
import type { TestDatabase } from './database.ts'
import { openServerOn, passTogether } from './whole-server.ts'

const start = instantOf('2026-05-20', '10:00')

onBothDatabases('the menu of a card', (open) => {
  let opened: TestDatabase
  let simulator: Simulator
  let clock: VirtualClock
  let app: App

  beforeEach(async () => {
    opened = await open()
    clock = virtualClock(start)
    simulator = await startSimulator({ clock: 'virtual', startAt: start, empty: true })
    const { world } = simulator
    for (const userid of ['lin', 'wang']) world.addStaff({ userid, name: userid, confirm: { mode: 'never' } })
    world.addContact({ userid: 'lin', external_userid: 'wmA', name: '王小美', silent: true })
    app = await openServerOn(opened.url, simulator, clock)
    const { url } = await app.listen()
    await simulator.setCallback(`${url}/wecom/callback`, true)
    await app.compareAll()
    // Whoever never heard from WeCom would not hear what is pressed, and offers no menu.
    world.staffSays('lin', '你好')
    await settle()
    await app.importParts.act(system('test'), (ctx) =>
      enqueue(ctx, [
        {
          dedupeKey: 'talk:wmA',
          touchpoint: 'monthly-talk',
          title: '每月沟通',
          cadenceVersion: 1,
          purpose: 'service',
          personal: true,
          channel: 'advisor-task',
          subjectKind: 'customer',
          subject: 'wmA',
          customer: customerIdOf({ kind: 'external', value: 'wmA' }),
          sender: 'lin',
          day: '2026-05-20',
          wantedAt: ctx.now,
          expiresAt: ctx.now + days(2),
          priority: 50,
          content: { text: '王女士，最近好吗', why: '一个月没有聊过' },
        },
      ]),
    )
    await settle(seconds(2))
  })
  afterEach(async () => {
    await app.stop()
    await simulator.close()
    await opened.drop()
  })

  const settle = (ms = 0): Promise<void> => passTogether(app, simulator, clock, ms)
  const task = async (): Promise<{ id: string; state: string; settle_words: string | null }> => {
    const [row] = await app.db.reader.rows<{ id: string; state: string; settle_words: string | null }>(
      `select id, state, settle_words from promise where touchpoint = 'monthly-talk'`,
    )
    if (!row) throw new Error('there is no task')
    return row
  }
  /** What the card in her WeCom says now. */
  async function card(userid: string): Promise<{ title: string; menu: string[] }> {
    const answer = await fetch(`${simulator.url}/sim/inbox/${userid}`)
    const { messages } = (await answer.json()) as { messages: { body: { template_card?: Card } }[] }
    const found = messages.flatMap(({ body }) => body.template_card ?? []).at(-1)
    return {
      title: found?.main_title.title ?? '',
      menu: found?.action_menu?.action_list.map(({ text }) => text) ?? [],
    }
  }
  interface Card {
    readonly main_title: { readonly title: string }
    readonly action_menu?: { readonly action_list: readonly { readonly text: string }[] }
  }
  const updates = (): number =>
    simulator.calls().filter(({ api }) => api === 'message/update_template_card').length
  const answers = async (): Promise<number> =>
    (await app.db.reader.rows('select code from card_answer')).length

  it('passes a task over, and the card says so', async () => {
    const { id } = await task()
    expect(await card('lin')).toEqual({ title: '每月沟通', menu: ['刚聊过', '暂不合适'] })
    simulator.world.clickCard({ userid: 'lin', taskId: id, key: 'skip-talked' })
    await settle(seconds(1))
    expect(await task()).toMatchObject({ state: 'cancelled', settle_words: '刚聊过' })
    expect(await card('lin')).toEqual({ title: '已跳过：刚聊过', menu: [] })
    expect(updates()).toBe(1)
    expect(await answers()).toBe(0)
  })

  it('answers once for each press, though the first answer is lost and the press comes twice', async () => {
    const { id } = await task()
    simulator.addFault({ api: 'message/update_template_card', kind: 'reset-after', times: 1 })
    simulator.addFault({ api: 'callback', kind: 'duplicate', times: 1 })
    simulator.world.clickCard({ userid: 'lin', taskId: id, key: 'skip-unfit' })
    await settle(seconds(1))
    expect(await card('lin')).toMatchObject({ title: '已跳过：暂不合适' })
    // Nobody knows that it was done: one more try finds the code used up, and that is the end.
    for (let n = 0; n < 4; n += 1) await settle(seconds(40))
    expect(updates()).toBe(2)
    expect(await answers()).toBe(0)
  })

  it('waits while WeCom is away, and gives up when the code has died', async () => {
    const { id } = await task()
    simulator.addFault({
      api: 'message/update_template_card',
      kind: 'errcode',
      errcode: 45009,
      ms: 3 * 60_000,
    })
    simulator.world.clickCard({ userid: 'lin', taskId: id, key: 'skip-talked' })
    await settle(seconds(1))
    expect(await task()).toMatchObject({ state: 'cancelled' })
    expect(await answers()).toBe(1)
    await settle(hours(73))
    await settle(seconds(31))
    expect(await answers()).toBe(0)
  })

  it('is not for others, nor for a task that is over', async () => {
    const { id } = await task()
    const forged = (userid: string, code: string): string =>
      `<xml><ToUserName><![CDATA[${simulator.credentials.corpId}]]></ToUserName><FromUserName><![CDATA[${userid}]]></FromUserName><CreateTime>${String(Math.floor(clock.now() / 1000))}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[template_card_menu_event]]></Event><EventKey><![CDATA[skip-talked]]></EventKey><TaskId><![CDATA[${id}]]></TaskId><ResponseCode><![CDATA[${code}]]></ResponseCode><AgentID>${String(simulator.credentials.agentId)}</AgentID></xml>`
    simulator.world.callback(forged('wang', 'code-of-wang'))
    await settle(seconds(1))
    expect((await task()).state).toBe('waiting')
    expect(await answers()).toBe(0)
    simulator.world.clickCard({ userid: 'lin', taskId: id, key: 'skip-talked' })
    await settle(seconds(1))
    // An old copy of the card, with a code that WeCom no longer takes.
    simulator.world.callback(forged('lin', 'code-of-an-old-card').replace('skip-talked', 'skip-unfit'))
    await settle(seconds(1))
    // What stands was said first.
    expect(await answers()).toBe(0)
    expect(await task()).toMatchObject({ state: 'cancelled', settle_words: '刚聊过' })
  })
})
