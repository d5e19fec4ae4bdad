/** The published results of the R package rfm, through the real verbs after a real import. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { instantOf } from '../../base/calendar.ts'
import { runSegment } from '../../cli/segment.ts'
import { customerIdOf } from '../../customer/index.ts'
import { importOrders } from '../../files/index.ts'
import { onBothDatabases } from '../../../test/database.ts'
import { configDir, openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'
import { loadPreset, rfmOf } from '../index.ts'

const folder = process.env['REFERENCE_DATA'] ?? '/nonexistent'
const orders = join(folder, 'rfm_orders', 'rfm_data_orders.csv')
const checks = join(folder, 'checks', 'checks-open.json')
const present = existsSync(orders) && existsSync(checks)
if (!present)
  process.stderr.write(
    '!! skipped: "says what the R package rfm says"; set REFERENCE_DATA to a folder with rfm_orders/ and checks/\n',
  )

interface Edges {
  readonly customers: number
  readonly orders: number
  readonly edges_days: readonly number[]
  readonly edges_orders: readonly number[]
  readonly edges_amount: readonly number[]
  readonly scores: Readonly<Record<string, number>>
}

function expected<T>(id: string): T {
  const list = JSON.parse(readFileSync(checks, 'utf8')) as readonly { id: string; expect: T }[]
  const check = list.find((one) => one.id === id)
  if (!check) throw new Error(`${checks} has no ${id}`)
  return check.expect
}

onBothDatabases('RFM by quintiles', (open) => {
  let store: TestStore
  beforeEach(async () => {
    store = await openStore(open, instantOf('2026-11-22', '10:00'))
  })
  afterEach(() => store.drop())

  it.runIf(present)(
    'says what the R package rfm says',
    async () => {
      const map = 'customer=customer_id,date=order_date,amount=revenue'
      const imported = await importOrders(store, { file: orders, map })
      const wanted = expected<Edges>('rfm.orders.a')
      expect([imported.customers, imported.imported]).toEqual([wanted.customers, wanted.orders])

      const day = '2006-12-31'
      const said = await runSegment(store, { preset: 'rfm-quintiles', asOf: day })
      expect([said.buyers, said.details.reduce((sum, one) => sum + one.orders, 0)]).toEqual([
        wanted.customers,
        wanted.orders,
      ])
      expect(said.rfm.edges).toEqual({
        recency: wanted.edges_days,
        frequency: wanted.edges_orders,
        monetary: wanted.edges_amount,
      })
      const rows = expected<Record<string, readonly number[]>>('rfm.orders.segments.a')
      for (const [segment, [customers, count, revenue, average]] of Object.entries(rows)) {
        expect(said.details).toContainEqual({ segment, customers, orders: count, revenue, average })
        expect(said.segments[segment]).toBe(customers)
      }
      expect(Object.keys(said.segments)).toHaveLength(10)
      expect(Object.values(said.segments).reduce((a, b) => a + b, 0)).toBe(wanted.customers)

      const { rfm } = loadPreset(configDir, 'rfm-quintiles')
      const idOf = (name: string): string => customerIdOf({ kind: 'shop', value: name })
      const scored = await rfmOf(store.db.reader, rfm, Object.keys(wanted.scores).map(idOf), day, {
        when: 'end-of-day',
      })
      const scores = Object.keys(wanted.scores).map((name) => {
        const one = scored.get(idOf(name))
        return [name, one ? one.r * 100 + one.f * 10 + one.m : null]
      })
      expect(Object.fromEntries(scores)).toEqual(wanted.scores)
    },
    60_000,
  )
})
