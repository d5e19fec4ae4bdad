import { Agenda, type AgendaImage } from './agenda.ts'
import { WorldError } from './errors.ts'
import type { Plan } from './plan.ts'
import type { ClockMode } from './types.ts'

export interface ClockOptions {
  readonly mode: ClockMode
  readonly startAt?: number
  /** Does what was planned. */
  readonly perform: (plan: Plan) => void | Promise<void>
  /** Awaited after each agenda entry: the callbacks it caused are part of the work. */
  readonly drain: () => Promise<void>
  /** What an agenda entry throws in wall mode, where nobody awaits it. */
  readonly onError: (error: unknown) => void
}

export interface ClockImage {
  readonly now: number
  readonly mode: ClockMode
  readonly agenda: AgendaImage
}

type Settle = (now: number) => Promise<void>

/** Node fires longer timers at once, so far entries are reached in hops. */
const longestTimerMs = 2 ** 31 - 1

/**
 * The simulator's clock and agenda in one. In `virtual` mode time stands still until somebody moves it; in
 * `wall` mode it follows the machine (from any starting point) and the agenda runs on a timer. Either way the
 * agenda runs strictly in order of time, then of scheduling, one entry at a time.
 */
export class SimClock {
  readonly #options: ClockOptions
  readonly #agenda = new Agenda()
  #mode: ClockMode
  #offset: number
  /** Set while time stands still: always in virtual mode, during a jump in wall mode. */
  #frozenAt: number | null
  #running = false
  #closed = false
  #timer: NodeJS.Timeout | null = null
  /** Moves wait for each other here. */
  #queue: Promise<void> = Promise.resolve()

  constructor(options: ClockOptions) {
    const startAt = options.startAt ?? Date.now()
    this.#options = options
    this.#mode = options.mode
    this.#offset = startAt - Date.now()
    this.#frozenAt = options.mode === 'virtual' ? startAt : null
  }

  now(): number {
    return this.#frozenAt ?? Date.now() + this.#offset
  }

  mode(): ClockMode {
    return this.#mode
  }

  nextAt(): number | null {
    return this.#agenda.head?.at ?? null
  }

  /** True while an agenda entry, or the wait for its callbacks, is under way. */
  busy(): boolean {
    return this.#running
  }

  /** Somebody's own function; returns the undo. While it waits no snapshot can be taken. */
  schedule(at: number, run: () => void | Promise<void>): () => void {
    const order = this.#agenda.add(at, null, run)
    this.#arm()
    return () => this.unplan(order)
  }

  /** Answers the number under which the plan can be taken back. */
  plan(at: number, plan: Plan): number {
    const order = this.#agenda.add(at, plan, () => this.#options.perform(plan))
    this.#arm()
    return order
  }

  unplan(order: number | null): void {
    if (order !== null) this.#agenda.remove(order)
  }

  /** Runs when no move is under way, and lets none begin meanwhile. */
  between<T>(act: () => Promise<T>): Promise<T> {
    if (this.#running) throw new WorldError('time is moving: wait until the clock has arrived')
    const result = this.#queue.then(act)
    this.#queue = result.then(
      () => {},
      () => {},
    )
    return result
  }

  image(): ClockImage {
    const functions = this.#agenda.functions()
    if (functions > 0) {
      throw new WorldError(
        `${functions} functions wait on the agenda (World.schedule, a population): no snapshot can keep them`,
      )
    }
    return { now: this.now(), mode: this.#mode, agenda: this.#agenda.image() }
  }

  /** Back (or on) to where the image was taken; a wall clock goes on from there. */
  restore({ now, mode, agenda }: ClockImage): void {
    this.#agenda.restore(agenda, (plan) => this.#options.perform(plan))
    this.#mode = mode
    this.#frozenAt = mode === 'virtual' ? now : null
    this.#offset = now - Date.now()
    this.#arm()
  }

  advanceTo(to: number, settle?: Settle): Promise<void> {
    const result = this.#queue.then(() => this.#advance(to, settle))
    // The next in line must not fail because this one did; the caller still sees the failure.
    this.#queue = result.then(
      () => {},
      () => {},
    )
    return result
  }

  /** From now on time follows the machine, from where it stands or from `at`. */
  useWall(at?: number): void {
    const from = at ?? this.now()
    this.#mode = 'wall'
    this.#frozenAt = null
    this.#offset = from - Date.now()
    this.#arm()
  }

  clearAgenda(): void {
    this.#agenda.clear()
    this.#arm()
  }

  close(): void {
    this.#closed = true
    this.#agenda.clear()
    if (this.#timer) clearTimeout(this.#timer)
  }

  async #advance(to: number, settle?: Settle): Promise<void> {
    if (to < this.now())
      throw new RangeError(`The clock only moves forward: now ${this.now()}, asked for ${to}.`)
    this.#frozenAt = this.now()
    try {
      await this.#runUntil(
        () => to,
        (at) => {
          this.#frozenAt = Math.max(this.#frozenAt ?? at, at)
        },
        async () => {
          await this.#options.drain()
          if (settle) await settle(this.now())
        },
      )
      this.#frozenAt = to
      await this.#options.drain()
    } finally {
      if (this.#mode === 'wall' && this.#frozenAt !== null) {
        this.#offset = this.#frozenAt - Date.now()
        this.#frozenAt = null
      }
      this.#arm()
    }
  }

  async #runUntil(
    until: () => number,
    enter: (at: number) => void,
    after: () => Promise<void>,
  ): Promise<void> {
    this.#running = true
    try {
      for (let due = this.#agenda.head; due && due.at <= until() && !this.#closed; due = this.#agenda.head) {
        this.#agenda.shift()
        enter(due.at)
        await due.run()
        await after()
      }
    } finally {
      this.#running = false
    }
  }

  /** On the wall clock time does not wait for callbacks, so neither does the agenda. */
  #tick(): void {
    this.#timer = null
    const now = (): number => this.now()
    const nothing = async (): Promise<void> => {}
    this.#queue = this.#queue
      .then(() => this.#runUntil(now, () => {}, nothing))
      .catch(this.#options.onError)
      .then(() => this.#arm())
  }

  #arm(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    const head = this.#agenda.head
    if (this.#mode !== 'wall' || this.#closed || !head || this.#running) return
    const inMs = Math.min(Math.max(0, head.at - this.now()), longestTimerMs)
    this.#timer = setTimeout(() => this.#tick(), inMs)
    this.#timer.unref()
  }
}
