import { table } from '../base/table.ts'

/** Every cadence ever published, as written; the newest is in force. */
export const cadenceVersionTable = table('cadence_version', {
  version: 'int key',
  yaml: 'text',
  note: 'text',
  published_by: 'text',
  published_at: 'int',
})

export const cadenceTables = [cadenceVersionTable]
