import { expect, inject, it } from 'vitest'
import { benchSegment } from './segment.ts'

it('bench segment runs, and the product says exactly what hand-written SQL and DuckDB say', async () => {
  const postgresUrl = inject('postgresUrl')
  const answer = await benchSegment({
    sizes: [400],
    databases: postgresUrl === null ? ['sqlite'] : ['sqlite', 'postgres'],
    pairs: 1,
    ormSample: 20,
    ...(postgresUrl === null ? {} : { postgresUrl }),
  })
  // A disagreement throws; see `agreement` and `fullPairs`.
  expect(answer.runs.map(({ database, tiersAgree }) => [database, tiersAgree])).toEqual(
    postgresUrl === null
      ? [['sqlite', true]]
      : [
          ['sqlite', true],
          ['postgres', true],
        ],
  )
  for (const run of answer.runs) {
    expect(run.incremental.map(({ changed }) => changed)).toEqual([4, 40])
    expect(run.incremental.every(({ moved }) => moved > 0)).toBe(true)
  }
}, 120_000)
