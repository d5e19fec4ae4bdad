import { table } from '../../base/table.ts'

/**
 * Customers with a rhythm of their own, as of the last look: a pure function of the facts, of the calibration in force
 * and of the day. Holds nothing that a mere day changes, so that a night writes only those whom it moved: `score` is the
 * risk rounded down to twentieths, `expected_next_no` and `reason` speak from the last purchase. What is exact and of
 * today is said on reading (churn-of.ts).
 */
export const churnSignalTable = table(
  'churn_signal',
  {
    customer: 'text key',
    /** `none` or `warning`. */
    state: 'text',
    /** The day from which the warning stands, by what is known now. */
    since_no: 'int?',
    score: 'real',
    /** The day of the alarm if she stays silent; the warning comes some days before. */
    due_no: 'int?',
    expected_next_no: 'int?',
    reason: 'text',
  },
  { clustered: true, index: [['state', 'due_no']] },
)

/** Projection of 'churn-calibrated': what was fitted, in force from that day on. */
export const churnCalibrationTable = table('churn_calibration', { day_no: 'int key', body: 'text' })

/** `lock`: taken first by whoever writes signals. `judged-by`: the parameters of the last look over everybody. */
export const churnStateTable = table('churn_state', { name: 'text key', value: 'text' })

export const churnTables = [churnSignalTable, churnCalibrationTable, churnStateTable]
