import { table } from '../../base/table.ts'

/**
 * Which dynamic tags a customer carries. A pure function of log, catalogue, configuration and instant: whoever computes
 * it again gets the same rows. `since_at` is the happening that carries it today, so it moves when she does it again.
 */
export const dynamicTagTable = table(
  'dynamic_tag',
  {
    customer: 'text key',
    tag: 'text key',
    since_at: 'int',
    /** It ends then at the latest, if nothing else happens. */
    expires_at: 'int?',
    /** What it is about: a sku, a category, a choice. */
    subject: 'text',
    reason: 'text',
  },
  { clustered: true, index: [['tag', 'since_at']] },
)

/** The next instant at which time alone may change a customer's tags. */
export const tagDueTable = table(
  'tag_due',
  { customer: 'text key', next_at: 'int' },
  { clustered: true, index: [['next_at']] },
)

export const tagTables = [dynamicTagTable, tagDueTable]
