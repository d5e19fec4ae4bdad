import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { onBothDatabases } from '../../../test/database.ts'
import { configDir } from '../../../test/store.ts'
import { externalOf, openWorld } from '../../../test/outbox-world.ts'
import type { World } from '../../../test/outbox-world.ts'
import { createLog } from '../../base/log.ts'
import { createQuarantineWatch, enterQuarantine } from '../../base/quarantine.ts'
import {
  usualAttributes,
  people,
  customerProjections,
  saveContacts,
  saveStaff,
} from '../../customer/index.ts'
import { linkKey } from '../../content/index.ts'
import { createFlush, createRecorder, readLog, readWordsOf } from '../../interaction/index.ts'
import { loadRecommendSettings } from '../../order/index.ts'
import { enqueue, pauseSending } from '../../outbox/index.ts'
import { createCards, loadRadarSettings } from '../../report/index.ts'
import { loadLevelRules } from '../../reward/index.ts'
import { loadTierRules } from '../../segment/index.ts'
import { startSimulator } from '../../simulator/index.ts'
import type { Simulator } from '../../simulator/index.ts'
import { createBot } from './bot.ts'
import type { Bot } from './bot.ts'
import { createBotLease, createLoneLease } from './lease.ts'
import type { BotLease } from './lease.ts'
import { fitting, plain } from './markdown.ts'
import { pickIn, readQuestion } from './question.ts'

describe('a question', () => {
  it.each([
    ['今天', { kind: 'today' }],
    ['@小助手 任务。', { kind: 'today' }],
    ['  我的群 ', { kind: 'groups' }],
    ['今天发了什么', { kind: 'sending' }],
    ['HELP', { kind: 'help' }],
    ['王静', { kind: 'customer', name: '王静' }],
    ['客户：王静  2', { kind: 'customer', name: '王静 2' }],
    ['', { kind: 'nothing' }],
    ['长'.repeat(41), { kind: 'nothing' }],
  ])('%s', (text, question) => {
    expect(readQuestion(text)).toEqual(question)
  })
  it('names one of several by a number behind the name', () => {
    expect(pickIn('王静 2')).toEqual({ name: '王静', place: 2 })
    expect(pickIn('2')).toBeNull()
  })
})

describe('words of others', () => {
  it('stay words', () => {
    expect(plain('[点我](http://evil.example) **粗** <@boss>\n# 大\u202e\u0000`x`')).toBe(
      '［点我］（http：／／evil.example） ＊＊粗＊＊ ＜@boss＞ ＃ 大 ｀x｀',
    )
    expect(plain('长'.repeat(100), 5)).toBe('长长长长长…')
  })
  it('are cut at a whole line', () => {
    expect(fitting('好')).toBe('好')
    const cut = fitting(Array.from({ length: 4_000 }, (_, i) => `第 ${String(i)} 行`).join('\n'))
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(20_480)
    expect(cut).toContain('太长')
  })
})

const log = createLog('silent')

onBothDatabases('the smart bot', (open) => {
  let world: World
  let sim: Simulator
  let bots: Bot[]
  beforeEach(async () => {
    bots = []
    world = await openWorld(open)
    const staff = ['lin', 'wang', 'boss', 'guest'].map((userid) => ({
      userid,
      name: userid,
      confirm: { mode: 'never' } as const,
    }))
    const nothing = { customers: [], groups: [], products: [], orders: [], tags: [] }
    sim = await startSimulator({ shop: { name: '小店', staff, ...nothing } })
    await world.as(async (ctx) => {
      await saveStaff(ctx, [{ userid: 'boss', name: '店长', active: true, contact: false }])
      const hers = { staff: 'lin', gender: 2, addedAt: ctx.now - 1 } as const
      await saveContacts(ctx, [
        { ...hers, external: externalOf(1), name: '王静', remark: '小静妈' },
        { ...hers, external: externalOf(3), name: '王静' },
        { ...hers, external: externalOf(5), name: '[点我](http://evil.example)' },
        { ...hers, external: externalOf(2), staff: 'wang', name: '陈晨' },
      ])
      await enqueue(ctx, [
        ...[1, 2].map((n) => world.candidate(n, { channel: 'advisor-task' })),
        world.groupCandidate(),
      ])
    })
    await world.db.tx((tx) => tx.run(`UPDATE promise SET state = 'waiting' WHERE channel = 'advisor-task'`))
  })
  afterEach(async () => {
    for (const bot of bots) await bot.stop()
    await sim.close()
    await world.drop()
  })

  function createOne(lease: BotLease = createLoneLease(), secret = sim.bot.botSecret): Bot {
    const { db, act, clock } = world
    const rules = loadTierRules(configDir)
    const flush = createFlush({ people, projections: customerProjections, wake: () => undefined })
    const bot = createBot({
      settings: { id: sim.bot.botId, secret, url: sim.bot.botUrl },
      answers: {
        reader: db.reader,
        admins: ['boss'],
        publicUrl: 'https://shop.example',
        rules,
        desk: {
          links: { publicUrl: 'https://shop.example', key: linkKey(Buffer.alloc(32, 1)) },
          tierTitle: (tier) => tier,
        },
        card: createCards({
          reader: db.reader,
          clock,
          rules,
          radar: loadRadarSettings(configDir),
          recommend: loadRecommendSettings(configDir),
          attributes: usualAttributes,
          tagRules: { tags: [], kinds: [], hash: '' },
          levels: loadLevelRules(configDir),
        }),
      },
      recorder: createRecorder(db, act, flush),
      lease,
      restored: createQuarantineWatch(db.reader),
      clock,
      log,
      tickMs: 50,
    })
    bots.push(bot)
    return bot
  }
  const connected = async (): Promise<boolean> =>
    ((await (await fetch(`${sim.url}/sim/bot/messages`)).json()) as { connected: boolean }).connected
  async function start(lease?: BotLease): Promise<Bot> {
    const bot = createOne(lease)
    bot.start()
    await expect.poll(() => bot.missing() === null && connected(), { timeout: 5_000 }).toBe(true)
    return bot
  }
  const said = (): string[] => sim.ledger().map(({ text }) => text)
  async function ask(userid: string, text: string, chatid?: string): Promise<string> {
    const before = said().length
    sim.world.botSays({ userid, text, ...(chatid === undefined ? {} : { chatid }) })
    await expect.poll(() => said().length).toBe(before + 1)
    return said()[before] ?? ''
  }
  const post = (path: string, body: object = {}): Promise<Response> =>
    fetch(`${sim.url}/sim/bot/${path}`, { method: 'POST', body: JSON.stringify(body) })

  it('tells an advisor her day, her groups and her customers', async () => {
    await start()
    const day = await ask('lin', '今天')
    expect(day).toContain('今天共 **1** 件，已完成 0 件，还有 **1** 件')
    expect(day).toContain('1. **小静妈**（lead）每周好物：她上周看过这一款，05-20')
    expect(day).toContain('https://shop.example/sidebar/')
    expect(await ask('LIN', '群')).toContain('- **护肤群**：每周好物（')
    const card = await ask('lin', '小静妈')
    expect(card).toContain('**王静**（备注 小静妈）')
    expect(card).toContain('- 最近购买：还没有购买')
    expect(card).toContain('- 为什么联系：每周好物，她上周看过这一款')
    expect(card).toMatch(/- 触达额度：今天还可 \d 次，7 天内 \d 次/)
    expect(card).toContain(`https://shop.example/sidebar/#/customer/${externalOf(1)}`)
  })

  it('lets her choose among customers of one name', async () => {
    await start()
    const choice = await ask('lin', '王静')
    expect(choice).toContain('有几位客户符合“王静”')
    expect(choice.match(/\*\*王静\*\*/g)).toHaveLength(2)
    const first = choice.includes('1. **王静**（备注 小静妈')
    expect(await ask('lin', `王静 ${first ? '1' : '2'}`)).toContain('（备注 小静妈）')
    expect(await ask('lin', '王静 7')).toContain('有几位客户')
    expect(await ask('lin', '静')).toContain('有几位客户符合“静”')
    expect(await ask('lin', '客户')).toContain('没有叫“客户”的')
  })

  it('shows nobody what the sidebar would not', async () => {
    await start()
    expect(await ask('lin', '陈晨')).toContain('您的客户里没有叫“陈晨”的')
    expect(await ask('wang', '陈晨')).toContain('**陈晨**')
    expect(await ask('wang', '群')).toContain('不是任何客户群的群主')
    expect(await ask('lin', '暂停状态')).toContain('只有后台人员可以看')
    expect(await ask('guest', '今天')).toContain('还没有使用权限')
    expect(await ask('boss', '陈晨')).toContain('您的客户里没有')
    expect(await ask('lin', '@小助手 王静', 'inside')).toContain('不在群里说')
  })

  it('tells an administrator what went out today and what stands still', async () => {
    await start()
    await world.db.tx((tx) =>
      tx.run(`UPDATE promise SET state = 'sent', sent_at = $1 WHERE sender = 'wang'`, [world.clock.now()]),
    )
    expect(await ask('boss', '今天发了什么')).toContain('触达正常，没有暂停。\n今天已触达 **1**，等待确认 1')
    await world.as((ctx) => pauseSending(ctx, 'boss', '文案[有误]'))
    const told = await ask('boss', '暂停状态')
    expect(told).toContain('**触达已暂停：**')
    expect(told).toContain('boss：文案［有误］')
    expect(told).toContain('- 每周好物：1')
  })

  it('records each question once, its words beside the log, and answers it once', async () => {
    await start()
    sim.addFault({ api: 'aibot_msg_callback', kind: 'duplicate', times: 1 })
    await ask('lin', '今天')
    await ask('lin', '帮助')
    const rows = await readLog(world.db.reader, { kinds: ['staff-said'], limit: 10 })
    expect(rows.map(({ source, who, detail }) => [source, who, detail])).toEqual([
      [`aibot:${sim.bot.botId}`, { staff: 'lin' }, { length: 2, inGroup: false }],
      [`aibot:${sim.bot.botId}`, { staff: 'lin' }, { length: 2, inGroup: false }],
    ])
    const words = await readWordsOf(
      world.db.reader,
      rows.map(({ id }) => id),
    )
    expect([...words.values()].sort()).toEqual(['今天', '帮助'])
    expect(said()).toHaveLength(2)
  })

  it('says an answer at most once, also when its acknowledgement is lost', async () => {
    const bot = await start()
    sim.addFault({ api: 'aibot_respond_msg', kind: 'reset-after', times: 1 })
    await ask('lin', '今天')
    await expect.poll(() => bot.missing() === null && connected(), { timeout: 5_000 }).toBe(true)
    await ask('lin', '帮助')
    expect(said()).toHaveLength(2)
  })

  it('bears a hostile line and a hostile name', async () => {
    await start()
    expect(await ask('lin', `${'[x](http://evil.example)'.repeat(20_000)}\u0000`)).toContain('没看懂')
    const echo = await ask('lin', '](http://evil.example)')
    expect(echo).not.toContain('](http://evil')
    expect(await ask('lin', '点我')).toContain('**［点我］（http：／／evil.example）**')
    expect(await ask('lin', `%' or 1=1 --`)).toContain('没有叫')
    const [row] = await readLog(world.db.reader, { kinds: ['staff-said'], limit: 1 })
    expect(row?.detail).toMatchObject({ length: 2_000 })
  })

  it('greets whoever opens the chat', async () => {
    await start()
    await post('enter', { userid: 'lin' })
    await expect.poll(said).toHaveLength(1)
    expect(said()[0]).toContain('您可以这样问我')
  })

  it('comes back after the wire was cut, and stays away after it was kicked', async () => {
    const bot = await start()
    await post('drop')
    await expect.poll(() => bot.missing()).toContain('not connected')
    await expect.poll(() => bot.missing() === null && connected(), { timeout: 5_000 }).toBe(true)
    expect(await ask('lin', '帮助')).toContain('您可以这样问我')
    await post('kick')
    await expect.poll(() => bot.missing()).toContain('another connection took the smart bot over')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(await connected()).toBe(false)
  })

  it('stays away while a restored database waits for a person', async () => {
    const since = world.clock.now()
    await world.db.tx((tx) => enterQuarantine(tx, { since, backupAt: null, cause: 'restored' }))
    createOne().start()
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(await connected()).toBe(false)
  })

  it('rests when WeCom does not know its keys', async () => {
    const bot = createOne(createLoneLease(), 'wrong')
    bot.start()
    await expect.poll(() => bot.missing()).toContain('WECOM_BOT_SECRET')
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(sim.calls().filter(({ api }) => api === 'aibot_subscribe')).toHaveLength(1)
  })

  it('is held by one of several servers, and taken over when that one ends or is silent', async () => {
    const shared = () => createBotLease(world)
    const first = await start(shared())
    const second = createOne(shared())
    second.start()
    await new Promise((resolve) => setTimeout(resolve, 300))
    expect(second.missing()).toBeNull()
    expect(sim.calls().filter(({ api }) => api === 'aibot_subscribe')).toHaveLength(1)
    await first.stop()
    await expect.poll(() => sim.calls().filter(({ api }) => api === 'aibot_subscribe').length).toBe(2)
    await expect.poll(connected).toBe(true)
    // The second is frozen: its row runs out while its connection still stands.
    const third = createOne({ ...shared(), hold: () => Promise.resolve('ours') })
    await world.db.tx((tx) =>
      tx.run(`UPDATE bot_lease SET holder = 'third', lease_until = lease_until + 60000`),
    )
    third.start()
    await expect.poll(() => sim.calls().filter(({ api }) => api === 'aibot_subscribe').length).toBe(3)
    await new Promise((resolve) => setTimeout(resolve, 200))
    // Kicked by one of ours it is no fight, and nothing to tell a person.
    expect(second.missing()).toBeNull()
    expect(await connected()).toBe(true)
  })

  it('kicked by somebody outside, no server of ours connects until one starts again', async () => {
    const first = await start(createBotLease(world))
    const second = createOne(createBotLease(world))
    second.start()
    await new Promise((resolve) => setTimeout(resolve, 150))
    await post('kick')
    await expect.poll(() => first.missing()).toContain('took the smart bot over')
    await expect.poll(() => second.missing()).toContain('took the smart bot over')
    await expect.poll(connected).toBe(false)
    await second.stop()
    await start(createBotLease(world))
  })
})
