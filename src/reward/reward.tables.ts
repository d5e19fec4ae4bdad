import { table } from '../base/table.ts'

/** Append-only: what a player earned and why. `unique_key` makes each gift happen once. */
export const pointsTable = table(
  'points',
  { id: 'text key', player: 'text', amount: 'int', words: 'text', unique_key: 'text', at: 'int' },
  { unique: [['unique_key']], index: [['player', 'at']] },
)

/** `source_key` makes each coupon be issued once; `code` is what a shop assistant reads. */
export const couponTable = table(
  'coupon',
  {
    code: 'text key',
    player: 'text',
    title: 'text',
    /** issued, redeemed, expired. */
    state: 'text',
    issued_at: 'int',
    expires_at: 'int',
    source_key: 'text',
  },
  { unique: [['source_key']], index: [['player', 'issued_at']] },
)

export const rewardTables = [pointsTable, couponTable]
