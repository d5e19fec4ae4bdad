import { table } from '../base/table.ts'

/** One row per living worker. `lease_until` is database time; whoever is past it is dead and its work is taken over. */
export const workerLeaseTable = table('worker_lease', { worker: 'text key', lease_until: 'int' })

export const deliveryTables = [workerLeaseTable]
