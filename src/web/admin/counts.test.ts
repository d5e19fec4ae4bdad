import { describe, expect, test } from 'vitest'
import type { CalendarEntry } from '../../http/contract.ts'
import { calendarOver, entryWith } from './calendar-rows.fixture.ts'
import { channelsOf, datedDays, filterDays, weekRows } from './calendar-rows.ts'
import { allOf, countsOf, reachOf, sumCounts, sumReasons } from './counts.ts'

const dated = (entry: Partial<CalendarEntry>, over = false) => ({ ...entryWith(entry), over })

describe('counts', () => {
  test.each([
    ['still to come', { queued: 12 }, false, { sent: 0, waiting: 0, queued: 12, ended: 0 }],
    [
      'under way: each person stands in one place',
      { queued: 12, sent: 7, waiting: 3 },
      false,
      { sent: 7, waiting: 3, queued: 2, ended: 0 },
    ],
    [
      'over: who was neither reached nor waits has ended',
      { queued: 12, sent: 9, waiting: 1 },
      true,
      { sent: 9, waiting: 1, queued: 0, ended: 2 },
    ],
    [
      'a server that counts states only',
      { queued: 2, sent: 9 },
      false,
      { sent: 9, waiting: 0, queued: 2, ended: 0 },
    ],
  ])('%s', (_, entry, over, expected) => {
    expect(countsOf(dated(entry, over))).toMatchObject(expected)
  })

  test('reach leaves out whom nothing reached; all leaves out nobody', () => {
    const counts = sumCounts([
      dated({ queued: 10, sent: 6, later: 1, declined: 3 }, true),
      dated({ queued: 5 }),
    ])
    expect(reachOf(counts)).toBe(11)
    expect(allOf(counts)).toBe(19)
  })

  test('equal reasons add up, the most frequent first', () => {
    const reason = (code: string, count: number) => ({ code, words: `因为 ${code}`, count })
    const sum = sumReasons([
      entryWith({ reasons: [reason('cap', 2), reason('out', 4)] }),
      entryWith({ reasons: [reason('cap', 3)] }),
    ])
    expect(sum.map(({ code, count }) => [code, count])).toEqual([
      ['cap', 5],
      ['out', 4],
    ])
  })
})

describe('week rows', () => {
  const calendar = calendarOver([
    [
      entryWith({ touchpoint: 'tip', title: '贴士', at: '10:00' }),
      entryWith({
        touchpoint: 'care',
        title: '关怀',
        at: '09:40',
        channel: 'task',
        channelTitle: '任务',
        declined: 2,
        reasons: [{ code: 'out', words: '退订', count: 2 }],
      }),
    ],
    [entryWith({ touchpoint: 'tip', title: '贴士', at: '10:00' })],
    [],
  ])
  const all = { channel: '', skippedOnly: false, reason: '' }

  test('what repeats stands on top, and a day without it has an empty cell', () => {
    const rows = weekRows(filterDays(calendar, '2026-05-19', all))
    expect(rows.map((row) => [row.title, row.cells.map((cell) => cell?.at ?? '')])).toEqual([
      ['贴士', ['10:00', '10:00', '']],
      ['关怀', ['09:40', '', '']],
    ])
  })

  test('only days before today are over', () => {
    expect(datedDays(calendar, '2026-05-19').map((day) => day.entries.map((entry) => entry.over))).toEqual([
      [true, true],
      [false],
      [],
    ])
  })

  test.each([
    ['a channel', { ...all, channel: 'task' }, 1],
    ['only with skips', { ...all, skippedOnly: true }, 1],
    ['a reason', { ...all, reason: 'out' }, 1],
    ['nothing', all, 3],
  ])('filter by %s', (_, filter, expected) => {
    expect(filterDays(calendar, '2026-05-19', filter).flatMap((day) => day.entries)).toHaveLength(expected)
  })

  test('each channel is offered once', () => {
    expect(
      channelsOf(calendar)
        .map((one) => one.value)
        .sort(),
    ).toEqual(['group', 'task'])
  })
})
