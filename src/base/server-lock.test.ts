import { createRequire } from 'node:module'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { isServed, takeServerLock } from './server-lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siyu-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('is held by one, seen by the others, and free again afterwards', async () => {
  const path = join(folder, 'siyu.db')
  expect(await isServed(path)).toBe(false)
  const lock = await takeServerLock(path)
  expect(await isServed(path)).toBe(true)
  await expect(takeServerLock(path)).rejects.toThrow('is served already')
  await lock.release()
  expect(await isServed(path)).toBe(false)
})

it('does not switch on what makes every statement of the process dearer', async () => {
  const sqlite3 = createRequire(import.meta.url)('sqlite3') as { verbose(): unknown }
  const verbose = vi.spyOn(sqlite3, 'verbose')
  const path = join(folder, 'siyu.db')
  const lock = await takeServerLock(path)
  await isServed(path)
  await lock.release()
  expect(verbose).not.toHaveBeenCalled()
  verbose.mockRestore()
})
