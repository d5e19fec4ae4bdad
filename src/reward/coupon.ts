/** What a coupon is worth and where it stands: pure. */
import { z } from 'zod'
import type { Instant } from '../base/clock.ts'

const fen = z.int().min(1).max(1_000_000_00)
const least = z.int().min(0).max(1_000_000_00).default(0)
const words = z.string().min(1).max(40)

/** Percent off: 20 = 八折. Amounts in fen; `minFen` 0 = on any order. */
export const couponTermsShape = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('percent'), percentOff: z.int().min(1).max(99), minFen: least }),
  z.strictObject({ kind: z.literal('amount'), offFen: fen, minFen: least }),
  z.strictObject({ kind: z.literal('gift'), words }),
  z.strictObject({ kind: z.literal('free-shipping') }),
])

export type CouponTerms = z.infer<typeof couponTermsShape>

const yuan = (amount: number): string =>
  amount % 100 === 0 ? String(amount / 100) : (amount / 100).toFixed(2)
const onAny = (minFen: number): string => (minFen === 0 ? '无门槛' : `满${yuan(minFen)}元可用`)

/** As a Chinese coupon says it. */
export function termsWords(terms: CouponTerms | null): string {
  switch (terms?.kind) {
    case undefined:
      return '以券面说明为准'
    case 'percent': {
      const left = 100 - terms.percentOff
      return `${left % 10 === 0 ? String(left / 10) : (left / 10).toFixed(1)}折，${onAny(terms.minFen)}`
    }
    case 'amount':
      return `减${yuan(terms.offFen)}元，${onAny(terms.minFen)}`
    case 'gift':
      return `赠品：${terms.words}`
    case 'free-shipping':
      return '包邮一次'
  }
}

export interface CouponRow {
  readonly code: string
  readonly player: string
  readonly title: string
  readonly state: 'issued' | 'redeemed' | 'expired'
  readonly issued_at: number
  readonly expires_at: number
  readonly family: string | null
  readonly terms: string | null
  readonly lock_holder: string | null
  readonly lock_until: number | null
  readonly redeemed_at: number | null
  readonly redeemed_by: string | null
  readonly redeem_key: string | null
}

export interface Coupon {
  readonly code: string
  readonly title: string
  readonly state: 'issued' | 'locked' | 'redeemed' | 'expired'
  readonly issuedAt: Instant
  readonly expiresAt: Instant
  readonly terms: CouponTerms | null
  readonly family: string | null
  readonly redeemedAt: Instant | null
}

const termsOf = (text: string | null): CouponTerms | null => {
  if (text === null) return null
  const parsed = couponTermsShape.safeParse(JSON.parse(text))
  return parsed.success ? parsed.data : null
}

export const isLocked = (row: Pick<CouponRow, 'lock_until'>, now: Instant): boolean =>
  row.lock_until !== null && row.lock_until > now

function stateOf(row: CouponRow, now: Instant): Coupon['state'] {
  if (row.state !== 'issued') return row.state
  if (row.expires_at <= now) return 'expired'
  return isLocked(row, now) ? 'locked' : 'issued'
}

export const presentCoupon = (row: CouponRow, now: Instant): Coupon => ({
  code: row.code,
  title: row.title,
  state: stateOf(row, now),
  issuedAt: row.issued_at,
  expiresAt: row.expires_at,
  terms: termsOf(row.terms),
  family: row.family,
  redeemedAt: row.redeemed_at,
})

/** No 0/O, 1/I/L: a person reads it aloud at the counter. 31^10 codes: guessing is hopeless. */
export const codeLetters = '23456789ABCDEFGHJKMNPQRSTUVWXYZ'
export const codeLength = 10

/** As typed or scanned: small letters, blanks and dashes mean nothing. Null when it cannot be one of ours. */
export function readCode(text: string): string | null {
  const code = text.toUpperCase().replace(/[\s-]/g, '')
  return code.length === codeLength && [...code].every((letter) => codeLetters.includes(letter)) ? code : null
}
