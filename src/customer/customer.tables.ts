import { table } from '../base/table.ts'

/** `created_at` is the earliest instant anything is known of her, also when an older row is recorded later. */
export const customerTable = table('customer', { id: 'text key', created_at: 'int', first_seq: 'int' })

/** `kind`: external, shop, phone. One identity belongs to one customer. */
export const identityTable = table(
  'identity',
  { kind: 'text key', value: 'text key', customer: 'text' },
  { index: [['customer']] },
)

/** One row named two customers: kept apart until a person decides. */
export const identityConflictTable = table('identity_conflict', {
  kept: 'text key',
  other: 'text key',
  first_seq: 'int',
})

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

export const customerTables = [
  customerTable,
  identityTable,
  identityConflictTable,
  consentTable,
  topicChoiceTable,
  staffTable,
  relationTable,
  profileTable,
  chatGroupTable,
  groupMemberTable,
]
