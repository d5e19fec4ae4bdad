import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addDays, weekdayOf } from './calendar.ts'
import { ConfigMistakes } from './errors.ts'
import { holidayTrouble, loadHolidays } from './holidays.ts'

const shipped = loadHolidays(new URL('../../config', import.meta.url).pathname)
const checks = join(process.env['REFERENCE_DATA'] ?? '/nonexistent', 'checks', 'checks-open.json')
const present = existsSync(checks)
if (!present)
  process.stderr.write(
    '!! skipped: "works the weekend days of 2026 that the reference names" (cal.2026.workdays); set REFERENCE_DATA to a folder with checks/\n',
  )

const daysOf = (year: number): string[] =>
  Array.from({ length: 366 }, (_, n) => addDays(`${String(year)}-01-01`, n)).filter((day) =>
    day.startsWith(String(year)),
  )

describe('the shipped table', () => {
  it.runIf(present)('works the weekend days of 2026 that the reference names', () => {
    const list = JSON.parse(readFileSync(checks, 'utf8')) as readonly { id: string; expect: string[] }[]
    expect(daysOf(2026).filter((day) => shipped.dayKind(day) === 'makeup-workday')).toEqual(
      list.find(({ id }) => id === 'cal.2026.workdays')?.expect,
    )
  })

  it.each([
    ['2026-02-13', 'workday', null],
    ['2026-02-14', 'makeup-workday', '春节'],
    ['2026-02-15', 'holiday', '春节'],
    ['2026-02-23', 'holiday', '春节'],
    ['2026-02-24', 'workday', null],
    ['2026-05-23', 'weekend', null],
    ['2025-10-08', 'holiday', '国庆节、中秋节'],
    ['2027-02-06', 'unknown-year-weekend', null],
    ['2027-02-08', 'unknown-year-weekday', null],
  ] as const)('%s is a %s', (day, kind, name) => {
    expect([shipped.dayKind(day), shipped.nameOf(day)]).toEqual([kind, name])
  })

  it('has as many days off as were announced, and each year’s work ends where it should', () => {
    const count = (year: number, kind: string): number =>
      daysOf(year).filter((day) => shipped.dayKind(day) === kind).length
    expect([count(2025, 'holiday'), count(2025, 'makeup-workday')]).toEqual([28, 5])
    expect([count(2026, 'holiday'), count(2026, 'makeup-workday')]).toEqual([33, 6])
    expect(shipped.isWorkday('2026-02-14')).toBe(true)
    expect(shipped.isWorkday('2026-10-01')).toBe(false)
    expect(daysOf(2027).filter((day) => shipped.isWorkday(day) !== weekdayOf(day) < 6)).toEqual([])
  })

  it('says which years nobody has entered: in a span, now, and from December on for the next', () => {
    expect(shipped.years).toEqual([2025, 2026])
    expect(shipped.missingIn('2026-12-28', '2027-01-03')).toEqual([2027])
    expect(shipped.missingIn('2026-05-18', '2026-05-24')).toEqual([])
    expect(shipped.missingAt('2026-11-30')).toEqual([])
    expect(shipped.missingAt('2026-12-01')).toEqual([2027])
    expect(shipped.missingAt('2028-12-01')).toEqual([2028, 2029])
    expect(holidayTrouble(shipped, '2026-11-30')).toBeNull()
    expect(holidayTrouble(shipped, '2026-12-01')).toMatchObject({
      found: expect.stringContaining('2027') as string,
      fix: expect.stringContaining('holidays.yaml') as string,
    })
  })
})

describe('a table somebody wrote', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'siyu-holidays-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))
  const mistakesOf = (text: string): readonly string[] => {
    writeFileSync(join(folder, 'holidays.yaml'), text)
    try {
      loadHolidays(folder)
    } catch (error) {
      if (error instanceof ConfigMistakes)
        return error.mistakes.map((one) => one.replace(`${folder}/holidays.yaml:`, ''))
      throw error
    }
    return []
  }

  it('may be absent: then every year is unknown', () => {
    expect(loadHolidays(folder).missingAt('2026-05-20')).toEqual([2026])
  })

  it('may begin New Year in the last days of December', () => {
    expect(
      mistakesOf(
        'years:\n  - year: 2027\n    holidays:\n      - { name: 元旦, from: 2026-12-31, to: 2027-01-02 }\n',
      ),
    ).toEqual([])
    expect(loadHolidays(folder).dayKind('2026-12-31')).toBe('holiday')
    expect(loadHolidays(folder).dayKind('2026-12-30')).toBe('unknown-year-weekday')
  })

  it('is told every mistake with its line', () => {
    expect(
      mistakesOf(`years:
  - year: 2026
    holidays:
      - { name: 元旦, from: 2026-01-01, to: 2026-01-03, work: [2026-01-05, 2026-01-04] }
      - name: 春节
        from: 2026-02-23
        to: 2026-02-15
      - name: 清明节
        from: 2026-04-04
        to: 2026-04-06
        work: [2026-04-05]
      - { name: 劳动节, from: 2026-05-01, to: 2026-05-32 }
`),
    ).toEqual([
      '4:62 years.0.holidays.0.work.0: 2026-01-05 is no Saturday or Sunday, it is worked anyway: take it out',
      '7:13 years.0.holidays.1.to: ends before it begins on 2026-02-23',
      '12:44 years.0.holidays.3.to: there is no such day; write it as 2026-05-01',
      '11:16 years.0.holidays.2.work.0: 2026-04-05 is part of 清明节 already',
    ])
    expect(
      mistakesOf(`years:
  - year: 2026
    holidays:
      - { name: 中秋节, from: 2026-09-25, to: 2026-09-27 }
      - name: 国庆节
        from: 2026-09-27
        to: 2026-10-07
  - year: 2026
    holidays:
      - { name: 元旦, from: 2027-01-01, to: 2027-01-03 }
`),
    ).toEqual([
      '6:15 years.0.holidays.1.from: 2026-09-27 is part of 中秋节 already',
      '8:11 years.1.year: 2026 has a table already: put its holidays there',
      '10:27 years.1.holidays.0.from: 2027-01-01 is not in 2026',
      '10:43 years.1.holidays.0.to: 2027-01-03 is not in 2026',
    ])
    expect(mistakesOf('years:\n  - year: 2026\n    holiday: []\n')).toHaveLength(2)
  })
})
