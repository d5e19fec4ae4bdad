/**
 * R6 in full: 10,000 random schedules in eight zones against the wall clock of two years each, and two processes' clocks
 * pushed about over 2,000 looks. R6_SCALE=0.1 a tenth of it, R6_SEED another run.
 */
import { expect, it } from 'vitest'
import { instantOf } from '../../src/base/calendar.ts'
import { duesInShanghai, pushClock } from '../../src/base/jobs.checks.fixture.ts'
import { compareWithWall, randomOf, turns, wallsAroundTurns } from '../../src/base/schedule.checks.fixture.ts'
import { readWall } from '../../src/base/schedule.oracle.fixture.ts'
import { postgresDatabase, sqliteDatabase } from '../database.ts'

const seed = Number(process.env['R6_SEED'] ?? Math.floor(Math.random() * 1_000_000))
const scale = Number(process.env['R6_SCALE'] ?? 1)

it('R6: 10,000 random schedules say what the clocks on the wall say', () => {
  const random = randomOf(seed)
  // A year and a half from a moment of its own in each zone: month ends, two changes of the clock or more.
  const years = Object.keys(turns).map((zone) => {
    const from = Date.UTC(2024 + random(8), random(12), 1)
    return readWall(zone, from, from + Math.round(550 * scale + 20) * 86_400_000)
  })
  const around = compareWithWall(wallsAroundTurns(), Math.round(9_600 * scale), random)
  const over = compareWithWall(years, Math.round(400 * scale), random)
  process.stderr.write(`R6 seed ${String(seed)}: ${JSON.stringify({ around, over })}\n`)
  expect([...around.wrong, ...over.wrong]).toEqual([])
})

const server = process.env['R6_DATABASE_URL']
it.each([
  ['SQLite', sqliteDatabase],
  ...(server === undefined ? [] : ([['PostgreSQL', () => postgresDatabase(server)]] as const)),
] as const)('R6: a clock that jumps ends every slot once (%s)', async (database, open) => {
  const opened = await open()
  try {
    const figures = await pushClock({
      db: opened.db,
      random: randomOf(seed),
      looks: Math.round(2_000 * scale),
      everyMinutes: 60,
      jumpiness: 60,
      start: instantOf('2026-05-20', '08:40'),
      dues: duesInShanghai,
    })
    process.stderr.write(`R6 ${database} seed ${String(seed)}: ${JSON.stringify(figures)}\n`)
    expect(figures).toMatchObject({ twice: 0, open: 0, denied: 0 })
  } finally {
    await opened.drop()
  }
})
