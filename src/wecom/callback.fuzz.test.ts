import { expect, it } from 'vitest'
import { fuzzCallbacks } from './callback.checks.fixture.ts'

const seed = Number(process.env['R8_SEED'] ?? Math.floor(Math.random() * 1_000_000))

it('R8: of 50,000 hostile callbacks none throws, none is taken that WeCom did not seal, none takes long', () => {
  const figures = fuzzCallbacks(50_000, seed)
  process.stderr.write(`R8 short ${JSON.stringify(figures)}\n`)
  expect(figures).toMatchObject({ accepted: figures.genuine, forgedAccepted: 0, oddAccepted: 0 })
  expect(figures.genuine).toBeGreaterThan(5_000)
}, 120_000)
