import { startSimulator } from './index.ts'
import type { ClockMode, QuotaMode, Simulator, SimulatorCredentials, SimulatorSettings } from './types.ts'

/** What the verb `simulator` passes on, already parsed. */
export interface RunSimulatorOptions {
  readonly port?: number
  readonly host?: string
  /** Where encrypted callbacks go. Not verified at start: the server may come up later. */
  readonly callback?: string
  readonly seed?: number
  readonly empty?: boolean
  /** One ready line of JSON on stdout instead of words. */
  readonly json?: boolean
  readonly clock?: ClockMode
  readonly startAt?: number
  readonly latencyMs?: number
  readonly quotaMode?: QuotaMode
  readonly credentials?: Partial<SimulatorCredentials>
  readonly settings?: Partial<SimulatorSettings>
}

/** Runs until SIGINT or SIGTERM; resolves with the exit code (130 when interrupted). */
export async function runSimulator(options: RunSimulatorOptions = {}): Promise<number> {
  const { callback, json, ...start } = options
  const simulator = await startSimulator({
    ...start,
    ...(callback === undefined ? {} : { callback: { url: callback } }),
  })
  process.stdout.write(`${json ? readyLine(simulator) : readyWords(simulator, callback)}\n`)
  const signal = await firstSignal(['SIGINT', 'SIGTERM'])
  await simulator.close()
  return signal === 'SIGINT' ? 130 : 0
}

const readyLine = (simulator: Simulator): string =>
  JSON.stringify({ url: simulator.url, ...simulator.credentials, ...simulator.bot })

function readyWords(simulator: Simulator, callback: string | undefined): string {
  const { url, credentials: keys, world } = simulator
  return [
    `The WeCom simulator listens on ${url}`,
    `${world.staff().length} staff, ${world.customers().length} customers, ${world.groups().length} groups; callbacks go to ${callback ?? 'nobody yet'}`,
    '',
    'For the server:',
    `  WECOM_API_URL=${url}`,
    `  WECOM_OAUTH_URL=${url}/connect/oauth2/authorize`,
    `  WECOM_LOGIN_URL=${url}/wwlogin/sso/login`,
    `  WECOM_CORP_ID=${keys.corpId}`,
    `  WECOM_AGENT_ID=${keys.agentId}`,
    `  WECOM_AGENT_SECRET=${keys.agentSecret}`,
    `  WECOM_CALLBACK_TOKEN=${keys.callbackToken}`,
    `  WECOM_CALLBACK_AES_KEY=${keys.callbackAesKey}`,
    `  WECOM_BOT_ID=${simulator.bot.botId}`,
    `  WECOM_BOT_SECRET=${simulator.bot.botSecret}`,
    `  WECOM_BOT_URL=${simulator.bot.botUrl}`,
    '',
    `Look at it: ${url}/sim/`,
    `Control: GET ${url}/sim/state, /sim/ledger, /sim/clock, /sim/faults, /sim/inbox/USERID. Stop with Ctrl-C.`,
  ].join('\n')
}

function firstSignal(signals: readonly NodeJS.Signals[]): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      for (const one of signals) process.off(one, stop)
      resolve(signal)
    }
    for (const signal of signals) process.on(signal, stop)
  })
}
