import { table } from '../../base/table.ts'

/** Every move between tiers, as the log tells it: her history, and the flows of the shop. */
export const tierMoveTable = table(
  'tier_move',
  {
    seq: 'int key',
    customer: 'text',
    at: 'int',
    day_no: 'int',
    from_tier: 'text',
    to_tier: 'text',
    cause: 'text',
    reason: 'text?',
  },
  { index: [['customer', 'seq'], ['day_no']] },
)
