/**
 * A player of the H5 pages carries who she is in a sealed cookie: no row per visitor, and nothing to look up when ten
 * thousand customers open one broadcast.
 */
import { timingSafeEqual } from 'node:crypto'
import { days } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { keyedDigest } from '../base/ids.ts'

export const playerMs = days(30)

const mark = (key: Buffer, external: string, until: string): string =>
  keyedDigest(key, `player-cookie\n${external}\n${until}`)

/** The cookie's value for this external_userid (or `openid:…`). */
export function sealPlayer(key: Buffer, external: string, now: Instant): string {
  const until = (now + playerMs).toString(36)
  return [Buffer.from(external).toString('base64url'), until, mark(key, external, until)].join('.')
}

/** Who sealed cookie speaks of, or null when it was forged or has run out. */
export function openPlayer(key: Buffer, sealed: string, now: Instant): string | null {
  const match = /^([A-Za-z0-9_-]{1,200})\.([0-9a-z]{1,12})\.([A-Za-z0-9_-]{43})$/.exec(sealed)
  const [, name, until, given] = match ?? []
  if (name === undefined || until === undefined || given === undefined) return null
  const external = Buffer.from(name, 'base64url').toString()
  const right = mark(key, external, until)
  if (!timingSafeEqual(Buffer.from(right), Buffer.from(given))) return null
  return parseInt(until, 36) > now ? external : null
}
