/**
 * A process in which nothing happens by chance. Timers, randomness and the machine's own time come from here, and
 * whatever would go on "some time later" (a statement of the database, a request, its answer) waits in a lane until the
 * seed picks it. Two runs with one seed therefore take the same steps, to the last id.
 *
 * It takes the place of Node's timers and random numbers for as long as it lives, so one test file has one machine at a
 * time.
 */
import { createRequire, syncBuiltinESMExports } from 'node:module'
import { createRng } from '../../src/simulator/rng.ts'
import { newId } from '../../src/base/ids.ts'

export interface Chance {
  /** Uniform in [0, 1). */
  next(): number
  /** 0 … n - 1. */
  below(n: number): number
  hit(probability: number): boolean
  pick<T>(items: readonly T[]): T
}

export function chanceOf(words: string): Chance {
  const rng = createRng(words)
  const below = (n: number): number => Math.floor(rng.next() * n)
  return {
    next: () => rng.next(),
    below,
    hit: (probability) => rng.next() < probability,
    pick<T>(items: readonly T[]): T {
      const item = items[below(items.length)]
      if (item === undefined) throw new Error('Nothing to pick from.')
      return item
    },
  }
}

export interface Machine {
  /** Milliseconds of this machine: they pass when a timer is waited for, or when somebody says so. */
  steady(): number
  elapse(ms: number): void
  /** Work of one lane is done in order, one piece at a time over all lanes; the seed chooses the lane. */
  ask(lane: string, work: () => Promise<void> | void): void
  after(ms: number, work: () => void): void
  /** Everybody who was told something has thought it over. */
  breathe(): Promise<void>
  /** One piece of work, or one timer; false when there is neither. */
  turn(): Promise<boolean>
  until<T>(work: Promise<T>): Promise<T>
  /** Whatever waited is forgotten: the process that asked for it is no more. */
  forget(): void
  turns(): number
  /** Gives Node its timers and its chance back. */
  close(): void
}

/** A call's patience. Most ends with the call, so the bell rings for nobody: it is no turn of its own. */
interface Deadline {
  readonly due: number
  readonly ring: () => void
}

interface Timer {
  readonly fn: () => void
  readonly everyMs: number | null
  due: number
  order: number
}

const require = createRequire(import.meta.url)
const breathe = setImmediate
/** Timers that are due within so little count as due while other things wait, too: no machine is that punctual. */
const looseMs = 40
/** More turns than this for one deed mean that it waits for something that never comes. */
const mostTurns = 2_000_000
const foreign = /^(FSReq|Worker|MessagePort|Zlib|Random|Scrypt|PBKDF2)/

const foreignWork = (): number => process.getActiveResourcesInfo().filter((name) => foreign.test(name)).length
const realTurn = (): Promise<void> => new Promise((ok) => void breathe(ok))

export function createMachine(seed: string): Machine {
  const chance = chanceOf(`machine ${seed}`)
  const lanes = new Map<string, (() => Promise<void> | void)[]>()
  const timers = new Map<number, Timer>()
  let deadlines: Deadline[] = []
  const quietForeign = foreignWork()
  let steady = 1_000
  let orders = 0
  let turns = 0

  const earliest = (): [number, Timer] | null => {
    let found: [number, Timer] | null = null
    for (const entry of timers)
      if (
        !found ||
        entry[1].due < found[1].due ||
        (entry[1].due === found[1].due && entry[1].order < found[1].order)
      )
        found = entry
    return found
  }
  const fire = ([id, timer]: [number, Timer]): void => {
    steady = Math.max(steady, timer.due)
    if (timer.everyMs === null) timers.delete(id)
    else timer.due = steady + timer.everyMs
    timer.order = orders += 1
    timer.fn()
  }
  const set = (fn: () => void, ms: number, everyMs: number | null): number => {
    const id = (orders += 1)
    timers.set(id, { fn, everyMs, due: steady + Math.max(0, ms), order: id })
    return id
  }
  const ask = (lane: string, work: () => Promise<void> | void): void => {
    const queue = lanes.get(lane)
    if (queue) queue.push(work)
    else lanes.set(lane, [work])
  }

  function patience(ms: number): AbortSignal {
    const stop = new AbortController()
    const deadline = {
      due: steady + ms,
      ring: () => stop.abort(new DOMException('It took too long.', 'TimeoutError')),
    }
    const at = deadlines.findLastIndex(({ due }) => due <= deadline.due)
    deadlines.splice(at + 1, 0, deadline)
    return stop.signal
  }
  function ringDue(): void {
    const due = deadlines.filter((one) => one.due <= steady)
    deadlines = deadlines.slice(due.length)
    for (const { ring } of due) ring()
  }

  async function work(lane: string): Promise<void> {
    const queue = lanes.get(lane)
    const next = queue?.shift()
    if (queue?.length === 0) lanes.delete(lane)
    await next?.()
  }

  async function turn(): Promise<boolean> {
    // What Node itself is busy with (a file being read) has no lane: it is waited for.
    while (lanes.size === 0 && foreignWork() > quietForeign) await realTurn()
    ringDue()
    const names = [...lanes.keys()]
    const timer = earliest()
    const choices = names.length + (timer && timer[1].due <= steady + looseMs ? 1 : 0)
    if (choices === 0 && !timer) {
      const [next] = deadlines
      if (!next) return false
      steady = next.due
      ringDue()
      await realTurn()
      return true
    }
    turns += 1
    const choice = choices > 1 ? chance.below(choices) : 0
    const lane = names[choice]
    if (lane !== undefined) await work(lane)
    else if (timer) fire(timer)
    await realTurn()
    return true
  }

  const restore = install({
    set,
    clear: (id) => timers.delete(id),
    ask,
    patience,
    steady: () => steady,
    rng: createRng(`random ${seed}`),
  })
  beginPage(restore.pages)

  return {
    steady: () => steady,
    elapse(ms) {
      steady += ms
    },
    ask,
    after: (ms, fn) => void set(fn, ms, null),
    breathe: realTurn,
    turn,
    async until<T>(promise: Promise<T>): Promise<T> {
      let done = false
      const settle = (): void => {
        done = true
      }
      promise.then(settle, settle)
      await realTurn()
      for (let n = 0; !done; n += 1) {
        if (!(await turn())) {
          await realTurn()
          if (!done && foreignWork() <= quietForeign)
            throw new Error('Nothing is left to do, and it is not done.')
        }
        if (n > mostTurns) throw new Error('It waits for something that never comes.')
      }
      return promise
    },
    forget() {
      lanes.clear()
      timers.clear()
      deadlines = []
    },
    turns: () => turns,
    close: restore.undo,
  }
}

/** Ids are drawn a page at a time: what is left of a page that was drawn before is thrown away. */
function beginPage(drawn: () => number): void {
  for (const before = drawn(); drawn() === before;) newId(0)
}

// ------------------------------------------------------------------ in the place of Node's own

interface Parts {
  set(fn: () => void, ms: number, everyMs: number | null): number
  clear(id: number): void
  ask(lane: string, work: () => void): void
  patience(ms: number): AbortSignal
  steady(): number
  readonly rng: ReturnType<typeof createRng>
}

type Named = Record<string | symbol, unknown>
type Call = (...args: never[]) => void

function install({ set, clear, ask, patience, steady, rng }: Parts): { undo(): void; pages(): number } {
  const undo: (() => void)[] = []
  let pages = 0
  const put = (object: Named, name: string, value: unknown): void => {
    const before = Object.getOwnPropertyDescriptor(object, name)
    Object.defineProperty(object, name, { value, writable: true, configurable: true, enumerable: true })
    undo.push(() => {
      if (before) Object.defineProperty(object, name, before)
      else delete object[name]
    })
  }
  const handle = (id: number) => {
    const it = {
      id,
      ref: () => it,
      unref: () => it,
      hasRef: () => false,
      refresh: () => it,
      close: () => clear(id),
    }
    return it
  }
  const clearer =
    (real: (handle: never) => void) =>
    (given: unknown): void => {
      if (typeof given === 'object' && given !== null && 'id' in given && typeof given.id === 'number')
        clear(given.id)
      else if (given !== undefined && given !== null) real(given as never)
    }
  const global = globalThis as unknown as Named
  const timers = require('node:timers') as Named
  const promises = require('node:timers/promises') as Named
  const crypto = require('node:crypto') as Named
  const files = require('node:fs') as Named
  const filePromises = require('node:fs/promises') as Named
  const fakes: Record<string, unknown> = {
    setTimeout: (fn: Call, ms = 0, ...args: never[]) => handle(set(() => fn(...args), ms, null)),
    setInterval: (fn: Call, ms = 0, ...args: never[]) => handle(set(() => fn(...args), ms, Math.max(1, ms))),
    setImmediate: (fn: Call, ...args: never[]) => {
      ask('immediate', () => fn(...args))
      return handle(0)
    },
    clearTimeout: clearer(globalThis.clearTimeout),
    clearInterval: clearer(globalThis.clearInterval),
  }
  for (const [name, fake] of Object.entries(fakes)) {
    put(global, name, fake)
    put(timers, name, fake)
  }
  put(
    promises,
    'setTimeout',
    (ms = 0, value?: unknown) => new Promise((ok) => void set(() => ok(value), ms, null)),
  )
  put(promises, 'setImmediate', (value?: unknown) => new Promise((ok) => ask('immediate', () => ok(value))))
  put(crypto, 'randomBytes', (size: number) => rng.bytes(size))
  put(crypto, 'randomUUID', () => uuidOf(rng.bytes(16)))
  put(crypto, 'randomInt', (from: number, to?: number) =>
    to === undefined ? Math.floor(rng.next() * from) : from + Math.floor(rng.next() * (to - from)),
  )
  put(crypto, 'randomFillSync', (buffer: Buffer) => {
    pages += 1
    rng.bytes(buffer.length).copy(buffer)
    return buffer
  })
  put(Math as unknown as Named, 'random', () => rng.next())
  put(AbortSignal as unknown as Named, 'timeout', patience)
  put(performance as unknown as Named, 'now', steady)
  // Folders are made at once, so that opening a connection needs no turn of Node's own.
  const mkdirSync = files['mkdirSync'] as (path: string, options: object) => unknown
  put(filePromises, 'mkdir', (path: string, options: object) => Promise.resolve(mkdirSync(path, options)))
  syncBuiltinESMExports()
  return {
    pages: () => pages,
    undo() {
      for (const back of undo.reverse()) back()
      syncBuiltinESMExports()
    },
  }
}

function uuidOf(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20),
  ].join('-')
}
