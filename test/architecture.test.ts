import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const project = resolve(import.meta.dirname, '..')

describe('the import order', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'siyu-architecture-'))
    copyFileSync(join(project, 'tsconfig.json'), join(folder, 'tsconfig.json'))
    symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  /** The names of the rules that these files break. */
  function broken(files: Readonly<Record<string, string>>): string[] {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
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
    const { summary } = JSON.parse(ran.stdout) as { summary: { violations: { rule: { name: string } }[] } }
    return [...new Set(summary.violations.map(({ rule }) => rule.name))].sort()
  }

  const thing = 'export const thing = 1\n'

  it.each([
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
  ])('an import %s is judged', (_what, files, rules) => {
    expect(broken(files)).toEqual(rules)
  })
})
