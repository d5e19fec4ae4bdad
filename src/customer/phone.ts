/**
 * A phone number is hashed at the door and kept nowhere in clear: the same number gives the same hash wherever it comes
 * in, and without SIYU_MASTER_KEY nobody can try all numbers. A lost key means that phones no longer link; nothing else.
 */
import { createHmac } from 'node:crypto'
import { keyedDigest } from '../base/ids.ts'

export type HashPhone = (phone: string) => string | null

/** Digits with the country, `8613800138000`; null when it is no phone number. A number without country is Chinese. */
export function plainPhone(text: string): string | null {
  const plain = text.normalize('NFKC').replace(/[\s().\-\u2010-\u2015]/g, '')
  const match = /^(\+|00)?(\d{7,15})$/.exec(plain)
  const digits = match?.[2]
  if (digits === undefined) return null
  if (match?.[1] !== undefined) return digits
  if (/^1[3-9]\d{9}$/.test(digits)) return `86${digits}`
  return /^861[3-9]\d{9}$/.test(digits) ? digits : `86${digits.replace(/^0/, '')}`
}

export function phoneHasher(masterKey: Buffer): HashPhone {
  const key = createHmac('sha256', masterKey).update('siyu phone v1').digest()
  return (text) => {
    const phone = plainPhone(text)
    return phone === null ? null : keyedDigest(key, phone)
  }
}
