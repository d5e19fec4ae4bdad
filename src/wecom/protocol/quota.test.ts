import { describe, expect, it } from 'vitest'
import { instantOf } from '../../base/calendar.ts'
import { days, hours, minutes, seconds, virtualClock } from '../../base/clock.ts'
import { createSemaphore, limits, shownToMember } from './limits.ts'
import { createQuotas } from './quota.ts'

const noon = instantOf('2026-05-20', '12:00')

describe('each limit of the table', () => {
  const named = limits.map(
    (limit) => [`${limit.api} ${String(limit.most)}/${String(limit.span)}`, limit] as const,
  )
  it.each(named)('%s refuses what is one too many, and says for how long', (_, limit) => {
    const clock = virtualClock(noon)
    const quotas = createQuotas(clock, [limit])
    const api = limit.api === '*' ? 'externalcontact/get' : limit.api
    let taken = 0
    while (taken < limit.most && quotas.take(api, 'one').kind === 'taken') taken += 1
    expect(taken).toBe(limit.most)
    const full = quotas.take(api, 'one')
    if (full.kind !== 'full') throw new Error('there was room')
    expect(full.code).toBe(limit.code ?? 45009)
    const longest = { day: hours(12), month: days(11.5) }
    if (typeof limit.span === 'string') expect(full.waitMs).toBe(longest[limit.span])
    else expect(full.waitMs).toBeGreaterThan(limit.span * 0.98)
    clock.advance(full.waitMs - 1)
    expect(quotas.take(api, 'one').kind).toBe('full')
    clock.advance(1)
    expect(quotas.take(api, 'one').kind).toBe('taken')
  })

  it('is counted for each robot or msgid by itself, and not for calls that name none', () => {
    const quotas = createQuotas(virtualClock(noon), limits)
    for (let n = 0; n < 20; n += 1) quotas.take('webhook/send', 'a')
    expect(quotas.take('webhook/send', 'a').kind).toBe('full')
    expect(quotas.take('webhook/send', 'b').kind).toBe('taken')
    for (let n = 0; n < 30; n += 1) expect(quotas.take('webhook/send', undefined).kind).toBe('taken')
  })

  it('tells what one member is shown', () => {
    expect(shownToMember).toEqual({ perMinute: 30, perHour: 1_000 })
  })
})

describe('a place', () => {
  const quotasOf = (counts: 'calls' | 'deeds', span: number | 'day') => {
    const quotas = createQuotas(virtualClock(noon), [{ api: 'x', most: 1, span, counts }])
    return () => quotas.take('x', undefined)
  }
  const settled = (take: ReturnType<typeof quotasOf>, how: 'left' | 'refused' | 'stayed'): string => {
    const place = take()
    if (place.kind === 'taken') place.settle(how)
    return take().kind
  }

  it.each([minutes(1), 'day'] as const)('is given back by what stayed, or was no deed (%s)', (span) => {
    expect(settled(quotasOf('calls', span), 'left')).toBe('full')
    expect(settled(quotasOf('calls', span), 'refused')).toBe('full')
    expect(settled(quotasOf('calls', span), 'stayed')).toBe('taken')
    expect(settled(quotasOf('deeds', span), 'left')).toBe('full')
    expect(settled(quotasOf('deeds', span), 'refused')).toBe('taken')
    expect(settled(quotasOf('deeds', span), 'stayed')).toBe('taken')
  })

  it('slides: never more than so many in any minute', () => {
    const clock = virtualClock(noon)
    const quotas = createQuotas(clock, [{ api: 'x', most: 10, span: minutes(1), counts: 'calls' }])
    const left: number[] = []
    for (let n = 0; n < 600; n += 1) {
      if (quotas.take('x', undefined).kind === 'taken') left.push(clock.now())
      clock.advance(700)
    }
    for (const at of left)
      expect(left.filter((one) => one >= at && one < at + minutes(1)).length).toBeLessThanOrEqual(10)
    expect(left.length).toBeGreaterThan(65)
  })

  it('is counted rightly after thousands of others were let go', () => {
    const clock = virtualClock(noon)
    const quotas = createQuotas(clock, [{ api: 'x', most: 1, span: minutes(1), each: true, counts: 'calls' }])
    for (let n = 0; n < 5_000; n += 1) {
      expect(quotas.take('x', String(n)).kind).toBe('taken')
      clock.advance(seconds(1))
    }
    expect(quotas.take('x', '4999').kind).toBe('full')
  })
})

describe('a semaphore that was crowded', () => {
  it('lets half as many work, and one more after each half minute', async () => {
    let at = 0
    const semaphore = createSemaphore(6, { steady: () => at })
    const mostOf = async (): Promise<number> => {
      let now = 0
      let most = 0
      const work = async (): Promise<void> => {
        most = Math.max(most, (now += 1))
        await new Promise((go) => setImmediate(go))
        now -= 1
      }
      await Promise.all(Array.from({ length: 20 }, () => semaphore(work)))
      return most
    }
    expect(await mostOf()).toBe(6)
    semaphore.crowded()
    // Calls that were refused together.
    semaphore.crowded()
    expect(await mostOf()).toBe(3)
    at += seconds(2)
    semaphore.crowded()
    expect(await mostOf()).toBe(1)
    at += seconds(2)
    semaphore.crowded()
    expect(await mostOf()).toBe(1)
    const grown: number[] = []
    for (let n = 0; n < 7; n += 1) {
      at += seconds(30)
      grown.push(await mostOf())
    }
    expect(grown).toEqual([2, 3, 4, 5, 6, 6, 6])
  })
})
