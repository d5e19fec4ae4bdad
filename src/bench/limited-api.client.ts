/** How the benchmarks call the API of `limited-api.ts`: ours as a channel, a peer by the same request. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Pool } from 'undici'
import { ownModule } from '../base/own-module.ts'
import type { Channel, Outcome, Parcel } from '../delivery/index.ts'

export interface Seen {
  /** Different messages. */
  readonly accepted: number
  /** Messages accepted more than once. */
  readonly twice: number
  readonly refused: number
  readonly worstSecond: number
  readonly worstMinute: number
  /** From the first accepted to the last. */
  readonly seconds: number
}

export interface LimitedApi {
  readonly url: string
  seen(): Promise<Seen>
  reset(): Promise<void>
  close(): Promise<void>
}

/** `perSecond` 0: no limit. */
export async function startLimitedApi(perSecond: number, latencyMs = 0): Promise<LimitedApi> {
  const child = fork(ownModule('bench/limited-api').path, [String(perSecond), String(latencyMs)])
  const [port] = (await once(child, 'message')) as [number]
  const url = `http://127.0.0.1:${String(port)}`
  return {
    url,
    seen: async () => (await (await fetch(`${url}/seen`)).json()) as Seen,
    reset: async () => void (await fetch(`${url}/reset`, { method: 'POST' })),
    async close() {
      child.disconnect()
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

export interface Caller {
  /** True when it was accepted, false when it was over the limit. */
  send(body: string): Promise<boolean>
  timesOf(id: string): Promise<number>
  close(): Promise<void>
}

export function createCaller(url: string, connections: number): Caller {
  const pool = new Pool(url, { connections })
  const ask = async (path: string, body?: string): Promise<Record<string, unknown>> => {
    const answer = await pool.request({
      path,
      method: body === undefined ? 'GET' : 'POST',
      ...(body === undefined ? {} : { body }),
    })
    return (await answer.body.json()) as Record<string, unknown>
  }
  return {
    send: async (body) => (await ask('/send', body))['errcode'] === 0,
    timesOf: async (id) => Number((await ask(`/find?id=${encodeURIComponent(id)}`))['times']),
    close: () => pool.close(),
  }
}

export const bodyOf = (id: string): string =>
  JSON.stringify({ id, text: '本周给您留了新到的样品，回复我就好。' })

/** Personal words, one call each, found again by their id. */
export const limitedChannel = (caller: Caller, perSecond: number): Channel => ({
  name: 'sms',
  maxRecipients: 1,
  rate: { perMinute: perSecond * 60, burst: 1 },
  compose: ({ id }) => bodyOf(id),
  async send(parcel: Parcel): Promise<Outcome> {
    try {
      return (await caller.send(parcel.body))
        ? { kind: 'sent', remoteId: `m-${parcel.id}` }
        : { kind: 'retry', afterMs: 1_000, why: '45009', channelWide: true }
    } catch (error) {
      return { kind: 'unknown', why: String(error) }
    }
  },
  find: async ({ id }) =>
    Array.from({ length: await caller.timesOf(id) }, () => ({ remoteId: `m-${id}`, confirmed: true })),
})
