/**
 * The same reads as other servers would do them. `repositories`: Koa over TypeORM's repositories, a find per table.
 * `raw`: Koa over the bare sqlite3 driver, the least that could be called a card, without sessions, words or offers.
 */
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { openDatabase } from '../schema.ts'

type Read = (id: string) => Promise<unknown>

async function serve(read: Read): Promise<string> {
  const app = new Koa()
  app.use(async (ctx) => {
    ctx.body = await read(decodeURIComponent(ctx.path.split('/').at(-1) ?? ''))
  })
  const handle = app.callback()
  const server = createServer((req, res) => void handle(req, res))
  await new Promise<void>((ok) => server.listen(0, '127.0.0.1', ok))
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

/** Every table that the card reads of one customer, and how many rows of it. */
const tablesOfCustomer: readonly (readonly [
  table: string,
  take: number,
  order?: Readonly<Record<string, 'DESC'>>,
])[] = [
  ['standing', 1],
  ['facts', 1],
  ['identity', 50],
  ['consent', 10],
  ['wanted_tag', 50],
  ['dynamic_tag', 50],
  ['attribute', 50],
  ['churn_signal', 1],
  ['satisfaction', 1],
  ['activity_day', 100],
  ['shop_order', 50, { at: 'DESC' }],
  ['order_item', 200],
  ['tier_move', 10, { seq: 'DESC' }],
  ['promise', 50, { due_at: 'DESC' }],
]

export async function serveRepositories(url: string): Promise<string> {
  const { db } = await openDatabase(url, '/', 'create', 0)
  const find = (
    table: string,
    where: object,
    take: number,
    order: object = {},
  ): Promise<Record<string, unknown>[]> =>
    db.source.getRepository(table).find({ where, take, order }) as never
  return serve(async (id) => {
    const answer: Record<string, unknown> = { customer: await find('customer', { id }, 1) }
    for (const [table, take, order] of tablesOfCustomer)
      answer[table] = await find(table, { customer: id }, take, order)
    const identities = answer['identity'] as { kind: string; value: string }[]
    const external = identities.find(({ kind }) => kind === 'external')?.value ?? ''
    const shop = identities.find(({ kind }) => kind === 'shop')?.value ?? ''
    answer['relation'] = await find('relation', { external, state: 'active' }, 10)
    answer['profile'] = await find('profile', { external }, 1)
    answer['group_member'] = await find('group_member', { member: external }, 20)
    answer['points'] = await find('points', { player: id }, 100)
    answer['coupon'] = await find('coupon', { player: id }, 100)
    answer['log'] = await find('log', [{ external }, { shop_id: shop }], 50, { seq: 'DESC' })
    const [first] = answer['order_item'] as { sku: string }[]
    answer['co_purchase'] = await find('co_purchase', { sku: first?.sku ?? '' }, 20)
    answer['product'] = await find('product', { sku: first?.sku ?? '' }, 1)
    return answer
  })
}

interface RawSqlite {
  all(sql: string, params: readonly string[], done: (error: Error | null, rows: Row[]) => void): void
  run(sql: string): void
}
type Row = Record<string, unknown>

export async function serveRaw(path: string): Promise<string> {
  const sqlite3 = createRequire(import.meta.url)('sqlite3') as { Database: new (path: string) => RawSqlite }
  const raw = new sqlite3.Database(path)
  raw.run('PRAGMA query_only = ON')
  const all = (sql: string, ...params: string[]): Promise<Row[]> =>
    new Promise((ok, fail) => raw.all(sql, params, (error, rows) => (error ? fail(error) : ok(rows))))
  return serve(async (id) => {
    const [customer] = await all(
      `select c.id, s.tier, s.stage, s.dormancy, f.purchases, f.amount_fen, f.last_no from customer c
       left join standing s on s.customer = c.id left join facts f on f.customer = c.id where c.id = ?`,
      id,
    )
    const identities = await all('select kind, value from identity where customer = ?', id)
    const external = String(identities.find(({ kind }) => kind === 'external')?.['value'] ?? '')
    return {
      customer,
      identities,
      contact: await all(
        `select r.staff, r.added_at, p.name from relation r left join profile p on p.external = r.external where r.external = ?`,
        external,
      ),
      tags: await all('select tag from wanted_tag where customer = ?', id),
      orders: await all(
        'select at, amount_fen, items from shop_order where customer = ? order by at desc limit 50',
        id,
      ),
      moves: await all('select * from tier_move where customer = ? order by seq desc limit 10', id),
      promises: await all(
        'select title, due_at, decision, reason_words, state, content from promise where customer = ? order by due_at desc limit 50',
        id,
      ),
      timeline: await all(
        'select at, kind, detail from log where external = ? order by seq desc limit 50',
        external,
      ),
    }
  })
}
