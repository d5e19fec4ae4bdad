import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'

const project = resolve(import.meta.dirname, '..')

type Case = readonly [what: string, files: Readonly<Record<string, string>>, rules: readonly string[]]

const thing = 'export const thing = 1\n'

const cases: readonly Case[] = [
  [
    'from right to left',
    { 'src/outbox/a.ts': `export * from '../cadence/b.ts'\n`, 'src/cadence/b.ts': thing },
    ['outbox-looks-left'],
  ],
  [
    'from left to right',
    { 'src/cadence/a.ts': `export * from '../outbox/b.ts'\n`, 'src/outbox/b.ts': thing },
    [],
  ],
  [
    'into somebody’s store',
    { 'src/cadence/a.ts': `export * from '../outbox/b.store.ts'\n`, 'src/outbox/b.store.ts': thing },
    ['a-store-is-private'],
  ],
  [
    'from the simulator to the client',
    { 'src/simulator/a.ts': `export * from '../wecom/b.ts'\n`, 'src/wecom/b.ts': thing },
    ['the-simulator-stands-alone'],
  ],
  [
    'from a page to the server',
    { 'src/web/admin/a.ts': `export * from '../../base/b.ts'\n`, 'src/base/b.ts': thing },
    ['the-browser-sees-only-the-contract'],
  ],
  [
    'from a page to the contract',
    { 'src/web/admin/a.ts': `export * from '../../http/contract.ts'\n`, 'src/http/contract.ts': thing },
    [],
  ],
  [
    'in a circle',
    { 'src/base/a.ts': `export * from './b.ts'\n`, 'src/base/b.ts': `export * from './a.ts'\n` },
    ['no-circles'],
  ],
  [
    'of Koa outside http',
    { 'src/desk/a.ts': `import Koa from 'koa'\nexport const app = new Koa()\n` },
    ['koa-lives-in-http'],
  ],
  [
    'of TypeORM outside tables',
    { 'src/desk/a.ts': `import { DataSource } from 'typeorm'\nexport const source = DataSource\n` },
    ['typeorm-lives-in-tables'],
  ],
]

/** Its own two files: `a.ts` of the third case is `a3.ts`. */
const named = (text: string, n: number): string => text.replaceAll(/\b([ab])\.ts\b/g, `$1${String(n)}.ts`)

describe('the import order', () => {
  /** The rules that are broken, by the number of the case: all are judged in one run. */
  const broken = new Map<number, Set<string>>()
  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), 'siyu-architecture-'))
    try {
      copyFileSync(join(project, 'tsconfig.json'), join(folder, 'tsconfig.json'))
      symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
      for (const [n, [, files]] of cases.entries())
        for (const [path, text] of Object.entries(files)) {
          const file = join(folder, named(path, n))
          mkdirSync(dirname(file), { recursive: true })
          writeFileSync(file, named(text, n))
        }
      for (const { from, rule } of violationsIn(folder)) {
        const n = Number(/[ab](\d+)\.ts$/.exec(from)?.[1])
        if (Number.isNaN(n)) throw new Error(`${from} breaks ${rule.name} and is of no case.`)
        broken.set(n, (broken.get(n) ?? new Set()).add(rule.name))
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it.each(cases.map(([what, , rules], n) => [what, n, rules] as const))(
    'an import %s is judged',
    (_what, n, rules) => {
      expect([...(broken.get(n) ?? [])].sort()).toEqual(rules)
    },
  )
})

interface Violation {
  readonly from: string
  readonly rule: { readonly name: string }
}

function violationsIn(folder: string): readonly Violation[] {
  const ran = spawnSync(
    process.execPath,
    [
      join(project, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      '--config',
      join(project, 'test/architecture.cjs'),
      '--output-type',
      'json',
      'src',
    ],
    { cwd: folder, encoding: 'utf8' },
  )
  const { summary } = JSON.parse(ran.stdout) as { summary: { violations: readonly Violation[] } }
  return summary.violations
}
