import type { AddressInfo } from 'node:net'
import { botPath, openBotDoor } from './aibot.ts'
import { createContext, type Context } from './context.ts'
import { addFault } from './control.ts'
import { performPlan } from './deeds/planned.ts'
import { loadShop } from './load.ts'
import { createSimulatorServer } from './server.ts'
import { seedShop } from './shop/index.ts'
import { createState } from './state.ts'
import type { SeededShop, Simulator, SimulatorOptions } from './types.ts'
import { createWorld } from './world.ts'

/** Nobody listens there: who knows the simulator only by `answer` needs an address all the same. */
const insideUrl = 'http://127.0.0.1:1'

/** Starts a stand-in for the WeCom platform on loopback: its API, its callbacks, its OAuth pages, its people. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const ctx = createContext(options)
  ctx.perform = (plan) => performPlan(ctx, plan)
  const shop = chooseShop(options, ctx.clock.now())
  if (shop) loadShop(ctx, shop)
  const server = createSimulatorServer(ctx)
  openBotDoor(ctx, server)
  const answer: Simulator['answer'] = (request, response) => void server.emit('request', request, response)
  ctx.restart = () => restart(ctx, shop)
  const quiet = (): void => {
    ctx.clock.close()
    ctx.callbacks.close()
  }
  if (options.poster) {
    ctx.url = insideUrl
    return present(ctx, answer, async () => quiet())
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve)
  })
  const address = server.address() as AddressInfo
  ctx.url = `http://${options.host ?? '127.0.0.1'}:${address.port}`
  let reopening: NodeJS.Timeout | null = null
  ctx.outage = (ms) => {
    // The answer to whoever asked for the outage still goes out; then the port is closed for real.
    setImmediate(() => {
      server.close()
      server.closeIdleConnections()
      ctx.bot.line?.cut()
      reopening = setTimeout(() => server.listen(address.port, address.address), ms)
    })
  }
  return present(ctx, answer, async () => {
    if (reopening) clearTimeout(reopening)
    quiet()
    ctx.bot.line?.cut()
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
}

function chooseShop(options: SimulatorOptions, now: number): SeededShop | null {
  if (options.shop) return options.shop
  return options.empty ? null : seedShop({ seed: options.seed ?? 1, now })
}

/** Back to the beginning, except for the clock, the settings and the callback address. */
function restart(ctx: Context, shop: SeededShop | null): void {
  ctx.clock.clearAgenda()
  ctx.faults.clear()
  ctx.ledger.clear()
  ctx.callbacks.reset()
  ctx.calls.length = 0
  ctx.limiter.clear()
  ctx.state = createState()
  if (shop) loadShop(ctx, shop)
}

function present(ctx: Context, answer: Simulator['answer'], close: () => Promise<void>): Simulator {
  return {
    answer,
    url: ctx.url,
    credentials: ctx.credentials,
    bot: {
      botId: ctx.bot.botId,
      botSecret: ctx.bot.botSecret,
      botUrl: `${ctx.url.replace(/^http/, 'ws')}${botPath}`,
    },
    settings: ctx.settings,
    world: createWorld(ctx),
    now: () => ctx.clock.now(),
    mode: () => ctx.clock.mode(),
    advanceTo: (ms, settle) => ctx.clock.advanceTo(ms, settle),
    useWallClock: (at) => ctx.clock.useWall(at),
    nextEventAt: () => ctx.clock.nextAt(),
    busy: () => ctx.clock.busy() || ctx.callbacks.pending() > 0,
    idle: () => ctx.callbacks.idle(),
    ledger: () => ctx.ledger.rows(),
    calls: () => ctx.calls,
    addFault: (fault) => addFault(ctx, fault),
    clearFaults: () => ctx.faults.clear(),
    async setCallback(url, verify = false) {
      if (url === null || !verify) {
        ctx.callbacks.setUrl(url)
        return null
      }
      const verification = await ctx.callbacks.verify(url)
      if (verification.ok) ctx.callbacks.setUrl(url)
      return verification
    },
    snapshots: ctx.snapshots,
    reset: () => ctx.restart(),
    close,
  }
}

export type * from './types.ts'
