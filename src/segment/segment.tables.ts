import { table } from '../base/table.ts'

/** What is known of a customer today, one row each; recomputed from day buckets whenever one of hers changes. */
export const factsTable = table('facts', {
  customer: 'text key',
  first_day: 'text?',
  last_day: 'text?',
  /** Customer-days: two orders of one day are one purchase. */
  purchases: 'int',
  orders: 'int',
  amount_fen: 'int',
  engaged_day: 'text?',
  complained_day: 'text?',
  browsed_day: 'text?',
})

/** Votes, finds, clicks, words in a group, per day: what "engaged" was on any past day. */
export const engagementDayTable = table('engagement_day', {
  customer: 'text key',
  day: 'text key',
  acts: 'int',
})

/**
 * Where a customer stands. Written only by `resegment`, together with the log row of the move, and by no projection:
 * `next_day` (on which time alone can move her) changes without a move.
 */
export const standingTable = table(
  'standing',
  {
    customer: 'text key',
    tier: 'text',
    since_day: 'text',
    reason: 'text',
    dormancy: 'text?',
    stage: 'text',
    next_day: 'text?',
    computed_day: 'text',
  },
  { index: [['tier'], ['next_day']] },
)

/** Quantiles frozen between refreshes; projection of 'cut-points-refreshed'. */
export const cutPointTable = table('cut_point', {
  name: 'text key',
  day: 'text key',
  cut: 'int',
  buyers: 'int',
})

/** The corp tag a customer should carry, one per tag group; wecom/mirror converges to it. */
export const wantedTagTable = table('wanted_tag', {
  customer: 'text key',
  tag_group: 'text key',
  tag: 'text',
  changed_at: 'int',
})

/** `lock`: taken first by every recomputation, so that an older view never overwrites a newer. `rules`: hash in force. */
export const segmentStateTable = table('segment_state', { name: 'text key', value: 'text' })

export const segmentTables = [
  factsTable,
  engagementDayTable,
  standingTable,
  cutPointTable,
  wantedTagTable,
  segmentStateTable,
]
