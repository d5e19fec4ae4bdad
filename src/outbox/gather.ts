/** What the decision needs to know of a staged set, read in bulk; the decision itself (judge.ts) reads nothing. */
import { dayOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { readMeta } from '../base/meta.ts'
import {
  contacts,
  knownPromises,
  livingGroups,
  loads,
  optedOut,
  quotaSeen,
  refusedTopics,
  restraints,
  speakers,
  usesOf,
} from './facts.store.ts'
import type { Facts } from './judge.ts'
import type { Leave } from './leave.ts'
import { leavesUntil } from './leave.store.ts'
import { isBroadcast, isChannelName, isTask } from './promise.ts'
import type { Candidate, ChannelName } from './promise.ts'

/** What every installation with WeCom has, as long as nobody said which adapters there are. */
const usualChannels: readonly ChannelName[] = [
  'welcome',
  'advisor-task',
  'phone-task',
  'broadcast',
  'group-broadcast',
]

/** The channels that have an adapter, as the server said when it started; the dry run of a verb knows them by this row. */
export const channelsMeta = 'outbox-channels'

async function channelsThere(reader: Reader): Promise<Set<ChannelName>> {
  const kept = await readMeta(reader, channelsMeta)
  return new Set(kept === null ? usualChannels : kept.split(',').filter(isChannelName))
}

export async function gather(reader: Reader, candidates: readonly Candidate[], now: Instant): Promise<Facts> {
  const people = candidates.filter(({ subjectKind }) => subjectKind === 'customer')
  const customers = people.flatMap(({ customer }) => (customer === undefined ? [] : [customer]))
  const chats = candidates.filter(({ subjectKind }) => subjectKind === 'group').map(({ subject }) => subject)
  const ofTopics = people.flatMap(({ topic, customer }) =>
    topic === undefined || customer === undefined ? [] : [customer],
  )
  const subjects = candidates.filter(({ channel }) => isBroadcast(channel)).map(({ subject }) => subject)
  const leaves = groupLeaves(await leavesUntil(reader, dayOf(now)))
  const advisors = candidates.flatMap(({ sender, channel }) =>
    sender === undefined || !isTask(channel)
      ? []
      : [sender, ...(leaves.get(sender) ?? []).flatMap(({ deputy }) => deputy ?? [])],
  )
  const known = await knownPromises(
    reader,
    candidates.map(({ dedupeKey }) => dedupeKey),
  )
  return {
    known: new Map(known.map((row) => [row.dedupe_key, row])),
    optedOut: await optedOut(reader, customers),
    refusedTopics: await refusedTopics(reader, ofTopics),
    contacts: await contacts(
      reader,
      people.map(({ subject }) => subject),
    ),
    groups: await livingGroups(reader, chats),
    speakers: await speakers(reader),
    channels: await channelsThere(reader),
    restraints: await restraints(reader, customers),
    uses: new Map([
      ...(await usesOf(reader, 'customer', customers, now)),
      ...(await usesOf(reader, 'subject', chats, now)),
    ]),
    load: await loads(reader, advisors, now),
    leaves,
    quotaSeen: await quotaSeen(reader, subjects, now),
  }
}

function groupLeaves(rows: readonly Leave[]): Map<string, Leave[]> {
  const leaves = new Map<string, Leave[]>()
  for (const row of rows) leaves.set(row.staff, [...(leaves.get(row.staff) ?? []), row])
  return leaves
}
