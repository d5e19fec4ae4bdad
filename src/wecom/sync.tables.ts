import { table } from '../base/table.ts'
import { mediaUploadTable } from './media.tables.ts'
import { botLeaseTable } from './aibot/aibot.tables.ts'

/** What an event told us to read again: contacts and names of 微信客服 by external_userid, groups by chat id. */
export const rereadTable = table(
  'wecom_reread',
  {
    /** contact, group, kf-customer, kf-accounts (all of them). */
    kind: 'text key',
    id: 'text key',
    asked_at: 'int',
    ready_at: 'int',
    attempts: 'int',
  },
  { index: [['ready_at']] },
)

/** The comparison with WeCom that is under way, or the last one: a single row. See compare.ts. */
export const comparisonTable = table('wecom_comparison', {
  id: 'int key',
  /** Grows whenever somebody takes it over: whoever was frozen meanwhile writes nothing more. */
  epoch: 'int',
  started_at: 'int',
  ended_at: 'int?',
  /** JSON: userids in the order in which they are gone through. */
  staff: 'text',
  /** contacts, groups. */
  stage: 'text',
  part: 'int',
  cursor: 'text',
  contacts: 'int',
  groups: 'int',
  holder: 'text',
  /** Database time. */
  touched_at: 'int',
  /** Why it broke off; empty while it goes on. */
  why: 'text',
  /** So many it did not see that a person must say that they are gone; null: none were held back. */
  lost_contacts: 'int?',
  lost_groups: 'int?',
  /** A person has said so; the next comparison lets them go. */
  agreed_at: 'int?',
})

/** Whom the comparison under way has seen; `staff` is empty for groups. */
export const seenTable = table(
  'wecom_seen',
  { kind: 'text key', id: 'text key', staff: 'text key' },
  { clustered: true },
)

/**
 * Corp tags that we made, by the name we want. Tags of other hands are never touched: where somebody made a tag or a group
 * of that name before us, ours is called otherwise (`name`, `group_name`).
 */
export const corpTagTable = table('corp_tag', {
  tag_group: 'text key',
  tag: 'text key',
  /** Empty: being made since `asked_at`, or deleted by hand. */
  id: 'text?',
  name: 'text',
  group_id: 'text?',
  group_name: 'text',
  asked_at: 'int?',
  /** How often people deleted it in WeCom. After the second time it is not made again. */
  deletions: 'int',
})

/**
 * What is on a (staff, customer) pair as far as it concerns us. `state`: ours (we put it there), hand (somebody had put
 * it there before us: never taken off), refused (no relation any more), verify (they became contacts again).
 */
export const seenTagTable = table('seen_tag', {
  external: 'text key',
  staff: 'text key',
  tag_group: 'text key',
  tag: 'text key',
  tag_id: 'text',
  state: 'text',
  /** When we looked whether it was there, and when we put it there. */
  read_at: 'int',
  at: 'int',
})

/**
 * The access token that all processes share, sealed with the master key. Who fetches the next one holds a short lease;
 * `version` grows with each token, so that a slow answer never replaces a newer one.
 */
export const tokenTable = table('wecom_token', {
  /** Corp, agent and a digest of the secret: another secret has a token of its own. */
  app: 'text key',
  sealed: 'text?',
  renew_at: 'int',
  version: 'int',
  holder: 'text?',
  /** Database time. */
  lease_until: 'int',
})

/** How far each account of 微信客服 is read. See kf/pull.ts. */
export const kfAccountTable = table(
  'kf_account',
  {
    kfid: 'text key',
    name: 'text',
    /** listed; gone: the list of accounts does not show it any more. */
    state: 'text',
    cursor: 'text',
    /** Grows with each page: whoever read an older cursor writes nothing. */
    epoch: 'int',
    /** Grows with each wish to pull: a wish that came during a pull outlives it. */
    asks: 'int',
    /** Of the newest event; good for ten minutes. */
    token: 'text?',
    token_at: 'int?',
    /** Null: nothing is to be pulled. */
    ready_at: 'int?',
    /** When a pull last came to its end. */
    pulled_at: 'int?',
    /** Why the last one did not; empty when it did. */
    why: 'text',
  },
  { index: [['ready_at']] },
)

/** Who asked for a person in 微信客服 and has to be handed over. */
export const handOverTable = table(
  'kf_hand_over',
  {
    kfid: 'text key',
    external: 'text key',
    /** Of what she wrote. */
    msgid: 'text',
    asked_at: 'int',
    ready_at: 'int',
    attempts: 'int',
  },
  { index: [['ready_at']] },
)

/** What a card says after its advisor has pressed an entry of its menu. See card-menu.ts. */
export const cardAnswerTable = table(
  'card_answer',
  {
    /** WeCom's, for one update. */
    code: 'text key',
    staff: 'text',
    words: 'text',
    ready_at: 'int',
    expires_at: 'int',
    tries: 'int',
  },
  { index: [['ready_at']] },
)

export const wecomTables = [
  cardAnswerTable,
  rereadTable,
  comparisonTable,
  seenTable,
  corpTagTable,
  seenTagTable,
  tokenTable,
  mediaUploadTable,
  kfAccountTable,
  handOverTable,
  botLeaseTable,
]
