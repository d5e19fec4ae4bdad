import { table } from '../base/table.ts'

/** One row per living worker. `lease_until` is database time; whoever is past it is dead and its work is taken over. */
export const workerLeaseTable = table('worker_lease', { worker: 'text key', lease_until: 'int' })

/** When the next call of a channel would start if all workers together called exactly at its rate: database time, µs. */
export const rateBucketTable = table('rate_bucket', { name: 'text key', due_us: 'int' })

export const deliveryTables = [workerLeaseTable, rateBucketTable]
