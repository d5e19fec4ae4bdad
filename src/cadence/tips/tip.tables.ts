import { table } from '../../base/table.ts'

/** Tips from spreadsheets, beside those of the cadence. `on_day` empty: one of the list that is turned through. */
export const tipTable = table(
  'tip',
  {
    interest: 'text key',
    id: 'text key',
    text: 'text',
    on_day: 'text?',
    source: 'text',
    added_at: 'int',
  },
  { clustered: true },
)
