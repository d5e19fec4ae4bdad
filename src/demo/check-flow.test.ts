import { afterEach, expect, test } from 'vitest'
import { riddle, secret, startFakeShopServer } from '../../test/fake-shop-server.ts'
import { startSimulator } from '../simulator/index.ts'
import { createPopulation } from '../simulator/population/index.ts'
import { seedShop } from '../simulator/shop/index.ts'
import type { PromiseLine } from './check.ts'
import { checkLedger } from './check.ts'

/** The simulator's real API, the crowd and the referee, with a hand-made list of promises between them. */
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const startAt = Date.parse('2026-05-20T09:40:00+08:00')
const hourMs = 3_600_000

async function stage() {
  const server = await startFakeShopServer()
  closers.push(server.close)
  const shop = seedShop({ seed: 7, now: startAt })
  const simulator = await startSimulator({ seed: 7, shop, clock: 'virtual', startAt })
  closers.push(simulator.close)
  const population = createPopulation({
    seed: 7,
    baseUrl: server.url,
    eventsKey: 'test-key',
    rules: { clickGroup: 0.6, clickPersonal: 0.9, skip: 0, orderRate: 0, joinsPerDay: { least: 0, most: 0 } },
    huntAnswers: { [riddle]: secret },
  })
  population.start(simulator.world)
  const call = async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const { corpId, agentSecret } = simulator.credentials
    const got = await fetch(`${simulator.url}/cgi-bin/gettoken?corpid=${corpId}&corpsecret=${agentSecret}`)
    const token = ((await got.json()) as { access_token: string }).access_token
    const url = `${simulator.url}/cgi-bin/${path}?access_token=${token}`
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
    return (await answer.json()) as Record<string, unknown>
  }
  return { server, shop, simulator, population, call }
}

const promise = (change: Partial<PromiseLine>): PromiseLine => ({
  id: 'p1',
  dedupeKey: `test:${change.id ?? 'p1'}`,
  touchpoint: 'weekly-content',
  channel: 'broadcast',
  subjectKind: 'customer',
  subject: '',
  sender: 'zhouyating',
  purpose: 'marketing',
  decision: 'queued',
  state: 'sent',
  token: null,
  dueAt: startAt,
  sentAt: startAt,
  ...change,
})

test('a group broadcast, one to customers and an advisor’s task: sent, played, pressed, and all of it accounted for', async () => {
  const { server, shop, simulator, population, call } = await stage()
  const sender = 'zhouyating'
  const own = shop.customers.filter((customer) => customer.follow[0]?.userid === sender)
  const [first, second, third] = own.map((customer) => customer.external_userid)
  const group = shop.groups.find((one) => one.owner === sender)?.chat_id
  if (!first || !second || !third || !group) throw new Error('the seeded shop is too small for this test')

  const text = (words: string) => ({ content: words })
  const toGroup = {
    chat_type: 'group',
    sender,
    chat_id_list: [group],
    text: text(`投票 ${server.url}/h5/l/b.poll1`),
  }
  const toCustomers = {
    chat_type: 'single',
    sender,
    external_userid: [first, second],
    text: text(`寻宝 ${server.url}/h5/l/b.hunt1`),
  }
  const card = {
    touser: sender,
    agentid: simulator.credentials.agentId,
    msgtype: 'template_card',
    template_card: {
      card_type: 'text_notice',
      task_id: 'p4',
      main_title: { title: '今日任务' },
      card_action: { type: 1, url: `${server.url}/sidebar/` },
    },
  }
  server.tasks.push({
    promiseId: 'p4',
    externalUserId: third,
    advisor: sender,
    text: `专属 ${server.url}/h5/l/p.${third}.me`,
    state: 'waiting',
  })
  for (const [path, body] of [
    ['externalcontact/add_msg_template', toGroup],
    ['externalcontact/add_msg_template', toCustomers],
    ['message/send', card],
  ] as const)
    expect(await call(path, body)).toMatchObject({ errcode: 0 })

  await simulator.advanceTo(startAt + 10 * hourMs)
  const report = population.report()
  expect(report.failures.first).toEqual([])
  expect(report.votes).toBeGreaterThan(3)
  expect(report).toMatchObject({ cards: 1, sidebarOpens: 1, sidebarSends: 1 })

  const promises = [
    promise({ id: 'p1', channel: 'group-broadcast', subjectKind: 'group', subject: group, token: 'b.poll1' }),
    promise({ id: 'p2', subject: first, token: 'b.hunt1' }),
    promise({ id: 'p3', subject: second, token: 'b.hunt1' }),
    promise({ id: 'p4', channel: 'advisor-task', subject: third, token: `p.${third}` }),
  ]
  const ledger = simulator.ledger()
  expect(checkLedger({ ledger, promises })).toEqual({
    accepted: 5,
    matched: 5,
    duplicates: 0,
    outsideWindow: 0,
    overCap: 0,
    problems: [],
  })
  // The same ledger with one promise forgotten: the referee says which row has none.
  const forgotten = checkLedger({ ledger, promises: promises.slice(1) })
  expect(forgotten.matched).toBe(4)
  expect(forgotten.problems).toHaveLength(1)
  expect(forgotten.problems[0]).toContain(group)
})
