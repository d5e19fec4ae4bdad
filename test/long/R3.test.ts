/**
 * R3: two servers on one PostgreSQL, one of them killed, frozen or cut off from the database in the middle of its work.
 * R3_TRIALS: of each blow. R3_FROZEN_MS: how long SIGSTOP lasts.
 */
import { afterAll, beforeAll, expect, inject, it } from 'vitest'
import { seconds } from '../../src/base/clock.ts'
import { stopEverything } from '../process/harness.ts'
import { openPair, problemsOf, summaryOf } from '../process/two-servers.ts'
import type { Blow, Pair, Trial } from '../process/two-servers.ts'

const trials = Number(process.env['R3_TRIALS'] ?? 50)
const seed = Number(process.env['R3_SEED'] ?? Math.floor(Math.random() * 1_000_000))
const frozenMs = Number(process.env['R3_FROZEN_MS'] ?? seconds(30))
const cutMs = Number(process.env['R3_CUT_MS'] ?? seconds(20))

let pair: Pair
beforeAll(async () => {
  const postgres = inject('postgresUrl')
  if (postgres === null) throw new Error('R3 needs a PostgreSQL.')
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  pair = await openPair({ postgres, seed, frozenMs, cutMs, say })
}, 120_000)
afterAll(async () => {
  await pair.close()
  await stopEverything()
})

it.each(['kill', 'freeze', 'partition'] as const)(
  'R3: %s, and the other goes on',
  { timeout: 7_200_000 },
  async (blow: Blow) => {
    const done: Trial[] = []
    for (let n = 0; n < trials; n += 1)
      try {
        done.push(await pair.strike(blow))
      } catch (error) {
        process.stderr.write(pair.warnings())
        throw error
      }
    const faults = [...done.flatMap(problemsOf), ...(await pair.faults())]
    process.stderr.write(`R3 ${JSON.stringify({ blow, seed, ...summaryOf(done), faults })}\n`)
    expect(faults, pair.warnings().split('\n').slice(-50).join('\n')).toEqual([])
    // Else nobody had anything to take over.
    expect(done.some(({ promisesInHand }) => promisesInHand > 0)).toBe(true)
  },
)
