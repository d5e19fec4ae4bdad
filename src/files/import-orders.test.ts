import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ExcelJS from 'exceljs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { instantOf } from '../base/calendar.ts'
import { runImport } from '../cli/import.ts'
import { runLog } from '../cli/log.ts'
import { runSegment } from '../cli/segment.ts'
import { onBothDatabases } from '../../test/database.ts'
import { openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import { standingsAsOf, summarizeDay } from '../segment/index.ts'
import type { ImportOptions } from './import.ts'
import { importOrders } from './import-orders.ts'
import { importProducts } from './import-products.ts'

const referenceData = process.env['REFERENCE_DATA']
const cdnow = join(referenceData ?? '/nonexistent', 'cdnow', 'CDNOW_sample.txt')
if (!existsSync(cdnow))
  process.stderr.write(
    '!! skipped: "knows the published facts of CDNOW"; set REFERENCE_DATA to a folder with cdnow/CDNOW_sample.txt\n',
  )

/** `闺蜜,测试` in GBK. */
const gbk = Buffer.from('b9ebc3dbb5ea', 'hex')

onBothDatabases('importing orders', (open) => {
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
  const orders = (name: string, content: string | Buffer, more: Partial<ImportOptions> = {}) =>
    importOrders(store, { file: file(name, content), ...more })
  const stored = () =>
    store.db.reader.rows('select source_key, day, amount_fen, items from shop_order order by at, source_key')

  it.runIf(existsSync(cdnow))(
    'knows the published facts of CDNOW, and imports nothing the second time',
    async () => {
      const options = {
        file: cdnow,
        map: 'customer=1,date=3,amount=5',
        dateFormat: 'yyyyMMdd',
      }
      const dry = await importOrders(store, { ...options, dryRun: true })
      const first = await importOrders(store, options)
      expect(first).toEqual({
        lines: 6919,
        customers: 2357,
        imported: 6919,
        sameDayRepeats: 223,
        zeroAmounts: 8,
        orders: 6919,
        refunds: 0,
        repeatedLines: 0,
        leftOut: { cancelled: 0, unpaid: 0, refunded: 0 },
        rejected: 0,
        seconds: expect.any(Number) as number,
        peakMemoryMb: expect.any(Number) as number,
      })
      const cost = { seconds: 0, peakMemoryMb: 0 }
      expect({ ...dry, ...cost }).toEqual({ ...first, ...cost })
      expect((await importOrders(store, options)).imported).toBe(0)
      const standings = await standingsAsOf(store.db.reader, store.rules, '1998-06-30')
      const summary = await summarizeDay(store.db.reader, store.rules, '1998-06-30')
      expect(standings.reduce((sum, { purchases }) => sum + purchases, 0)).toBe(6919 - 223)
      expect(summary.customers).toBe(2357)
      expect(summary.tiers).toEqual({ high: 7, new: 0, mid: 507, dormant: 1843, other: 0, lead: 0 })
    },
    60_000,
  )

  it('reads our headers, dates with a zone, items, and the same order only once', async () => {
    const done = await orders(
      'orders.csv',
      [
        '\uFEFForder_id,shop_id,external_userid,date,amount,items',
        'A1,m1,wm1,2026-05-01T23:30:00+08:00,12.50,S1:2:10.00;S2:1:2.50',
        'A2,m1,,2026/5/2,"1,200.00",S1*3',
        'A1,m1,wm1,2026-05-01T23:30:00+08:00,12.50,S1:2:10.00;S2:1:2.50',
        'A2,m1,,2026/5/2,7,',
        '',
      ].join('\r\n'),
    )
    expect(done).toMatchObject({ lines: 4, customers: 1, imported: 2, sameDayRepeats: 0, rejected: 1 })
    expect(done.repeatedLines).toBe(1)
    expect(await stored()).toEqual([
      {
        source_key: 'A1',
        day: '2026-05-01',
        amount_fen: 1250,
        items: '[{"sku":"S1","quantity":2,"amountFen":1000},{"sku":"S2","quantity":1,"amountFen":250}]',
      },
      { source_key: 'A2', day: '2026-05-02', amount_fen: 120_000, items: '[{"sku":"S1","quantity":3}]' },
    ])
    expect(readFileSync(join(folder, 'orders.csv.errors.csv'), 'utf-8')).toContain(
      '5,"order A2 stands on line 3 with another customer',
    )
  })

  it('puts bad rows aside with their line and goes on', async () => {
    const path = file(
      'bad.csv',
      [
        'shop_id,date,amount',
        'm1,2026-05-01,10',
        'm2,2026-13-01,10',
        'm3,2026-05-01,ten',
        'm4,2026-05-01,-3',
        ',2026-05-01,3',
        'm5,2027-05-01,3',
        '=cmd,2026-05-01,x',
        '"m6,2026-05-01,10',
        'm7,2026-05-01,10',
        `${'x'.repeat(70_000)},2026-05-01,10`,
        'm8,2026-05-01,0',
      ].join('\n'),
    )
    const done = await importOrders(store, { file: path })
    expect(done).toMatchObject({ lines: 11, imported: 3, zeroAmounts: 1, rejected: 8 })
    const errors = readFileSync(`${path}.errors.csv`, 'utf-8').split('\n')
    expect(errors.slice(1, -1).map((line) => line.split(',')[0])).toEqual([
      '3',
      '4',
      '5',
      '6',
      '7',
      '8',
      '9',
      '11',
    ])
    expect(errors[6]).toContain(`"'=cmd`)
    writeFileSync(path, 'shop_id,date,amount\nm1,2026-05-01,10\n')
    await importOrders(store, { file: path })
    expect(existsSync(`${path}.errors.csv`)).toBe(false)
  })

  it('finds out GBK, reads the map by name and position, and .xlsx with its dates and formulas', async () => {
    const text = Buffer.concat([Buffer.from('k,d,a\n'), gbk, Buffer.from(',20260501,3\n')])
    expect(await orders('gbk.csv', text, { map: 'customer=k,date=2,amount=a' })).toMatchObject({
      lines: 1,
      imported: 1,
    })
    expect(await store.db.reader.rows(`select value from identity where kind = 'shop'`)).toEqual([
      { value: '闺蜜店' },
    ])

    const workbook = new ExcelJS.Workbook()
    const sheet = workbook.addWorksheet('orders')
    sheet.addRow(['shop_id', 'date', 'amount'])
    sheet.addRow(['m1', new Date('2026-05-01T08:30:00Z'), 29.330000000000002])
    sheet.addRow(['m2', '2026-05-02', { formula: 'A1+1', result: 12 }])
    sheet.addRow(['m3', '2026-05-03', { formula: 'A1+1' }])
    const path = join(folder, 'orders.xlsx')
    await workbook.xlsx.writeFile(path)
    expect(await importOrders(store, { file: path })).toMatchObject({ lines: 3, imported: 2, rejected: 1 })
    expect((await stored()).map(({ day, amount_fen }) => [day, amount_fen])).toContainEqual([
      '2026-05-01',
      2933,
    ])
  })

  it('says what is wrong with the file or the map, and what to do', async () => {
    const good = 'shop_id,date,amount\nm1,2026-05-01,10\n'
    const refused = async (done: Promise<unknown>): Promise<string> => {
      const error: unknown = await done.then(
        () => null,
        (reason: unknown) => reason,
      )
      if (!(error instanceof Error) || !('fix' in error)) throw new Error(`not refused: ${String(error)}`)
      return `${error.message} ${String(error.fix)}`
    }
    expect(await refused(importOrders(store, { file: join(folder, 'none.csv') }))).toContain(
      'There is no file',
    )
    expect(await refused(orders('empty.csv', ''))).toContain('is empty')
    expect(await refused(orders('blank.csv', '\n\n'))).toContain('blank lines')
    expect(await refused(orders('heading.csv', 'shop_id,date,amount\n'))).toContain('no rows')
    expect(await refused(orders('utf16.csv', Buffer.from('fffe00d8', 'hex')))).toContain('UTF-16')
    expect(await refused(orders('bytes.csv', Buffer.from([0xff, 0x81, 0xff, 0x0a])))).toContain(
      'neither UTF-8 nor GBK',
    )
    expect(await refused(orders('utf8.csv', `${good}闺,x,y`, { encoding: 'gbk' }))).toContain('--encoding')
    expect(await refused(orders('map.csv', good, { map: 'customer=who' }))).toContain(
      'shop_id | date | amount',
    )
    expect(await refused(orders('map.csv', good, { map: 'custmer=1' }))).toContain('no field "custmer"')
    expect(await refused(orders('map.csv', good, { map: 'customer=9' }))).toContain('only 3 columns')
    expect(await refused(orders('map.csv', good, { map: 'customer' }))).toContain('NAME=COLUMN')
    expect(await refused(orders('map.csv', 'a,b\n1,2\n'))).toContain('--map customer=1')
    expect(await refused(runImport({ ...store }, { what: 'orderz', file: 'x' }))).toContain(
      'import orders FILE',
    )
  })

  const many = (rows: number): string =>
    `shop_id,date,amount\n${Array.from({ length: rows }, (_, i) => `m${String(i % 900)},2026-0${String(1 + (i % 4))}-${String(10 + (i % 18))},${String(1 + (i % 70))}.5`).join('\n')}\n`

  it('completes when it was stopped in the middle and is run again', async () => {
    const path = file('many.csv', many(2_600))
    const stop = new AbortController()
    const stopped = importOrders(store, {
      file: path,
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done >= 1_000) stop.abort()
      },
    })
    await expect(stopped).rejects.toThrow(/abort/i)
    const [half] = await store.db.reader.rows<{ n: number }>('select cast(count(*) as bigint) as n from log')
    expect(half?.n).toBe(1_000)
    const rest = await importOrders(store, { file: path })
    expect(rest).toMatchObject({ lines: 2_600, imported: 1_600 })
    const [sum] = await store.db.reader.rows<{ n: number; orders: number }>(
      'select cast(count(*) as bigint) as n, cast(sum(orders) as bigint) as orders from facts',
    )
    expect(sum).toEqual({ n: 900, orders: 2_600 })
  })

  it('takes ten thousand rows in seconds, and the verbs agree on what came of them', async () => {
    const done = await runImport(store, { what: 'orders', file: file('many.csv', many(10_000)) })
    expect(done).toMatchObject({ lines: 10_000, imported: 10_000, rejected: 0 })
    expect(done.seconds).toBeLessThan(15)
    const parts = { ...store }
    const before = await runSegment(parts, {})
    const [moves] = await store.db.reader.rows<{ n: number }>(
      `select cast(count(*) as bigint) as n from log where kind = 'tier-moved'`,
    )
    expect(moves?.n).toBe(900 - (before.tiers['lead'] ?? 0))
    expect(await runSegment(parts, { apply: true })).toEqual(before)
    const log = await runLog(store, { customer: 'm7', kind: 'order-placed', limit: 3, since: '2026-01-01' })
    expect(log.map(({ who }) => who.shopId)).toEqual(['m7', 'm7', 'm7'])
    expect(log[0]?.at).toMatch(/\+08:00$/)
    await expect(runLog(store, { kind: 'nothing' })).rejects.toThrow('is not a kind')
    await expect(runLog(store, { limit: '0' })).rejects.toThrow('--limit')
  }, 60_000)

  it('imports the catalogue, twice without harm', async () => {
    const path = file(
      'products.csv',
      'sku,name,price,stock,age_from_months,age_to_months\nS1,米粉,39.90,12,6,12\nS2,,1,1,,\nS3,奶粉,0.5,x,,\n',
    )
    const expected = { lines: 3, products: 1, imported: 1, rejected: 2 }
    expect(await importProducts(store, { file: path })).toMatchObject(expected)
    expect(await importProducts(store, { file: path })).toMatchObject(expected)
    expect(await store.db.reader.rows('select sku, price_fen, stock, age_range from product')).toEqual([
      { sku: 'S1', price_fen: 3990, stock: 12, age_range: '6-12月龄' },
    ])
  })
})
