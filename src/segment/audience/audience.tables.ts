import { table } from '../../base/table.ts'

/** Saved audiences. `rule` is the JSON as it was given. */
export const audienceTable = table('audience', {
  name: 'text key',
  title: 'text',
  rule: 'text',
  version: 'int',
  updated_at: 'int',
  updated_by: 'text',
})
