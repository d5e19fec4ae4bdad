/** Every code by which something is put off, left unsaid or ended stands in the one written table, and none there is dead. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { effectTitles, listedReasons, reasons } from '../src/outbox/index.ts'

const src = join(import.meta.dirname, '../src')

/** Sources of a folder without their tests. */
const sourcesOf = (folder: string): string[] =>
  readdirSync(join(src, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(test|contract|fixture)\.ts$/.test(name))
    .map((name) => join(folder, name))

/** Folders that decide, settle or answer for a promise, and the two files outside that do. */
const sources = [...['outbox', 'cadence', 'delivery', 'desk', 'wecom'].flatMap(sourcesOf), 'privacy.ts']

/** Codes of other things: zod's issues, and the reasons table itself. */
const foreign = new Set(['custom', 'text'])

function codesIn(file: string): string[] {
  if (file === join('outbox', 'reasons.ts')) return []
  const text = readFileSync(join(src, file), 'utf8')
  const written = [
    /\bcode: '([a-z0-9-]+)'/g,
    /\breasonOf\(\s*'([a-z0-9-]+)'/g,
    /\?\? '(refused)'/g,
    /if \(outcome === '([a-z-]+)'\) await move/g,
  ]
  const codes = written.flatMap((pattern) => [...text.matchAll(pattern)].map(([, code = '']) => code))
  // What WeCom answers ends a promise where nothing can be done about it.
  const answers = /mean\(\s*'(?:drop|bug|done|again)',\s*'([a-z0-9-]+)'/g
  return [...codes, ...[...text.matchAll(answers)].map(([, code = '']) => code)].filter(
    (code) => !foreign.has(code),
  )
}

const used = new Map(sources.flatMap((file) => codesIn(file).map((code) => [code, file] as const)))

it('lists every reason code that the sources use', () => {
  const missing = [...used].filter(([code]) => !Object.hasOwn(reasons, code))
  expect(missing, 'add each to src/outbox/reasons.ts, with its words').toEqual([])
  expect(used.size).toBeGreaterThan(60)
})

it('lists none that nobody uses', () => {
  expect(Object.keys(reasons).filter((code) => !used.has(code))).toEqual([])
})

it('says of each in Chinese what it means, and what it does', () => {
  for (const { code, words, meaning, effects } of listedReasons()) {
    expect(code).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    expect(words, code).toMatch(/\p{Script=Han}/u)
    expect(meaning, code).toMatch(/\p{Script=Han}.*。$/u)
    expect(effects.length, code).toBeGreaterThan(0)
    expect(effects.every((effect) => effect in effectTitles)).toBe(true)
  }
})
