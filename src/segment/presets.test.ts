/** Every preset is valid, and each of its numbers decides between two customers who differ by nothing else. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Happening } from '../base/act.ts'
import { addDays, instantOf } from '../base/calendar.ts'
import { readCadence } from '../cadence/index.ts'
import { customerIdOf } from '../customer/index.ts'
import { onBothDatabases } from '../../test/database.ts'
import { configDir, openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import { loadPreset, presetNames, presetPath } from './presets.ts'
import { standingsAsOf } from './standings.ts'
import { checkTierRules } from './tier-rules.ts'

const today = '2026-05-20'

/** Purchases as [days ago, yuan]. */
type Life = readonly (readonly [number, number])[]
type Table = Readonly<Record<string, readonly [Life, string]>>

const times = (n: number, yuan: number, from = 40, every = 7): Life =>
  Array.from({ length: n }, (_, i) => [from + i * every, yuan] as const)

/** New, mid and dormant of most trades, with their last and first days. */
const usual = (mid: string, quiet = 180): Table => ({
  'first purchase 6 days ago': [[[6, 10]], 'new'],
  'first purchase 7 days ago': [[[7, 10]], mid],
  [`last purchase ${String(quiet - 1)} days ago`]: [[[quiet - 1, 10]], mid],
  [`last purchase ${String(quiet)} days ago`]: [[[quiet, 10]], 'dormant'],
})

/** Top fifth by average order: 12 cheap buyers stand beside. */
const generalHigh = (high: string, mid: string): Table => ({
  '3 purchases in 90 days': [[...times(2, 900), [89, 900]], high],
  '2 purchases in 90 days': [[...times(2, 900), [90, 900]], mid],
  'often, but cheap': [times(3, 5), mid],
})

const tables: Readonly<Record<string, Table>> = {
  general: { ...generalHigh('high', 'mid'), ...usual('mid') },
  'rfm-quintiles': { ...generalHigh('high', 'mid'), ...usual('mid') },
  apparel: {
    'bought again 29 days ago, 11 times a year, over 500': [[[29, 500.01], ...times(10, 501, 60)], 'high'],
    'bought again 30 days ago': [[[30, 501], ...times(10, 501, 60)], 'other'],
    '10 times a year': [[[29, 501], ...times(9, 501, 60)], 'other'],
    'the eleventh 359 days ago': [[[29, 501], ...times(9, 501, 60), [359, 501]], 'high'],
    'the eleventh 360 days ago': [[[29, 501], ...times(9, 501, 60), [360, 501]], 'other'],
    'average 500': [[[29, 500], ...times(10, 500, 60)], 'other'],
    'first purchase 6 days ago': [[[6, 10]], 'new'],
    'first purchase 6 days ago, second today': [
      [
        [6, 10],
        [0, 10],
      ],
      'other',
    ],
    'first purchase 7 days ago': [[[7, 10]], 'other'],
    '3 a year, last 89 days ago': [times(3, 50, 89), 'potential'],
    '3 a year, last 90 days ago': [times(3, 50, 90), 'other'],
    '2 a year': [times(2, 50, 89), 'other'],
    '5 a year': [times(5, 50, 89), 'potential'],
    '6 a year': [times(6, 50, 89), 'other'],
    'none for 179 days': [[[179, 199]], 'other'],
    'none for 180 days, average 199': [[[180, 199]], 'dormant'],
    'none for 180 days, average 200': [[[180, 200]], 'other'],
    'none for 180 days, 2 a year': [times(2, 50, 180), 'dormant'],
    'none for 180 days, 3 a year': [times(3, 50, 180), 'other'],
    'none for two years': [times(5, 50, 720), 'dormant'],
  },
  maternity: {
    '20,000 a year': [
      [
        [20, 10_000],
        [359, 10_000],
      ],
      'high',
    ],
    '20,000, a part of it 360 days ago': [
      [
        [20, 10_000],
        [360, 10_000],
      ],
      'mid',
    ],
    '19,999.99': [[[20, 19_999.99]], 'mid'],
    '5,000': [[[20, 5_000]], 'mid'],
    '4,999.99': [[[20, 4_999.99]], 'other'],
    'none for 179 days': [[[179, 10]], 'other'],
    'none for 180 days': [[[180, 10]], 'dormant'],
    'first purchase 6 days ago': [[[6, 6_000]], 'new'],
  },
  beauty: {
    'over 5,000 a year': [[[359, 5_000.01]], 'high'],
    '5,000 a year': [[[100, 5_000]], 'mid'],
    '6,000, 360 days ago': [[[360, 6_000]], 'dormant'],
    ...usual('mid'),
  },
  snacks: {
    'over 2,000 a year': [[[359, 2_000.01]], 'high'],
    '2,000 a year': [[[100, 2_000]], 'mid'],
    '3,000, 360 days ago': [[[360, 3_000]], 'dormant'],
    ...usual('mid'),
  },
  'fresh-food': { ...generalHigh('high', 'dormant'), ...usual('mid', 30) },
  'tea-shop': {
    ...generalHigh('diamond', 'gold'),
    ...Object.fromEntries(
      Object.entries(usual('gold')).map(([what, [life, tier]]) => [
        what,
        [life, { new: 'silver', dormant: 'bronze' }[tier] ?? tier] as const,
      ]),
    ),
  },
}

it('are the trades of the handbook, all of them valid and looked at here', () => {
  expect(presetNames(configDir)).toEqual(Object.keys(tables).sort())
  for (const name of presetNames(configDir)) expect(loadPreset(configDir, name).preset?.name).toBe(name)
  for (const name of ['nope', '../tiers', '..', '', 'general.yaml', 'General', 'constructor'])
    expect(() => presetPath(configDir, name)).toThrow('There is no preset')
  expect(() => loadPreset('/nonexistent', 'general')).toThrow('There is no preset')
})

it('the shop as delivered has the tiers of the general preset', () => {
  const delivered = checkTierRules(readFileSync(`${configDir}/tiers.yaml`, 'utf8'))
  const general = loadPreset(configDir, 'general')
  if (!delivered.ok) throw new Error(JSON.stringify(delivered.problems))
  const said = ({ tiers, lead, dormancy, stages }: typeof general) =>
    JSON.stringify([tiers.map(({ name, title, when }) => [name, title, when]), lead, dormancy, stages])
  expect(said(delivered.rules)).toBe(said(general))
})

it('maternity counts sleep in half-years', () => {
  expect(loadPreset(configDir, 'maternity').dormancy).toMatchObject({
    shortDays: 180,
    mediumDays: 360,
    longDays: 540,
  })
})

it('says of offers where they stand now', () => {
  const check = checkTierRules('tiers:\n  - { name: all, title: 全部, when: [] }\noffers: { recall: [] }\n')
  expect(check).toMatchObject({
    ok: false,
    problems: [{ line: 3, path: 'offers', message: expect.stringContaining('cadence.yaml') as string }],
  })
})

it('name which usual tiers they replace, so that the delivered cadence reads with them', () => {
  const cadence = readFileSync(`${configDir}/cadence.yaml`, 'utf8')
  for (const name of presetNames(configDir)) {
    const rules = loadPreset(configDir, name)
    const tiers = [...rules.tiers.map((tier) => tier.name), rules.lead.name]
    const replaces = Object.entries(rules.preset?.replaces ?? {})
    const adopted = replaces.reduce(
      (text, [usualName, ours]) =>
        text
          .replace(/^(\s+(?:- )?(?:tiers|from): )\[(.*)\]/gm, (_, key: string, names: string) => {
            const list = names.split(/,\s*/).map((one) => (one === usualName ? ours : one))
            return `${key}[${list.join(', ')}]`
          })
          .replace(new RegExp(`^(\\s+to: )${usualName}$`, 'gm'), `$1${ours}`),
      cadence,
    )
    expect([name, readCadence(adopted, { tiers }).mistakes]).toEqual([name, []])
    for (const [, ours] of replaces) expect(tiers).toContain(ours)
  }
})

onBothDatabases('presets', (open) => {
  let store: TestStore
  beforeAll(async () => {
    store = await openStore(open, instantOf(today, '10:00'))
    await store.say(
      ...Object.entries(tables).flatMap(([preset, table]) =>
        Object.entries(table).flatMap(([what, [life]]) =>
          life.map((one, i) => bought(`${preset}: ${what}`, one, i)),
        ),
      ),
      ...Array.from({ length: 300 }, (_, i) => bought(`cheap ${String(i)}`, [100, 10], 0)),
    )
  })
  afterAll(() => store.drop())

  const bought = (who: string, [ago, yuan]: readonly [number, number], i: number): Happening => ({
    kind: 'order-placed',
    at: instantOf(addDays(today, -ago), '12:00'),
    source: 'test',
    sourceKey: `${who} ${String(i)}`,
    who: { shopId: who },
    detail: { amountFen: Math.round(yuan * 100), items: [] },
  })

  it.each(Object.entries(tables))('%s decides as its table says', async (preset, table) => {
    const rules = loadPreset(configDir, preset)
    const standings = await standingsAsOf(store.db.reader, rules, today)
    const tierOf = new Map(standings.map(({ customer, tier }) => [customer, tier]))
    const said = Object.keys(table).map((what) => [
      what,
      tierOf.get(customerIdOf({ kind: 'shop', value: `${preset}: ${what}` })),
    ])
    expect(said).toEqual(Object.entries(table).map(([what, [, tier]]) => [what, tier]))
  })

  it('the top share by spend is what snacks may use instead', async () => {
    const yaml = [
      'tiers:',
      '  - { name: a-1, title: “顶级” %s, when: [{ spent-top: { percent: 10, days: 360 } }] }',
      '  - { name: z, title: "\'; drop facts; --", when: [] }',
      "lead: { name: not-yet, title: '<script>' }",
    ].join('\n')
    const check = checkTierRules(yaml)
    if (!check.ok) throw new Error(JSON.stringify(check.problems))
    const standings = await standingsAsOf(store.db.reader, check.rules, today)
    const top = standings.filter(({ tier }) => tier === 'a-1')
    const buyers = standings.filter(({ lastDay }) => lastDay !== undefined && lastDay > addDays(today, -360))
    // Ties at the edge are all in.
    expect(top.length).toBeGreaterThanOrEqual(Math.floor(buyers.length / 10))
    expect(top.length).toBeLessThan(buyers.length / 5)
    expect(new Set(standings.map(({ tierTitle }) => tierTitle))).toEqual(
      new Set(['“顶级” %s', "'; drop facts; --"]),
    )
    expect(top[0]?.reason).toContain('进入买家前10%')
  })
})
