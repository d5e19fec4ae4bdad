import { table } from '../base/table.ts'

/**
 * The append-only log: what is not here did not happen. `seq` is gapless, in commit order, and only it orders.
 * `external … union_id` are the identity as seen. `detail` is JSON of ids and facts; free words lie in `log_words`.
 */
export const logTable = table(
  'log',
  {
    seq: 'int key',
    id: 'text',
    at: 'int',
    recorded_at: 'int',
    kind: 'text',
    source: 'text',
    source_key: 'text',
    external: 'text?',
    staff: 'text?',
    chat: 'text?',
    phone_hash: 'text?',
    shop_id: 'text?',
    detail: 'text',
    union_id: 'text?',
  },
  {
    unique: [['source', 'source_key'], ['id']],
    index: [
      ['kind', 'seq'],
      ['external', 'seq'],
    ],
    sparse: [
      ['shop_id', 'seq'],
      ['phone_hash', 'seq'],
      ['union_id', 'seq'],
    ],
  },
)

/**
 * One row: the number of the newest log row. Its lock orders all writers of the log. `erasures` counts erased persons:
 * nearly always 0, and read together with the lock for nothing.
 */
export const logHeadTable = table('log_head', { id: 'int key', seq: 'int', erasures: 'int' })

/** What a person said, erasable, found by the log row's id. */
export const logWordsTable = table('log_words', { log_id: 'text key', words: 'text' })

export const followerTable = table('follower', { name: 'text key', position: 'int' })

/** Rows a follower could not handle; after three tries they are passed over and shown by `doctor`. */
export const followerParkedTable = table('follower_parked', {
  follower: 'text key',
  seq: 'int key',
  attempts: 'int',
  parked: 'int',
  error: 'text',
})

export const interactionTables = [logTable, logHeadTable, logWordsTable, followerTable, followerParkedTable]
