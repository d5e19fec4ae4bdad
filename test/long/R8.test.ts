/** R8 in full: 1,000,000 hostile callbacks. R8_SCALE=0.1 a tenth of it, R8_SEED another run. */
import { expect, it } from 'vitest'
import { fuzzCallbacks } from '../../src/wecom/callback.checks.fixture.ts'

const seed = Number(process.env['R8_SEED'] ?? Math.floor(Math.random() * 1_000_000))
const scale = Number(process.env['R8_SCALE'] ?? 1)

it('R8: of a million hostile callbacks none throws, none is taken that WeCom did not seal, none takes long', () => {
  const figures = fuzzCallbacks(Math.round(1_000_000 * scale), seed)
  process.stderr.write(`R8 ${JSON.stringify(figures)}\n`)
  expect(figures).toMatchObject({ accepted: figures.genuine, forgedAccepted: 0, oddAccepted: 0 })
})
