import type { Act } from '../../base/act.ts'
import type { Clock } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import type { Log } from '../../base/log.ts'
import type { Erasures } from '../../customer/index.ts'
import type { WecomApi } from '../protocol/api.ts'

export interface KfParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
  readonly log: Log
  readonly api: WecomApi
  readonly corpId: string
  /** Who was forgotten is not named again. */
  readonly erasures?: Erasures
  /** Soon instead of at the next tick. */
  readonly wake?: () => void
  /** For tests that stop a server between two steps. */
  readonly failPoint?: (step: string) => Promise<void>
}
