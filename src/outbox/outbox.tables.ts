import { table } from '../base/table.ts'

/**
 * One row per thing we owe one customer or one group, also the ones we decided not to say (`declined`, no state).
 * `dedupe_key` is what makes a second promise of the same thing impossible.
 */
export const promiseTable = table(
  'promise',
  {
    id: 'text key',
    dedupe_key: 'text',
    touchpoint: 'text',
    title: 'text',
    cadence_version: 'int',
    purpose: 'text',
    personal: 'int',
    channel: 'text',
    subject_kind: 'text',
    /** external_userid of a customer, chat id of a group, userid of a member of staff, name of a robot. */
    subject: 'text',
    customer: 'text?',
    /** The advisor who speaks, or who gets the card. */
    sender: 'text?',
    day: 'text',
    wanted_at: 'int',
    due_at: 'int',
    expires_at: 'int',
    decision: 'text',
    reason_code: 'text',
    reason_words: 'text',
    /** Null when declined. */
    state: 'text?',
    content: 'text',
    parcel: 'text?',
    remote_id: 'text?',
    priority: 'int',
    /** Calls made for it. */
    attempts: 'int',
    /** Grows with each transition: nobody settles what somebody else has moved meanwhile. */
    epoch: 'int',
    /** How often a worker fell while holding it; see delivery/lease.ts. */
    crashes: 'int',
    /** How often one fell that had claimed it and not yet written its call; null until then. */
    stumbles: 'int?',
    /** When the machine looks at it next: due (queued), expired (waiting). Business time. */
    ready_at: 'int',
    /** The worker that holds it; alive as long as its row in worker_lease is. */
    lease_holder: 'text?',
    created_at: 'int',
    /** The advisor pressed send in the sidebar and has not yet said how it went. */
    pressed_at: 'int?',
    sent_at: 'int?',
    settled_at: 'int?',
    settle_code: 'text?',
    settle_words: 'text?',
    /** What it belongs to and can be stopped by; see promise.ts. */
    campaign: 'text?',
    topic: 'text?',
    experiment: 'text?',
    arm: 'text?',
    worth_fen: 'int?',
    /** JSON `{days, words}`: days on which it is not said. */
    not_on: 'text?',
    /** 1: the customer waits for it, so no hour is a bad one. */
    awaited: 'int?',
    /** What of a list that is turned through it carries: the id of a tip. */
    piece: 'text?',
  },
  {
    unique: [['dedupe_key']],
    index: [
      ['state', 'ready_at'],
      ['state', 'channel', 'priority', 'ready_at'],
      ['customer', 'due_at'],
      ['subject', 'due_at'],
      ['sender', 'state'],
      ['sender', 'due_at'],
      ['day', 'touchpoint'],
      ['parcel'],
    ],
  },
)

/** What one call carries: the exact body, who speaks, the token that finds it again, and what became of it. */
export const parcelTable = table(
  'parcel',
  {
    id: 'text key',
    channel: 'text',
    sender: 'text?',
    batch_token: 'text',
    /** Unfilled words, the key by which promises are put together. */
    wording: 'text',
    /** Filled words. */
    text: 'text',
    /** The bytes of the call, sent again identically when needed. */
    body: 'text',
    state: 'text',
    remote_id: 'text?',
    attempts: 'int',
    /** When the first call was about to start: nothing older can be ours. */
    intent_at: 'int',
    /** When the latest call was about to start. */
    called_at: 'int',
    expires_at: 'int',
    next_look_at: 'int?',
    looks: 'int',
    /** Why it is being taken back: opt-out, pause, expiry. */
    recall: 'text?',
    reminded_at: 'int?',
    created_at: 'int',
    settled_at: 'int?',
    error: 'text?',
    /** How often the advisor was reminded; null: never. */
    reminders: 'int?',
  },
  {
    unique: [['batch_token']],
    index: [
      ['state', 'next_look_at'],
      ['next_look_at'],
      ['remote_id'],
      ['channel', 'intent_at'],
      ['sender', 'called_at'],
    ],
  },
)

/**
 * One row: the manners in force, copied here when a cadence is published. `quota_mode`: the stricter quota rule that
 * holds since `doubted_at`, until a person confirms the written one or writes another.
 */
export const mannersTable = table('manners', {
  id: 'int key',
  version: 'int',
  body: 'text',
  quota_mode: 'text?',
  doubted_at: 'int?',
})

/** Locked in order of the key before caps are counted, so that two triggers cannot take the last one. */
export const budgetTable = table('budget', { customer: 'text key' })

/** What restrains us beyond counting: a live talk, an open complaint, a refund. Kept by projections. */
export const restraintTable = table('restraint', {
  customer: 'text key',
  talked_at: 'int?',
  complaint_at: 'int?',
  refund_at: 'int?',
})

/** When she last wrote to an account of 微信客服: there, and nowhere else, it opened a window. Kept by a projection. */
export const kfTalkTable = table(
  'kf_talk',
  { external: 'text key', kfid: 'text key', customer: 'text key', wrote_at: 'int' },
  { index: [['customer']] },
)

/** Who is away, both days included, and who speaks for her. */
export const staffLeaveTable = table('staff_leave', {
  staff: 'text key',
  from_day: 'text key',
  to_day: 'text',
  deputy: 'text?',
})

/**
 * WeCom said that this customer's, or group's, broadcasts of the period are used up. `surprised` = 1 when by our own
 * count there was room: many of those, and the written rule is wrong.
 */
export const quotaSeenTable = table(
  'quota_seen',
  { subject: 'text key', until_at: 'int', seen_at: 'int', surprised: 'int' },
  { index: [['seen_at']] },
)

/** The kill switch: `scope` is global, campaign, channel or touchpoint; `name` is empty for global. */
export const pauseTable = table('pause', {
  scope: 'text key',
  name: 'text key',
  at: 'int',
  by_whom: 'text',
  reason: 'text',
})

export const outboxTables = [
  promiseTable,
  parcelTable,
  mannersTable,
  budgetTable,
  restraintTable,
  kfTalkTable,
  staffLeaveTable,
  quotaSeenTable,
  pauseTable,
]
