import { table } from '../base/table.ts'

/** One row per living worker. `lease_until` is database time; whoever is past it is dead and its work is taken over. */
export const workerLeaseTable = table('worker_lease', { worker: 'text key', lease_until: 'int' })

/** When the next call of a channel would start if all workers together called exactly at its rate: database time, µs. */
export const rateBucketTable = table('rate_bucket', { name: 'text key', due_us: 'int' })

/** Each time an advisor was told how many tasks wait for her; what bounds the next time. */
export const senderReminderTable = table('sender_reminder', {
  sender: 'text key',
  at: 'int key',
  tasks: 'int',
})

export const deliveryTables = [workerLeaseTable, rateBucketTable, senderReminderTable]
