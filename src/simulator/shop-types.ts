/**
 * What a seeded shop is made of: everything that happened before the story begins. Fields with WeCom's own names
 * (`createtime`, `join_time`) are epoch seconds as in the protocol, all other instants epoch milliseconds.
 */

/** When a staff member presses "send" on a broadcast task. `never` still allows a confirmation by hand. */
export interface Confirm {
  readonly mode: 'at-once' | 'late' | 'never'
  /** Delay between the arrival of the task and the press; only for `at-once` (default 0) and `late`. */
  readonly afterMs?: number
}

export interface SeededStaff {
  readonly userid: string
  readonly name: string
  readonly alias?: string
  readonly confirm: Confirm
}

export interface SeededFollow {
  readonly userid: string
  /** Epoch seconds. */
  readonly createtime: number
  readonly remark?: string
  readonly description?: string
  readonly state?: string
  readonly add_way?: number
  readonly remark_mobiles?: readonly string[]
  /** Names of corp tags from `SeededShop.tags`. */
  readonly tags?: readonly string[]
}

export interface SeededCustomer {
  readonly external_userid: string
  readonly name: string
  readonly avatar?: string
  /** 0 unknown, 1 male, 2 female. */
  readonly gender: 0 | 1 | 2
  readonly unionid?: string
  readonly openid: string
  readonly follow: readonly SeededFollow[]
  /** The customer's number in the shop system, if the shop knows who this is. */
  readonly shopId?: string
}

export interface SeededMember {
  /** A staff userid (type 1) or an external_userid (type 2). */
  readonly userid: string
  readonly type: 1 | 2
  /** Epoch seconds. */
  readonly join_time: number
}

export interface SeededGroup {
  readonly chat_id: string
  readonly name: string
  readonly owner: string
  readonly members: readonly SeededMember[]
  readonly notice?: string
  /** Epoch seconds; default: the earliest join_time. */
  readonly create_time?: number
}

export interface SeededProduct {
  readonly sku: string
  readonly name: string
  readonly category: string
  readonly priceFen: number
  /** Baby stage, season or whatever the trade calls it. */
  readonly stage: string
  readonly keywords?: readonly string[]
  readonly url?: string
  readonly image?: string
}

export interface SeededOrderItem {
  readonly sku: string
  readonly quantity: number
  readonly amountFen: number
}

export interface SeededOrder {
  readonly orderId: string
  readonly shopId: string
  readonly external_userid?: string
  /** Epoch milliseconds. */
  readonly at: number
  readonly amountFen: number
  readonly items: readonly SeededOrderItem[]
}

/** Corp tags an administrator made in the console: read-only to apps (WECOM.md §3.4). */
export interface SeededTagGroup {
  readonly group: string
  readonly names: readonly string[]
}

export interface SeededShop {
  readonly name: string
  readonly staff: readonly SeededStaff[]
  readonly customers: readonly SeededCustomer[]
  readonly groups: readonly SeededGroup[]
  readonly products: readonly SeededProduct[]
  readonly orders: readonly SeededOrder[]
  readonly tags?: readonly SeededTagGroup[]
}

/** What `shop/index.ts` exports as `seedShop`. `now` is epoch milliseconds. */
export type SeedShop = (options: { readonly seed: number; readonly now: number }) => SeededShop
