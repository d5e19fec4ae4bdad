import { table } from '../base/table.ts'

/**
 * Append-only: what a player earned or spent, and why. `unique_key` makes each gift and each payment happen once;
 * amounts below 0 are what went out.
 */
export const pointsTable = table(
  'points',
  { id: 'text key', player: 'text', amount: 'int', words: 'text', unique_key: 'text', at: 'int' },
  { unique: [['unique_key']], index: [['player', 'at']] },
)

/** One row per player who ever spent: its lock keeps two payments from seeing one balance. */
export const pointsAccountTable = table('points_account', { player: 'text key' })

/** What a player gave to a good cause, and what the brand put beside it; each key once. */
export const donationTable = table(
  'donation',
  { unique_key: 'text key', player: 'text', points: 'int', matched: 'int', cause: 'text', at: 'int' },
  { index: [['player'], ['cause']] },
)

/** `source_key` makes each coupon be issued once; `code` is what a shop assistant reads. */
export const couponTable = table(
  'coupon',
  {
    code: 'text key',
    player: 'text',
    title: 'text',
    /** issued, redeemed, expired. Locked is an issued one whose `lock_until` lies ahead. */
    state: 'text',
    issued_at: 'int',
    expires_at: 'int',
    source_key: 'text',
    /** Coupons of one purpose, such as `wake-up`: how often somebody had one can be asked. */
    family: 'text?',
    /** JSON, see coupon.ts. */
    terms: 'text?',
    /** Who holds it for an order: `staff:<userid>`, `shop:<order>`. */
    lock_holder: 'text?',
    lock_until: 'int?',
    redeemed_at: 'int?',
    redeemed_by: 'text?',
    /** The same key again is the same redemption. */
    redeem_key: 'text?',
  },
  {
    unique: [['source_key']],
    index: [
      ['player', 'issued_at'],
      ['player', 'family', 'issued_at'],
      ['state', 'expires_at'],
    ],
  },
)

/** Where she stands, for whoever ever stood above the lowest level; written by levels.ts only. */
export const levelStandingTable = table(
  'level_standing',
  {
    customer: 'text key',
    /** In force, gifts included. */
    level: 'text',
    /** By what she spent alone. */
    earned: 'text',
    since_no: 'int?',
    /** The last day on which the earned level is held. */
    keep_no: 'int?',
    /** The last day of the gift that lifts her above what she earned. */
    granted_no: 'int?',
    /** The next day on which time alone may move her. */
    next_no: 'int?',
  },
  { index: [['next_no']] },
)

/** A level given for a while. `given_to` stays when the row goes along with a merge, so that it finds back. */
export const levelGrantTable = table(
  'level_grant',
  {
    key: 'text key',
    customer: 'text',
    given_to: 'text',
    level: 'text',
    from_no: 'int',
    until_no: 'int',
    why: 'text',
  },
  { index: [['customer']] },
)

/** What stands in the link a player hands to her friends. */
export const referralCodeTable = table(
  'referral_code',
  { code: 'text key', player: 'text' },
  { unique: [['player']] },
)

/** Who was brought by whom: once per friend. The `_was` columns say who it was before merges. */
export const referralTable = table(
  'referral',
  {
    friend: 'text key',
    inviter: 'text',
    friend_was: 'text',
    inviter_was: 'text',
    /** `h5`, `contact`. */
    via: 'text',
    /** joined, ordered, credited, ended. */
    state: 'text',
    why: 'text',
    joined_at: 'int',
    order_key: 'text?',
    /** Day of the credit, when nothing is taken back before. */
    due_no: 'int?',
    settled_at: 'int?',
  },
  {
    index: [
      ['inviter', 'joined_at'],
      ['state', 'due_no'],
    ],
  },
)

export const rewardTables = [
  pointsTable,
  pointsAccountTable,
  donationTable,
  couponTable,
  levelStandingTable,
  levelGrantTable,
  referralCodeTable,
  referralTable,
]
