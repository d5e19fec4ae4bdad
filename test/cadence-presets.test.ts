/** Each trade has touchpoints that are right for its tiers, and both ways to adopt them do what they say. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { instantOf } from '../src/base/calendar.ts'
import {
  cadencePresets,
  currentCadence,
  newestVersion,
  readCadence,
  seedCadence,
  tierNames,
  tryTouchpoint,
} from '../src/cadence/index.ts'
import { cadenceApply } from '../src/cli/cadence.ts'
import { runInit } from '../src/cli/init.ts'
import { saveStaff } from '../src/customer/index.ts'
import { loadPreset, loadTierRules, presetNames, presetPath } from '../src/segment/index.ts'
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
    // Something of its own beside what every shop says.
    expect(kinds.length).toBeGreaterThanOrEqual(15)
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
