/**
 * Several small deeds of the same moment in one transaction: one commit, one fsync, one flush of the log for up to 32
 * of them. Nobody waits for company: a deed that finds nothing running starts at once, the next ones gather meanwhile.
 * If one of them throws, each is done again by itself, so that a bad one fails alone.
 */
import type { Act, Actor, Ctx } from '../base/act.ts'

const most = 32

interface Waiting {
  readonly work: (ctx: Ctx) => Promise<unknown>
  ok(answer: unknown): void
  fail(error: unknown): void
}

export type GroupedAct = <T>(work: (ctx: Ctx) => Promise<T>) => Promise<T>

export function createGroupedAct(act: Act, actor: Actor): GroupedAct {
  const waiting: Waiting[] = []
  let running = false

  async function together(group: readonly Waiting[]): Promise<void> {
    try {
      const answers = await act(actor, async (ctx) => {
        const done: unknown[] = []
        for (const { work } of group) done.push(await work(ctx))
        return done
      })
      group.forEach(({ ok }, i) => ok(answers[i]))
    } catch (error) {
      const [only] = group
      if (group.length === 1) only?.fail(error)
      else for (const one of group) await together([one])
    }
  }

  async function run(): Promise<void> {
    running = true
    // One turn of the loop, so that deeds asked for in the same breath share the transaction.
    await new Promise((ok) => setImmediate(ok))
    while (waiting.length > 0) await together(waiting.splice(0, most))
    running = false
  }

  return <T>(work: (ctx: Ctx) => Promise<T>): Promise<T> =>
    new Promise<T>((ok, fail) => {
      waiting.push({ work, ok: (answer) => ok(answer as T), fail })
      if (!running) void run()
    })
}
