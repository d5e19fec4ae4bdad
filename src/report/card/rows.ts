/** Rows of the card's statements, one by one, made into what they mean. */
import { isoOf } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import type { Row, Value } from '../../base/db.ts'
import { shownText } from '../../content/index.ts'
import { isKind } from '../../interaction/index.ts'
import type { Kind } from '../../interaction/index.ts'
import { promiseStates } from '../../outbox/index.ts'
import type { Content, PromiseState } from '../../outbox/index.ts'
import type { CouponRow } from '../../reward/index.ts'

export const text = (value: Value | undefined): string => (typeof value === 'string' ? value : '')
export const whole = (value: Value | undefined): number => (typeof value === 'number' ? value : 0)

/** `{ [key]: title }`, or nothing for a name without a title. */
export const titled = <K extends string>(
  key: K,
  titles: Readonly<Record<string, string>>,
  name: string | null,
): Partial<Record<K, string>> =>
  name !== null && Object.hasOwn(titles, name) ? ({ [key]: titles[name] } as Record<K, string>) : {}

export interface Item {
  readonly sku: string
  readonly quantity: number
}

/** `[{sku, quantity, …}]` as an order keeps it. */
export function items(value: Value | undefined): Item[] {
  const list: unknown = JSON.parse(text(value) || '[]')
  if (!Array.isArray(list)) return []
  return (list as { sku?: unknown; quantity?: unknown }[]).flatMap(({ sku, quantity }) =>
    typeof sku === 'string' ? [{ sku, quantity: typeof quantity === 'number' ? quantity : 1 }] : [],
  )
}

export interface HappeningRow {
  readonly at: Instant
  readonly kind: Kind
  readonly detail: Readonly<Record<string, unknown>>
}

export function happening(row: Row): HappeningRow {
  const kind = text(row['kind'])
  if (!isKind(kind)) throw new Error(`The log holds a kind that is not in interaction/kinds.ts: ${kind}`)
  return {
    at: whole(row['at']),
    kind,
    detail: JSON.parse(text(row['detail']) || '{}') as HappeningRow['detail'],
  }
}

export const move = (row: Row) => ({
  at: whole(row['at']),
  day_no: whole(row['day_no']),
  from_tier: text(row['from_tier']),
  to_tier: text(row['to_tier']),
  cause: text(row['cause']),
  reason: typeof row['reason'] === 'string' ? row['reason'] : null,
})

const textOrNull = (value: Value | undefined): string | null => (typeof value === 'string' ? value : null)
const wholeOrNull = (value: Value | undefined): number | null => (typeof value === 'number' ? value : null)
const couponStates = ['issued', 'redeemed', 'expired'] as const

export const coupon = (row: Row): CouponRow => ({
  code: text(row['code']),
  player: text(row['player']),
  title: text(row['title']),
  state: couponStates.find((one) => one === row['state']) ?? 'issued',
  issued_at: whole(row['issued_at']),
  expires_at: whole(row['expires_at']),
  family: textOrNull(row['family']),
  terms: textOrNull(row['terms']),
  lock_holder: textOrNull(row['lock_holder']),
  lock_until: wholeOrNull(row['lock_until']),
  redeemed_at: wholeOrNull(row['redeemed_at']),
  redeemed_by: textOrNull(row['redeemed_by']),
  redeem_key: textOrNull(row['redeem_key']),
})

const decisions = ['queued', 'later', 'declined'] as const

/** A promise as a line of her card: how it ended says more than why it began. */
export function touch(row: Row, tier: string) {
  const content = JSON.parse(text(row['content']) || '{}') as Partial<Content>
  const state = promiseStates.find((one): one is PromiseState => one === row['state'])
  const sender = text(row['sender'])
  return {
    subject: text(row['subject']),
    name: text(row['title']),
    tier,
    ...(sender === '' ? {} : { advisor: text(row['sender_name']) || sender }),
    at: isoOf(whole(row['due_at'])),
    decision: decisions.find((one) => one === row['decision']) ?? 'declined',
    reason:
      typeof row['settle_code'] === 'string'
        ? { code: row['settle_code'], words: text(row['settle_words']) }
        : { code: text(row['reason_code']), words: text(row['reason_words']) },
    ...(state === undefined ? {} : { state }),
    ...(content.text === undefined ? {} : { text: shownText({ ...content, text: content.text }) }),
  }
}

/** A list attribute is kept as JSON. */
export function listed(value: string): string {
  const list: unknown = JSON.parse(value)
  return Array.isArray(list) ? list.map(String).join('、') : value
}
