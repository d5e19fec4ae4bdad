import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addDays, instantOf } from '../base/calendar.ts'
import { planDay, publish, readCadence, scarceTips } from '../cadence/index.ts'
import { saveGroup, saveStaff } from '../customer/index.ts'
import { onBothDatabases } from '../../test/database.ts'
import { openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import { importTips } from './import-tips.ts'

const today = '2026-11-18'
const yaml = `shop: {name: 店}\ntouchpoints: {daily-tip: {interests: {辅食: [老干货一, 老干货二]}}}`

onBothDatabases('tips from a spreadsheet', (open) => {
  let store: TestStore
  let folder: string
  beforeEach(async () => {
    store = await openStore(open, instantOf(today, '08:30'))
    folder = mkdtempSync(join(tmpdir(), 'siyu-tips-'))
    await store.act({ kind: 'system', name: 'seed' }, async (ctx) => {
      await publish(ctx, store.rules, { yaml, note: '', by: '张', baseVersion: null })
      await saveStaff(ctx, [{ userid: 'zhang', name: '张', active: true, contact: true }], true)
      for (const chat of ['wr1', 'wr2'])
        await saveGroup(ctx, {
          chat,
          name: `辅食群 ${chat}`,
          owner: 'zhang',
          members: [{ member: 'wm1', kind: 2 as const, joinedAt: 1 }],
        })
    })
  })
  afterEach(async () => {
    rmSync(folder, { recursive: true, force: true })
    await store.drop()
  })
  const bring = (text: string) => {
    const file = join(folder, 'tips.csv')
    writeFileSync(file, text)
    return importTips(store, { file })
  }
  const told = async (day: string): Promise<string[]> => {
    store.clock.set(Math.max(store.clock.now(), instantOf(day, '08:30')))
    await planDay({ ...store, tierRules: store.rules }, day)
    const rows = await store.db.reader.rows<{ content: string }>(
      'select content from promise where day = $1 order by subject',
      [day],
    )
    // Confirmed at once: a promise that still waits would take the next day's place.
    await store.db.tx((tx) =>
      tx.run(`UPDATE promise SET state = 'sent', sent_at = due_at WHERE state = 'queued'`, []),
    )
    return rows.map(({ content }) =>
      String(/\n\n(.+?)\n\n/.exec((JSON.parse(content) as { text: string }).text)?.[1]),
    )
  }

  it('go out on their day, else in turn, to nobody twice while there are others; what is wrong is named', async () => {
    const brought = await bring(
      `日期,兴趣,内容\n${addDays(today, 1)},辅食,明天的干货\n,辅食,新干货\n,辅食,\n,,没有兴趣\n,辅食,{{ customer.name }} 你好\n不是日期,辅食,别的\n`,
    )
    expect(brought).toMatchObject({ lines: 6, tips: 2, imported: 2, rejected: 4 })
    const errors = readFileSync(join(folder, 'tips.csv.errors.csv'), 'utf8')
    for (const words of ['the tip is empty', 'the interest is empty', 'customer.name', 'is not a date'])
      expect(errors).toContain(words)

    const [first, second] = await told(today)
    // One person is in both groups: she hears two different things.
    expect(first).not.toBe(second)
    expect(await told(addDays(today, 1))).toEqual(['明天的干货', '明天的干货'])
    const days = [await told(addDays(today, 2)), await told(addDays(today, 3))]
    const heard = [first, ...days.map(([one]) => one)]
    expect(new Set(heard).size).toBe(3)
    expect([...heard].sort()).toEqual(['老干货一', '老干货二', '新干货'].sort())

    const { cadence } = readCadence(yaml, { tiers: null })
    const left = await scarceTips(store.db.reader, cadence ?? expect.fail(), addDays(today, 3))
    expect(left.map(({ chat, days }) => [chat, days])).toEqual([
      ['wr1', 0],
      ['wr2', 0],
    ])
  })

  it('the same file twice brings nothing new', async () => {
    const text = `兴趣,内容\n辅食,新干货\n`
    await bring(text)
    await bring(text)
    expect(await store.db.reader.rows('select id from tip')).toHaveLength(1)
  })
})
