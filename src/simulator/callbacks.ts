import type { Codec } from './codec.ts'
import type { Faults } from './faults.ts'
import { createPoster } from './post.ts'
import type { Rng, RngImage } from './rng.ts'
import type { CallbackVerification, Poster, SimulatorCredentials, SimulatorSettings } from './types.ts'
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

export interface CallbacksImage {
  readonly rows: CallbackRow[]
  readonly rng: RngImage
}

export interface CallbackOptions {
  readonly credentials: SimulatorCredentials
  readonly codec: Codec
  readonly settings: SimulatorSettings
  readonly faults: Faults
  readonly rng: Rng
  readonly now: () => number
  readonly poster?: Poster | undefined
}

const connections = 32

/**
 * The sender of encrypted callbacks: a queue that never blocks whoever causes an event. Deadlines and pauses are
 * on the wall clock even when the simulator's clock stands still, because the receiver's patience is real.
 */
export class Callbacks {
  readonly #options: CallbackOptions
  readonly #poster: Poster
  readonly #waiting: { row: CallbackRow; agentId: number | null }[] = []
  readonly #pauses = new Map<NodeJS.Timeout, () => void>()
  #rows: CallbackRow[] = []
  #idlers: (() => void)[] = []
  #url: string | null = null
  #underWay = 0
  #closed = false

  constructor(options: CallbackOptions) {
    this.#options = options
    this.#poster = options.poster ?? createPoster(connections)
  }

  /** Queues an event. `agentId` is set for app messages and absent for contact events. */
  send(innerXml: string, agentId?: number): CallbackRow {
    const row: CallbackRow = {
      seq: this.#rows.length + 1,
      at: this.#options.now(),
      xml: innerXml,
      state: this.#url === null ? 'no-url' : 'queued',
      tries: 0,
      status: null,
      problem: null,
      reply: null,
    }
    this.#rows.push(row)
    if (this.#url !== null) {
      this.#waiting.push({ row, agentId: agentId ?? null })
      this.#pump()
    }
    return row
  }

  /** The GET handshake of the console (WECOM.md §2.1). */
  async verify(target: string): Promise<CallbackVerification> {
    const plain = this.#options.rng.text(19, '0123456789')
    const { query, encrypted } = this.#seal(plain)
    query.set('echostr', encrypted)
    const begun = performance.now()
    const took = (): number => Math.round(performance.now() - begun)
    try {
      const deadlineMs = this.#options.settings.callbackDeadlineMs
      const { status, body } = await this.#poster.send('GET', withQuery(target, query), '', deadlineMs)
      if (status !== 200) return { ok: false, status, tookMs: took(), reason: `status ${status}` }
      const ok = body === plain
      return { ok, status, tookMs: took(), reason: ok ? null : 'the answer is not the plain echostr' }
    } catch (error) {
      return { ok: false, status: null, tookMs: took(), reason: wordsOf(error) }
    }
  }

  setUrl(url: string | null): void {
    this.#url = url
  }

  url(): string | null {
    return this.#url
  }

  rows(since = 0): CallbackRow[] {
    return this.#rows.slice(since)
  }

  pending(): number {
    return this.#underWay + this.#waiting.length
  }

  idle(): Promise<void> {
    return this.pending() === 0 ? Promise.resolve() : new Promise((resolve) => this.#idlers.push(resolve))
  }

  image(): CallbacksImage {
    return { rows: this.#rows, rng: this.#options.rng.image() }
  }

  /** The address stays: whoever listens now need not be whoever listened then. */
  restore({ rows, rng }: CallbacksImage): void {
    this.#waiting.length = 0
    this.#rows = rows
    this.#options.rng.restore(rng)
  }

  reset(): void {
    this.#waiting.length = 0
    this.#rows = []
  }

  close(): void {
    this.#closed = true
    this.#waiting.length = 0
    for (const [timer, wake] of this.#pauses) {
      clearTimeout(timer)
      wake()
    }
    this.#poster.close()
  }

  #pump(): void {
    while (this.#underWay < connections) {
      const next = this.#waiting.shift()
      if (!next) return
      this.#underWay++
      const done = (): void => this.#finish()
      void this.#deliver(next.row, next.agentId).then(done, (error: unknown) => {
        next.row.state = 'given-up'
        next.row.problem = wordsOf(error)
        done()
      })
    }
  }

  #finish(): void {
    this.#underWay--
    this.#pump()
    if (this.pending() > 0) return
    const woken = this.#idlers
    this.#idlers = []
    for (const wake of woken) wake()
  }

  async #deliver(row: CallbackRow, agentId: number | null): Promise<void> {
    const { settings, faults, now } = this.#options
    const slow = faults.strike('callback', now(), ['slow'])
    if (slow) await this.#pause(slow.ms ?? 1000)
    for (let attempt = 1; attempt <= settings.callbackTries; attempt++) {
      // Read anew for each try: the console may point elsewhere meanwhile.
      if (this.#url === null || this.#closed) break
      if (await this.#post(this.#url, row, agentId)) {
        row.state = row.status === 200 ? 'delivered' : 'given-up'
        if (faults.strike('callback', now(), ['duplicate'])) await this.#post(this.#url, row, agentId)
        return
      }
      if (attempt < settings.callbackTries) await this.#pause(settings.callbackRetryMs)
    }
    row.state = 'given-up'
  }

  /** One try; true when there will be no other. */
  async #post(to: string, row: CallbackRow, agentId: number | null): Promise<boolean> {
    const { credentials, settings, codec } = this.#options
    const { query, encrypted } = this.#seal(row.xml)
    const agent = agentId === null ? '' : String(agentId)
    const envelope = xml({ ToUserName: credentials.corpId, Encrypt: encrypted, AgentID: agent })
    row.tries++
    try {
      const url = withQuery(to, query)
      const answer = await this.#poster.send('POST', url, envelope, settings.callbackDeadlineMs)
      row.status = answer.status
      row.problem = answer.status === 200 ? null : `status ${answer.status}`
      const reply = answer.status === 200 ? readElement(answer.body, 'Encrypt') : null
      if (reply !== null) row.reply = codec.decrypt(reply)
      return answer.status === 200 || !settings.callbackRetryNon200
    } catch (error) {
      row.status = null
      row.problem = wordsOf(error)
      return false
    }
  }

  /** Nonce, timestamp and random are new on every try; only the inner body stays the same. */
  #seal(inner: string): { query: URLSearchParams; encrypted: string } {
    const { codec, rng, now } = this.#options
    const encrypted = codec.encrypt(inner, Buffer.from(rng.text(16)))
    const timestamp = String(Math.floor(now() / 1000))
    const nonce = rng.text(10, '0123456789')
    const signature = codec.sign(timestamp, nonce, encrypted)
    return { query: new URLSearchParams({ msg_signature: signature, timestamp, nonce }), encrypted }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#pauses.delete(timer)
        resolve()
      }, ms)
      this.#pauses.set(timer, resolve)
    })
  }
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function withQuery(url: string, query: URLSearchParams): string {
  return `${url}${url.includes('?') ? '&' : '?'}${query.toString()}`
}
