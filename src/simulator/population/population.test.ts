import { afterEach, expect, test } from 'vitest'
import { startSimulator } from '../index.ts'
import { seedShop } from '../shop/index.ts'
import { dayMs, timeOfDay } from '../shop/shop.ts'
import type { Simulator, StaffMessage, World } from '../types.ts'
import { createPopulation } from './create-population.ts'
import { hourMs } from './hours.ts'
import type { CrowdRules } from './rules.ts'
import type { FakeShopServer } from '../../../test/fake-shop-server.ts'
import { riddle, secret, startFakeShopServer } from '../../../test/fake-shop-server.ts'

const startAt = Date.parse('2026-05-20T08:00:00+08:00')
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

interface Stage {
  readonly server: FakeShopServer
  readonly simulator: Simulator
  readonly population: ReturnType<typeof createPopulation>
  /** What message/send does in the whole simulator: a card in the advisor's client. */
  card(userid: string): void
  toGroup(link: string): void
  toCustomers(count: number, linkOf: (id: string) => string): void
}

const quiet: Partial<CrowdRules> = {
  joinsPerDay: { least: 0, most: 0 },
  deletesPerDay: 0,
  groupJoinsPerDay: 0,
  groupLeavesPerDay: 0,
  orderRate: 0,
  orderAfterPersonal: 0,
  orderAfterClick: 0,
  optOut: 0,
  skip: 0,
}

async function stage(rules: Partial<CrowdRules>, seed = 7): Promise<Stage> {
  const server = await startFakeShopServer()
  closers.push(server.close)
  const shop = seedShop({ seed, now: startAt })
  const simulator = await startSimulator({ seed, shop, clock: 'virtual', startAt })
  closers.push(simulator.close)
  const listeners = new Set<(message: StaffMessage) => void>()
  const world: World = {
    ...simulator.world,
    onStaffMessage(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const population = createPopulation({
    seed,
    baseUrl: `${server.url}/`,
    eventsKey: 'test-key',
    rules: { ...quiet, ...rules },
    huntAnswers: { [riddle]: secret },
  })
  population.start(world)
  const say = (to: { external_userid: string } | { chat_id: string }, userid: string, link: string) =>
    simulator.world.sendChatMessage({ userid, ...to, msgtype: 'text', text: { content: `看这里 ${link}` } })
  return {
    server,
    simulator,
    population,
    card(userid) {
      const message: StaffMessage = {
        userid,
        kind: 'template_card',
        msgid: `card-${userid}`,
        at: simulator.now(),
        text: '今日任务',
        links: [],
        body: {},
      }
      for (const listener of listeners) listener(message)
    },
    toGroup(link) {
      for (const group of shop.groups) say({ chat_id: group.chat_id }, group.owner, `${server.url}${link}`)
    },
    toCustomers(count, linkOf) {
      for (const customer of shop.customers.slice(0, count))
        for (const { userid } of customer.follow.slice(0, 1))
          say(
            { external_userid: customer.external_userid },
            userid,
            `${server.url}${linkOf(customer.external_userid)}`,
          )
    },
  }
}

test('a poll in the groups: contacts vote by external_userid, strangers by openid, once each', async () => {
  const { server, simulator, population, toGroup } = await stage({ clickGroup: 0.5 })
  toGroup('/h5/l/b.poll1')
  await simulator.advanceTo(startAt + dayMs)
  toGroup('/h5/l/b.poll1')
  await simulator.advanceTo(startAt + 2 * dayMs)
  const report = population.report()
  expect(report.failures).toEqual({ count: 0, first: [] })
  expect(report.clicks).toBeGreaterThan(50)
  expect(report.votes).toBe(server.votes.size)
  const plays = server.journal.filter((line) => line.includes('/play'))
  expect(plays).toHaveLength(server.votes.size)
  expect([...server.votes.keys()].some((id) => id.startsWith('wmXh'))).toBe(true)
  expect([...server.votes.keys()].some((id) => id.startsWith('oXh'))).toBe(true)
})

test('a hunt by personal links: wrong words first at times, then the answer keyed by the riddle', async () => {
  const { server, simulator, population, toCustomers } = await stage({ clickPersonal: 0.9, wrongFirst: 0.5 })
  toCustomers(60, (id) => `/h5/l/p.${id}.game/hunt1`)
  await simulator.advanceTo(startAt + dayMs)
  const report = population.report()
  expect(report.failures.first).toEqual([])
  expect(report.finds).toBe(server.finds.size)
  expect(report.finds).toBeGreaterThan(10)
  expect(report.wrongAnswers).toBeGreaterThan(3)
  expect(report.coupons).toBe(report.finds)
})

test('who had enough opts out, and only once', async () => {
  const { server, simulator, population, toCustomers } = await stage({ clickPersonal: 0.9, optOut: 6 })
  for (let day = 1; day <= 4; day++) {
    toCustomers(80, (id) => `/h5/l/p.${id}.me`)
    await simulator.advanceTo(startAt + day * dayMs)
  }
  const report = population.report()
  expect(report.failures.first).toEqual([])
  expect(report.optOuts).toBeGreaterThan(3)
  expect(report.optOuts).toBe(server.optedOut.size)
  expect(report.optOuts).toBeLessThan(80)
  expect(server.journal.filter((line) => line.includes('PUT /api/public/subscription'))).toHaveLength(
    report.optOuts,
  )
})

test('orders, joins and partings go on by themselves; messages sell a little more', async () => {
  const lively = {
    orderRate: 1,
    joinsPerDay: { least: 1, most: 3 },
    deletesPerDay: 1,
    groupJoinsPerDay: 1,
    groupLeavesPerDay: 1,
  }
  const { server, simulator, population } = await stage(lively)
  await simulator.advanceTo(startAt + 7 * dayMs)
  const report = population.report()
  expect(report.failures.first).toEqual([])
  expect(report.orders).toBeGreaterThan(15)
  expect(server.orders.size).toBe(report.orders)
  expect(report.joins).toBeGreaterThanOrEqual(6)
  expect(report.joins).toBeLessThanOrEqual(24)
  expect(report.deletes + report.groupJoins + report.groupLeaves).toBeGreaterThan(5)
  let fen = 0
  for (const order of server.orders.values()) {
    expect(order.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/)
    expect(order.items.reduce((sum, item) => sum + item.amountFen, 0)).toBe(order.amountFen)
    fen += order.amountFen
  }
  expect(report.orderFen).toBe(fen)

  const pushed = await stage({ ...lively, orderAfterPersonal: 0.5 })
  pushed.toCustomers(200, (id) => `/h5/l/p.${id}.me`)
  await pushed.simulator.advanceTo(startAt + 7 * dayMs)
  expect(pushed.population.report().orders).toBeGreaterThan(report.orders + 20)
})

test('advisors: prompt, slow inside working hours, one never, one skips with a reason', async () => {
  const { server, simulator, population, card } = await stage({ skip: 0.15, rewrite: 0.3 })
  const shop = simulator.world.shop()
  for (const { external_userid, follow } of shop?.customers ?? []) {
    const advisor = follow[0]?.userid
    if (advisor && server.tasks.length < 120)
      server.tasks.push({
        promiseId: `t${String(server.tasks.length)}`,
        externalUserId: external_userid,
        advisor,
        text: `你好 https://x.example/h5/l/p.${external_userid}`,
        state: 'waiting',
      })
  }
  for (const advisor of shop?.staff ?? []) card(advisor.userid)
  await simulator.advanceTo(startAt + 3 * dayMs)
  const report = population.report()
  expect(report.failures.first).toEqual([])
  const lazy = server.tasks.filter((task) => task.advisor === 'dengjie')
  expect(lazy.length).toBeGreaterThan(0)
  expect(lazy.every((task) => task.state === 'waiting')).toBe(true)
  const others = server.tasks.filter((task) => task.advisor !== 'dengjie')
  expect(others.every((task) => task.state === 'sent' || task.state === 'skipped')).toBe(true)
  expect(report.sidebarSends).toBe(others.filter((task) => task.state === 'sent').length)
  expect(report.skips).toBe(others.filter((task) => task.state === 'skipped').length)
  expect(report.skips).toBeGreaterThan(0)
  expect(report).toMatchObject({ cards: 12, cardsIgnored: 1, sidebarOpens: 11 })
  const rows = simulator.ledger()
  expect(rows.filter((row) => row.via === 'sidebar')).toHaveLength(report.sidebarSends)
  for (const row of rows) {
    expect(timeOfDay(row.acceptedAt)).toBeGreaterThanOrEqual(9 * hourMs)
    expect(timeOfDay(row.acceptedAt)).toBeLessThan(21 * hourMs)
  }
  const bySlow = rows.filter((row) => row.sender === 'mahaiyan').map((row) => row.acceptedAt)
  expect(Math.min(...bySlow)).toBeGreaterThan(startAt + 1.5 * hourMs)
})

test('a customer who deleted her advisor: the press fails and is settled as not sent, once', async () => {
  const { server, simulator, population, card } = await stage({})
  const customer = simulator.world.customers().find((one) => one.follows.has('zhouyating'))
  if (!customer) throw new Error('zhouyating has no customer')
  simulator.world.removeContact('zhouyating', customer.externalUserId, 'customer')
  server.tasks.push({
    promiseId: 't1',
    externalUserId: customer.externalUserId,
    advisor: 'zhouyating',
    text: '你好',
    state: 'waiting',
  })
  card('zhouyating')
  await simulator.advanceTo(startAt + dayMs)
  expect(population.report()).toMatchObject({ sidebarSends: 0, failures: { count: 0 } })
  expect(server.tasks[0]?.state).toBe('waiting')
  expect(server.journal.filter((line) => line.includes('not-sent'))).toHaveLength(1)
})

test('what fails is counted with its words, and an order is told again until it is known', async () => {
  const { server, simulator, population, toCustomers } = await stage({ orderRate: 1, clickPersonal: 0.9 })
  server.breakNext('/api/v1/events', 503, 4)
  server.breakNext('/api/public/games/poll1/play', 500, 2)
  toCustomers(40, (id) => `/h5/l/p.${id}.game/poll1`)
  await simulator.advanceTo(startAt + 4 * dayMs)
  const report = population.report()
  expect(report.failures.count).toBe(6)
  expect(report.failures.first.filter((line) => line.includes('events answered 503'))).toHaveLength(4)
  expect(report.failures.first.filter((line) => line.includes('play answered 500'))).toHaveLength(2)
  expect(server.orders.size).toBe(report.orders)
})

test('the same seed and the same answers give the same deeds in the same order', async () => {
  const journalOf = async (seed: number) => {
    const { server, simulator, population, toGroup, toCustomers } = await stage(
      { orderRate: 1, optOut: 1, joinsPerDay: { least: 1, most: 3 } },
      seed,
    )
    toGroup('/h5/l/b.poll1')
    toCustomers(40, (id) => `/h5/l/p.${id}.game/hunt1`)
    await simulator.advanceTo(startAt + 3 * dayMs)
    return { journal: server.journal, report: population.report() }
  }
  const first = await journalOf(7)
  const second = await journalOf(7)
  expect(first.journal.length).toBeGreaterThan(100)
  expect(second).toEqual(first)
  expect((await journalOf(8)).journal).not.toEqual(first.journal)
})
