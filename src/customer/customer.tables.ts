import { table } from '../base/table.ts'
import { wayTables } from './ways.tables.ts'

/** `created_at` is the earliest instant anything is known of her, also when an older row is recorded later. */
export const customerTable = table('customer', { id: 'text key', created_at: 'int', first_seq: 'int' })

/**
 * `kind`: external, union, shop, phone. One identity belongs to one customer. `seq` is the row that first tied it to
 * somebody: what a stranger did before that counts for nobody.
 */
export const identityTable = table(
  'identity',
  { kind: 'text key', value: 'text key', customer: 'text', seq: 'int' },
  { index: [['customer']] },
)

/**
 * One row named two customers who contradict each other. `one` < `two`. `state`: open until a person decides, or apart
 * when she did. One of the two need not exist yet: an identity that could not be tied to the other makes a customer of its own.
 */
export const identityConflictTable = table(
  'identity_conflict',
  { one: 'text key', two: 'text key', first_seq: 'int', state: 'text', decided_seq: 'int?' },
  { index: [['two'], ['state', 'first_seq']] },
)

/** Merges as the log tells them, by the number of their row; `undone_seq` is the un-merge. */
export const customerMergeTable = table(
  'customer_merge',
  { seq: 'int key', kept: 'text', other: 'text', undone_seq: 'int?' },
  { index: [['kept'], ['other']] },
)

/** Identities of people who were forgotten, as keyed hashes: what is older than that about them is not taken in again. */
export const erasureTable = table('erasure', { hash: 'text key', erased_at: 'int key' })

export const consentTable = table('consent', {
  customer: 'text key',
  purpose: 'text key',
  opted_out: 'int',
  changed_at: 'int',
  via: 'text',
})

/** What she wants to hear about, or not: `no-baby-topics` and the like. */
export const topicChoiceTable = table('topic_choice', {
  customer: 'text key',
  topic: 'text key',
  wanted: 'int',
  changed_at: 'int',
})

/**
 * The newest statement of each attribute. A fact has its `value`, and a `number` where values compare; a person's own
 * words lie beside the log at the row `words` names. Neither: the shop said that it is nothing.
 */
export const attributeTable = table(
  'attribute',
  {
    customer: 'text key',
    name: 'text key',
    value: 'text?',
    number: 'real?',
    words: 'text?',
    at: 'int',
  },
  { index: [['name', 'value']] },
)

export const staffTable = table('staff', { userid: 'text key', name: 'text', active: 'int', contact: 'int' })

/** `state`: active, removed. A contact of two advisors has two rows. */
export const relationTable = table(
  'relation',
  {
    external: 'text key',
    staff: 'text key',
    state: 'text',
    added_at: 'int',
    removed_at: 'int?',
    remark: 'text?',
    add_way: 'int?',
    from_state: 'text?',
  },
  { index: [['staff', 'state']] },
)

export const profileTable = table('profile', {
  external: 'text key',
  name: 'text',
  avatar: 'text?',
  gender: 'int',
  unionid: 'text?',
  remark_tags: 'text',
})

/** `state`: active, dismissed. */
export const chatGroupTable = table('chat_group', {
  chat: 'text key',
  name: 'text',
  owner: 'text',
  interest: 'text?',
  state: 'text',
  member_version: 'text?',
})

/** `kind`: 1 staff, 2 external. */
export const groupMemberTable = table(
  'group_member',
  { chat: 'text key', member: 'text key', kind: 'int', joined_at: 'int' },
  { index: [['member']] },
)

/**
 * The advisor who is hers by name. `staff` null: a person wants nobody. `named_by`: clv, person (then `person` is who).
 * `rank` of `among`, `percent`: her place by expected value when she was named, and the share that gets one.
 */
export const namedAdvisorTable = table(
  'named_advisor',
  {
    customer: 'text key',
    staff: 'text?',
    since_at: 'int',
    named_by: 'text',
    rank: 'int?',
    among: 'int?',
    percent: 'real?',
    person: 'text?',
  },
  { index: [['staff']] },
)

export const customerTables = [
  customerTable,
  identityTable,
  identityConflictTable,
  customerMergeTable,
  erasureTable,
  consentTable,
  topicChoiceTable,
  attributeTable,
  staffTable,
  relationTable,
  profileTable,
  chatGroupTable,
  groupMemberTable,
  namedAdvisorTable,
  ...wayTables,
]
