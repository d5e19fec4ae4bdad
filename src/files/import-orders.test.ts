import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { instantOf } from '../base/calendar.ts'
import { onBothDatabases } from '../../test/database.ts'
import { openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import { standingsAsOf, summarize } from '../segment/index.ts'
import { importOrders } from './import-orders.ts'

const referenceData = process.env['REFERENCE_DATA']
const cdnow = referenceData === undefined ? null : join(referenceData, 'cdnow', 'CDNOW_sample.txt')

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

  if (cdnow === null || !existsSync(cdnow)) {
    process.stderr.write(
      '!! skipped: the published facts of CDNOW; set REFERENCE_DATA to a folder with cdnow/CDNOW_sample.txt\n',
    )
  } else {
    it('knows the published facts of CDNOW, and imports nothing the second time', async () => {
      const options = { file: cdnow, map: 'customer=1,date=3,amount=5', dateFormat: 'yyyyMMdd' }
      const first = await importOrders(store, options)
      expect(first).toEqual({
        lines: 6919,
        customers: 2357,
        imported: 6919,
        sameDayRepeats: 223,
        zeroAmounts: 8,
        rejected: 0,
        seconds: expect.any(Number) as number,
      })
      expect((await importOrders(store, options)).imported).toBe(0)
      const standings = await standingsAsOf(store.db.reader, store.rules, '1998-06-30')
      const summary = summarize(standings, store.rules, '1998-06-30')
      expect(summary.customers).toBe(2357)
      expect(standings.reduce((sum, { purchases }) => sum + purchases, 0)).toBe(6919 - 223)
    })
  }

  it('reads a CSV with our headers', async () => {
    const path = file('orders.csv', 'order_id,shop_id,date,amount,items\nA1,m1,2026-05-01,12.50,S1*2;S2\n')
    const done = await importOrders(store, { file: path })
    expect(done).toMatchObject({ lines: 1, imported: 1, rejected: 0 })
  })
})
