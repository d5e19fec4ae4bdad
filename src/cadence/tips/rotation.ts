/**
 * Which tip a group hears today: one it has not heard, and that as few of its members as possible have heard in another
 * group. Only when a list is used up does it begin anew, with the tip that was heard longest ago. Pure and seedless: the
 * same memory gives the same choice, so the dry run knows tomorrow's tip.
 */
import { daysBetween } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { sha256 } from '../../base/ids.ts'

export interface Tip {
  /** From its words: the same tip in the file and in the spreadsheet is one tip. */
  readonly id: string
  readonly text: string
  /** Meant for this day; it goes before the others, and on no other day. */
  readonly on?: Day
}

/** Leaves room for the headline, a poll, a clue and the link at the end: a group message holds 4,000 bytes. */
export const tipBytes = 1_400

export const tipId = (text: string): string => sha256(text.trim()).slice(0, 12)

export interface Heard {
  readonly chat: string
  readonly tip: string
  readonly day: Day
}

export interface TipMemory {
  /** Notes that a group hears a tip, in a dry run as in reality. */
  hear(heard: Heard): void
  /** The tip for this group on this day; null when it has none at all. */
  choose(chat: string, tips: readonly Tip[], day: Day): Tip | null
  /** How many of these the group has not heard yet: so many days are left. */
  left(chat: string, tips: readonly Tip[], day: Day): number
}

/** `members`: who is in which group; only people count, and only those in several groups matter. */
export function createTipMemory(
  heard: readonly Heard[],
  members: readonly { readonly chat: string; readonly member: string }[],
): TipMemory {
  const shared = sharedMembers(members)
  /** By tip: the last day on which each group heard it. */
  const lastHeard = new Map<string, Map<string, Day>>()
  const hear = ({ chat, tip, day }: Heard): void => {
    const groups = lastHeard.get(tip) ?? new Map<string, Day>()
    const before = groups.get(chat)
    if (before === undefined || before < day) groups.set(chat, day)
    lastHeard.set(tip, groups)
  }
  heard.forEach(hear)

  const dayOf = (tip: Tip, chat: string): Day | undefined => lastHeard.get(tip.id)?.get(chat)
  /** Members of this group who heard it elsewhere, those in two other groups counted twice. */
  const elsewhere = (tip: Tip, chat: string): number => {
    const others = shared.get(chat)
    if (!others) return 0
    let people = 0
    for (const other of lastHeard.get(tip.id)?.keys() ?? []) people += others.get(other) ?? 0
    return people
  }
  const offered = (tips: readonly Tip[], day: Day): Tip[] => {
    const today = tips.filter(({ on }) => on === day)
    return today.length > 0 ? today : tips.filter(({ on }) => on === undefined)
  }
  return {
    hear,
    choose(chat, tips, day) {
      let best: { tip: Tip; rest: number; people: number } | null = null
      for (const tip of offered(tips, day)) {
        const said = dayOf(tip, chat)
        // Planned again on the same day, it is the same tip.
        if (said === day) return tip
        const rest = said === undefined ? Number.POSITIVE_INFINITY : daysBetween(said, day)
        const people = elsewhere(tip, chat)
        if (!best || rest > best.rest || (rest === best.rest && people < best.people))
          best = { tip, rest, people }
      }
      return best?.tip ?? null
    },
    left: (chat, tips, day) =>
      tips.filter((tip) => (tip.on === undefined || tip.on >= day) && dayOf(tip, chat) === undefined).length,
  }
}

/** For each group, how many people it shares with each other one. */
function sharedMembers(
  members: readonly { readonly chat: string; readonly member: string }[],
): Map<string, Map<string, number>> {
  const chatsOf = new Map<string, string[]>()
  for (const { chat, member } of members) {
    const chats = chatsOf.get(member)
    if (chats) chats.push(chat)
    else chatsOf.set(member, [chat])
  }
  const shared = new Map<string, Map<string, number>>()
  for (const chats of chatsOf.values())
    for (const one of chats)
      for (const other of chats) {
        if (one === other) continue
        const others = shared.get(one) ?? new Map<string, number>()
        others.set(other, (others.get(other) ?? 0) + 1)
        shared.set(one, others)
      }
  return shared
}
