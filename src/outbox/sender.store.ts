import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { inLists } from './facts.store.ts'
import { taskChannels } from './promise.ts'
import { reservingStates } from './state.ts'

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ')
const tasks = `channel in (${quoted(taskChannels)}) and sender is not null`

export interface TaskWith {
  readonly customer: string
  readonly sender: string
  readonly at: Instant
}

/**
 * The latest task of each advisor with these customers, done or in hand. What failed is no conversation; what a deputy
 * said for somebody on leave is not the deputy's, or a holiday would give customers away.
 */
export const tasksWith = (reader: Reader, customers: readonly string[]): Promise<TaskWith[]> =>
  inLists<TaskWith>(
    reader,
    customers,
    (list) =>
      `select customer, sender, cast(max(coalesce(sent_at, due_at)) as bigint) as at from promise
       where customer in (${list}) and ${tasks} and state in (${quoted(reservingStates)})
         and not (decision = 'queued' and reason_code = 'advisor-on-leave')
       group by customer, sender`,
  )

/** What lies before these advisors, or is on its way to them. */
export async function openTasks(reader: Reader, staff: readonly string[]): Promise<Map<string, number>> {
  const open = reservingStates.filter((state) => state !== 'sent')
  const rows = await inLists<{ sender: string; n: number }>(
    reader,
    staff,
    (list) =>
      `select sender, cast(count(*) as bigint) as n from promise
       where sender in (${list}) and ${tasks} and state in (${quoted(open)}) group by sender`,
  )
  return new Map(rows.map(({ sender, n }) => [sender, n]))
}
