/** Who is left alone so that we learn what speaking is worth. Pure, and the same for ever for one person and word. */
import { sha256 } from '../base/ids.ts'
import type { Manners } from './manners.ts'

const shares = 10_000

/** 0 … 9999. */
export const holdoutShare = (salt: string, customer: string): number =>
  Number.parseInt(sha256(`${salt}|${customer}`).slice(0, 12), 16) % shares

/** A larger share takes more in and lets nobody out. */
export const isHeldOut = ({ holdout }: Manners, customer: string): boolean =>
  holdout.percent > 0 && holdoutShare(holdout.salt, customer) < holdout.percent * (shares / 100)
