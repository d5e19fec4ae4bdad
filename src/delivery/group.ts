/**
 * Small deeds of the same moment in one transaction: one commit, one fsync, one flush of the log for up to 32 of them,
 * and equal ones ask the database together. A lone deed starts at once; while there is company, the next ones gather for
 * a moment. If one of them throws, each is done again by itself, so that a bad one fails alone.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { Act, Actor, Ctx } from '../base/act.ts'

const most = 32
/** Far below what a call over the network takes. */
const gatherMs = 4
const quietMs = 25

/** Does several of a kind in one transaction; answers in their order. */
export type Deed<I, O> = (ctx: Ctx, items: readonly I[]) => Promise<readonly O[]>

interface Waiting {
  readonly deed: Deed<unknown, unknown>
  readonly item: unknown
  ok(answer: unknown): void
  fail(error: unknown): void
}

export interface GroupedAct {
  /** A deed that knows of no company. */
  grouped<T>(work: (ctx: Ctx) => Promise<T>): Promise<T>
  /** Asked with the same function, deeds of the same moment become one call of it. */
  together<I, O>(deed: Deed<I, O>, item: I): Promise<O>
}

export function createGroupedAct(act: Act, actor: Actor): GroupedAct {
  const waiting: Waiting[] = []
  let running = false
  let endedAt = Number.NEGATIVE_INFINITY

  async function doAll(group: readonly Waiting[]): Promise<void> {
    try {
      const answers = await act(actor, (ctx) => answersOf(ctx, group))
      for (const one of group) one.ok(answers.get(one))
    } catch (error) {
      const [only] = group
      if (group.length === 1) only?.fail(error)
      else for (const one of group) await doAll([one])
    }
  }

  async function run(): Promise<void> {
    running = true
    while (waiting.length > 0) {
      if (performance.now() - endedAt < quietMs) await pause(gatherMs)
      // One turn of the loop, so that deeds asked for in the same breath share the transaction.
      else await new Promise((ok) => setImmediate(ok))
      await doAll(waiting.splice(0, most))
      endedAt = performance.now()
    }
    running = false
  }

  const together = <I, O>(deed: Deed<I, O>, item: I): Promise<O> =>
    new Promise<O>((ok, fail) => {
      const known = deed as Deed<unknown, unknown>
      waiting.push({ deed: known, item, ok: (answer) => ok(answer as O), fail })
      if (!running) void run()
    })
  return {
    together,
    grouped: <T>(work: (ctx: Ctx) => Promise<T>) => together(oneByOne as Deed<typeof work, T>, work),
  }
}

async function oneByOne(ctx: Ctx, works: readonly ((ctx: Ctx) => Promise<unknown>)[]): Promise<unknown[]> {
  const answers: unknown[] = []
  for (const work of works) answers.push(await work(ctx))
  return answers
}

async function answersOf(ctx: Ctx, group: readonly Waiting[]): Promise<Map<Waiting, unknown>> {
  const answers = new Map<Waiting, unknown>()
  for (const deed of new Set(group.map((one) => one.deed))) {
    const mine = group.filter((one) => one.deed === deed)
    const some = await deed(
      ctx,
      mine.map(({ item }) => item),
    )
    if (some.length !== mine.length) throw new Error('A deed must answer each of its items.')
    mine.forEach((one, i) => answers.set(one, some[i]))
  }
  return answers
}
