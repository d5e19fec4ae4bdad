import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { instantOf } from '../../base/calendar.ts'
import { runChurnEvaluate } from '../../cli/churn.ts'
import { importOrders } from '../../files/index.ts'
import { onBothDatabases } from '../../../test/database.ts'
import { configDir, openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'
import { loadChurnRules } from './settings.ts'

const cdnow = join(process.env['REFERENCE_DATA'] ?? '/nonexistent', 'cdnow', 'CDNOW_sample.txt')
if (!existsSync(cdnow))
  process.stderr.write(
    '!! skipped: "is measured on CDNOW"; set REFERENCE_DATA to a folder with cdnow/CDNOW_sample.txt\n',
  )
const churn = loadChurnRules(configDir)

onBothDatabases('the churn warning', (open) => {
  let store: TestStore
  let folder: string
  beforeEach(async () => {
    store = await openStore(open, instantOf('2026-05-20', '10:00'))
    folder = mkdtempSync(join(tmpdir(), 'siyu-churn-'))
  })
  afterEach(async () => {
    await store.drop()
    rmSync(folder, { recursive: true, force: true })
  })

  it.runIf(existsSync(cdnow))(
    'is measured on CDNOW, on held-out time and held-out customers, and says where it is not better',
    async () => {
      await importOrders(store, { file: cdnow, map: 'customer=1,date=3,amount=5', dateFormat: 'yyyyMMdd' })
      const plot = join(folder, 'curve.svg')
      const found = await runChurnEvaluate({ ...store, churn }, { plot })
      expect(found).toMatchObject({ data: 'store', simulated: false, buyers: 2357, evaluated: 2357 })
      expect(found.window).toMatchObject({
        firstDay: '1997-01-01',
        lastDay: '1998-06-30',
        split: '1997-11-24',
      })
      expect(found.calibration.own).toBe(true)
      for (const part of [found.laterTime, found.otherCustomers, found.stillActive]) {
        const { ours, fixedSilence, twiceRhythm, everybody } = part.rules
        for (const rule of [ours, fixedSilence, twiceRhythm, everybody])
          expect(rule.tp + rule.fp + rule.fn + rule.tn).toBe(part.cases)
        expect(everybody).toMatchObject({ tp: part.churned, fn: 0, auc: 0.5 })
        expect(ours.auc ?? 0).toBeGreaterThan(twiceRhythm.auc ?? 1)
      }
      // Each case is tested once in either split: the counts of the fixed rules cannot differ.
      expect(found.otherCustomers.rules.twiceRhythm).toEqual(found.laterTime.rules.twiceRhythm)
      expect(found.origins.reduce((sum, origin) => sum + (origin as { cases: number }).cases, 0)).toBe(
        found.laterTime.cases,
      )
      const { ours, fixedSilence, twiceRhythm } = found.laterTime.rules
      expect(ours.precision.value ?? 0).toBeGreaterThan(twiceRhythm.precision.value ?? 1)
      expect(ours.recall.value ?? 0).toBeGreaterThan(fixedSilence.recall.value ?? 1)
      // What ours loses is said, not left out.
      expect(found.findings.join('\n')).toContain('ours is WORSE than fixed silence in precision')
      expect(found.findings.join('\n')).toContain('ours is WORSE than twice the rhythm in recall')
      expect(found.nextPurchase.medianErrorDays ?? 999).toBeLessThan(
        found.nextPurchase.baselineFromTodayMedianErrorDays ?? 0,
      )
      const svg = readFileSync(plot, 'utf8')
      expect(svg).toContain('<svg')
      expect(svg).not.toContain('NaN')
      const again = await runChurnEvaluate({ ...store, churn }, {})
      expect({ ...again, seconds: 0, peakMemoryMb: 0 }).toEqual({ ...found, seconds: 0, peakMemoryMb: 0 })
    },
    120_000,
  )

  it('is measured with browsing on simulated households, and every output says so', async () => {
    const plot = join(folder, 'simulated.svg')
    const found = await runChurnEvaluate({ ...store, churn }, { data: 'simulated', plot })
    expect(found).toMatchObject({ data: 'simulated', simulated: true, acts: true })
    expect(found.note).toContain('SIMULATED')
    expect(readFileSync(plot, 'utf8')).toContain('SIMULATED')
    const { ours, rhythmOnly, twiceRhythm } = found.stillActive.rules
    expect(ours.auc ?? 0).toBeGreaterThan(rhythmOnly.auc ?? 1)
    expect(rhythmOnly.auc ?? 0).toBeGreaterThan(twiceRhythm.auc ?? 1)
    expect(found.findings.join('\n')).toContain('without acts AUC')
  }, 60_000)

  it('refuses what cannot be evaluated, and says what to do', async () => {
    const evaluate = (options: Parameters<typeof runChurnEvaluate>[1]) =>
      runChurnEvaluate({ ...store, churn }, options)
    await expect(evaluate({})).rejects.toThrow('no purchases')
    await expect(evaluate({ data: 'elsewhere' })).rejects.toThrow('--data elsewhere')
    await expect(evaluate({ from: '2026-02-30' })).rejects.toThrow('is not a day')
    for (const every of ['0', 'often', '-3', '30days'])
      await expect(evaluate({ every })).rejects.toThrow('not a number of days')
    await store.say({
      kind: 'order-placed',
      at: instantOf('2026-05-01'),
      source: 'test',
      sourceKey: 'A1',
      who: { shopId: 'a' },
      detail: { orderId: 'A1', amountFen: 100 },
    })
    await expect(evaluate({})).rejects.toThrow('ends too early')
  })
})
