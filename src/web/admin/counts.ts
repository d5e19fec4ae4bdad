import type { CalendarEntry, CampaignCounts } from '../../http/contract.ts'

/** The six fates of a touchpoint's people, in the order in which they are always drawn. */
export const fates = ['sent', 'waiting', 'queued', 'ended', 'later', 'declined'] as const
export type Fate = (typeof fates)[number]
export type Counts = Readonly<Record<Fate, number>>

/** An entry of a day that is over: what was neither sent nor waits has ended without reaching anybody. */
export interface DatedEntry extends CalendarEntry {
  readonly over: boolean
}

type Entry = Pick<DatedEntry, 'queued' | 'later' | 'declined' | 'sent' | 'waiting' | 'over'>

/**
 * `queued` counts the decision, and what was sent or waits came out of it; on the screen each person stands in
 * exactly one place, so what is settled is taken out.
 */
export const countsOf = (entry: Entry): Counts => {
  const begun = entry.sent + entry.waiting
  const rest = entry.queued >= begun ? entry.queued - begun : entry.queued
  return {
    sent: entry.sent,
    waiting: entry.waiting,
    queued: entry.over ? 0 : rest,
    ended: entry.over ? rest : 0,
    later: entry.later,
    declined: entry.declined,
  }
}

export const noCounts: Counts = { sent: 0, waiting: 0, queued: 0, ended: 0, later: 0, declined: 0 }

export const addCounts = (a: Counts, b: Counts): Counts => ({
  sent: a.sent + b.sent,
  waiting: a.waiting + b.waiting,
  queued: a.queued + b.queued,
  ended: a.ended + b.ended,
  later: a.later + b.later,
  declined: a.declined + b.declined,
})

export const sumCounts = (entries: readonly Entry[]): Counts =>
  entries.reduce((sum, entry) => addCounts(sum, countsOf(entry)), noCounts)

export const reachOf = (counts: Counts): number => counts.sent + counts.waiting + counts.queued

export const allOf = (counts: Counts): number =>
  reachOf(counts) + counts.ended + counts.later + counts.declined

/** What became of a part of a campaign, in the order in which it is always drawn. */
export const outcomes = ['sent', 'waiting', 'queued', 'unknown', 'failed', 'ended', 'declined'] as const
export type Outcome = (typeof outcomes)[number]

/** A piece of a bar; its name is its colour. */
export interface BarPart<Name = Fate | Outcome> {
  readonly name: Name
  readonly n: number
}

export const fateParts = (counts: Counts): BarPart<Fate>[] => fates.map((name) => ({ name, n: counts[name] }))

export const outcomeParts = (counts: CampaignCounts): BarPart<Outcome>[] =>
  outcomes.map((name) => ({ name, n: counts[name] }))

export interface CountedReason {
  readonly code: string
  readonly words: string
  readonly count: number
}

/** Equal reasons of many entries added up, the most frequent first. */
export const sumReasons = (entries: readonly CalendarEntry[]): CountedReason[] => {
  const byCode = new Map<string, CountedReason>()
  for (const reason of entries.flatMap((entry) => entry.reasons)) {
    const before = byCode.get(reason.code)?.count ?? 0
    byCode.set(reason.code, { ...reason, count: before + reason.count })
  }
  return [...byCode.values()].sort((a, b) => b.count - a.count || a.code.localeCompare(b.code))
}
