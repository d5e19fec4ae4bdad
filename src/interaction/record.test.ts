/** How long callers of the recorder wait, with a database whose speed is chosen here. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Act, Ctx, Happening } from '../base/act.ts'
import type { Db } from '../base/db.ts'
import { createRecorder } from './record.ts'
import type { Flush, Recorder } from './record.ts'

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => vi.useRealTimers())

let n = 0
const happening = (): Happening => ({
  kind: 'link-clicked',
  at: 1_000,
  source: 'test',
  sourceKey: String((n += 1)),
  who: { external: 'wm1' },
  detail: {},
})

/** `msOf`: how long a batch of so many rows takes. */
function recorderOf(msOf: (rows: number) => number): { recorder: Recorder; batches: number[] } {
  const batches: number[] = []
  const flush: Flush = async (_ctx, happenings) => {
    batches.push(happenings.length)
    await new Promise((ok) => setTimeout(ok, msOf(happenings.length)))
    return happenings.map(() => ({ fresh: true }))
  }
  const act: Act = (_actor, deed) => deed({} as Ctx)
  return { recorder: createRecorder({ busy: () => false } as Db, act, flush), batches }
}

/** When each of so many was answered, in milliseconds from now, and with what. */
function submitted(recorder: Recorder, count: number): { at: number; how: string }[] {
  const seen: { at: number; how: string }[] = []
  const from = performance.now()
  const note = (how: string): void => void seen.push({ at: performance.now() - from, how })
  for (let i = 0; i < count; i += 1)
    recorder.submit(happening()).then(
      () => note('recorded'),
      (error: unknown) => note(error instanceof Error ? error.message : 'odd'),
    )
  return seen
}

it('answers in order and soon, a batch at a time', async () => {
  const { recorder, batches } = recorderOf((rows) => rows)
  const seen = submitted(recorder, 700)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(batches).toEqual([300, 300, 100])
  expect(seen).toHaveLength(700)
  expect(seen.every(({ how }) => how === 'recorded')).toBe(true)
  expect(recorder.busy()).toBe(false)
})

it('tells whoever is not written in time, once, and what is written later is answered to nobody', async () => {
  const { recorder } = recorderOf(() => 9_000)
  const seen = submitted(recorder, 2)
  await vi.advanceTimersByTimeAsync(3_400)
  expect(seen).toEqual([])
  await vi.advanceTimersByTimeAsync(500)
  expect(seen.map(({ how }) => how)).toEqual(Array(2).fill('Recording took too long.'))
  await vi.advanceTimersByTimeAsync(20_000)
  expect(seen).toHaveLength(2)
  expect(recorder.busy()).toBe(false)
})

it('learns how quick the database is, turns away at once who would wait too long, and forgets it afterwards', async () => {
  // A hundred rows a second: 150 are written in the time that is left.
  const { recorder } = recorderOf((rows) => rows * 10)
  const first = submitted(recorder, 1_000)
  await vi.advanceTimersByTimeAsync(3_100)
  expect(recorder.full()).toBe(true)
  const turnedAway = submitted(recorder, 50)
  await vi.advanceTimersByTimeAsync(0)
  expect(turnedAway).toEqual(Array(50).fill({ at: 0, how: 'Too many rows are waiting to be recorded.' }))
  await vi.advanceTimersByTimeAsync(15_000)
  expect(first.filter(({ how }) => how === 'recorded')).toHaveLength(300)
  expect(recorder.full()).toBe(false)
  const later = submitted(recorder, 40)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(later.map(({ how }) => how)).toEqual(Array(40).fill('recorded'))
})

it('never lets more wait than it could remember', async () => {
  const { recorder } = recorderOf(() => 1)
  const seen = submitted(recorder, 6_001)
  await vi.advanceTimersByTimeAsync(5_000)
  expect(seen.filter(({ how }) => how === 'recorded')).toHaveLength(6_000)
})
