import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { instantOf } from '../base/calendar.ts'
import { createLog } from '../base/log.ts'
import { sqliteDatabase } from '../../test/database.ts'
import { configDir, openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import { applyTagNames } from '../segment/index.ts'
import { createFileWatch, newestVersion, seedCadence } from './index.ts'
import type { FileWatch } from './index.ts'

const yaml = readFileSync(join(configDir, 'cadence.yaml'), 'utf8')
const named = (name: string): string => yaml.replace('小禾母婴', name)

let folder: string
let path: string
let store: TestStore
let file: FileWatch
let warned: ReturnType<typeof vi.spyOn>
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'siyu-watch-'))
  path = join(folder, 'cadence.yaml')
  writeFileSync(path, yaml)
  store = await openStore(sqliteDatabase, instantOf('2026-11-18', '07:00'))
  await store.act({ kind: 'system', name: 'seed' }, (ctx) =>
    seedCadence(ctx, store.rules, { yaml, path, source: 'file' }),
  )
  const log = createLog('silent')
  warned = vi.spyOn(log, 'warn')
  file = createFileWatch({ ...store, tierRules: store.rules, path, log, stableMs: 60, pollMs: 20 })
  await file.start()
})
afterEach(async () => {
  await file.stop()
  await store.drop()
  rmSync(folder, { recursive: true, force: true })
})

const inForce = async (): Promise<string> => {
  const row = await newestVersion(store.db.reader)
  return `${String(row?.version)} ${/name: (\S+)/.exec(row?.yaml ?? '')?.[1] ?? ''}`
}
/** As the operator would look: again and again, until it is so or five seconds are over. */
async function until(what: () => Promise<unknown>, wanted: unknown): Promise<void> {
  const deadline = performance.now() + 5_000
  for (;;) {
    const found = await what()
    if (found === wanted) return
    if (performance.now() > deadline) expect(found).toBe(wanted)
    await pause(10)
  }
}
const trouble = (): Promise<unknown> => Promise.resolve(file.trouble()?.mistakes[0]?.path ?? null)

it('a changed file is in force within five seconds; a touch, the same text and a rename over it make no version', async () => {
  writeFileSync(path, named('小树'))
  await until(inForce, '2 小树')
  utimesSync(path, new Date(), new Date())
  writeFileSync(path, named('小树'))
  writeFileSync(join(folder, '.cadence.yaml.swp'), 'x')
  renameSync(join(folder, '.cadence.yaml.swp'), join(folder, 'other.yaml'))
  writeFileSync(join(folder, 'next'), named('小枝'))
  renameSync(join(folder, 'next'), path)
  await until(inForce, '3 小枝')
})

it('a broken file leaves the last good one in force and says so with line and fix, until it is mended', async () => {
  writeFileSync(path, yaml.replace('  weekly-note:', '  weekly-nots:'))
  await until(trouble, 'touchpoints.weekly-nots')
  expect(file.missing()).toMatch(/cadence\.yaml:\d+:3 touchpoints\.weekly-nots: .*did you mean "weekly-note"/)
  expect(await inForce()).toBe('1 小禾母婴')
  expect(JSON.stringify(warned.mock.calls)).toContain('weekly-nots')
  writeFileSync(path, Buffer.from([0x73, 0x0a, 0xc3, 0x28]))
  await until(trouble, '')
  expect(file.trouble()?.mistakes[0]).toMatchObject({ line: 2, message: '文件不是 UTF-8 编码' })
  rmSync(path)
  await until(() => Promise.resolve(file.trouble()?.mistakes[0]?.messageEn), 'the file is not there')
  writeFileSync(path, named('小果'))
  await until(inForce, '2 小果')
  expect([file.trouble(), file.missing()]).toEqual([null, null])
})

it('a file that is still being written is not read in the middle', async () => {
  // Each part alone would be a valid cadence.
  const parts = named('小叶').split(/(?=\n {2}[a-z-]+:\n)/)
  writeFileSync(path, parts[0] ?? '')
  for (const part of parts.slice(1)) {
    appendFileSync(path, part)
    await pause(15)
  }
  await until(inForce, '2 小叶')
  expect((await newestVersion(store.db.reader))?.yaml).toBe(named('小叶'))
})

it('goes on with what is in force although a check learned since refuses it, and checks what is new', async () => {
  const seed = (text: string) =>
    store.act({ kind: 'system', name: 'seed' }, (ctx) =>
      seedCadence(ctx, store.rules, { yaml: text, path, source: 'file' }),
    )
  // Until somebody names the tags, any may be asked for.
  await store.act({ kind: 'system', name: 'setup' }, (ctx) =>
    applyTagNames(ctx, { tags: [{ name: 'another', announce: true }] }),
  )
  await seed(yaml)
  expect(await inForce()).toBe('1 小禾母婴')
  expect(file.trouble()).toBeNull()
  await expect(seed(named('小树母婴'))).rejects.toThrow('there is no dynamic tag "price-sensitive"')
  expect(await inForce()).toBe('1 小禾母婴')
})
