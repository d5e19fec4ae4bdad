import { afterEach, beforeEach, expect, it } from 'vitest'
import { WechatyBuilder } from 'wechaty'
import type { Wechaty } from 'wechaty'
import { PuppetMock, mock } from 'wechaty-puppet-mock'
import { createAct, system } from '../src/base/act.ts'
import type { Act } from '../src/base/act.ts'
import { wallClock } from '../src/base/clock.ts'
import { createLog } from '../src/base/log.ts'
import {
  customerOfExternal,
  customerProjections,
  findGroup,
  isGroupMember,
  people,
  saveGroup,
} from '../src/customer/index.ts'
import { ensureGames, findGame, viewGame } from '../src/game/index.ts'
import { createMetrics } from '../src/http/metrics.ts'
import { groupMessageRoutes } from '../src/http/public/group-messages.ts'
import { createHttp } from '../src/http/server.ts'
import type { HttpServer } from '../src/http/server.ts'
import { createFlush, createRecorder, readLog } from '../src/interaction/index.ts'
import { couponsOf } from '../src/reward/index.ts'
import { bridge } from '../src/wechaty/bridge.ts'
import { sqliteDatabase } from './database.ts'
import type { TestDatabase } from './database.ts'

const key = 'a-key-of-at-least-24-characters'
const groupId = 'wrAAAA@chatroom'

/** The stock mock answers nothing to a text sent; wechaty then cannot tell which message it was. */
class TalkingPuppet extends PuppetMock {
  readonly said: { readonly room: string; readonly text: string }[] = []
  override async messageSendText(conversationId: string, text: string): Promise<void> {
    this.said.push({ room: conversationId, text })
    await super.messageSendText(conversationId, text)
  }
}

const until = async (holds: () => boolean): Promise<void> => {
  const end = performance.now() + 10_000
  while (!holds()) {
    if (performance.now() > end) throw new Error('It did not happen within 10 s.')
    await new Promise((ok) => setTimeout(ok, 10))
  }
}

let opened: TestDatabase
let act: Act
let http: HttpServer
let serverUrl: string
let bot: Wechaty | undefined
let mocker: mock.Mocker
let puppet: TalkingPuppet

beforeEach(async () => {
  opened = await sqliteDatabase()
  const flush = createFlush({
    people,
    projections: customerProjections,
    wake: () => undefined,
  })
  act = createAct({
    db: opened.db,
    clock: wallClock,
    flush: async (ctx, rows) => void (await flush(ctx, rows)),
  })
  const reader = opened.db.reader
  http = createHttp({
    clock: wallClock,
    log: createLog('silent'),
    routes: groupMessageRoutes({
      act,
      reader,
      recorder: createRecorder(opened.db, act, flush),
      groupOf: ({ id, topic }) => findGroup(reader, id, topic),
      isMember: (chat, external) => isGroupMember(reader, chat, external),
      playerKey: async (external) => (await customerOfExternal(reader, external)) ?? external,
      gameAddress: (game) => `https://siyu.test/h5/#/game/${game}`,
    }),
    identities: { staff: () => Promise.resolve(null), player: () => null },
    checks: [],
    metrics: createMetrics(),
    pages: '/nowhere',
    publicUrl: 'http://127.0.0.1',
    trustProxy: false,
    eventsKey: key,
  })
  serverUrl = (await http.listen(0, '127.0.0.1')).url
  await openGames()
  mocker = new mock.Mocker()
  puppet = new TalkingPuppet({ mocker })
  bot = WechatyBuilder.build({ puppet })
  bridge({ bot, serverUrl, key, throttle: { turn: () => Promise.resolve() }, log: createLog('silent') })
  await bot.start()
  mocker.login(mocker.createContact({ id: 'bot', name: '小禾' }))
  await until(() => bot?.isLoggedIn === true)
}, 60_000)

afterEach(async () => {
  await bot?.stop()
  await http.stop()
  await opened.drop()
})

const openGames = (): Promise<void> =>
  act(system('test'), async (ctx) => {
    await saveGroup(ctx, {
      chat: groupId,
      name: '辅食交流群',
      owner: 'chenjing',
      memberVersion: '1',
      members: [{ member: 'wmmother', kind: 2, joinedAt: 1 }],
    })
    const times = { opensAt: ctx.now - 1_000, closesAt: ctx.now + 3_600_000 }
    await ensureGames(ctx, [
      {
        id: 'poll-w',
        kind: 'poll',
        title: '下周想听什么',
        touchpoint: 'weekly-poll',
        settings: {
          options: [
            { id: 'a', label: '辅食' },
            { id: 'b', label: '睡眠' },
          ],
          points: 5,
        },
        ...times,
      },
      {
        id: 'hunt-w',
        kind: 'hunt',
        title: '寻宝',
        touchpoint: 'treasure-hunt',
        settings: {
          clues: [{ id: 'one', riddle: '补钙配什么', answers: ['维生素D'], releaseAt: 0 }],
          pointsPerClue: 10,
          prize: { title: '礼盒', count: 1, validDays: 7 },
        },
        ...times,
      },
    ])
  })

it('a member votes and hunts by text in the group, once, and hears the answer; a stranger is sent to the page', async () => {
  const mother = mocker.createContact({ id: 'wmmother', name: '朵朵妈' })
  const stranger = mocker.createContact({ id: 'somebody', name: '路人' })
  const room = mocker.createRoom({
    id: groupId,
    topic: '辅食交流群',
    memberIdList: ['bot', 'wmmother', 'somebody'],
  })
  mother.say('投票 2').to(room)
  await until(() => puppet.said.length === 1)
  mother.say('投票 1').to(room)
  await until(() => puppet.said.length === 2)
  mother.say('寻宝 1：维生素D').to(room)
  await until(() => puppet.said.length === 3)
  stranger.say('投票 1').to(room)
  await until(() => puppet.said.length === 4)
  mother.say('今天天气不错').to(room)
  const reader = opened.db.reader
  await until(() => !http.busy())
  expect(puppet.said.map(({ text }) => text)).toEqual([
    '@朵朵妈 投票成功，谢谢参与，+5 积分',
    '@朵朵妈 已改投，以这次为准',
    '@朵朵妈 全部找到！获得礼盒，+10 积分，券码请在「我的」页查看',
    '@路人 请点这里参与：https://siyu.test/h5/#/game/poll-w',
  ])
  const customer = (await customerOfExternal(reader, 'wmmother')) ?? ''
  const game = await findGame(reader, 'poll-w')
  const view =
    game && (await viewGame(reader, game, customer, wallClock.now(), () => Promise.resolve(new Map())))
  expect(view).toMatchObject({ players: 1, mine: ['a'] })
  expect(await couponsOf(reader, customer)).toHaveLength(1)
  // The bot hears its own words too, and must not take them for a member's.
  const heard = await readLog(reader, { kinds: ['group-said'], limit: 100 })
  expect(heard.filter(({ who }) => who.external?.includes('bot'))).toEqual([])
}, 60_000)

it('the same message told twice is recorded and played once', async () => {
  const body = JSON.stringify({
    id: 'm1',
    at: 1,
    room: { id: groupId },
    sender: { id: 'wmmother', name: '朵朵妈' },
    text: '投票 2',
  })
  const tell = (authorization: string): Promise<Response> =>
    fetch(`${serverUrl}/api/v1/group-messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body,
    })
  expect(await (await tell(`Bearer ${key}`)).json()).toMatchObject({
    fresh: true,
    reply: expect.stringContaining('投票成功') as string,
  })
  expect(await (await tell(`Bearer ${key}`)).json()).toEqual({ fresh: false })
  expect((await tell('Bearer wrong')).status).toBe(401)
})
