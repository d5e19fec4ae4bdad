/** What the decision needs to know of a staged set, read in bulk; the decision itself (judge.ts) reads nothing. */
import { dayOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { readMeta } from '../base/meta.ts'
import {
  contacts,
  endedRuns,
  knownPromises,
  livingGroups,
  loads,
  optedOut,
  quotaSeen,
  refusedTopics,
  kfTalks,
  restraints,
  speakers,
  usesOf,
} from './facts.store.ts'
import type { Use } from './budget.ts'
import type { Ended, Facts, KnownPromise } from './judge.ts'
import { leavesByStaff } from './leave.ts'
import { leavesUntil } from './leave.store.ts'
import { isBroadcast, isChannelName, isTask } from './promise.ts'
import type { Candidate, ChannelName } from './promise.ts'
import type { Restraint } from './restrain.ts'

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

/** Set after set, each thing asked once: nobody else writes while a dry run goes on, as far as it is concerned. */
export function createGatherer(
  reader: Reader,
  now: Instant,
  { loads: asksLoads }: { readonly loads: boolean },
): (candidates: readonly Candidate[]) => Promise<Facts> {
  const facts = {
    known: new Map<string, KnownPromise>(),
    optedOut: new Set<string>(),
    refusedTopics: new Set<string>(),
    contacts: new Set<string>(),
    groups: new Set<string>(),
    restraints: new Map<string, Restraint>(),
    kfTalks: new Map<string, Instant>(),
    uses: new Map<string, readonly Use[]>(),
    ended: new Map<string, readonly Ended[]>(),
    load: new Map<string, number>(),
    quotaSeen: new Map<string, Instant>(),
  }
  let general: Pick<Facts, 'speakers' | 'channels' | 'leaves'> | null = null
  const asked = new Map<string, Set<string>>()
  /** Those of whom this was not asked before. */
  function fresh(what: keyof typeof facts, keys: readonly string[]): string[] {
    const before = asked.get(what) ?? new Set()
    asked.set(what, before)
    const more = [...new Set(keys)].filter((key) => !before.has(key))
    for (const key of more) before.add(key)
    return more
  }
  return async (candidates) => {
    general ??= {
      speakers: await speakers(reader),
      channels: await channelsThere(reader),
      leaves: leavesByStaff(await leavesUntil(reader, dayOf(now))),
    }
    const keys = keysOf(candidates, general.leaves)
    const known = await knownPromises(reader, fresh('known', keys.promises))
    for (const row of known) facts.known.set(row.dedupe_key, row)
    addAll(facts.optedOut, await optedOut(reader, fresh('optedOut', keys.customers)))
    addAll(facts.refusedTopics, await refusedTopics(reader, fresh('refusedTopics', keys.ofTopics)))
    addAll(facts.contacts, await contacts(reader, fresh('contacts', keys.people)))
    addAll(facts.groups, await livingGroups(reader, fresh('groups', keys.chats)))
    putAll(facts.restraints, await restraints(reader, fresh('restraints', keys.customers)))
    putAll(facts.kfTalks, await kfTalks(reader, fresh('kfTalks', keys.ofKf)))
    putAll(facts.uses, await usesOf(reader, 'customer', fresh('uses', keys.customers), now))
    putAll(facts.uses, await usesOf(reader, 'subject', fresh('uses', [...keys.chats, ...keys.staff]), now))
    putAll(facts.ended, await endedRuns(reader, fresh('ended', keys.ofRuns)))
    if (asksLoads) putAll(facts.load, await loads(reader, fresh('load', keys.advisors), now))
    putAll(facts.quotaSeen, await quotaSeen(reader, fresh('quotaSeen', keys.ofQuota), now))
    return { ...facts, ...general }
  }
}

function addAll<T>(to: Set<T>, more: Iterable<T>): void {
  for (const one of more) to.add(one)
}
function putAll<K, V>(to: Map<K, V>, more: Iterable<readonly [K, V]>): void {
  for (const [key, value] of more) to.set(key, value)
}

interface Keys {
  readonly promises: string[]
  readonly customers: string[]
  readonly people: string[]
  readonly chats: string[]
  readonly staff: string[]
  readonly ofTopics: string[]
  readonly ofRuns: string[]
  readonly ofQuota: string[]
  readonly ofKf: string[]
  readonly advisors: string[]
}

/** What has to be asked of whom. */
function keysOf(candidates: readonly Candidate[], leaves: Facts['leaves']): Keys {
  const keys: Keys = {
    promises: [],
    customers: [],
    people: [],
    chats: [],
    staff: [],
    ofTopics: [],
    ofRuns: [],
    ofQuota: [],
    ofKf: [],
    advisors: [],
  }
  for (const candidate of candidates) {
    const { dedupeKey, subjectKind, subject, customer, topic, channel, sender } = candidate
    keys.promises.push(dedupeKey)
    if (subjectKind === 'group') keys.chats.push(subject)
    if (subjectKind === 'staff') keys.staff.push(subject)
    if (subjectKind === 'customer') keys.people.push(subject)
    if (subjectKind === 'customer' && customer !== undefined) {
      keys.customers.push(customer)
      if (topic !== undefined) keys.ofTopics.push(customer)
      if (candidate.overCap === 'abort') keys.ofRuns.push(customer)
    }
    if (isBroadcast(channel)) keys.ofQuota.push(subject)
    if (channel === 'kf') keys.ofKf.push(subject)
    if (sender === undefined || !isTask(channel)) continue
    keys.advisors.push(sender)
    for (const { deputy } of leaves.get(sender) ?? []) if (deputy !== null) keys.advisors.push(deputy)
  }
  return keys
}
