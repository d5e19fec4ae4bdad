/** The published figures of CDNOW, through the verb's own path: imported into a real store, read, fitted on the thread. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { instantOf } from '../../base/calendar.ts'
import { runClvFit } from '../../cli/clv.ts'
import { importOrders } from '../../files/index.ts'
import { onBothDatabases } from '../../../test/database.ts'
import { openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'

const folder = process.env['REFERENCE_DATA'] ?? '/nonexistent'
const cdnow = join(folder, 'cdnow', 'CDNOW_sample.txt')
const has = existsSync(cdnow)
if (!has)
  process.stderr.write(
    '!! skipped: the published figures of CDNOW (cdnow.*, bgnbd.*, pnbd.*, gg.*); set REFERENCE_DATA to a folder with cdnow/ and checks/\n',
  )

interface Check {
  readonly id: string
  readonly given: unknown
  readonly expect: unknown
}
const checks = has
  ? (JSON.parse(readFileSync(join(folder, 'checks', 'checks-open.json'), 'utf8')) as Check[])
  : []
const expected = <T>(id: string): T => {
  const found = checks.find((check) => check.id === id)
  if (!found) throw new Error(`checks-open.json has no entry ${id}.`)
  return found.expect as T
}
const end = '1997-09-30'
const near = (
  actual: Readonly<Record<string, number>>,
  wanted: Readonly<Record<string, number>>,
  share: number,
) => {
  for (const [name, value] of Object.entries(wanted)) {
    if (name === 'LL') continue
    expect(Math.abs((actual[name] ?? NaN) - value), name).toBeLessThanOrEqual(share * Math.abs(value))
  }
}

onBothDatabases('CLV on CDNOW', (open) => {
  if (!has) {
    it.skip('needs REFERENCE_DATA')
    return
  }
  let store: TestStore
  beforeAll(async () => {
    store = await openStore(open, instantOf('2026-05-20', '10:00'))
    await importOrders(store, { file: cdnow, map: 'customer=1,date=3,amount=5', dateFormat: 'yyyyMMdd' })
  }, 60_000)
  afterAll(() => store.drop())

  for (const [model, id] of [
    ['bg-nbd', 'bgnbd.mle.cdnow'],
    ['pareto-nbd', 'pnbd.mle.cdnow'],
  ] as const)
    it(`${id}: parameters and log-likelihood`, async () => {
      const wanted = expected<Record<string, number>>(id)
      const fit = await runClvFit(store, { model, calibrationEnd: end })
      near(fit.params, wanted, 0.005)
      expect(Math.abs(fit.logLikelihood - (wanted['LL'] ?? 0))).toBeLessThanOrEqual(0.05)
      expect(fit).toMatchObject({ customers: 2357, converged: true })
    })

  it('gg.mle.cdnow: parameters of the 946 repeat buyers', async () => {
    const fit = await runClvFit(store, { model: 'gamma-gamma', calibrationEnd: end })
    for (const [name, value] of Object.entries(expected<Record<string, number>>('gg.mle.cdnow')))
      expect(Math.abs((fit.params[name] ?? NaN) - value), name).toBeLessThanOrEqual(0.01)
    expect(fit.customers).toBe(946)
  })
})
