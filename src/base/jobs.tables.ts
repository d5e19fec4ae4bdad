import { table } from './table.ts'

/** `(job, slot)` is inserted once and never deleted: it is the claim and the memory of what ran. */
export const jobSlotTable = table(
  'job_slot',
  {
    job: 'text key',
    slot: 'text key',
    /** Instant the slot stood for (business time). */
    due_at: 'int',
    holder: 'text',
    /** running, done, failed (will be tried again), exhausted, missed. */
    state: 'text',
    attempts: 'int',
    /** Database time, not business time. */
    lease_until: 'int',
    finished_at: 'int?',
    error: 'text?',
  },
  { index: [['job', 'due_at'], ['state']] },
)

/** Small facts of the installation: corp id, pause switch. */
export const metaTable = table('meta', { name: 'text key', value: 'text' })
export const jobTables = [jobSlotTable, metaTable]
