/** What comes in from files, as it really comes: items on lines of their own, refunds, statuses, people, behaviour. */
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { instantOf } from '../base/calendar.ts'
import { Refusal } from '../base/errors.ts'
import { runImport } from '../cli/import.ts'
import type { ImportVerbOptions } from '../cli/import.ts'
import { attributesOf, customerOf, loadAttributes, phoneHasher } from '../customer/index.ts'
import { onBothDatabases } from '../../test/database.ts'
import { configDir, openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import { importOrders } from './import-orders.ts'
import type { OrdersImported } from './import-orders.ts'

const hashPhone = phoneHasher(Buffer.alloc(32, 7))

onBothDatabases('imports', (open) => {
  let store: TestStore
  let folder: string
  beforeEach(async () => {
    store = await openStore(open, instantOf('2026-05-20', '10:00'))
    folder = mkdtempSync(join(tmpdir(), 'siyu-import-'))
  })
  afterEach(async () => {
    await store.drop()
    rmSync(folder, { recursive: true, force: true })
  })
  const file = (name: string, content: string | Buffer): string => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
  const verb = async <T = Record<string, unknown>>(
    what: string,
    content: string | Buffer,
    more: Partial<ImportVerbOptions> = {},
  ): Promise<T> =>
    (await runImport(
      { ...store, hashPhone, attributes: loadAttributes(configDir) },
      { what, file: file(`${what}.csv`, content), ...more },
    )) as T
  const orders = (content: string, more: Partial<ImportVerbOptions> = {}): Promise<OrdersImported> =>
    verb<OrdersImported>('orders', content, more)
  const rejected = (what = 'orders'): string => readFileSync(join(folder, `${what}.csv.errors.csv`), 'utf-8')
  const rows = (sql: string) => store.db.reader.rows(sql)
  const net = () =>
    rows(
      'select customer, day, amount_fen, refunded_fen, refunded_day, items from shop_order order by source_key',
    )

  it('put the lines of an order together, however far apart they stand', async () => {
    const far = Array.from({ length: 1_200 }, (_, i) => `B${String(i)},m9,2026-05-02,X,1,1.00`)
    const done = await orders(
      [
        'order,shop_id,date,sku,quantity,amount',
        'A1,m1,2026-05-01 10:00:00,S1,2,10.00',
        'A2,m2,2026-05-01,S3,1,5.00',
        ...far,
        'A1,m1,2026-05-01 10:00:00,S2,1,2.50',
        'A1,m1,2026-05-01 10:00:00,,,-1.50',
        'A1,m1,2026-05-03 09:00:00,S2,-1,-2.50',
        'A2,m2,2026-05-01,S4,1,bad',
      ].join('\n'),
    )
    expect(done).toMatchObject({
      lines: 1_206,
      orders: 1_201,
      imported: 1_201,
      refunds: 1,
      customers: 2,
      rejected: 2,
    })
    expect(
      await rows(`select amount_fen, refunded_fen, items from shop_order where source_key = 'A1'`),
    ).toEqual([
      {
        amount_fen: 1_100,
        refunded_fen: 250,
        items: '[{"sku":"S1","quantity":2,"amountFen":1000},{"sku":"S2","quantity":1,"amountFen":250}]',
      },
    ])
    expect(await rows(`select sku, quantity from order_item where order_key = 'A1' order by line`)).toEqual([
      { sku: 'S1', quantity: 2 },
      { sku: 'S2', quantity: 1 },
    ])
    // A refused line keeps its whole order out, so that its correction can still come in.
    expect(rejected()).toContain('order A2 has a refused line (1207)')
    expect(
      await orders(
        'order,shop_id,date,sku,quantity,amount\nA2,m2,2026-05-01,S3,1,5\nA2,m2,2026-05-01,S4,1,2',
      ),
    ).toMatchObject({
      imported: 1,
    })
  })

  it('take a refund from a line, a status or a column, once however often it is told', async () => {
    const heading =
      '订单编号,买家会员名,订单创建时间,订单付款时间,买家实际支付金额,订单状态,退款金额,退款时间'
    const first = [
      heading,
      '"=""1001""",m1,2026-05-01 10:00:00,2026-05-01 10:01:00,100.00,交易成功,0.00,',
      '1002,m1,2026-05-02 10:00:00,2026-05-02 10:01:00,80.00,卖家已发货，等待买家确认,0.00,',
      '1003,m2,2026-05-03 10:00:00,,50.00,等待买家付款,,',
      '1004,m2,2026-05-03 11:00:00,,60.00,交易关闭,,',
      '1005,m2,2026-05-03 12:00:00,2026-05-03 12:01:00,70.00,交易关闭,,2026-05-04',
      '1006,m3,2026-05-03 12:00:00,2026-05-03 12:01:00,70.00,奇怪的状态,,',
    ].join('\n')
    const expected = { orders: 3, refunds: 1, leftOut: { unpaid: 1, cancelled: 1, refunded: 0 }, rejected: 1 }
    expect(await orders(first, { dryRun: true })).toMatchObject({ ...expected, imported: 3 })
    expect(await rows('select seq from log')).toEqual([])
    expect(await orders(first)).toMatchObject({ ...expected, imported: 3 })
    expect(await orders(first)).toMatchObject({ ...expected, imported: 0, refunds: 0 })
    expect(rejected()).toContain('奇怪的状态')

    const later = first
      .replace('交易成功,0.00,', '部分退款,30.00,2026-05-05')
      .replace('卖家已发货，等待买家确认', '已取消')
      .replace('等待买家付款,,', '交易成功,,')
    expect(await orders(later, { dryRun: true })).toMatchObject({ imported: 1, refunds: 2 })
    expect(await orders(later)).toMatchObject({ imported: 1, refunds: 2 })
    const most = later.replace('30.00,2026-05-05', '45.00,2026-05-06')
    expect(await orders(most)).toMatchObject({ imported: 0, refunds: 1 })
    expect(await orders(later)).toMatchObject({ imported: 0, refunds: 0 })
    expect((await net()).map((row) => [row['amount_fen'], row['refunded_fen']])).toEqual([
      [10_000, 4_500],
      [8_000, 8_000],
      [5_000, 0],
      [7_000, 7_000],
    ])
    const negative =
      'order,shop_id,date,amount\n1003,m2,2026-05-08,-20\n1003,m2,2026-05-08,-20\n,m2,2026-05-08,-1\n'
    expect(await orders(negative)).toMatchObject({ imported: 0, refunds: 1, rejected: 1 })
    expect(await orders(negative)).toMatchObject({ refunds: 0 })
    expect(await orders('order,shop_id,date,amount\n1003,m2,2026-05-03,51\n')).toMatchObject({
      imported: 0,
      rejected: 1,
    })
    expect(rejected()).toContain('known already with the amount 50.00')
  })

  it('know fen, zones, deliveries, phones and order amounts beside lines', async () => {
    const done = await orders(
      [
        'order,phone,date,delivered_at,sku,quantity,小计,订单实付金额',
        'A1,138 0013 8000,2026-05-01 20:00:00,2026-05-03 09:00:00,S1,2,1000,1100',
        'A1,+8613800138000,2026-05-01 20:00:00,2026-05-03 09:00:00,S2,1,250,',
        'A2,138****8000,2026-05-01 20:00:00,,S2,1,250,250',
      ].join('\n'),
      { unit: 'fen', zone: 'America/New_York', map: 'amount=小计,orderAmount=订单实付金额' },
    )
    expect(done).toMatchObject({ orders: 1, imported: 1, rejected: 1 })
    expect(await net()).toMatchObject([{ amount_fen: 1_100, day: '2026-05-02' }])
    expect(await rows(`select value from identity where kind = 'phone'`)).toEqual([
      { value: hashPhone('13800138000') },
    ])
    expect(await rows(`select at from log where kind = 'order-delivered'`)).toEqual([
      { at: Date.UTC(2026, 4, 3, 13) },
    ])
    const everything = JSON.stringify(await rows('select * from log'))
    expect(everything).not.toContain('13800138000')
    await expect(
      importOrders(store, { file: file('p.csv', 'phone,date,amount\n13800138000,2026-05-01,1\n') }),
    ).resolves.toMatchObject({ rejected: 1 })
  })

  it('describe customers: facts in the log, words beside it, the newest statement wins', async () => {
    const heading =
      'shop_id,external_userid,手机号,姓名,性别,生日,宝宝生日,监护人同意,会员等级,标签,肤质,更新时间'
    const good = [
      heading,
      'm1,wm1,13800138000,王芳,女,农历八月十五,2024-02-03,是,金卡,"宝妈,高粘",敏感,2026-05-02',
      'm2,,,李雷,男,1990-05-20,,,银卡,,,2026-05-02',
      'm3,,,,女,,2023-01-01,,,,,2026-05-02',
      'm4,,,,女,,,,,,超级,2026-05-02',
    ].join('\n')
    expect(await verb('customers', good, { dryRun: true })).toMatchObject({
      lines: 4,
      imported: 2,
      rejected: 2,
    })
    expect(await verb('customers', good)).toMatchObject({
      lines: 4,
      customers: 2,
      imported: 2,
      unchanged: 0,
      rejected: 2,
    })
    expect(rejected('customers')).toContain('监护人同意')
    expect(rejected('customers')).toContain('use one of 干性')
    const path = file('customers.csv', good)
    utimesSync(path, 1_000_000_000, 1_000_000_000)
    expect(await verb('customers', good)).toMatchObject({ imported: 0, unchanged: 2 })

    const id =
      (await customerOf(store.db.reader, { kind: 'phone', value: hashPhone('13800138000') ?? '' })) ?? ''
    expect(await customerOf(store.db.reader, { kind: 'external', value: 'wm1' })).toBe(id)
    const known = async (): Promise<Record<string, string | null>> =>
      Object.fromEntries(
        ((await attributesOf(store.db.reader, [id])).get(id) ?? []).map(({ name, value }) => [name, value]),
      )
    expect(await known()).toEqual({
      birthdayLunar: '--08-15',
      childBirthday: '2024-02-03',
      gender: '女',
      guardianConsent: '是',
      level: '金卡',
      name: '王芳',
      skinType: '敏感',
      tags: '["宝妈","高粘"]',
    })
    expect(JSON.stringify(await rows('select * from log'))).not.toContain('王芳')

    // Older news comes late and changes nothing; an explicit nothing clears.
    await verb('customers', 'shop_id,level,更新时间\nm1,普卡,2026-04-01\n')
    expect((await known())['level']).toBe('金卡')
    await verb('customers', 'shop_id,level,姓名,更新时间\nm1,(clear),王小芳,2026-05-03\n')
    expect(await known()).toMatchObject({ level: null, name: '王小芳' })
    await verb('customers', 'shop_id,level,更新时间\nm1,普卡,2026-05-02\n')
    expect((await known())['level']).toBe(null)
    await rows('select 1 as n')
    const unknown = verb('customers', 'shop_id,鞋码\nm1,38\n')
    await expect(unknown).rejects.toThrow('鞋码')
    await expect(unknown).rejects.toMatchObject({ fix: expect.stringContaining('title: "鞋码"') as string })
    expect(await verb('customers', 'shop_id,鞋码\nm1,38\n', { ignore: '鞋码' })).toMatchObject({
      imported: 0,
    })
  })

  it('take behaviour, with a second file for what the first does not say', async () => {
    const events = [
      'event_id,类型,shop_id,时间,sku,评分,留言,渠道',
      'e1,浏览,m1,2026-05-01 10:00:00,S1,,,app',
      'e2,点击,m1,2026-05-01 10:01:00,S1,,,app',
      'e1,浏览,m1,2026-05-01 10:00:00,S1,,,app',
      ',评价,m1,2026-05-02,,2,太慢了,',
      ',投诉,m1,2026-05-03,,,漏发,',
      ',飞行,m1,2026-05-03,,,,',
    ].join('\n')
    const expected = { lines: 6, customers: 1, rejected: 1 }
    expect(await verb('events', events, { detail: '渠道', dryRun: true })).toMatchObject({
      ...expected,
      imported: 4,
    })
    expect(await verb('events', events, { detail: '渠道' })).toMatchObject({ ...expected, imported: 4 })
    expect(await verb('events', events, { detail: '渠道' })).toMatchObject({ ...expected, imported: 0 })
    expect(
      await rows(
        `select kind, detail from log where kind in ('product-browsed', 'satisfaction-given') order by seq`,
      ),
    ).toEqual([
      { kind: 'product-browsed', detail: '{"渠道":"app","sku":"S1"}' },
      { kind: 'satisfaction-given', detail: '{"score":2}' },
    ])
    expect(await rows('select words from log_words order by words')).toEqual([
      { words: '太慢了' },
      { words: '漏发' },
    ])

    const lookup = file('campaigns.txt', 'id,start,type\n7,2026-05-04,A\n8,2026-05-05,B\n')
    const campaigns = 'campaign_id,shop_id\n7,m1\n8,m1\n8,m1\n9,m1\n'
    const joined = { kind: 'campaign', lookup, on: 'campaign_id=id', map: 'date=start', detail: 'type' }
    expect(await verb('events', campaigns, joined)).toMatchObject({ lines: 4, imported: 3, rejected: 1 })
    expect(await verb('events', campaigns, joined)).toMatchObject({ imported: 0 })
    expect(rejected('events')).toContain('has no row for campaign_id')
    await expect(verb('events', campaigns, { kind: 'dance' })).rejects.toThrow('--kind')
    await expect(verb('events', campaigns, { kind: 'campaign', lookup })).rejects.toThrow('belong together')
    await expect(verb('events', campaigns, { ...joined, on: 'campaign_id=nr' })).rejects.toThrow(
      'no column "nr"',
    )
  })

  const line = fc.record({
    order: fc.nat(12),
    sku: fc.constantFrom('S1', 'S2', 'S3'),
    fen: fc.integer({ min: 1, max: 9_999 }),
  })
  const text = (lines: readonly { order: number; sku: string; fen: number }[]): string =>
    ['order,shop_id,date,sku,quantity,amount']
      .concat(
        lines.map(
          ({ order, sku, fen }) =>
            `A${String(order)},m${String(order % 5)},2026-05-${String(1 + (order % 9)).padStart(2, '0')},${sku},1,${(fen / 100).toFixed(2)}`,
        ),
      )
      .join('\n')
  const facts = async (): Promise<unknown> => [
    await rows('select source_key, customer, day, amount_fen from shop_order order by source_key'),
    await rows('select * from facts order by customer'),
    await rows(
      'select order_key, sku, cast(sum(amount_fen) as bigint) as fen from order_item group by order_key, sku order by order_key, sku',
    ),
  ]

  it('say the same whatever the order of lines, and in one run as in two', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { minLength: 1, maxLength: 30 }),
        fc.infiniteStream(fc.nat()),
        async (lines, places) => {
          const shuffled = lines
            .map((one) => [places.next().value as number, one] as const)
            .sort(([a], [b]) => a - b)
            .map(([, one]) => one)
          const fresh = async (): Promise<void> => {
            await store.drop()
            store = await openStore(open, instantOf('2026-05-20', '10:00'))
          }
          await fresh()
          await orders(text(lines))
          const once = await facts()
          expect((await orders(text(shuffled))).imported).toBe(0)
          expect(await facts()).toEqual(once)
          await fresh()
          await orders(text(shuffled))
          expect(await facts()).toEqual(once)
        },
      ),
      { numRuns: 5 },
    )
  }, 120_000)

  it('never fall over garbage: a refusal with its fix, or rows put aside', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 0, maxLength: 400 }),
      fc
        .array(
          fc.constantFrom(
            'order',
            ',',
            '"',
            '\n',
            '\r',
            'shop_id',
            'date',
            'amount',
            '1',
            '\u0000',
            '2026-05-01',
            '\t',
            '王',
            '=',
            "'",
            ';',
            '|',
          ),
          { maxLength: 120 },
        )
        .map((parts) => Buffer.from(parts.join(''))),
    )
    const maps = fc.constantFrom(
      undefined,
      'customer=1,date=2,amount=3',
      'customer=1,date=2,amount=3,order=1,sku=2',
    )
    await fc.assert(
      fc.asyncProperty(
        bytes,
        maps,
        fc.constantFrom('orders', 'customers', 'events', 'products'),
        async (garbage, map, what) => {
          const path = file('garbage.csv', Buffer.from(garbage))
          const more = what === 'orders' ? { map } : what === 'events' ? { kind: 'browse' } : {}
          try {
            const done = await runImport({ ...store, hashPhone }, { what, file: path, ...more })
            expect(done.lines).toBeGreaterThan(0)
          } catch (error) {
            if (!(error instanceof Refusal)) throw error
            expect(error.fix).toBeDefined()
          }
        },
      ),
      { numRuns: 150 },
    )
  }, 120_000)
})
