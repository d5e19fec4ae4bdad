import { table } from '../../base/table.ts'

/**
 * What each customer is worth as of the fit: a pure function of her purchase days up to the fit's end day and of the
 * log row of the fit (`fit_seq`), so it can be told again. The interval is of what she will really spend.
 */
export const clvEstimateTable = table(
  'clv_estimate',
  {
    customer: 'text key',
    model: 'text',
    /** The end day of the fit. */
    computed_no: 'int',
    p_alive: 'real',
    /** Purchases expected within the fit's horizon (52 weeks unless config says otherwise). */
    expected_52w: 'real',
    value_52w_fen: 'int',
    low_fen: 'int',
    high_fen: 'int',
    fit_seq: 'int',
  },
  { index: [['value_52w_fen', 'customer']] },
)

/** Projection of 'clv-fitted': the newest is the one in force. */
export const clvFitTable = table('clv_fit', {
  seq: 'int key',
  source_key: 'text',
  end_no: 'int',
  at: 'int',
  detail: 'text',
})

export const clvTables = [clvEstimateTable, clvFitTable]
