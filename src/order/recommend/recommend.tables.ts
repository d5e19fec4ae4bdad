import { table } from '../../base/table.ts'

/**
 * What goes with what, the best `perItem` of each sku: written by the nightly job, a pure function of orders, settings
 * and day. `sku` '' = whatever sku: the most bought, for customers nothing is known of.
 */
export const coPurchaseTable = table(
  'co_purchase',
  {
    sku: 'text key',
    other: 'text key',
    /** Units with both, of those looked at; for '' the units with `other`. */
    together: 'int',
    /** Units with `sku` that were looked at; for '' all units. */
    units: 'int',
    cosine_e6: 'int',
    lift_e3: 'int',
    rank: 'int',
    computed_no: 'int',
  },
  { index: [['computed_no']] },
)
