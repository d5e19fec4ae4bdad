/** What our seeded shop knows beyond the simulator's own words. Instants are epoch milliseconds, money is integer fen. */
import type { SeededCustomer, SeededOrder, SeededProduct, SeededShop, SeededStaff } from '../types.ts'

export const dayMs = 86_400_000
export const weekMs = 7 * dayMs
/** China keeps one offset all year and has no summer time since 1991. */
export const shanghaiOffsetMs = 8 * 3_600_000

export type Stage = '孕期' | '0-6个月' | '6-12个月' | '1-3岁' | '3岁以上' | '妈妈'

export interface ShopProduct extends SeededProduct {
  readonly stage: Stage
  /** Age of the child in months, negative before birth. */
  readonly ageFromMonths: number
  readonly ageToMonths: number
  readonly stock: number
  /** Days until a household needs it again; 0 for what is bought once. */
  readonly replenishDays: number
  readonly url: string
}

/** How an advisor works through the list in her sidebar after a card arrived. */
export type SidebarHabit = 'prompt' | 'slow' | 'never'

export interface ShopAdvisor extends SeededStaff {
  readonly sidebar: SidebarHabit
}

/** The truth behind a customer, which the server under test must infer and never sees. */
export interface Nature {
  /** Orders a week while she is a customer of the shop; 0 for a contact who only looks. */
  readonly ordersPerWeek: number
  /** The instant she silently leaves the shop for good (Pareto dropout). */
  readonly leavesAt: number
  /** Rate of her Gamma distributed basket value, in yuan. */
  readonly spendRate: number
  /** Between 0 and 1: how readily she taps a link, votes, plays. */
  readonly curiosity: number
  /** Between 0 and 1: how little marketing it takes until she opts out. */
  readonly irritability: number
}

/** What decides the next order. */
export interface Household {
  readonly shopId: string
  /** `YYYY-MM-DD`, in the future during pregnancy. */
  readonly childBirthday: string
  readonly nature: Nature
}

export interface ShopCustomer extends SeededCustomer, Household {
  readonly shopId: string
}

/** The simulator's seeded shop with what only the crowd knows. */
export interface Shop extends SeededShop {
  readonly seed: number
  readonly now: number
  readonly staff: readonly ShopAdvisor[]
  readonly products: readonly ShopProduct[]
  /** The contacts first; those without a `follow` sit in groups and are nobody's contact. */
  readonly customers: readonly ShopCustomer[]
  /** Oldest first. */
  readonly orders: readonly SeededOrder[]
}

/** `2026-05-20` of an instant, in Shanghai. */
export function dayOf(at: number): string {
  return new Date(at + shanghaiOffsetMs).toISOString().slice(0, 10)
}

/** `2026-05-20T09:30:00+08:00` of an instant. */
export function isoOf(at: number): string {
  return `${new Date(at + shanghaiOffsetMs).toISOString().slice(0, 19)}+08:00`
}

/** Milliseconds since midnight in Shanghai. */
export function timeOfDay(at: number): number {
  return (((at + shanghaiOffsetMs) % dayMs) + dayMs) % dayMs
}

export function startOfDay(at: number): number {
  return at - timeOfDay(at)
}
