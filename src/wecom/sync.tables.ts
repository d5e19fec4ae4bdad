import { table } from '../base/table.ts'

/** What an event told us to read again: contacts by external_userid, groups by chat id. */
export const rereadTable = table(
  'wecom_reread',
  {
    /** contact, group. */
    kind: 'text key',
    id: 'text key',
    asked_at: 'int',
    ready_at: 'int',
    attempts: 'int',
  },
  { index: [['ready_at']] },
)

/** Corp tags that we made, by name. Tags of other hands are never touched. */
export const corpTagTable = table('corp_tag', { tag_group: 'text key', tag: 'text key', id: 'text' })

/** What we last put on a (staff, customer) pair: what the mirror compares with what is wanted. */
export const seenTagTable = table('seen_tag', {
  staff: 'text key',
  external: 'text key',
  tag_group: 'text key',
  tag: 'text',
  tag_id: 'text',
  /** 1: WeCom refused it for good (no relation any more); tried again when something else is wanted. */
  refused: 'int',
  at: 'int',
})

export const wecomTables = [rereadTable, corpTagTable, seenTagTable]
