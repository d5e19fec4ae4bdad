import { table } from '../base/table.ts'

/** What a customer shows interest in, over all time. Rows that say nothing any more (all taken back) are gone. */
export const interestTable = table(
  'interest',
  {
    customer: 'text key',
    sku: 'text key',
    browses: 'int',
    last_browse_at: 'int?',
    clicks: 'int',
    last_click_at: 'int?',
    /** Customer-days, net of orders taken back. */
    bought_days: 'int',
    last_bought_at: 'int?',
  },
  { clustered: true },
)

/** The same looks and clicks by day: what windows of days are counted from. */
export const interestDayTable = table(
  'interest_day',
  {
    customer: 'text key',
    day_no: 'int key',
    sku: 'text key',
    browses: 'int',
    last_browse_at: 'int?',
    clicks: 'int',
    last_click_at: 'int?',
  },
  { clustered: true },
)

/** What a customer did, by day and kind of activity (behaviour.ts, `activityOf`). */
export const activityDayTable = table(
  'activity_day',
  {
    customer: 'text key',
    day_no: 'int key',
    activity: 'text key',
    acts: 'int',
  },
  { clustered: true },
)

/** `scored_at`: when `last_score` was given. `open_complaint_at`: the newest complaint after the last verdict. */
export const satisfactionTable = table(
  'satisfaction',
  {
    customer: 'text key',
    last_score: 'int?',
    scored_at: 'int?',
    last_at: 'int?',
    low: 'int',
    answers: 'int',
    open_complaint_at: 'int?',
  },
  { clustered: true },
)

/** What a customer chose: her newest answer to each question, one row per choice. */
export const answerTable = table(
  'answer',
  {
    customer: 'text key',
    question: 'text key',
    choice: 'text key',
    at: 'int',
  },
  { clustered: true },
)

export const behaviourTables = [
  interestTable,
  interestDayTable,
  activityDayTable,
  satisfactionTable,
  answerTable,
]
