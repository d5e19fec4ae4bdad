import { expect, test } from 'vitest'
import { field, type Client, type Json, type Receiver } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'

let sim: Simulator
let receiver: Receiver
let client: Client

eachStage({ heard: true, apps: [{ agentId: 1000009, secret: 'other' }] }, (stage) => {
  ;({ sim, client, receiver } = stage)
})

const send = (fields: Json): Promise<Json> =>
  client.post('message/send', {
    touser: 'LiMei',
    agentid: 1000002,
    msgtype: 'text',
    text: { content: '任务' },
    ...fields,
  })
const card = (fields: Json = {}): Json => ({
  msgtype: 'template_card',
  template_card: {
    card_type: 'button_interaction',
    task_id: 'promise_1',
    main_title: { title: '王静 今天生日', desc: '发送祝福' },
    button_list: [
      { text: '完成', key: 'done' },
      { text: '稍后', key: 'later' },
    ],
    card_action: { type: 1, url: 'https://a.example/sidebar' },
    ...fields,
  },
})

test('some recipients may be invalid, but not all', async () => {
  const sent = await send({ touser: 'limei|NoBody|zhangwei' })
  expect(sent).toMatchObject({ errcode: 0, invaliduser: 'nobody' })
  expect(sim.ledger().map((row) => [row.recipient, row.sender, row.status, row.resultStatus])).toEqual([
    ['LiMei', '1000002', 'sent', 1],
    ['zhangwei', '1000002', 'sent', 1],
  ])
  expect(await send({ touser: 'nobody' })).toMatchObject({ errcode: 81013 })
  expect(await send({ touser: '' })).toMatchObject({ errcode: 82001 })
  expect(await send({ touser: '@all' })).toMatchObject({ errcode: 0 })
  expect(await send({ agentid: 7 })).toMatchObject({ errcode: 40056 })
  expect(await send({ agentid: 1000009 })).toMatchObject({ errcode: 301002 })
})

test('equal messages are swallowed inside the interval only, and answer the first id', async () => {
  const checked = { enable_duplicate_check: 1, duplicate_check_interval: 14_400 }
  const first = await send(checked)
  await sim.advanceTo(sim.now() + 14_399_000)
  expect((await send(checked))['msgid']).toBe(first['msgid'])
  expect((await send({ ...checked, text: { content: '另一件' } }))['msgid']).not.toBe(first['msgid'])
  expect(sim.ledger()).toHaveLength(2)
  await sim.advanceTo(sim.now() + 1_000)
  expect((await send(checked))['msgid']).not.toBe(first['msgid'])
  expect(sim.ledger()).toHaveLength(3)
})

test('beyond 30 a minute a member’s messages are dropped although the answer says ok', async () => {
  for (let i = 0; i < 31; i++) expect(await send({})).toMatchObject({ errcode: 0 })
  expect(sim.ledger().at(-1)).toMatchObject({ status: 'failed', resultStatus: 2 })
  await sim.advanceTo(sim.now() + 60_000)
  await send({})
  expect(sim.ledger().at(-1)).toMatchObject({ status: 'sent' })
})

test('contents are checked by type', async () => {
  const textcard = { title: '任务', description: '今天 3 位客户', url: 'https://a.example/desk' }
  expect(await send({ msgtype: 'textcard', textcard })).toMatchObject({ errcode: 0 })
  expect(sim.ledger()[0]).toMatchObject({ text: '任务\n今天 3 位客户', links: ['https://a.example/desk'] })
  const refused: [Json, number][] = [
    [{ msgtype: 'textcard', textcard: { ...textcard, title: 'x'.repeat(129) } }, 40058],
    [{ msgtype: 'textcard', textcard: { ...textcard, url: undefined } }, 40063],
    [{ msgtype: 'textcard' }, 40063],
    [{ msgtype: 'hologram', hologram: {} }, 40058],
    [{ msgtype: 'image', image: { media_id: 'gone' } }, 40007],
    [card({ card_type: 'poem' }), 42027],
    [card({ task_id: undefined }), 40063],
    [card({ task_id: 'mit leerzeichen' }), 42014],
    [card({ button_list: [] }), 40063],
    [card({ button_list: Array.from({ length: 7 }, () => ({ text: 'x', key: 'x' })) }), 40058],
    [card({ jump_list: Array.from({ length: 4 }, () => ({ title: 'x' })) }), 40058],
    [card({ card_type: 'text_notice', card_action: undefined }), 40063],
    [card({ card_type: 'vote_interaction' }), 40063],
  ]
  for (const [fields, code] of refused)
    expect((await send(fields))['errcode'], JSON.stringify(fields)).toBe(code)
  const long = await send({ text: { content: '字'.repeat(700) } })
  expect(long['errcode']).toBe(0)
  expect(sim.ledger().at(-1)?.text).toBe('字'.repeat(682))
})

test('a card’s task_id is unique per app, and interactive cards need a callback address', async () => {
  expect(await send(card())).toMatchObject({
    errcode: 0,
    response_code: expect.stringMatching(/^\w{43}$/) as string,
  })
  expect(await send(card())).toMatchObject({ errcode: 42014 })
  await sim.setCallback(null)
  expect(await send(card({ task_id: 'promise_2' }))).toMatchObject({ errcode: 43012 })
})

test('a click is told with a code that updates the card once, within 72 hours', async () => {
  await send({ ...card(), touser: 'LiMei|zhangwei' })
  expect(sim.ledger()[0]?.text).toContain('王静 今天生日')
  const code = sim.world.clickCard({
    userid: 'LiMei',
    taskId: 'promise_1',
    key: 'done',
    selected: { why: ['a', 'b'] },
  })
  await sim.idle()
  const [event] = receiver.seen
  const names = ['FromUserName', 'Event', 'EventKey', 'TaskId', 'CardType', 'ResponseCode', 'AgentID']
  expect(names.map((name) => field(event?.xml ?? '', name))).toEqual([
    'LiMei',
    'template_card_event',
    'done',
    'promise_1',
    'button_interaction',
    code,
    '1000002',
  ])
  expect(event?.xml).toContain('<OptionId><![CDATA[a]]></OptionId><OptionId><![CDATA[b]]></OptionId>')
  const update = (responseCode: string): Promise<Json> =>
    client.post('message/update_template_card', {
      userids: ['LiMei'],
      agentid: 1000002,
      response_code: responseCode,
      button: { replace_name: '已完成' },
    })
  expect(await update(code)).toMatchObject({ errcode: 0 })
  expect(await update(code)).toMatchObject({ errcode: 40058 })
  expect(() => sim.world.clickCard({ userid: 'LiMei', taskId: 'promise_1', key: 'done' })).toThrow('replaced')
  expect(() => sim.world.clickCard({ userid: 'zhangwei', taskId: 'promise_1', key: 'fly' })).toThrow('no key')
  const late = sim.world.clickCard({ userid: 'zhangwei', taskId: 'promise_1', key: 'later' })
  await sim.advanceTo(sim.now() + 72 * 3_600_000 + 1)
  expect(await update(late)).toMatchObject({ errcode: 40058 })
})

test('a message can be recalled for a day', async () => {
  const { msgid } = await send({})
  expect(await client.sim('GET', 'inbox/LiMei')).toMatchObject({ messages: [{ msgid, text: '任务' }] })
  expect(await client.post('message/recall', { msgid })).toMatchObject({ errcode: 0 })
  expect(await client.sim('GET', 'inbox/LiMei')).toMatchObject({ messages: [] })
  await sim.advanceTo(sim.now() + 86_400_001)
  expect(await client.post('message/recall', { msgid })).toMatchObject({ errcode: 42052 })
})
