/** The published figures of CDNOW, through the verb's own path: imported into a real store, read, fitted on the thread. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { instantOf } from '../../base/calendar.ts'
import { readSummaries } from '../../cli/clv-file.ts'
import { runClvFit, runClvHoldout, runClvTrack } from '../../cli/clv.ts'
import { customerOf } from '../../customer/index.ts'
import { importOrders } from '../../files/index.ts'
import { onBothDatabases } from '../../../test/database.ts'
import { openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'
import { fitCounts } from './fit.ts'
import { historiesAsOf } from './histories.ts'
import type { CustomerHistory } from './histories.ts'
import { named } from './model.ts'
import { expectedSpend } from './models/gamma-gamma.ts'
import { bgNbd, mbgNbd } from './models/geometric-nbd.ts'
import { paretoNbd } from './models/pareto-nbd.ts'
import { fitSummaries } from './run-fit.ts'
import { groupTriples } from './triples.ts'

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
    expect(fit.standardErrors['p']).toBeGreaterThan(0)
  })

  it('bgnbd.holdout.a: mean hold-out purchases by x = 0 … 3', async () => {
    const held = await runClvHoldout(store, { model: 'bg-nbd', calibrationEnd: end })
    expected<[number, number, number][]>('bgnbd.holdout.a').forEach(([n, actual, wanted], x) => {
      expect(held.groups[x]?.customers).toBe(n)
      expect(held.groups[x]?.actual).toBeCloseTo(actual, 3)
      expect(Math.abs((held.groups[x]?.expected ?? NaN) - wanted)).toBeLessThanOrEqual(1e-3)
    })
    const facts = expected<Record<string, number>>('cdnow.cbs')
    expect(held).toMatchObject({ weeks: 39, actual: facts['holdout_transactions_39w'], until: '1998-06-30' })
  })

  it('bgnbd.track.a: cumulative repeat purchases, weeks 20 to 22', async () => {
    const tracking = await runClvTrack(store, { model: 'bg-nbd', calibrationEnd: end })
    const wanted = expected<{ actual: number[]; expected: number[] }>('bgnbd.track.a')
    const weeks = tracking.weeks.slice(19, 22)
    expect(weeks.map(({ cumulativeActual }) => cumulativeActual)).toEqual(wanted.actual)
    weeks.forEach((week, i) =>
      expect(Math.abs(week.cumulativeExpected - (wanted.expected[i] ?? 0))).toBeLessThanOrEqual(0.01),
    )
    expect(tracking.weeks).toHaveLength(78)
  })

  it('cdnow.cbs: the summary statistics', async () => {
    const wanted = expected<{ customers: number; sum_x: number; x_eq_0: number; first3: number[][] }>(
      'cdnow.cbs',
    )
    const all: CustomerHistory[] = []
    for await (const page of historiesAsOf(store.db.reader, end)) all.push(...page)
    expect(all).toHaveLength(wanted.customers)
    expect(all.reduce((sum, { x }) => sum + x, 0)).toBe(wanted.sum_x)
    expect(all.filter(({ x }) => x === 0)).toHaveLength(wanted.x_eq_0)
    for (const [i, shop] of ['00004', '00021', '00050'].entries()) {
      const customer = await customerOf(store.db.reader, { kind: 'shop', value: shop })
      const one = all.find((history) => history.customer === customer)
      const [x = 0, tx = 0, T = 0] = wanted.first3[i] ?? []
      expect([one?.x, one?.tx.toFixed(3), one?.T.toFixed(3)]).toEqual([x, tx.toFixed(3), T.toFixed(3)])
    }
  })
})

describe.runIf(has)('published figures of the pure functions', () => {
  const mle = { r: 0.2425945, alpha: 4.413602, a: 0.792922, b: 2.425907 }
  const bg = [mle.r, mle.alpha, mle.a, mle.b]
  const given = <T>(id: string): T => checks.find((check) => check.id === id)?.given as T
  const close = (actual: number, wanted: number, tolerance: number): void =>
    expect(Math.abs(actual - wanted)).toBeLessThanOrEqual(tolerance)

  it('bgnbd.ce.1, bgnbd.e.t.a, bgnbd.e.52, bgnbd.1516: expectations and P(alive)', () => {
    const ce = given<{ x: number; t_x: number; T: number; t: number }>('bgnbd.ce.1')
    close(bgNbd.conditional(bg, { x: ce.x, tx: ce.t_x, T: ce.T }, ce.t), expected('bgnbd.ce.1'), 1e-3)
    given<{ t: number[] }>('bgnbd.e.t.a').t.forEach((t, i) =>
      close(bgNbd.expected(bg, t), expected<number[]>('bgnbd.e.t.a')[i] ?? 0, 1e-3),
    )
    close(bgNbd.expected(bg, 52), expected('bgnbd.e.52'), 1e-3)
    const one = given<{ x: number; t_x: number; T: number; T_star: number }>('bgnbd.1516')
    const wanted = expected<{ CE: number; p_alive: number }>('bgnbd.1516')
    const history = { x: one.x, tx: one.t_x, T: one.T }
    close(bgNbd.conditional(bg, history, one.T_star), wanted.CE, 1e-3)
    close(bgNbd.pAlive(bg, history), wanted.p_alive, 1e-3)
  })

  it('bgnbd.paradox.a, bgnbd.palive.x0: what is odd about the BG/NBD', () => {
    const {
      t_x: tx,
      T,
      T_star,
      x,
    } = given<{ t_x: number; T: number; T_star: number; x: number[] }>('bgnbd.paradox.a')
    x.forEach((count, i) => {
      const wanted = expected<number[]>('bgnbd.paradox.a')[i] ?? 0
      close(bgNbd.conditional(bg, { x: count, tx, T }, T_star), wanted, 1e-3 * wanted)
    })
    expect(bgNbd.pAlive(bg, { x: 0, tx: 0, T: 1 })).toBe(expected('bgnbd.palive.x0'))
  })

  it('bgnbd.pmf.a: P(X(t) = x)', () => {
    const { params, cases } = given<{ params: number[]; cases: [number, number][] }>('bgnbd.pmf.a')
    cases.forEach(([t, x], i) =>
      close(bgNbd.pmf(params, t, x), expected<number[]>('bgnbd.pmf.a')[i] ?? 0, 1e-6),
    )
  })

  it('pnbd.e.t.a, pnbd.e.t.b: E[X(t)] of the Pareto/NBD', () => {
    for (const id of ['pnbd.e.t.a', 'pnbd.e.t.b']) {
      const { params, t } = given<{ params: number[]; t: number[] }>(id)
      t.forEach((at, i) => close(paretoNbd.expected(params, at), expected<number[]>(id)[i] ?? 0, 1e-7))
    }
  })

  it('gg.ce.a: expected mean spend', () => {
    const { params, x, m_x: m } = given<{ params: number[]; x: number[]; m_x: number[] }>('gg.ce.a')
    x.forEach((count, i) =>
      close(expectedSpend(params, count, m[i] ?? 0), expected<number[]>('gg.ce.a')[i] ?? 0, 0.1),
    )
  })

  it('bgnbd.scale, and the same for every model: days for weeks', () => {
    const weeks = readFileSync(join(folder, 'cdnow', 'cdnow_customers_summary.csv'), 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((row) => row.split(',').map(Number))
      .map(([, x = 0, tx = 0, T = 0]) => ({ x, tx, T }))
    const days = weeks.map(({ x, tx, T }) => ({ x, tx: 7 * tx, T: 7 * T }))
    for (const model of [bgNbd, mbgNbd, paretoNbd]) {
      const inWeeks = fitCounts(model.name, groupTriples(weeks))
      const inDays = fitCounts(model.name, groupTriples(days))
      model.parameters.forEach((name, i) => {
        const factor = model.timeParameters.includes(name) ? 7 : 1
        const wanted = (inWeeks.parameters[i] ?? NaN) * factor
        close(inDays.parameters[i] ?? NaN, wanted, 1e-4 * wanted)
      })
      const purchases = weeks.reduce((sum, { x }) => sum + x, 0)
      close(inDays.logLikelihood, inWeeks.logLikelihood - purchases * Math.log(7), 1e-4)
    }
    const wanted = expected<Record<string, number>>('bgnbd.scale')
    const fit = fitCounts('bg-nbd', groupTriples(days))
    near(named(fit.names, fit.parameters), wanted, 0.005)
  })

  it('the donations of Fader, Hardie & Shang 2010', async () => {
    const rows = await readSummaries(join(folder, 'donations', 'donations.csv'), 'bg-bb', undefined)
    const fit = await fitSummaries('bg-bb', rows)
    near(fit.params, { alpha: 1.204, beta: 0.75, gamma: 0.657, delta: 2.783 }, 0.001)
    close(fit.logLikelihood, -33_225.6, 0.05)
    expect(fit).toMatchObject({ customers: 11_104, distinct: 22, converged: true })
  })
})
