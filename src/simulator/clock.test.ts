import { expect, test } from 'vitest'
import { SimClock } from './clock.ts'

const start = 1_790_000_000_000
const virtual = (drain = async (): Promise<void> => {}) =>
  new SimClock({
    mode: 'virtual',
    startAt: start,
    perform: () => {},
    drain,
    onError: (error) => {
      throw error
    },
  })

test('the agenda runs in order of time, then of scheduling, and sees its own instant', async () => {
  const clock = virtual()
  const ran: string[] = []
  const note = (name: string) => () => void ran.push(`${name}@${clock.now() - start}`)
  clock.schedule(start + 30, note('c'))
  clock.schedule(start + 10, note('a'))
  clock.schedule(start + 10, note('b'))
  clock.schedule(start + 20, () => void clock.schedule(start + 25, note('child')))
  const undo = clock.schedule(start + 22, note('undone'))
  undo()
  clock.schedule(start + 31, note('later'))
  expect(clock.nextAt()).toBe(start + 10)
  await clock.advanceTo(start + 30)
  expect(ran).toEqual(['a@10', 'b@10', 'child@25', 'c@30'])
  expect(clock.now()).toBe(start + 30)
  expect(clock.nextAt()).toBe(start + 31)
})

test('what an entry causes is finished before the next one runs, and settle follows each', async () => {
  const steps: string[] = []
  const clock = virtual(async () => {
    await Promise.resolve()
    steps.push('drained')
  })
  clock.schedule(start + 1, () => void steps.push('one'))
  clock.schedule(start + 2, () => void steps.push('two'))
  await clock.advanceTo(start + 5, async (now) => void steps.push(`settle ${now - start}`))
  expect(steps).toEqual(['one', 'drained', 'settle 1', 'two', 'drained', 'settle 2', 'drained'])
})

test('time never goes back, and a broken entry reaches whoever moved the clock', async () => {
  const clock = virtual()
  await expect(clock.advanceTo(start - 1)).rejects.toThrow(RangeError)
  clock.schedule(start + 1, () => {
    throw new Error('broken deed')
  })
  await expect(clock.advanceTo(start + 2)).rejects.toThrow('broken deed')
  await clock.advanceTo(start + 3)
  expect(clock.now()).toBe(start + 3)
})

test('on the wall clock the same agenda runs on timers, and a jump runs what it passes', async () => {
  const clock = new SimClock({
    mode: 'wall',
    startAt: start,
    perform: () => {},
    drain: async () => {},
    onError: (error) => {
      throw error
    },
  })
  const rang = new Promise<number>((resolve) => {
    clock.schedule(start + 15, () => resolve(clock.now()))
  })
  expect(await rang).toBeGreaterThanOrEqual(start + 15)
  let jumped = 0
  clock.schedule(start + 3_600_000, () => {
    jumped = clock.now()
  })
  await clock.advanceTo(start + 7_200_000)
  expect(jumped).toBe(start + 3_600_000)
  expect(clock.now() - start).toBeGreaterThanOrEqual(7_200_000)
  clock.close()
})

test('a virtual clock can go live where it stands', async () => {
  const clock = virtual()
  clock.useWall()
  const fired = new Promise<void>((resolve) => {
    clock.schedule(start + 10, () => resolve())
  })
  await fired
  expect(clock.mode()).toBe('wall')
  expect(clock.now()).toBeLessThan(start + 60_000)
  clock.close()
})
