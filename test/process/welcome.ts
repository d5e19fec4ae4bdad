/** People become contacts at a rate while WeCom refuses, cuts, delays and answers nonsense: when each was greeted. */
import { setTimeout as pause } from 'node:timers/promises'
import { seconds } from '../../src/base/clock.ts'
import { complete, openFleet } from './fleet.ts'
import { until } from './harness.ts'

export interface Greeted {
  readonly people: number
  readonly offeredMs: number
  readonly greeted: number
  readonly twice: number
  readonly calls: number
  readonly within3s: number
  readonly after20s: number
  readonly waitMs: { readonly median: number; readonly p99: number; readonly worst: number }
}

const welcome = `touchpoints:
  welcome:
    kind: welcome
    wording: '您好，欢迎来到{{ shop.name }}。不想收到消息：[[link:subscription]]'`

export async function greetThrough(people: number, perSecond: number): Promise<Greeted> {
  const fleet = await openFleet({
    shop: { advisors: 20, customersEach: 1, groups: 0 },
    at: '10:00',
    touchpoints: welcome,
    latencyMs: 30,
  })
  const { simulator } = fleet
  try {
    const server = await fleet.serve({ DATABASE_URL: `sqlite:${fleet.folder.path}/siyu.db` })
    await complete(server)
    await simulator.setCallback(`${server.url}/wecom/callback`, true)
    const api = 'externalcontact/send_welcome_msg'
    for (const [kind, probability, more] of [
      ['errcode', 0.04, { errcode: -1 }],
      ['errcode', 0.02, { errcode: 41096 }],
      ['reset-before', 0.03, {}],
      ['reset-after', 0.03, {}],
      ['bad-json', 0.02, {}],
      ['http-502-html', 0.02, {}],
      ['slow', 0.03, { ms: 700 }],
    ] as const)
      simulator.addFault({ api, kind, probability, ...more })
    simulator.addFault({ api: 'externalcontact/get', kind: 'errcode', errcode: 84061, probability: 0.1 })
    const addedAt = new Map<string, number>()
    const startedAt = performance.now()
    for (let n = 0; n < people; n += 1) {
      const wait = startedAt + (n * 1_000) / perSecond - performance.now()
      if (wait > 1) await pause(wait)
      const external = `wmWelcome${String(n)}`
      addedAt.set(external, simulator.now())
      simulator.world.addContact({
        userid: `advisor${String(n % 20).padStart(3, '0')}`,
        external_userid: external,
      })
    }
    const offeredMs = Math.round(performance.now() - startedAt)
    const greeted = () => fleet.ledger().filter((row) => row.api === 'send_welcome_msg')
    await until('everybody is greeted', () => Promise.resolve(greeted().length >= people ? true : null), {
      timeoutMs: 30_000,
      everyMs: 200,
    }).catch(() => undefined)
    const rows = greeted()
    const waits = rows
      .map(({ recipient, acceptedAt }) => acceptedAt - (addedAt.get(recipient) ?? 0))
      .sort((a, b) => a - b)
    const at = (share: number): number =>
      waits[Math.min(waits.length - 1, Math.floor(share * waits.length))] ?? 0
    return {
      people,
      offeredMs,
      greeted: new Set(rows.map(({ recipient }) => recipient)).size,
      twice: rows.length - new Set(rows.map(({ recipient }) => recipient)).size,
      calls: simulator.calls().filter((call) => call.api === api).length,
      within3s: waits.filter((ms) => ms <= seconds(3)).length,
      after20s: waits.filter((ms) => ms > seconds(20)).length,
      waitMs: { median: at(0.5), p99: at(0.99), worst: waits.at(-1) ?? 0 },
    }
  } finally {
    await fleet.close()
  }
}
