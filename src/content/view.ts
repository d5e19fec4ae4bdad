/**
 * What a wording may see: plain words, nothing else. Whatever is not listed here (phones, ids, amounts of other people)
 * cannot be written into a message by mistake.
 */
import type { Day } from '../base/calendar.ts'
import { weekdayOf } from '../base/calendar.ts'
import { dayWords, weekdayWords } from './words.ts'

export interface DayView {
  /** 2026-11-18 */
  readonly date: string
  /** 11月18日 */
  readonly words: string
  /** 周三 */
  readonly weekday: string
}
export interface CustomerView {
  /** 王女士 */
  readonly salutation: string
  readonly name: string
  /** 高价值客户 */
  readonly tier: string
  /** Days since the last purchase; 0 when there was none. */
  readonly daysSince: number
  readonly purchases: number
  /** 金卡; empty in a shop without levels. */
  readonly level?: string
  readonly points?: number
}

export interface ProductView {
  readonly name: string
  readonly url: string
  /** 129 or 129.9; empty when the shop told none. */
  readonly price?: string
  /** What is left; empty when nobody knows. */
  readonly stock?: string
}

/** What an advisor did in the last seven days, and what is hers now. */
export interface FiguresView {
  readonly sent: number
  /** Given to her, and not done in time. */
  readonly missed: number
  readonly waiting: number
  readonly customers: number
  readonly newCustomers: number
}

/** The shop's day: what is planned, what waits, how yesterday ended. */
export interface DigestView {
  readonly today: number
  readonly waiting: number
  readonly sent: number
  readonly failed: number
  readonly held: number
}

/** `personal`: 1v1. `anyone`: whatever several people read alike. `group`: one community. `staff`: one of our own; `digest`: all of them. */
export type ViewKind = 'personal' | 'anyone' | 'group' | 'staff' | 'digest'

export interface View {
  readonly shop: { readonly name: string }
  readonly day: DayView
  readonly customer?: CustomerView
  readonly advisor?: { readonly name: string }
  readonly group?: { readonly name: string; readonly interest: string }
  readonly product?: ProductView
  /** What made today the day: 宝宝满 6 个月, 端午节. */
  readonly occasion?: { readonly words: string; readonly number: number }
  readonly figures?: FiguresView
  readonly digest?: DigestView
  /** What goes with the words: 8折券, and for how long. */
  readonly offer?: { readonly words: string; readonly hours: number; readonly days: number }
}

export const dayView = (day: Day): DayView => ({
  date: day,
  words: dayWords(day),
  weekday: weekdayWords(weekdayOf(day)),
})

const always = ['shop.name', 'day.date', 'day.words', 'day.weekday']
const personal = [
  'customer.salutation',
  'customer.name',
  'customer.tier',
  'customer.daysSince',
  'customer.purchases',
  'customer.level',
  'customer.points',
  'advisor.name',
  'product.name',
  'product.url',
  'product.price',
  'product.stock',
]
const staff = [
  'advisor.name',
  'figures.sent',
  'figures.missed',
  'figures.waiting',
  'figures.customers',
  'figures.newCustomers',
]
const digest = ['digest.today', 'digest.waiting', 'digest.sent', 'digest.failed', 'digest.held']
/** The same for everybody who reads it. */
const shared = ['occasion.words', 'occasion.number', 'offer.words', 'offer.hours', 'offer.days']

export const variablesOf = (kind: ViewKind): readonly string[] => {
  if (kind === 'personal') return [...always, ...personal, ...shared]
  if (kind === 'staff') return [...always, ...staff]
  if (kind === 'digest') return [...always, ...digest]
  return kind === 'group' ? [...always, ...shared, 'group.name', 'group.interest'] : [...always, ...shared]
}

/** Every variable filled: wordings are tried on it when they are validated. */
export function sampleView(kind: ViewKind): View {
  const base = {
    shop: { name: '示例小店' },
    day: dayView('2026-11-18'),
    occasion: { words: '宝宝满 6 个月', number: 6 },
    offer: { words: '满 199 减 50 券', hours: 48, days: 2 },
  }
  if (kind === 'anyone') return base
  if (kind === 'digest') return { ...base, digest: { today: 86, waiting: 12, sent: 90, failed: 2, held: 1 } }
  if (kind === 'staff')
    return {
      ...base,
      advisor: { name: '小鹿' },
      figures: { sent: 42, missed: 3, waiting: 5, customers: 318, newCustomers: 6 },
    }
  if (kind === 'group') return { ...base, group: { name: '辅食交流群', interest: '辅食' } }
  return {
    ...base,
    customer: {
      salutation: '王女士',
      name: '王芳',
      tier: '高价值客户',
      daysSince: 12,
      purchases: 5,
      level: '金卡会员',
      points: 320,
    },
    advisor: { name: '小鹿' },
    product: { name: '有机高铁米粉', url: 'https://example.com/p/1', price: '59.9', stock: '12' },
  }
}

/** A name is somebody else's text: one line, no link marks, not endless. */
export const plainWords = (text: string, most = 32): string =>
  [
    ...text
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
      .replace(/\[\[|\]\]/g, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  ]
    .slice(0, most)
    .join('')
