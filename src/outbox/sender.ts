/**
 * Who speaks to a customer whom several advisors have added. The advisor who is hers by name does, as long as she has her
 * as a contact. Else whoever is in conversation with her goes on with it: the latest task done, or in hand, with her. Else the one with the fewest open tasks, those given out just now included; else
 * the oldest relation. Whoever may not write to customers comes last. The choice only depends on what is stored, so the
 * same database gives the same voice; once something is promised the conversation decides, so voices never alternate.
 */
import type { Reader } from '../base/db.ts'
import { advisorsOf, namedAdvisorsOf } from '../customer/index.ts'
import type { Advisor } from '../customer/index.ts'
import { openTasks, tasksWith } from './sender.store.ts'
import type { TaskWith } from './sender.store.ts'

export type SenderWhy = 'named' | 'only' | 'talked-last' | 'least-load' | 'oldest'
export interface Sender extends Advisor {
  readonly why: SenderWhy
}

export const senderWhyWords: Readonly<Record<SenderWhy, string>> = {
  named: '她的专属顾问',
  only: '唯一添加她的顾问',
  'talked-last': '最近由这位顾问联系',
  'least-load': '几位顾问里手上任务最少',
  oldest: '几位顾问里最早添加',
}

/**
 * `talks`: of this customer, by staff. `load`: open tasks by staff. `advisors`: the oldest first, at least one. `named`:
 * whoever is hers by name.
 */
export function chooseSender(
  advisors: readonly Advisor[],
  talks: ReadonlyMap<string, number>,
  load: ReadonlyMap<string, number>,
  named: string | null = null,
): Sender | null {
  const hers = named === null ? undefined : advisors.find((one) => one.staff === named && one.maySpeak)
  if (hers) return { ...hers, why: 'named' }
  // Nearly everybody has one.
  if (advisors.length === 1 && advisors[0]) return { ...advisors[0], why: 'only' }
  const able = advisors.filter(({ maySpeak }) => maySpeak)
  const candidates = able.length > 0 ? able : advisors
  const [first] = candidates
  if (!first) return null
  if (candidates.every(({ staff }) => staff === first.staff)) return { ...first, why: 'only' }
  const talkedAt = ({ staff }: Advisor): number => talks.get(staff) ?? Number.NEGATIVE_INFINITY
  const loadOf = ({ staff }: Advisor): number => load.get(staff) ?? 0
  const [best = first] = [...candidates].sort(
    (a, b) =>
      compare(talkedAt(b), talkedAt(a)) ||
      compare(loadOf(a), loadOf(b)) ||
      compare(a.addedAt, b.addedAt) ||
      (a.staff < b.staff ? -1 : a.staff > b.staff ? 1 : 0),
  )
  const others = candidates.filter(({ staff }) => staff !== best.staff)
  if (others.some((one) => talkedAt(one) < talkedAt(best))) return { ...best, why: 'talked-last' }
  return { ...best, why: others.every((one) => loadOf(one) > loadOf(best)) ? 'least-load' : 'oldest' }
}

/** Both may be minus infinity, whose difference is no number. */
const compare = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0)

/** Without `customers`: of everybody whom somebody has added. */
export async function sendersOf(
  reader: Reader,
  customers: readonly string[] | null = null,
): Promise<Map<string, Sender>> {
  const advisors = await advisorsOf(reader, customers)
  const shared = [...advisors].filter(([, all]) => all.some(({ staff }) => staff !== all[0]?.staff))
  const talks = await talksOf(
    reader,
    shared.map(([customer]) => customer),
  )
  const named = await namedAdvisorsOf(reader, customers)
  const staff = [...new Set(shared.flatMap(([, all]) => all.map((one) => one.staff)))]
  const load = new Map(await openTasks(reader, staff))
  const senders = new Map<string, Sender>()
  // In the order of customers: so the load that is given out on the way is the same each time.
  for (const [customer, all] of advisors) {
    const sender = chooseSender(all, talks.get(customer) ?? noTalks, load, named.get(customer)?.staff ?? null)
    if (!sender) continue
    senders.set(customer, sender)
    if (sender.why === 'least-load' || sender.why === 'oldest')
      load.set(sender.staff, (load.get(sender.staff) ?? 0) + 1)
  }
  return senders
}

const noTalks: ReadonlyMap<string, number> = new Map()

/** When each advisor talked last with these customers, by customer and staff. */
export const talksOf = async (
  reader: Reader,
  customers: readonly string[],
): Promise<Map<string, Map<string, number>>> => byCustomer(await tasksWith(reader, customers))

function byCustomer(tasks: readonly TaskWith[]): Map<string, Map<string, number>> {
  const talks = new Map<string, Map<string, number>>()
  for (const { customer, sender, at } of tasks) {
    const known = talks.get(customer) ?? new Map<string, number>()
    talks.set(customer, known.set(sender, at))
  }
  return talks
}
