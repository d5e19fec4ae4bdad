import { createHash } from 'node:crypto'
import { createRng } from './rng.ts'
import type { SimulatorCredentials } from './types.ts'

/** Stable per seed, shaped as the real ones: `ww` + 16 hex, 43-character keys, a token of letters and digits. */
export function credentialsFor(
  seed: number,
  given: Partial<SimulatorCredentials> = {},
): SimulatorCredentials {
  const rng = createRng(`credentials ${seed}`)
  const derived: SimulatorCredentials = {
    corpId: `ww${createHash('sha256').update(`corp ${seed}`).digest('hex').slice(0, 16)}`,
    agentId: 1000002,
    agentSecret: rng.text(43),
    callbackToken: rng.text(24),
    callbackAesKey: rng.text(43),
  }
  return { ...derived, ...given }
}

/** The smart bot's keys, stable per seed and drawn apart from the others. */
export function botKeysFor(seed: number): { botId: string; botSecret: string } {
  const rng = createRng(`bot ${seed}`)
  return { botId: `aib${rng.text(29)}`, botSecret: rng.text(43) }
}
