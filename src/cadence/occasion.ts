/**
 * Whom a touchpoint wants to look at on a day, as data: the rules stay pure, the database finds who it is in one query,
 * and what it found comes back as an occasion.
 */
import type { LeapRule } from '../base/birthdays.ts'
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'

export type Query =
  /** Everybody of the touchpoint's tiers. */
  | { readonly find: 'everybody' }
  /** Whose date falls on the day, `ahead` days from it. `attribute` names a date of the customer. */
  | {
      readonly find: 'birthday'
      readonly attribute: string
      readonly calendar: 'solar' | 'lunar'
      readonly leapRule: LeapRule
      readonly ahead: number
      /** A child's data needs the guardian's consent. */
      readonly child: boolean
    }
  /**
   * Whose child turns a whole number of months on the day, or with `anyDay` is of that age; she told us when it was born
   * and lets us use it.
   */
  | {
      readonly find: 'children'
      readonly fromMonths: number
      readonly toMonths: number
      readonly anyDay?: true
    }
  /** Whoever carries this dynamic tag on the day. */
  | { readonly find: 'tag'; readonly tag: string }
  /** Whoever last bought something that is used up, `ahead` days from the day. */
  | { readonly find: 'used-up'; readonly ahead: number }
  /** Who bought so many days ago for the first time, or the last. */
  | { readonly find: 'purchase'; readonly which: 'first' | 'last'; readonly daysAgo: readonly number[] }
  /** Who has bought something of one category and looked at another in the last days, without buying there. */
  | {
      readonly find: 'bought-and-browsed'
      readonly bought: string
      readonly browsed: string
      readonly days: number
    }
  /** Whoever gave one of these answers to a question. */
  | { readonly find: 'answered'; readonly question: string; readonly choices: readonly string[] }
  /** Whoever took part in this running of a campaign, first heard of on `since`, and has not ordered since it began. */
  | {
      readonly find: 'took-part'
      readonly campaign: string
      readonly since: Day
      readonly from: Day
      readonly until: Day
    }
  /** Whose level ends so many days from now, unless she keeps it. */
  | { readonly find: 'level-ending'; readonly ahead: number }
  /** Who would like something that goes with what she bought. */
  | { readonly find: 'recommendation' }

export interface ProductSeen {
  readonly sku: string
  readonly name: string
  readonly category: string
  readonly url: string
  /** Null where the shop told none. */
  readonly stock: number | null
  readonly priceFen: number | null
}

export interface Occasion {
  /** Part of the promise's period: the same occasion is never promised twice. Empty for `everybody`. */
  readonly key: string
  readonly at?: Instant
  /** Chinese, one clause: `宝宝满 6 个月`. */
  readonly words?: string
  readonly product?: ProductSeen
  /** The mark of the way by which she has just come; empty where she came by none. */
  readonly way?: string
  /** Months, years, days: what the words may need. */
  readonly number?: number
}

export const noOccasion: Occasion = { key: '' }
