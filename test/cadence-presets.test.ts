/** Each trade has touchpoints that are right for its tiers, and both ways to adopt them do what they say. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addDays, instantOf } from '../src/base/calendar.ts'
import { days, hours } from '../src/base/clock.ts'
import {
  cadencePresets,
  currentCadence,
  newestVersion,
  readCadence,
  seedCadence,
  tierNames,
  tryTouchpoint,
} from '../src/cadence/index.ts'
import { noOccasion } from '../src/cadence/occasion.ts'
import type { Occasion } from '../src/cadence/occasion.ts'
import { customerView, isForCustomers } from '../src/cadence/stage.ts'
import { momentOf } from '../src/cadence/touchpoint.ts'
import type { Happened, Member } from '../src/cadence/touchpoint.ts'
import { cadenceApply } from '../src/cli/cadence.ts'
import { runInit } from '../src/cli/init.ts'
import { customerIdOf, saveStaff } from '../src/customer/index.ts'
import type { Kind } from '../src/interaction/index.ts'
import { loadPreset, loadTierRules, presetNames, presetPath, standingsAsOf } from '../src/segment/index.ts'
import { sqliteDatabase } from './database.ts'
import { configDir, openStore } from './store.ts'
import type { TestStore } from './store.ts'

const shipped = readFileSync(join(configDir, 'cadence.yaml'), 'utf8')
const now = instantOf('2026-11-18', '08:00')
const presets = cadencePresets(configDir)
const textOf = (name: string): string =>
  readFileSync(join(configDir, 'presets', `${name}.cadence.yaml`), 'utf8')

let store: TestStore
beforeEach(async () => {
  store = await openStore(sqliteDatabase, now)
  await store.act({ kind: 'system', name: 'seed' }, async (ctx) => {
    await seedCadence(ctx, store.rules, { yaml: shipped, path: 'cadence.yaml', source: 'database' })
    await saveStaff(ctx, [{ userid: 'zhang', name: '张小敏', active: true, contact: true }])
  })
})
afterEach(() => store.drop())

it('has one for each trade', () => {
  // The scoring preset is no trade.
  expect(presets).toEqual(presetNames(configDir).filter((name) => name !== 'rfm-quintiles'))
})

describe.each(presets)('%s', (name) => {
  const rules = loadPreset(configDir, name)
  const { cadence, mistakes } = readCadence(textOf(name), { tiers: tierNames(rules) })

  it('is valid for its own tiers, from the newcomer to the sleeper and the groups', () => {
    expect(mistakes).toEqual([])
    const kinds = cadence?.touchpoints.map(({ rules: { kind } }) => kind) ?? []
    expect(kinds).toEqual(
      expect.arrayContaining([
        ...['welcome', 'follow-up', 'onboarding', 'repeat-order', 'weekly-note', 'birthday', 'members-day'],
        ...['quiet-reminder', 'recovery', 'wake-up', 'daily-tip', 'weekly-programme'],
      ]),
    )
    expect(kinds).toEqual(
      expect.arrayContaining(
        [
          ...['order-guide', 'monthly-talk', 'quarterly-report', 'monthly-recommendation', 'tier-change'],
          ...[
            'level-change',
            'keep-level',
            'churn-care',
            'clicked-not-bought',
            'browsed-repeatedly',
            'recall',
          ],
          ...['coupon-ending', 'referral-invite', 'survey', 'answer-follow-up', 'welcome-back'],
          'named-advisor',
          ...['broadcast-note', 'weekly-poll', 'treasure-hunt'],
          ...['kf-welcome', 'kf-consent', 'kf-human', 'kf-handed'],
        ].filter((kind) => kind !== 'recall' || name === 'maternity'),
      ),
    )
    expect(cadence?.touchpoints.map((one) => one.name)).toEqual(
      expect.arrayContaining(['return-week-before', 'return-week-start', 'return-week-after']),
    )
  })

  it('says something in each of them that a person could receive', async () => {
    const texts = new Set<string>()
    for (const { name: touchpoint } of cadence?.touchpoints ?? []) {
      const { messages } = await tryTouchpoint(
        {
          reader: store.db.reader,
          act: store.act,
          clock: store.clock,
          tierRules: rules,
          publicUrl: 'https://siyu.example.com',
          post: () => Promise.resolve({ kind: 'sent' }),
        },
        { kind: 'cli', verb: 'test' },
        { cadence: cadence ?? expect.fail(), touchpoint, to: 'zhang', customer: null },
      )
      const text = messages.join('')
      expect(text).not.toMatch(/\{\{|\[\[|undefined/)
      texts.add(text.split('———')[0] ?? '')
    }
    expect(texts.size).toBe(cadence?.touchpoints.length)
  })
})

// ------------------------------------------------------------------ the numbers of the handbook

const day = '2026-11-18'

/** The touchpoints of a preset, or with `shipped` of the cadence as delivered, by name. */
const rulesOf = (name: string) => {
  const tiers = name === 'shipped' ? loadTierRules(configDir) : loadPreset(configDir, name)
  const yaml = name === 'shipped' ? shipped : textOf(name)
  const cadence = readCadence(yaml, { tiers: tierNames(tiers) }).cadence ?? expect.fail(name)
  const customers = cadence.touchpoints.filter(isForCustomers)
  const one = (touchpoint: string) =>
    customers.find(({ name: its }) => its === touchpoint) ?? expect.fail(`${name}: ${touchpoint}`)
  return { tiers, cadence, one }
}
const member: Member = {
  ...{ customer: 'c1', tier: '', tierTitle: '', tierReason: '', dormancy: 'short', name: '', salutation: '' },
  ...{ firstDay: '2025-01-01', lastDay: day, purchases: 1, spentFen: 0, worthFen: 0, points: 0 },
  ...{ external: 'wm1', advisor: null, level: null },
}
/** What she is given with these words; null when nothing. */
const giftOf = (
  { cadence, one }: ReturnType<typeof rulesOf>,
  touchpoint: string,
  occasion: Occasion = noOccasion,
  who = member,
) => {
  const { rules } = one(touchpoint)
  const view = customerView(cadence, day, who, occasion)
  return rules.compose(momentOf(day), who, view, occasion, touchpoint).gift ?? null
}
const everyPreset = ['shipped', ...presets]
const step = (n: number): Occasion => ({ key: 'x', number: n })
const percent = (percentOff: number, days: number) => ({
  validHours: days * 24,
  terms: { kind: 'percent', percentOff },
})

it.each(everyPreset)('%s names only tiers that there are, those it leaves out included', (name) => {
  const { tiers, cadence } = rulesOf(name)
  for (const touchpoint of cadence.touchpoints)
    for (const tier of touchpoint.tiers ?? [])
      expect(`${touchpoint.name}: ${tierNames(tiers).includes(tier) ? 'known' : tier}`).toContain('known')
})

it('every rung of the ladder is reached in a tier that the touchpoint looks at, after the light reminder', async () => {
  const lives = [1, 2, 3, 6, 12, 18].flatMap((months) => [10, 300].map((yuan) => ({ months, yuan })))
  const idOf = ({ months, yuan }: { months: number; yuan: number }): string =>
    customerIdOf({ kind: 'shop', value: `${String(months)}-${String(yuan)}` })
  await store.say(
    ...lives.map(({ months, yuan }) => ({
      kind: 'order-placed',
      at: instantOf(addDays(day, -months * 30), '12:00'),
      source: 'test',
      sourceKey: `${String(months)} ${String(yuan)}`,
      who: { shopId: `${String(months)}-${String(yuan)}` },
      detail: { amountFen: yuan * 100, items: [] },
    })),
  )
  for (const name of everyPreset) {
    const preset = rulesOf(name)
    const standings = await standingsAsOf(store.db.reader, preset.tiers, day)
    const heard = (touchpoint: string, one: (typeof lives)[number]) => {
      const standing = standings.find(({ customer }) => customer === idOf(one)) ?? expect.fail()
      const { rules, tiers } = preset.one(touchpoint)
      if (tiers !== null && !tiers.includes(standing.tier)) return null
      const lastDay = addDays(day, -one.months * 30)
      const who = { ...member, lastDay, dormancy: standing.dormancy }
      const due = rules.due(momentOf(day), who, noOccasion)
      return due && !due.skip ? giftOf(preset, touchpoint, noOccasion, who)?.terms : null
    }
    const rungs = lives.map((one) => {
      const terms = heard('wake-up', one)
      return terms?.kind === 'percent' ? terms.percentOff : 0
    })
    const sleep = name === 'maternity' ? [0, 0, 0, 20, 30, 40] : [0, 0, 20, 30, 40, 40]
    expect([name, rungs]).toEqual([name, sleep.flatMap((off) => [off, off])])
    expect(preset.one('wake-up').rules.rests?.()).toMatchObject({ days: 360, family: 'wake-up' })
    const quiet = name === 'fresh-food' ? 21 : 60
    expect([name, preset.one('quiet-reminder').rules.looksFor?.(momentOf(day))]).toEqual([
      name,
      { find: 'purchase', which: 'last', daysAgo: [quiet] },
    ])
  }
})

it.each(everyPreset)('%s gives what the handbook promises for a first, a second and a late order', (name) => {
  const preset = rulesOf(name)
  if (name === 'tea-shop')
    expect(giftOf(preset, 'repeat-order', step(1))).toMatchObject({
      title: '第二单半价券',
      ...percent(50, 3),
    })
  else {
    expect(giftOf(preset, 'repeat-order', step(2))).toMatchObject(percent(20, 3))
    // Until the thirtieth day after the first order.
    expect(giftOf(preset, 'repeat-order', step(10))).toMatchObject({
      validHours: 480,
      terms: { kind: 'gift' },
    })
    if (name !== 'apparel') expect(giftOf(preset, 'repeat-order', step(5))?.title).toMatch(/^9\.9 元/)
  }
  expect(giftOf(preset, 'welcome-back')).toMatchObject({ family: 'welcome-back' })
  expect(giftOf(preset, 'answer-follow-up', { key: 'competitor' })).toMatchObject(percent(10, 7))
  expect(giftOf(preset, 'answer-follow-up', { key: 'need-changed' })).not.toBeNull()
  const at = instantOf(day, '10:00')
  const happened = (kind: Kind, detail: object): Happened => ({
    ...{ kind, at, staff: null, purchases: 1, detail: { ...detail } },
  })
  const due = (touchpoint: string, what: Happened) => preset.one(touchpoint).rules.onHappening?.(what, member)
  expect(due('welcome-back', happened('customer-returned', { day }))?.expiresAt).toBe(at + days(3))
  const tag = happened('tag-gained', { tag: 'clicked-not-bought', subject: 's1', since: at })
  expect(due('clicked-not-bought', tag)?.expiresAt).toBe(at + hours(24))
  const coupon = happened('coupon-issued', { code: 'A', title: '券', expiresAt: at + days(2) })
  expect(due('coupon-ending', coupon)?.wantedAt).toBe(at + days(2) - hours(2))
  expect(due('order-guide', happened('order-placed', {}))?.wantedAt).toBeLessThan(at + hours(1))
  expect(due('follow-up', happened('order-placed', {}))?.expiresAt).toBe(at + hours(48))
  const [question] = preset.one('survey').rules.games?.(momentOf('2026-11-12'), 'survey') ?? []
  expect(question?.settings).toMatchObject({ points: 100 })
  const { tiers } = preset.one('referral-invite')
  expect(tiers).toContain(name === 'tea-shop' ? 'bronze' : 'dormant')
})

it('each trade keeps its own promises', () => {
  const maternity = rulesOf('maternity')
  expect(giftOf(maternity, 'bed-upgrade')?.terms).toMatchObject({ kind: 'amount', offFen: 20_000 })
  expect(maternity.one('bed-upgrade').rules.looksFor?.(momentOf(day))).toEqual({
    ...{ find: 'bought-and-browsed', bought: '婴儿床', browsed: '儿童床', days: 30 },
  })
  expect(giftOf(maternity, 'car-seat-recall')?.terms).toMatchObject({ kind: 'amount', offFen: 30_000 })
  expect(maternity.one('car-seat-recall').rules.looksFor?.(momentOf('2026-11-08'))).toEqual({
    ...{ find: 'children', fromMonths: 12, toMonths: 36, anyDay: true },
  })
  const drawn = Array.from({ length: 6 }, (_, week) => {
    const moment = momentOf(addDays('2026-11-21', week * 7))
    const group = { chat: 'wr1', name: '妈妈成长营', owner: 'zhang', interest: null }
    return maternity.cadence.touchpoints.flatMap(({ name, rules }) =>
      rules.audience === 'group-piece' ? (rules.piece(moment, group, name)?.text ?? []) : [],
    )
  })
  expect(drawn.map((texts) => texts.join().includes('晒娃抽奖'))).toEqual(drawn.map(() => true))

  const snacks = rulesOf('snacks')
  expect(giftOf(snacks, 'subscription-box')?.terms).toMatchObject({ kind: 'percent', percentOff: 15 })
  expect(giftOf(snacks, 'quarterly-report')?.title).toBe('季度惊喜盒一份')
  expect(giftOf(snacks, 'tier-change', { key: 'mid>high' })?.title).toContain('专属客服')
  const taste = snacks.one('taste-survey').rules.games?.(momentOf('2026-11-06'), 'taste-survey')[0]
  expect(taste?.settings).toMatchObject({ points: 100, options: [{ id: 'sweet' }, {}, {}, {}] })
  for (const choice of ['sweet', 'salty', 'spicy', 'light'])
    expect(
      snacks
        .one('answer-follow-up')
        .rules.onHappening?.(
          { kind: 'poll-voted', at: 0, staff: null, purchases: 1, detail: { game: 'g', choices: [choice] } },
          member,
        )?.period,
    ).toBe(`g:${choice}`)

  const fresh = rulesOf('fresh-food')
  expect(fresh.one('tasting-recall').rules.looksFor?.(momentOf(day))).toMatchObject({ daysAgo: [30] })
  expect(giftOf(fresh, 'tasting-recall')?.title).toContain('试吃券')
  const delivered: Happened = {
    ...{ kind: 'order-delivered', at: 0, staff: null, purchases: 1, detail: { orderId: 'O1' } },
  }
  expect(fresh.one('order-care').rules.onHappening?.(delivered, member)?.wantedAt).toBe(hours(4))

  const tea = rulesOf('tea-shop')
  expect(giftOf(tea, 'members-day')?.title).toBe('买二送一')
  expect(giftOf(tea, 'tier-change', { key: 'gold>diamond' })?.title).toBe('新品免费试饮')
  expect(giftOf(rulesOf('beauty'), 'limited-first')?.title).toBe('限量版优先购资格')
})

const parts = () => ({
  db: store.db,
  act: store.act,
  clock: store.clock,
  tierRules: store.rules,
  admins: ['zhang'],
  readOnly: false,
})

it('is adopted by a verb: the touchpoints change, all else of the cadence in force stays', async () => {
  await cadenceApply(parts(), { preset: 'snacks', configDir, note: '换成零食' })
  const cadence = (await currentCadence(store.db.reader)) ?? expect.fail()
  expect(cadence.version).toBe(2)
  expect(cadence.shop.name).toBe('小禾母婴')
  const names = cadence.touchpoints.map(({ name }) => name)
  expect(names).toContain('office-break')
  expect(names).toContain('return-week-start')
  expect(names).not.toContain('growth-check')
  const yaml = (await newestVersion(store.db.reader))?.yaml ?? ''
  expect(yaml).toContain('# 分寸：系统什么时候可以打扰人')
  expect(yaml).toContain('# 工作日下午茶时间')
})

it('is refused with a fix where the tiers are others, for an unknown name, and beside a file', async () => {
  await expect(cadenceApply(parts(), { preset: 'tea-shop', configDir })).rejects.toMatchObject({
    code: 'tiers-differ',
    message: expect.stringContaining('diamond') as string,
    fix: expect.stringContaining('config/presets/tea-shop.yaml') as string,
  })
  await expect(cadenceApply(parts(), { preset: '../cadence', configDir })).rejects.toMatchObject({
    code: 'usage',
    fix: expect.stringContaining('tea-shop') as string,
  })
  await expect(cadenceApply(parts(), { preset: 'snacks', file: 'a.yaml', configDir })).rejects.toMatchObject({
    code: 'usage',
  })
  await expect(cadenceApply(parts(), { configDir })).rejects.toMatchObject({ code: 'usage' })
  expect((await currentCadence(store.db.reader))?.version).toBe(1)
})

it('is put in place by init, tiers and touchpoints together, the old files kept', async () => {
  const root = mkdtempSync(join(tmpdir(), 'siyu-init-'))
  mkdirSync(join(root, 'config/presets'), { recursive: true })
  for (const file of ['cadence.yaml', 'tiers.yaml', 'presets/tea-shop.yaml', 'presets/tea-shop.cadence.yaml'])
    copyFileSync(join(configDir, file), join(root, 'config', file))
  const answers = {
    corpId: 'wwinit0123456789',
    agentId: '1000002',
    agentSecret: 'the-secret-of-the-app-0001',
    publicUrl: 'https://siyu.example.com/',
    admins: 'lin',
  }
  await expect(runInit({ ...answers, preset: 'no-such' }, root)).rejects.toMatchObject({ code: 'usage' })
  const done = await runInit({ ...answers, preset: 'tea-shop', quotaMode: '7-per-week' }, root)
  expect(done.preset).toEqual([join(root, 'config/tiers.yaml'), join(root, 'config/cadence.yaml')])
  expect(done.quotaMode).toBe('7-per-week')
  const rules = loadTierRules(join(root, 'config'))
  const yaml = readFileSync(join(root, 'config/cadence.yaml'), 'utf8')
  const read = readCadence(yaml, { tiers: tierNames(rules) })
  expect(read.mistakes).toEqual([])
  expect(read.cadence?.manners.quotaMode).toBe('7-per-week')
  expect(yaml).toContain('$schema=./cadence.schema.json')
  expect(readFileSync(join(root, 'config/cadence.yaml.before-init'), 'utf8')).toBe(shipped)
  expect(readFileSync(presetPath(configDir, 'tea-shop'), 'utf8')).toBe(
    readFileSync(join(root, 'config/tiers.yaml'), 'utf8'),
  )
  rmSync(root, { recursive: true })
})
