import { createHash, createHmac, randomBytes, randomFillSync } from 'node:crypto'
import { v7 } from 'uuid'
import type { Instant } from './clock.ts'

/** Randomness is drawn a page at a time: one call of the system for a thousand ids instead of one for sixteen. */
const pool = Buffer.alloc(16_384)
let used = pool.length
function sixteenBytes(): Uint8Array {
  if (used + 16 > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += 16
  // A copy: the maker of ids writes into what it is given.
  return Uint8Array.from(pool.subarray(used - 16, used))
}

/** A uuid v7: sorts roughly by the business instant it was made at. */
export const newId = (now: Instant): string => v7({ msecs: now, random: sixteenBytes() })

/** 256 random bits, base64url: session ids, keys. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

export const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')

/** Keyed digest, base64url, cut to `length` characters. */
export const keyedDigest = (key: Buffer, text: string, length = 43): string =>
  createHmac('sha256', key).update(text).digest('base64url').slice(0, length)
