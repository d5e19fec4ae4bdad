/**
 * Delivery put together: by hand in the demo and in tests (`drainOnce` …), by timers in the server. Business time
 * decides what is due; database time only who is alive.
 */
import { system } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import { createQuarantineWatch } from '../base/quarantine.ts'
import { dueChannels, nextLookAt, nextReadyAt } from '../outbox/index.ts'
import { createMemoryLimiter } from './bucket.ts'
import { createDrain } from './drain.ts'
import { createGroupedAct } from './group.ts'
import { createLease } from './lease.ts'
import type { DeliveryParts, Works } from './parts.ts'
import { createAnnouncer, lostAfterMs } from './queue.ts'
import type { Hint } from './queue.ts'
import { reconcile } from './reconcile.ts'
import { createTaskReminder } from './remind.ts'
import { pollResults } from './results.ts'

const tickMs = 1_000

export interface Delivery {
  /** Calls for everything that is due; answers how many promises. */
  drainOnce(now: Instant): Promise<number>
  /** Looks up what is unknown. */
  reconcileOnce(now: Instant): Promise<number>
  /** Reads results, ends what nobody confirmed. */
  pollOnce(now: Instant): Promise<number>
  /** Nothing of this process is under way. */
  idle(): boolean
  /** When one of the three has something to do; null when never. */
  nextDueAt(): Promise<Instant | null>
  /** Soon instead of at the next tick: for a welcome, right after its commit. */
  wake(): void
  /** `announces`: tells the queue what is due (a planner). `delivers`: calls (a worker). */
  start(duties?: Duties): void
  stop(): Promise<void>
}

export interface Duties {
  readonly announces: boolean
  readonly delivers: boolean
}

export function createDelivery(parts: DeliveryParts): Delivery {
  const failPoint = parts.failPoint ?? (() => Promise.resolve())
  const lease = createLease({ ...parts, failPoint })
  let stopping = false
  const works: Works = {
    ...parts,
    failPoint,
    stopping: () => stopping,
    lease,
    limiter: parts.limiter ?? createMemoryLimiter(parts.clock),
    queue: parts.queue ?? null,
    ...createGroupedAct(parts.act, system('delivery')),
    channels: new Map(parts.channels.map((channel) => [channel.name, channel])),
    rests: new Map(),
  }
  const drain = createDrain(works)
  const underWay = new Set<Promise<number>>()
  const restored = createQuarantineWatch(works.db.reader)
  // A database that came from a backup is left as it is until a person has looked.
  const unlessRestored = async (work: () => Promise<number>): Promise<number> =>
    (await restored()) ? 0 : work()
  const looking = alone((now: Instant) => unlessRestored(() => reconcile(works, now)))
  const remindOfTasks = createTaskReminder(works)
  const polling = alone((now: Instant) =>
    unlessRestored(async () => (await pollResults(works, now)) + (await remindOfTasks(now))),
  )

  async function during(work: Promise<number>): Promise<number> {
    underWay.add(work)
    try {
      return await work
    } finally {
      underWay.delete(work)
      if (underWay.size === 0 && !drain.busy()) lease.rest()
    }
  }
  const delivery: Delivery = {
    drainOnce: (now) => during(drain.run(now)),
    reconcileOnce: (now) => during(looking(now)),
    pollOnce: (now) => during(polling(now)),
    idle: () => underWay.size === 0 && !drain.busy() && (parts.queue?.idle() ?? true),
    nextDueAt: async () => ((await restored()) ? null : nextDueAt(works)),
    ...createTicker(works, {
      delivery: () => delivery,
      take: (hint) => during(drain.take(hint)),
      drain: (now, lateMs) => during(drain.run(now, lateMs)),
      ask: () => {
        stopping = true
      },
    }),
  }
  return delivery
}

/** One run at a time in this process; a call during a run gets that run's answer. */
function alone(work: (now: Instant) => Promise<number>): (now: Instant) => Promise<number> {
  let running: Promise<number> | null = null
  return (now) => {
    running ??= work(now).finally(() => {
      running = null
    })
    return running
  }
}

async function nextDueAt(works: Works): Promise<Instant | null> {
  const now = works.clock.now()
  const lookAt = await nextLookAt(works.db.reader)
  const ready = await nextReadyAt(works.db.reader)
  const times = [lookAt, ready === null ? null : await restedAt(works, ready, now)]
  const known = times.filter((at) => at !== null)
  return known.length === 0 ? null : Math.min(...known)
}

/** What is due on a channel that must rest is due when the rest is over. */
async function restedAt(works: Works, ready: Instant, now: Instant): Promise<Instant> {
  if (ready > now) return ready
  const due = await dueChannels(works.db.reader, now)
  const rests = due.map((name) => works.rests.get(name) ?? 0)
  return rests.length > 0 && rests.every((until) => until > now) ? Math.min(...rests) : ready
}

interface Turns {
  delivery(): Delivery
  take(hint: Hint): Promise<number>
  drain(now: Instant, lateMs: number): Promise<number>
  /** From now on no other call is made. */
  ask(): void
}

function createTicker(works: Works, turns: Turns): Pick<Delivery, 'wake' | 'start' | 'stop'> {
  const { queue, clock } = works
  const announcer = queue === null ? null : createAnnouncer(works, queue)
  let duties: Duties | null = null
  let timer: NodeJS.Timeout | null = null
  let soon: NodeJS.Timeout | null = null
  const quietly = async (work: Promise<number>, what: string): Promise<void> => {
    try {
      await work
    } catch (error) {
      works.log.warn({ err: error }, `${what} stopped early and will go on`)
    }
  }
  /** While the queue answers, a worker looks by itself only for what the queue has lost. */
  const look = (): void => {
    const queued = queue !== null && queue.missing() === null
    if (duties?.announces === true && announcer !== null)
      void quietly(announcer.look(clock.now()), 'announcing')
    if (duties?.delivers === true)
      void quietly(turns.drain(clock.now(), queued ? lostAfterMs : 0), 'delivery')
  }
  const tick = (): void => {
    look()
    if (duties?.delivers !== true) return
    void quietly(turns.delivery().reconcileOnce(clock.now()), 'reconciling')
    void quietly(turns.delivery().pollOnce(clock.now()), 'reading results')
  }
  return {
    wake() {
      if (timer === null || soon !== null) return
      soon = setTimeout(() => {
        soon = null
        look()
      }, 10)
    },
    start(what = { announces: true, delivers: true }) {
      duties = what
      if (what.delivers)
        queue?.start(
          [...works.channels.values()].map(({ name }) => name),
          (hint) => quietly(turns.take(hint), 'delivery'),
        )
      tick()
      timer ??= setInterval(tick, tickMs)
    },
    async stop() {
      turns.ask()
      if (timer !== null) clearInterval(timer)
      if (soon !== null) clearTimeout(soon)
      timer = null
      await queue?.stop()
      while (!turns.delivery().idle()) await new Promise((ok) => setTimeout(ok, 20))
      await works.lease.release()
    },
  }
}
