import { table } from './table.ts'

/**
 * `(job, slot)` is inserted once: it is the claim and the memory of what ran. One is deleted only when a clock that ran
 * ahead recorded a slot of the future as missed.
 */
export const jobSlotTable = table(
  'job_slot',
  {
    job: 'text key',
    slot: 'text key',
    /** Instant the slot stood for (business time). */
    due_at: 'int',
    /** The process; `ahead` when the slot ran while the clock was ahead. */
    holder: 'text',
    /** On the way: running, failed (will be tried again). For good: done, exhausted (failed three times), missed. */
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
