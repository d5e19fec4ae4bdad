import type { Codec } from './codec.ts'
import type { Faults } from './faults.ts'
import { createPoster } from './post.ts'
import type { Rng } from './rng.ts'
import type { CallbackVerification, SimulatorCredentials, SimulatorSettings } from './types.ts'
import { readElement, xml } from './xml.ts'

export interface CallbackRow {
  readonly seq: number
  /** The simulator's clock when the event happened. */
  readonly at: number
  /** The inner body, before encryption. */
  readonly xml: string
  state: 'queued' | 'delivered' | 'given-up' | 'no-url'
  tries: number
  /** HTTP status of the last answer, null when there was none. */
  status: number | null
  /** What went wrong last, or null. */
  problem: string | null
  /** The decrypted passive reply, if the answer carried one. */
  reply: string | null
}

export interface Callbacks {
  /** Queues an event; never waits. `agentId` is set for app messages and empty for contact events. */
  send(innerXml: string, agentId?: number): CallbackRow
  verify(url: string): Promise<CallbackVerification>
  setUrl(url: string | null): void
  url(): string | null
  rows(since?: number): CallbackRow[]
  pending(): number
  idle(): Promise<void>
  reset(): void
  close(): void
}

export interface CallbackOptions {
  readonly credentials: SimulatorCredentials
  readonly codec: Codec
  readonly settings: SimulatorSettings
  readonly faults: Faults
  readonly rng: Rng
  readonly now: () => number
}

const connections = 32

export function createCallbacks(options: CallbackOptions): Callbacks {
  const { credentials, codec, settings, faults, rng } = options
  const poster = createPoster(connections)
  const waiting: { row: CallbackRow; agentId: number | null }[] = []
  const pauses = new Map<NodeJS.Timeout, () => void>()
  let rows: CallbackRow[] = []
  let idlers: (() => void)[] = []
  let url: string | null = null
  let underWay = 0
  let closed = false

  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(() => {
        pauses.delete(timer)
        resolve()
      }, ms)
      pauses.set(timer, resolve)
    })

  /** Nonce, timestamp and random are new on every try; only the inner body stays the same. */
  const seal = (inner: string): { query: URLSearchParams; encrypted: string } => {
    const encrypted = codec.encrypt(inner, Buffer.from(rng.text(16)))
    const timestamp = String(Math.floor(options.now() / 1000))
    const nonce = rng.text(10, '0123456789')
    const query = new URLSearchParams({
      msg_signature: codec.sign(timestamp, nonce, encrypted),
      timestamp,
      nonce,
    })
    return { query, encrypted }
  }

  const post = async (to: string, row: CallbackRow, agentId: number | null): Promise<boolean> => {
    const { query, encrypted } = seal(row.xml)
    const envelope = xml({
      ToUserName: credentials.corpId,
      Encrypt: encrypted,
      AgentID: agentId === null ? '' : String(agentId),
    })
    row.tries++
    try {
      const answer = await poster.send('POST', withQuery(to, query), envelope, settings.callbackDeadlineMs)
      row.status = answer.status
      row.problem = answer.status === 200 ? null : `status ${answer.status}`
      if (answer.status === 200) row.reply = readReply(answer.body)
      return answer.status === 200 || !settings.callbackRetryNon200
    } catch (error) {
      row.status = null
      row.problem = error instanceof Error ? error.message : String(error)
      return false
    }
  }

  const readReply = (body: string): string | null => {
    const encrypted = readElement(body, 'Encrypt')
    return encrypted === null ? null : codec.decrypt(encrypted)
  }

  const deliver = async (row: CallbackRow, agentId: number | null): Promise<void> => {
    const slow = faults.strike('callback', options.now(), ['slow'])
    if (slow) await pause(slow.ms ?? 1000)
    for (let attempt = 1; attempt <= settings.callbackTries; attempt++) {
      // Read anew for each try: the console may point elsewhere meanwhile.
      if (url === null || closed) break
      if (await post(url, row, agentId)) {
        row.state = row.status === 200 ? 'delivered' : 'given-up'
        if (faults.strike('callback', options.now(), ['duplicate'])) await post(url, row, agentId)
        return
      }
      if (attempt < settings.callbackTries) await pause(settings.callbackRetryMs)
    }
    row.state = 'given-up'
  }

  const finish = (): void => {
    underWay--
    pump()
    if (underWay > 0 || waiting.length > 0) return
    const woken = idlers
    idlers = []
    for (const wake of woken) wake()
  }

  const pump = (): void => {
    while (underWay < connections) {
      const next = waiting.shift()
      if (!next) return
      underWay++
      void deliver(next.row, next.agentId).then(finish, (error: unknown) => {
        next.row.state = 'given-up'
        next.row.problem = String(error)
        finish()
      })
    }
  }

  return {
    send(innerXml, agentId) {
      const row: CallbackRow = {
        seq: rows.length + 1,
        at: options.now(),
        xml: innerXml,
        state: url === null ? 'no-url' : 'queued',
        tries: 0,
        status: null,
        problem: null,
        reply: null,
      }
      rows.push(row)
      if (url !== null) {
        waiting.push({ row, agentId: agentId ?? null })
        pump()
      }
      return row
    },
    async verify(target) {
      const plain = rng.text(19, '0123456789')
      const { query, encrypted } = seal(plain)
      query.set('echostr', encrypted)
      const begun = performance.now()
      const took = (): number => Math.round(performance.now() - begun)
      try {
        const answer = await poster.send('GET', withQuery(target, query), '', settings.callbackDeadlineMs)
        const ok = answer.status === 200 && answer.body === plain
        const reason = ok
          ? null
          : answer.status === 200
            ? 'the answer is not the plain echostr'
            : `status ${answer.status}`
        return { ok, status: answer.status, tookMs: took(), reason }
      } catch (error) {
        return {
          ok: false,
          status: null,
          tookMs: took(),
          reason: error instanceof Error ? error.message : String(error),
        }
      }
    },
    setUrl(to) {
      url = to
    },
    url: () => url,
    rows: (since = 0) => rows.slice(since),
    pending: () => underWay + waiting.length,
    idle: () =>
      underWay + waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => idlers.push(resolve)),
    reset() {
      waiting.length = 0
      rows = []
    },
    close() {
      closed = true
      waiting.length = 0
      for (const [timer, wake] of pauses) {
        clearTimeout(timer)
        wake()
      }
      poster.close()
    },
  }
}

function withQuery(url: string, query: URLSearchParams): string {
  return `${url}${url.includes('?') ? '&' : '?'}${query.toString()}`
}
