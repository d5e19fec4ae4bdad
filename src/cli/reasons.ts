/** `siyu cadence reasons`: the table alone, which needs no database and so loads none. */
import { listedReasons } from '../outbox/reasons.ts'
import type { ListedReason } from '../outbox/reasons.ts'

/** Every reason code with its words and what it does. */
export const reasonsVerb = (): Promise<{ readonly reasons: readonly ListedReason[] }> =>
  Promise.resolve({ reasons: listedReasons() })
