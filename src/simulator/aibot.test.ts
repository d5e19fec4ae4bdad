import { WSClient, generateReqId, type TemplateCard, type WsFrame } from '@wecom/aibot-node-sdk'
import { afterEach, beforeEach, expect, test } from 'vitest'
import WebSocket from 'ws'
import { createClient, smallShop, type Client, type Json } from '../../test/simulator/bench.ts'
import { startSimulator, type Simulator } from './index.ts'

/** The official SDK is the judge: whatever it expects of the long connection, the simulator must do. */
let sim: Simulator
let control: Client
const bots: WSClient[] = []

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

beforeEach(async () => {
  sim = await startSimulator({ shop: smallShop, clock: 'virtual', startAt: 1_790_000_000_000 })
  control = createClient(sim)
})

afterEach(async () => {
  for (const bot of bots.splice(0)) bot.disconnect()
  await sim.close()
})

function createBot(secret = sim.bot.botSecret, more: { maxAuthFailureAttempts?: number } = {}): WSClient {
  const { botId, botUrl } = sim.bot
  const bot = new WSClient({ botId, secret, wsUrl: botUrl, reconnectInterval: 10, logger: quiet, ...more })
  bot.on('error', () => {})
  bots.push(bot)
  return bot
}

const heard = <Frame = WsFrame>(bot: WSClient, event: string): Promise<Frame> =>
  new Promise((resolve) => void bot.once(event as 'message', resolve as never))

async function connect(): Promise<WSClient> {
  const bot = createBot()
  const ready = heard(bot, 'authenticated')
  bot.connect()
  await ready
  return bot
}

async function ask(bot: WSClient, text: string, chatid?: string): Promise<WsFrame> {
  const frame = heard(bot, 'message.text')
  expect(sim.world.botSays({ userid: 'LiMei', text, ...(chatid ? { chatid } : {}) })).toMatchObject({
    delivered: true,
  })
  return frame
}

const messages = async (): Promise<Json[]> => (await control.sim('GET', 'bot/messages'))['rows'] as Json[]

const card = (taskId: string, title: string): TemplateCard => ({
  card_type: 'button_interaction' as TemplateCard['card_type'],
  main_title: { title },
  button_list: [{ text: '好的', key: 'ok' }],
  task_id: taskId,
})

test('a question is answered by a stream, and the ledger holds what was read in the end', async () => {
  const bot = await connect()
  const frame = await ask(bot, '今天')
  expect(frame.body).toMatchObject({
    aibotid: sim.bot.botId,
    chattype: 'single',
    from: { userid: 'LiMei' },
    msgtype: 'text',
    text: { content: '今天' },
  })
  const id = generateReqId('stream')
  await bot.replyStream(frame, id, '正在看…', false)
  expect(sim.ledger()).toEqual([])
  await bot.replyStream(frame, id, '三件事', true)
  expect(sim.ledger()).toMatchObject([
    {
      api: 'aibot_respond_msg',
      sender: sim.bot.botId,
      recipientKind: 'staff',
      recipient: 'LiMei',
      text: '三件事',
    },
  ])
  await expect(bot.replyStream(frame, id, '还有', true)).rejects.toMatchObject({ errcode: 846608 })
})

test('a stream ends after six minutes, an answer is late after a day', async () => {
  const bot = await connect()
  const frame = await ask(bot, '今天')
  await bot.replyStream(frame, 's1', '正在看…', false)
  await sim.advanceTo(sim.now() + 6 * 60_000)
  await expect(bot.replyStream(frame, 's1', '好了', true)).rejects.toMatchObject({ errcode: 846608 })
  expect(sim.ledger()).toMatchObject([{ text: '正在看…' }])
  await sim.advanceTo(sim.now() + 86_400_000)
  await expect(bot.replyStream(frame, 's2', '好了', true)).rejects.toMatchObject({ errcode: 846605 })
})

test('a wrong secret is refused each time, and the SDK gives up', async () => {
  const bot = createBot('wrong', { maxAuthFailureAttempts: 2 })
  const errors: string[] = []
  bot.on('error', (error) => errors.push(error.message))
  bot.connect()
  await expect.poll(() => errors.at(-1)).toContain('Max auth failure attempts exceeded')
  expect(errors.filter((one) => one.includes('40001'))).toHaveLength(3)
  expect(sim.world.botSays({ userid: 'LiMei', text: '在吗' })).toMatchObject({ delivered: false })
})

test('a welcome within five seconds, once', async () => {
  const bot = await connect()
  const enter = async (): Promise<WsFrame> => {
    const frame = heard(bot, 'event.enter_chat')
    await control.sim('POST', 'bot/enter', { userid: 'LiMei' })
    return frame
  }
  const words = { msgtype: 'text', text: { content: '您好' } } as const
  const first = await enter()
  await bot.replyWelcome(first, words)
  await expect(bot.replyWelcome(first, words)).rejects.toMatchObject({ errcode: 846605 })
  const second = await enter()
  await sim.advanceTo(sim.now() + 5_001)
  await expect(bot.replyWelcome(second, words)).rejects.toMatchObject({ errcode: 846605 })
  expect(sim.ledger()).toMatchObject([{ api: 'aibot_respond_welcome_msg', text: '您好' }])
})

test('a card is pressed and updated within five seconds', async () => {
  const bot = await connect()
  await bot.replyTemplateCard(await ask(bot, '任务'), card('t1', '要做的事'))
  const pressed = heard(bot, 'event.template_card_event')
  await control.sim('POST', 'bot/card-click', { userid: 'LiMei', taskId: 't1', key: 'ok' })
  const frame = await pressed
  expect(frame.body).toMatchObject({ event: { event_key: 'ok', task_id: 't1' } })
  await expect(bot.updateTemplateCard(frame, card('t2', '做完了'))).rejects.toMatchObject({ errcode: 42016 })
  await bot.updateTemplateCard(frame, card('t1', '做完了'))
  await expect(bot.updateTemplateCard(frame, card('t1', '又一次'))).rejects.toMatchObject({ errcode: 846605 })
  expect(
    await control.sim('POST', 'bot/card-click', { userid: 'LiMei', taskId: 't1', key: 'no' }),
  ).toHaveProperty('error')
})

test('words of its own need an earlier message of the chat, and share thirty a minute with answers', async () => {
  const bot = await connect()
  const say = (text: string): Promise<WsFrame> =>
    bot.sendMessage('LiMei', { msgtype: 'markdown', markdown: { content: text } })
  await expect(say('早')).rejects.toMatchObject({ errcode: 86003 })
  const frame = await ask(bot, '今天')
  await bot.replyStream(frame, 's1', '三件事', true)
  for (let i = 0; i < 29; i++) await say(`第 ${i} 句`)
  await expect(say('太多')).rejects.toMatchObject({ errcode: 45009 })
  await sim.advanceTo(sim.now() + 60_001)
  await say('可以了')
  await expect(say('长'.repeat(6_827))).rejects.toMatchObject({ errcode: 45002 })
  expect(await messages()).toHaveLength(31)
})

test('an internal group hears what was asked in it', async () => {
  const bot = await connect()
  const frame = await ask(bot, '@小助手 今天', 'wrInside')
  expect(frame.body).toMatchObject({ chattype: 'group', chatid: 'wrInside' })
  await bot.replyStream(frame, 's1', '三件事', true)
  expect(await messages()).toMatchObject([{ chatid: 'wrInside', text: '三件事', finished: true }])
})

test('a file goes up in parts and is sent', async () => {
  const bot = await connect()
  const frame = await ask(bot, '文件')
  const bytes = Buffer.alloc(1_300_000, 7)
  const { media_id: mediaId } = await bot.uploadMedia(bytes, { type: 'file', filename: '日报.txt' })
  await bot.replyMedia(frame, 'file', mediaId)
  expect(sim.calls().filter((call) => call.api === 'aibot_upload_media_chunk')).toHaveLength(3)
  expect(await messages()).toMatchObject([{ msgtype: 'file', body: { file: { media_id: mediaId } } }])
  await expect(bot.replyMedia(frame, 'image', mediaId)).rejects.toMatchObject({ errcode: 40007 })
  await sim.advanceTo(sim.now() + 3 * 86_400_000 + 1)
  await expect(bot.sendMediaMessage('LiMei', 'file', mediaId)).rejects.toMatchObject({ errcode: 40007 })
})

test('a second connection kicks the first, which does not come back', async () => {
  const first = await connect()
  const kicked = heard(first, 'event.disconnected_event')
  const second = await connect()
  expect((await kicked).body).toMatchObject({ msgtype: 'event', event: { eventtype: 'disconnected_event' } })
  expect(first.isConnected).toBe(false)
  await ask(second, '还在')
})

test('a dropped connection is taken up again', async () => {
  const bot = await connect()
  const again = heard(bot, 'authenticated')
  await control.sim('POST', 'bot/drop')
  await again
  await bot.replyStream(await ask(bot, '今天'), 's1', '在', true)
  expect(await messages()).toHaveLength(1)
})

test('faults: a lost acknowledgement, a message twice, a refused word', async () => {
  const bot = await connect()
  sim.addFault({ api: 'aibot_respond_msg', kind: 'reset-after', times: 1 })
  const frame = await ask(bot, '今天')
  const again = heard(bot, 'authenticated')
  await expect(bot.replyStream(frame, 's1', '三件事', true)).rejects.toThrow('cancelled')
  expect(await messages()).toHaveLength(1)
  await again
  sim.addFault({ api: 'aibot_msg_callback', kind: 'duplicate', times: 1 })
  const ids: unknown[] = []
  bot.on('message.text', (copy) => ids.push(copy.body?.msgid))
  await ask(bot, '任务')
  await expect.poll(() => ids).toHaveLength(2)
  expect(ids[0]).toBe(ids[1])
  sim.addFault({ api: 'aibot_respond_msg', kind: 'errcode', errcode: -1, times: 1 })
  await expect(bot.replyStream(frame, 's2', '三件事', true)).rejects.toMatchObject({ errcode: -1 })
  sim.addFault({ api: 'aibot_respond_msg', kind: 'slow', ms: 60, times: 1 })
  const begun = performance.now()
  await bot.replyStream(frame, 's3', '三件事', true)
  expect(performance.now() - begun).toBeGreaterThanOrEqual(55)
})

test('heartbeats are answered; a frame before the subscription and one that is no frame are not', async () => {
  const bot = new WSClient({
    botId: sim.bot.botId,
    secret: sim.bot.botSecret,
    wsUrl: sim.bot.botUrl,
    heartbeatInterval: 10,
    logger: quiet,
  })
  bots.push(bot)
  const lost = expect.poll(() => sim.calls().filter((call) => call.api === 'ping').length)
  bot.connect()
  await lost.toBeGreaterThan(4)
  expect(bot.isConnected).toBe(true)

  const raw = new WebSocket(sim.bot.botUrl)
  await new Promise((resolve) => raw.once('open', resolve))
  const reply = new Promise<string>((resolve) =>
    raw.once('message', (data: Buffer) => resolve(data.toString('utf8'))),
  )
  raw.send(JSON.stringify({ cmd: 'ping', headers: { req_id: 'p1' } }))
  expect(JSON.parse(await reply)).toMatchObject({ headers: { req_id: 'p1' }, errcode: 846609 })
  const closed = new Promise<number>((resolve) => raw.once('close', resolve))
  raw.send('hello')
  expect(await closed).toBe(1007)
})
