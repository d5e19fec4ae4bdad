import { beforeAll, describe, expect, it } from 'vitest'
import { run } from './process/harness.ts'
import { ensureBuilt } from './web/h5-serve.ts'

interface Demo {
  readonly days: number
  readonly promises: number
  readonly sent: number
  readonly waiting: number
  readonly votes: number
  readonly finds: number
  readonly orders: number
  readonly declined: Readonly<Record<string, number>>
  readonly weekdays: Readonly<Record<string, readonly number[]>>
  readonly ledger: {
    readonly accepted: number
    readonly matched: boolean
    readonly duplicates: number
    readonly outsideWindow: number
    readonly overCap: number
    readonly problems: readonly string[]
  }
  readonly population: { readonly failures: { readonly count: number; readonly first: readonly string[] } }
}

describe('the demo', () => {
  let document: Demo
  let code: number | null
  beforeAll(async () => {
    for (const page of ['h5', 'sidebar'] as const) ensureBuilt(page)
    // 2026-05-18 is a Monday: by Thursday the sleeping were woken, the week's note was sent and the poll has opened.
    const ran = await run('demo --once --json --days 4 --from 2026-05-18 --seed 5'.split(' '))
    code = ran.code
    if (ran.stdout === '') throw new Error(ran.stderr)
    document = JSON.parse(ran.stdout) as Demo
  }, 300_000)

  it('ends well: WeCom’s own ledger agrees with every promise, none twice, none at a bad hour, none too many', () => {
    expect(document.ledger.problems).toEqual([])
    expect(document.ledger).toMatchObject({ matched: true, duplicates: 0, outsideWindow: 0, overCap: 0 })
    expect(code).toBe(0)
  })

  it('lets people answer: they vote, hunt and buy, and nobody meets an error', () => {
    expect(document.population.failures).toEqual({ count: 0, first: [] })
    expect(document.votes).toBeGreaterThan(0)
    expect(document.finds).toBeGreaterThan(0)
    expect(document.orders).toBeGreaterThan(0)
    expect(document.sent).toBeGreaterThan(100)
  })

  it('fires each weekly touchpoint on its configured weekday', () => {
    // config/cadence.yaml: 高价值每周一对一 on Wednesday, 沉睡唤醒 on Tuesday.
    expect(document.weekdays['weekly-note']).toEqual([3])
    expect(document.weekdays['wake-up']).toEqual([2])
    expect(document.weekdays['daily-tip']).toEqual([1, 2, 3, 4])
  })
})
