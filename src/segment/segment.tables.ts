import { table } from '../base/table.ts'
import { audienceTable } from './audience/audience.tables.ts'

/** What is known of a customer today, one row each; recomputed from day buckets whenever one of hers changes. */
export const factsTable = table(
  'facts',
  {
    customer: 'text key',
    first_no: 'int?',
    last_no: 'int?',
    /** Customer-days: two orders of one day are one purchase. */
    purchases: 'int',
    orders: 'int',
    amount_fen: 'int',
    engaged_no: 'int?',
    complained_no: 'int?',
    browsed_no: 'int?',
  },
  { clustered: true },
)

/** Votes, finds, clicks, words in a group, per day: what "engaged" was on any past day. */
export const engagementDayTable = table(
  'engagement_day',
  { customer: 'text key', day_no: 'int key', acts: 'int' },
  { clustered: true },
)

/**
 * Where a customer stands; written only by `resegment`, together with the log row of the move. A pure function of the
 * log, the rules and the day up to which time was let in: it holds until `next_no`, the day on which time alone can move
 * her. `since_no` is the day of her last move. The slots are the windows that rules look at, shortest first: purchases,
 * amount and the oldest purchase day in each, so that a changed condition is judged without reading a day bucket.
 */
export const standingTable = table(
  'standing',
  {
    customer: 'text key',
    tier: 'text',
    since_no: 'int',
    dormancy: 'text?',
    dormancy_rhythm: 'text?',
    stage: 'text',
    next_no: 'int?',
    w1_n: 'int',
    w1_fen: 'int',
    w1_oldest_no: 'int?',
    w2_n: 'int',
    w2_fen: 'int',
    w2_oldest_no: 'int?',
    w3_n: 'int',
    w3_fen: 'int',
    w3_oldest_no: 'int?',
    w4_n: 'int',
    w4_fen: 'int',
    w4_oldest_no: 'int?',
    w5_n: 'int',
    w5_fen: 'int',
    w5_oldest_no: 'int?',
    w6_n: 'int',
    w6_fen: 'int',
    w6_oldest_no: 'int?',
  },
  { clustered: true, index: [['tier'], ['next_no']] },
)

/** Quantiles frozen between refreshes; projection of 'cut-points-refreshed'. */
export const cutPointTable = table('cut_point', {
  name: 'text key',
  day: 'text key',
  cut: 'int',
  buyers: 'int',
})

/** The corp tags a customer should carry; wecom/mirror converges to them. `origin`: tier (one a customer), tag. */
export const wantedTagTable = table(
  'wanted_tag',
  {
    customer: 'text key',
    tag_group: 'text key',
    tag: 'text key',
    origin: 'text',
    changed_at: 'int',
  },
  { clustered: true },
)

/** Whose wanted tags changed: what the mirror has to look at, not before `ready_at`. */
export const wantedChangeTable = table(
  'wanted_change',
  { customer: 'text key', asked_at: 'int', ready_at: 'int' },
  { clustered: true, index: [['ready_at']] },
)

/** `lock`: taken first by every recomputation, so that an older view never overwrites a newer. `rules`: hash in force. `windows`: see segment.store.ts. */
export const segmentStateTable = table('segment_state', { name: 'text key', value: 'text' })

export const segmentTables = [
  factsTable,
  engagementDayTable,
  standingTable,
  cutPointTable,
  wantedTagTable,
  wantedChangeTable,
  segmentStateTable,
  audienceTable,
]
