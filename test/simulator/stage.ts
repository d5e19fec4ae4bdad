import { afterEach, beforeEach } from 'vitest'
import { startSimulator } from '../../src/simulator/index.ts'
import type { Simulator, SimulatorOptions } from '../../src/simulator/index.ts'
import { createClient, smallShop, startReceiver, type Client, type Receiver } from './bench.ts'

export interface Stage {
  readonly sim: Simulator
  readonly client: Client
  readonly receiver: Receiver
}

export interface StageOptions extends Omit<SimulatorOptions, 'callback'> {
  /** Events go to the receiver; otherwise nobody has entered an address. */
  readonly heard?: boolean
}

/** Before each test the small shop on a clock that stands still, with somebody who calls and somebody who listens. */
export function eachStage(options: StageOptions, enter: (stage: Stage) => void | Promise<void>): void {
  let stage: Stage | null = null
  beforeEach(async () => {
    const { heard = false, ...rest } = options
    const receiver = await startReceiver(() => sim.credentials)
    const sim: Simulator = await startSimulator({
      shop: smallShop,
      clock: 'virtual',
      startAt: 1_790_000_000_000,
      ...(heard ? { callback: { url: receiver.url } } : {}),
      ...rest,
    })
    stage = { sim, client: createClient(sim), receiver }
    await enter(stage)
  })
  afterEach(async () => {
    await stage?.sim.close()
    await stage?.receiver.close()
    stage = null
  })
}
