/**
 * R11: a thousand people become contacts in ten seconds, while WeCom refuses, cuts, delays and answers nonsense. Each is
 * greeted within three seconds, nobody after twenty, nobody twice. R11_PEOPLE: another number.
 */
import { afterAll, expect, it } from 'vitest'
import { stopEverything } from '../process/harness.ts'
import { greetThrough } from '../process/welcome.ts'

const people = Number(process.env['R11_PEOPLE'] ?? 1_000)

afterAll(stopEverything)

it('R11: a thousand welcomes at a hundred a second, under faults', async () => {
  const figures = await greetThrough(people, 100)
  process.stderr.write(`R11 ${JSON.stringify(figures)}\n`)
  expect(figures).toMatchObject({ greeted: people, twice: 0, after20s: 0 })
  expect(figures.within3s).toBeGreaterThanOrEqual(people * 0.999)
}, 180_000)
