/**
 * When tags are looked at: after each commit those it touched; when an interval begins or ends those whose time has
 * come (a tag's minute, not a nightly run); everybody after rules or catalogue changed.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Instant } from '../../base/clock.ts'
import { minutes } from '../../base/clock.ts'
import type { Log } from '../../base/log.ts'
import { customersOfRows } from '../../customer/index.ts'
import type { Follower, Kind, LogRow } from '../../interaction/index.ts'
import { customersOfRefunds, refundKeyOf } from '../../order/index.ts'
import { retag, retagDue, retagIfChanged } from './retag.ts'
import type { TagCause, TagParts } from './retag.ts'
import { nextDue } from './tags.store.ts'

const pollMs = 5_000

export interface TagWork {
  readonly followers: readonly Follower[]
  /** Does what is due now; answers whether there was anything. */
  settle(): Promise<boolean>
  nextDueAt(): Promise<Instant | null>
  busy(): boolean
  start(): void
  stop(): Promise<void>
}

export function createTagWork(parts: TagParts & { readonly log: Log }): TagWork {
  const { db, clock, log } = parts
  // At the start rules or catalogue may be others than the last time.
  let mayDiffer = true
  let running: Promise<boolean> | null = null
  let timer: NodeJS.Timeout | null = null

  async function work(): Promise<boolean> {
    let changed = 0
    if (mayDiffer) {
      mayDiffer = false
      try {
        changed += await retagIfChanged(parts)
      } catch (error) {
        mayDiffer = true
        throw error
      }
    }
    return (await retagDue(parts, clock.now())) + changed > 0
  }
  const once = (): Promise<boolean> => {
    running ??= work().finally(() => {
      running = null
    })
    return running
  }

  return {
    followers: [
      touchedFollower(parts),
      {
        name: 'tags-catalogue',
        kinds: ['products-imported'],
        handle: (ctx) =>
          Promise.resolve(
            ctx.afterCommit(() => {
              mayDiffer = true
            }),
          ),
      },
    ],
    settle: once,
    /** On the full minute, so that a clock moved by hand does not stop for every customer. */
    async nextDueAt() {
      const at = await nextDue(db.reader)
      return at === null ? null : Math.ceil(at / minutes(1)) * minutes(1)
    },
    busy: () => running !== null,
    start() {
      const quietly = (): void => {
        once().catch((error: unknown) =>
          log.warn({ err: error }, 'dynamic tags could not be brought up to date and will be tried again'),
        )
      }
      quietly()
      timer ??= setInterval(quietly, pollMs)
    },
    async stop() {
      if (timer !== null) clearInterval(timer)
      while (running !== null) await pause(20)
    },
  }
}

const causeOf = (row: LogRow): TagCause => (row.source.startsWith('import:') ? 'import' : 'event')

const regroupKinds: readonly Kind[] = ['customers-merged', 'customers-unmerged', 'customer-erased']

/** Who is somebody else now is named in the row's detail. */
const regrouped = ({ detail }: LogRow): string[] =>
  ['kept', 'other', 'from', 'to', 'customer'].flatMap((name) => {
    const customer = detail[name]
    return typeof customer === 'string' && customer !== '' ? [customer] : []
  })

const touchedFollower = ({ tagRules }: TagParts): Follower => ({
  name: 'tags',
  urgent: true,
  kinds: [...tagRules.kinds, ...regroupKinds],
  async handle(ctx, rows) {
    const customers = await customersOfRows(ctx.tx, rows)
    const causes = new Map<string, TagCause>()
    for (const row of rows) {
      for (const customer of regroupKinds.includes(row.kind) ? regrouped(row) : [])
        causes.set(customer, 'merge')
      const customer = customers.get(row.id)
      if (customer !== undefined && !regroupKinds.includes(row.kind)) causes.set(customer, causeOf(row))
    }
    const refunds = rows.filter(({ kind }) => kind === 'order-refunded').map(refundKeyOf)
    for (const customer of await customersOfRefunds(ctx.tx, refunds))
      if (!causes.has(customer)) causes.set(customer, 'event')
    await retag(ctx, tagRules, causes)
  },
})
