import { createHash, createHmac, randomBytes } from 'node:crypto'
import { v7 } from 'uuid'
import type { Instant } from './clock.ts'

/** A uuid v7: sorts roughly by the business instant it was made at. */
export const newId = (now: Instant): string => v7({ msecs: now })

/** 256 random bits, base64url: session ids, keys. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

export const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex')

/** Keyed digest, base64url, cut to `length` characters. */
export const keyedDigest = (key: Buffer, text: string, length = 43): string =>
  createHmac('sha256', key).update(text).digest('base64url').slice(0, length)
