import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Client, Json } from '../../test/simulator/bench.ts'
import { eachStage } from '../../test/simulator/stage.ts'
import type { Simulator } from './index.ts'
import { upload } from './upload.fixture.ts'

const minuteMs = 60_000
const dayMs = 86_400_000
const other = { agentId: 1000099, secret: 'another-secret' }
let sim: Simulator
let client: Client

eachStage(
  {
    apps: [other],
    settings: { rateLimits: null },
  },
  (stage) => {
    ;({ sim, client } = stage)
  },
)

const chat = (name: string, fields: Json): Promise<Json> => client.post(`appchat/${name}`, fields)
const create = (fields: Json = {}): Promise<Json> =>
  chat('create', { name: '店务', owner: 'limei', userlist: ['LiMei', 'zhangwei'], ...fields })
const text = (content: string): Json => ({ msgtype: 'text', text: { content } })

test('an app makes a chat of staff, changes it and writes into it', async () => {
  const heard: string[] = []
  sim.world.onStaffMessage((message) => heard.push(`${message.userid} ${message.kind} ${message.text}`))
  sim.world.addStaff({ userid: 'chenyu', name: '陈宇', confirm: { mode: 'never' } })
  const { chatid: id } = await create({ chatid: 'shop1' })
  expect(id).toBe('shop1')
  expect(await create()).toMatchObject({ errcode: 0, chatid: expect.stringMatching(/^[0-9a-zA-Z]{32}$/) })
  expect(
    await chat('update', {
      chatid: id,
      name: '店务群',
      add_user_list: ['chenyu'],
      del_user_list: ['zhangwei'],
    }),
  ).toMatchObject({
    errcode: 0,
  })
  expect(await client.get('appchat/get', { chatid: String(id) })).toMatchObject({
    chat_info: { chatid: id, name: '店务群', owner: 'LiMei', userlist: ['LiMei', 'chenyu'], chat_type: 0 },
  })
  expect(await chat('send', { chatid: id, ...text('早会 https://a.example/x') })).toMatchObject({
    errcode: 0,
  })
  expect(heard).toEqual(['LiMei text 早会 https://a.example/x', 'chenyu text 早会 https://a.example/x'])
  expect(sim.ledger()).toMatchObject([
    { api: 'appchat/send', recipientKind: 'staff', recipient: 'LiMei', links: ['https://a.example/x'] },
    { api: 'appchat/send', recipient: 'chenyu', status: 'sent' },
  ])
  for (const [msgtype, inner] of [
    ['markdown', { content: '**早**' }],
    ['textcard', { title: '早', description: '会', url: 'https://a.example' }],
    ['news', { articles: [{ title: '早', url: 'https://a.example' }] }],
  ] as const)
    expect(await chat('send', { chatid: id, msgtype, [msgtype]: inner })).toMatchObject({ errcode: 0 })
})

test('limits of chats', async () => {
  await create({ chatid: 'shop1' })
  const refused: [Json, number][] = [
    [{ userlist: ['LiMei'] }, 86006],
    [{ userlist: undefined }, 40063],
    [{ userlist: ['LiMei', 'nobody'] }, 86007],
    [{ owner: 'nobody' }, 86005],
    [{ name: '字'.repeat(51) }, 86004],
    [{ chatid: 'shop1' }, 86001],
    [{ chatid: 'shop-2' }, 86001],
    [{ chatid: 'x'.repeat(33) }, 86001],
  ]
  for (const [fields, code] of refused)
    expect((await create(fields))['errcode'], JSON.stringify(fields).slice(0, 80)).toBe(code)
  const many = Array.from({ length: 2_001 }, (_, i) => `s${i}`)
  for (const userid of many) sim.world.addStaff({ userid, name: '员工', confirm: { mode: 'never' } })
  expect(await create({ owner: undefined, userlist: many })).toMatchObject({ errcode: 86006 })
  expect(await create({ owner: undefined, userlist: many.slice(1), chatid: 'big' })).toMatchObject({
    errcode: 0,
  })
  expect(await chat('update', { chatid: 'big', add_user_list: ['LiMei'] })).toMatchObject({ errcode: 86006 })
  expect(await chat('update', { chatid: 'none' })).toMatchObject({ errcode: 86003 })
  expect(await chat('update', {})).toMatchObject({ errcode: 40063 })
  expect(await chat('update', { chatid: 'shop1', del_user_list: ['zhangwei'] })).toMatchObject({
    errcode: 86006,
  })
  expect(await chat('send', { chatid: 'shop1', msgtype: 'template_card', template_card: {} })).toMatchObject({
    errcode: 40058,
  })
  expect(
    await chat('send', { chatid: 'shop1', msgtype: 'image', image: { media_id: 'gone' } }),
  ).toMatchObject({
    errcode: 40007,
  })
  expect(await chat('send', { chatid: 'shop1', safe: 2, ...text('x') })).toMatchObject({ errcode: 40058 })
  expect(await client.get('appchat/get')).toMatchObject({ errcode: 40063 })
  const login = `${sim.url}/cgi-bin/gettoken?corpid=${sim.credentials.corpId}&corpsecret=${other.secret}`
  const token = String(((await (await fetch(login)).json()) as Json)['access_token'])
  const foreign = await fetch(`${sim.url}/cgi-bin/appchat/get?access_token=${token}&chatid=shop1`)
  expect(await foreign.json()).toMatchObject({ errcode: 86008 })
})

test('articles with pictures of their own', async () => {
  await create({ chatid: 'shop1' })
  const thumb = (await upload(sim, 'media/upload', { type: 'image' }))['media_id']
  const article = (fields: Json = {}): Json => ({
    msgtype: 'mpnews',
    mpnews: { articles: [{ title: '周报', thumb_media_id: thumb, content: '<p>好</p>', ...fields }] },
  })
  expect(await chat('send', { chatid: 'shop1', ...article() })).toMatchObject({ errcode: 0 })
  expect(sim.ledger()[0]).toMatchObject({ text: '周报' })
  const refused: [Json, number][] = [
    [article({ thumb_media_id: 'gone' }), 40007],
    [article({ content: 'x'.repeat(666 * 1024 + 1) }), 45002],
    [article({ title: undefined }), 40063],
    [{ msgtype: 'mpnews', mpnews: { articles: [] } }, 40063],
  ]
  for (const [fields, code] of refused)
    expect((await chat('send', { chatid: 'shop1', ...fields }))['errcode']).toBe(code)
})

test('a thousand chats a day, a thousand changes an hour, so many person-times', async () => {
  for (let i = 0; i < 1_000; i++) await create({ chatid: `c${i}` })
  expect(await create()).toMatchObject({ errcode: 45009 })
  for (let i = 0; i < 1_000; i++) await chat('update', { chatid: 'c0', name: `n${i}` })
  expect(await chat('update', { chatid: 'c0' })).toMatchObject({ errcode: 45009 })
  await sim.advanceTo(sim.now() + dayMs)
  expect(await create()).toMatchObject({ errcode: 0 })
  expect(await chat('update', { chatid: 'c0' })).toMatchObject({ errcode: 0 })

  // Beyond 200 in a minute a member's messages are dropped without an error.
  for (let i = 0; i < 201; i++) await chat('send', { chatid: 'c1', ...text('x') })
  const mine = sim.ledger().filter((row) => row.recipient === 'LiMei')
  expect(mine.map((row) => row.status).slice(199)).toEqual(['sent', 'failed'])
  sim.settings.appchatLimits = { perMinute: 404, perHour: 500 }
  expect(await chat('send', { chatid: 'c1', ...text('x') })).toMatchObject({ errcode: 0 })
  expect(await chat('send', { chatid: 'c1', ...text('x') })).toMatchObject({ errcode: 45009 })
  await sim.advanceTo(sim.now() + minuteMs)
  for (let i = 0; i < 48; i++) await chat('send', { chatid: 'c1', ...text('x') })
  expect(await chat('send', { chatid: 'c1', ...text('x') })).toMatchObject({ errcode: 45009 })
}, 60_000)

const hook = async (key: unknown, body: Json): Promise<Json> =>
  (await (
    await fetch(`${sim.url}/cgi-bin/webhook/send?key=${String(key)}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
  ).json()) as Json
const robot = async (): Promise<unknown> =>
  (await client.sim('POST', 'robots/add', { members: ['LiMei', 'zhangwei'] }))['key']

test('a robot writes with its key alone, twenty times a minute, until it is disabled or removed', async () => {
  const key = await robot()
  const heard: string[] = []
  sim.world.onStaffMessage((message) => heard.push(`${message.userid} ${message.kind}`))
  expect(await hook(key, text('今日业绩'))).toMatchObject({ errcode: 0, errmsg: 'ok' })
  expect(heard).toEqual(['LiMei text', 'zhangwei text'])
  expect(sim.ledger()).toMatchObject([
    { api: 'webhook/send', recipientKind: 'staff', text: '今日业绩', sender: key },
    { recipient: 'zhangwei' },
  ])
  for (let i = 1; i < 20; i++) expect(await hook(key, text('x'))).toMatchObject({ errcode: 0 })
  expect(await hook(key, text('x'))).toMatchObject({ errcode: 45009 })
  expect(await hook(await robot(), text('x'))).toMatchObject({ errcode: 0 })
  await sim.advanceTo(sim.now() + minuteMs)
  expect(await hook(key, text('x'))).toMatchObject({ errcode: 0 })
  await client.sim('POST', 'robots/disable', { key })
  expect(await hook(key, text('x'))).toMatchObject({ errcode: 93004 })
  await client.sim('POST', 'robots/remove', { key })
  expect(await hook(key, text('x'))).toMatchObject({ errcode: 93000 })
  expect(await hook('none', text('x'))).toMatchObject({ errcode: 93000 })
  expect(await client.sim('POST', 'robots/remove', { key })).toHaveProperty('error')
})

test('what a robot may say, and its own media', async () => {
  const key = await robot()
  const picture = Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47]), Buffer.alloc(100)])
  const image = (bytes: Buffer, md5 = createHash('md5').update(bytes).digest('hex')): Json => ({
    msgtype: 'image',
    image: { base64: bytes.toString('base64'), md5 },
  })
  const file = (id: unknown, msgtype = 'file'): Json => ({ msgtype, [msgtype]: { media_id: id } })
  const own = await upload(sim, 'webhook/upload_media', { key: String(key), type: 'file' })
  expect(own).toMatchObject({ errcode: 0, type: 'file' })
  const stranger = await upload(sim, 'webhook/upload_media', { key: String(await robot()), type: 'file' })
  const corp = await upload(sim, 'media/upload', { type: 'file' })
  const card = {
    card_type: 'text_notice',
    main_title: { title: '业绩' },
    card_action: { type: 1, url: 'https://a.example' },
  }
  const accepted: Json[] = [
    { msgtype: 'markdown', markdown: { content: 'x'.repeat(4_096) } },
    { msgtype: 'markdown_v2', markdown_v2: { content: '| a |' } },
    { msgtype: 'news', news: { articles: [{ title: '早', url: 'https://a.example' }] } },
    { msgtype: 'text', text: { content: '早', mentioned_list: ['@all'] } },
    { msgtype: 'template_card', template_card: card },
    image(picture),
    file(own['media_id']),
  ]
  for (const body of accepted)
    expect(await hook(key, body), JSON.stringify(body).slice(0, 80)).toMatchObject({ errcode: 0 })
  expect(JSON.stringify(sim.ledger())).not.toContain(picture.toString('base64'))
  const refused: [Json, number][] = [
    [{ msgtype: 'poem', poem: {} }, 40058],
    [{}, 40063],
    [text('字'.repeat(683)), 45002],
    [{ msgtype: 'markdown', markdown: { content: 'x'.repeat(4_097) } }, 45002],
    [{ msgtype: 'news', news: { articles: Array.from({ length: 9 }, () => ({ title: 'x' })) } }, 40058],
    [{ msgtype: 'template_card', template_card: { card_type: 'vote_interaction' } }, 42027],
    [image(Buffer.from('no picture')), 40058],
    [image(picture, 'f'.repeat(32)), 40058],
    [image(Buffer.concat([picture, Buffer.alloc(2 * 1024 * 1024)])), 45001],
    [file(stranger['media_id']), 40007],
    [file(corp['media_id']), 40007],
    [file(own['media_id'], 'voice'), 40007],
  ]
  for (const [body, code] of refused)
    expect((await hook(key, body))['errcode'], JSON.stringify(body).slice(0, 80)).toBe(code)
  expect(await upload(sim, 'webhook/upload_media', { key: String(key), type: 'image' })).toMatchObject({
    errcode: 40058,
  })
  const voice = { key: String(key), type: 'voice' }
  expect(await upload(sim, 'webhook/upload_media', voice, Buffer.alloc(2 * 1024 * 1024 + 1))).toMatchObject({
    errcode: 45001,
  })
  expect(await upload(sim, 'webhook/upload_media', { key: 'none', type: 'file' })).toMatchObject({
    errcode: 93000,
  })
  expect(
    await client.post('externalcontact/add_msg_template', {
      sender: 'LiMei',
      attachments: [{ msgtype: 'file', file: { media_id: own['media_id'] } }],
    }),
  ).toMatchObject({ errcode: 40007 })
  await sim.advanceTo(sim.now() + 3 * dayMs + 1)
  expect(await hook(key, file(own['media_id']))).toMatchObject({ errcode: 40007 })
})
