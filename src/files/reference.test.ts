/** The open data of the reference folder through the verb, with the counts that folder states. */
import { existsSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { instantOf } from '../base/calendar.ts'
import { runImport } from '../cli/import.ts'
import type { ImportVerbOptions } from '../cli/import.ts'
import { loadAttributes } from '../customer/index.ts'
import { onBothDatabases, sqliteDatabase } from '../../test/database.ts'
import type { OpenTestDatabase } from '../../test/database.ts'
import { configDir, openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'

const folder = process.env['REFERENCE_DATA'] ?? '/nonexistent'
const present = ['cdnow', 'rfm_orders', 'completejourney', 'checks'].every((name) =>
  existsSync(join(folder, name)),
)
if (!present)
  process.stderr.write(
    '!! skipped: "imports the open data, to the line"; set REFERENCE_DATA to a folder with cdnow/, rfm_orders/, completejourney/ and checks/\n',
  )

function expected<T>(id: string): T {
  const path = join(folder, 'checks', 'checks-open.json')
  const list = JSON.parse(readFileSync(path, 'utf8')) as readonly { id: string; expect: T }[]
  const check = list.find((one) => one.id === id)
  if (!check) throw new Error(`${path} has no ${id}`)
  return check.expect
}

interface CdnowRows {
  readonly lines: number
  readonly customers: number
  readonly customer_days: number
  readonly same_day_duplicates: number
  readonly zero_amount_lines: number
  readonly amount: number
  readonly first: string
  readonly last: string
}

interface Tools {
  verb(what: string, path: string, more?: Partial<ImportVerbOptions>): Promise<Record<string, unknown>>
  sum(sql: string): Promise<Record<string, unknown>>
}

/** A store of its own for each test, and the verb on it. */
function storeTools(open: OpenTestDatabase): Tools {
  let store: TestStore
  beforeEach(async () => {
    store = await openStore(open, instantOf('2026-05-20', '10:00'))
  })
  afterEach(() => store.drop())

  const verb = async (
    what: string,
    path: string,
    more: Partial<ImportVerbOptions> = {},
  ): Promise<Record<string, unknown>> => {
    const done = await runImport(
      { ...store, attributes: loadAttributes(configDir) },
      {
        what,
        file: join(folder, path),
        errorsFile: join(tmpdir(), `siyu-${what}-${String(process.pid)}.errors.csv`),
        ...more,
      },
    )
    process.stderr.write(`   ${path}: ${String(done.seconds)} s, ${String(done.peakMemoryMb)} MB\n`)
    return { ...done }
  }
  const sum = async (sql: string): Promise<Record<string, unknown>> =>
    (await store.db.reader.rows(sql))[0] ?? {}

  return { verb, sum }
}

onBothDatabases('imports of open data', (open) => {
  const { verb, sum } = storeTools(open)

  it.runIf(present)(
    'imports the open data, to the line: CDNOW and the orders of the R package rfm',
    async () => {
      const facts = expected<CdnowRows>('cdnow.rows')
      const cdnow = { map: 'customer=1,date=3,amount=5', dateFormat: 'yyyyMMdd' }
      expect(await verb('orders', 'cdnow/CDNOW_sample.txt', cdnow)).toMatchObject({
        lines: facts.lines,
        customers: facts.customers,
        imported: facts.lines,
        sameDayRepeats: facts.same_day_duplicates,
        zeroAmounts: facts.zero_amount_lines,
        rejected: 0,
      })
      expect(
        await sum(
          'select cast(sum(amount_fen) as bigint) as fen, min(day) as first, max(day) as last from shop_order',
        ),
      ).toEqual({ fen: Math.round(facts.amount * 100), first: facts.first, last: facts.last })
      expect(await sum('select cast(count(*) as bigint) as n from purchase_day')).toEqual({
        n: facts.customer_days,
      })

      const rfm = expected<{ customers: number; orders: number }>('rfm.orders.a')
      expect(await verb('orders', 'rfm_orders/rfm_data_orders.csv')).toMatchObject({
        lines: rfm.orders,
        customers: rfm.customers,
        imported: rfm.orders,
        rejected: 0,
      })
      expect(await sum(`select count(*) as n from identity where value = 'Abbey O''Reilly'`)).toEqual({
        n: 1,
      })
    },
    180_000,
  )
})

// On one database: what differs between the two is what the tests above and beside this file look at.
describe('imports of a large open data set', () => {
  const { verb, sum } = storeTools(sqliteDatabase)

  it.runIf(present)(
    'imports the open data, to the line: baskets, campaigns, coupons, households and products of completejourney',
    async () => {
      const transactions = {
        map: 'customer=household_id,order=basket_id,sku=product_id,quantity=quantity,amount=sales_value,date=transaction_timestamp',
        zone: 'America/New_York',
      }
      const path = 'completejourney/transactions_sample.csv'
      const all = {
        lines: 75_000,
        customers: 2_377,
        orders: 47_243,
        imported: 47_243,
        refunds: 0,
        rejected: 0,
      }
      expect(await verb('orders', path, transactions)).toMatchObject(all)
      expect(await verb('orders', path, transactions)).toMatchObject({ ...all, imported: 0 })
      expect(await sum('select cast(sum(amount_fen) as bigint) as fen from shop_order')).toEqual({
        fen: 23_393_524,
      })
      expect(await sum('select cast(count(*) as bigint) as n from order_item')).toEqual({ n: 75_000 })
      // 2017-01-28 14:06:53 on the East Coast.
      expect(await sum(`select at from shop_order where source_key = '31625220889'`)).toEqual({
        at: Date.UTC(2017, 0, 28, 19, 6, 53),
      })

      const campaigns = {
        kind: 'campaign',
        lookup: join(folder, 'completejourney/campaign_descriptions.csv'),
        on: 'campaign_id=campaign_id',
        map: 'customer=household_id,campaign=campaign_id,date=start_date',
        detail: 'campaign_type,end_date',
      }
      const received = {
        lines: 6_589,
        imported: 6_589,
        rejected: 0,
        kinds: { 'campaign-received': 6_589 },
      }
      const campaignsPath = 'completejourney/campaigns.csv'
      expect(await verb('events', campaignsPath, { ...campaigns, dryRun: true })).toMatchObject(received)
      expect(await verb('events', campaignsPath, campaigns)).toMatchObject(received)
      expect(await verb('events', campaignsPath, campaigns)).toMatchObject({ imported: 0 })
      const coupons = {
        kind: 'coupon',
        map: 'customer=household_id,coupon=coupon_upc,campaign=campaign_id,date=redemption_date',
      }
      expect(await verb('events', 'completejourney/coupon_redemptions.csv', coupons)).toMatchObject({
        lines: 2_102,
        imported: 2_102,
        rejected: 0,
      })
      expect(await verb('customers', 'completejourney/demographics.csv')).toMatchObject({
        lines: 801,
        customers: 801,
        imported: 801,
        rejected: 0,
      })
      expect(
        await sum(`select cast(count(*) as bigint) as n from attribute where name = 'home_ownership'`),
      ).toEqual({
        n: 801 - 233,
      })
      expect(await verb('products', 'completejourney/products_in_sample.csv')).toMatchObject({
        lines: 20_897,
        products: 20_897,
        imported: 20_897,
        rejected: 0,
      })
      expect(await sum('select cast(count(*) as bigint) as n from product where price_fen is null')).toEqual({
        n: 20_897,
      })
    },
    300_000,
  )
})
