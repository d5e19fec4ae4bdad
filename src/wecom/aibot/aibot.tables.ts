import { table } from '../../base/table.ts'

/** Which server holds the connection of the smart bot: a single row. See lease.ts. */
export const botLeaseTable = table('bot_lease', {
  id: 'int key',
  holder: 'text',
  /** Grows with each new holder. */
  epoch: 'int',
  /** Database time. */
  lease_until: 'int',
  /** Somebody outside took the bot: nobody of ours connects until a server starts again. */
  kicked_at: 'int?',
})
