/** An import that dies by kill -9 at whatever line, on both databases: run again it is as if it had never died. */
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { Db } from '../../src/base/db.ts'
import { openDatabase } from '../../src/schema.ts'
import { run, start, stopEverything, temporaryFolder } from '../process/harness.ts'
import type { Folder, Settings } from '../process/harness.ts'

const server = inject('postgresUrl')
let folder: Folder
beforeAll(() => {
  folder = temporaryFolder()
})
afterAll(async () => {
  await stopEverything()
  folder.remove()
})

/** Two lines an order, the second half of a file away; each ninth order is taken back. */
function ordersFile(orders: number): string {
  const path = join(folder.path, 'items.csv')
  const half = (sku: string): string[] =>
    Array.from({ length: orders }, (_, n) => {
      const day = new Date(Date.UTC(2025, 0, 1 + (n % 300))).toISOString().slice(0, 10)
      const refund = n % 9 === 0 ? '已退款' : '交易成功'
      return `A${String(n)},k${String(n % 1_500)},${day},${sku},1,${String((n % 90) + 1)}.50,${refund}`
    })
  writeFileSync(
    path,
    ['order,customer,date,sku,quantity,amount,status', ...half('S1'), ...half('S2'), ''].join('\n'),
  )
  return path
}

async function ask(url: string): Promise<unknown[]> {
  const { db } = await openDatabase(url, '/', 'create', 0)
  try {
    return await Promise.all(
      [
        `select kind, cast(count(*) as bigint) as n from log where kind <> 'tier-moved' and kind not like 'cut-%' group by kind order by kind`,
        'select source_key, customer, day, amount_fen, refunded_fen, items from shop_order order by source_key',
        'select * from facts order by customer',
        'select customer, tier from standing order by customer',
      ].map((sql) => db.reader.rows(sql)),
    )
  } finally {
    await db.close()
  }
}

const rowsInLog = async ({ reader }: Db): Promise<number> =>
  (await reader.rows<{ seq: number }>('select seq from log_head where id = 1'))[0]?.seq ?? 0

async function diesAndCompletes(url: string, clean: string, env: Settings): Promise<void> {
  const orders = 4_000
  const file = ordersFile(orders)
  const args = ['import', 'orders', file, '--json']
  await run(args, { env: { ...env, DATABASE_URL: clean } })
  const own = { ...env, DATABASE_URL: url }
  // An empty schema first, so that there is something to look at while the import works.
  await run(['migrate', '--json'], { env: own })
  const { db } = await openDatabase(url, '/', 'create', 0)
  let kills = 0
  for (const share of [0.01, 0.35, 0.8]) {
    const victim = start(args, { env: own })
    while (!victim.exited() && (await rowsInLog(db)) < orders * share) await pause(20)
    if (victim.exited()) break
    await victim.end('SIGKILL')
    expect(victim.stdout()).toBe('')
    kills += 1
  }
  await db.close()
  expect(kills).toBeGreaterThan(0)
  const last = await run(args, { env: own })
  expect(JSON.parse(last.stdout)).toMatchObject({ lines: orders * 2, orders, rejected: 0 })
  expect(JSON.parse((await run(args, { env: own })).stdout)).toMatchObject({ imported: 0, refunds: 0 })
  expect(await ask(url)).toEqual(await ask(clean))
}

describe('an import killed again and again', { timeout: 400_000 }, () => {
  it('ends with the facts of one that was left alone (SQLite)', async () => {
    await diesAndCompletes(
      `sqlite:${join(folder.path, 'killed.db')}`,
      `sqlite:${join(folder.path, 'clean.db')}`,
      {},
    )
  })

  if (server === null) process.stderr.write('!! skipped on PostgreSQL: an import killed again and again\n')
  else
    it('ends with the facts of one that was left alone (PostgreSQL)', async () => {
      const urls: string[] = []
      for (let i = 0; i < 2; i += 1) {
        const name = `siyu_${randomBytes(6).toString('hex')}`
        const client = new pg.Client({ connectionString: server })
        await client.connect()
        await client.query(`create database ${name}`)
        await client.end()
        const address = new URL(server)
        address.pathname = `/${name}`
        urls.push(address.href)
      }
      const [url = '', clean = ''] = urls
      await diesAndCompletes(url, clean, { SIYU_MASTER_KEY: randomBytes(32).toString('base64') })
    })
})
