import { table } from '../base/table.ts'
import { campaignPartTable } from './campaigns/campaign.tables.ts'
import { tipTable } from './tips/tip.tables.ts'

/** Every cadence ever published, as written; the newest is in force. */
export const cadenceVersionTable = table('cadence_version', {
  version: 'int key',
  yaml: 'text',
  note: 'text',
  published_by: 'text',
  published_at: 'int',
  rolled_back_to: 'int?',
  approved_by: 'text?',
})

/**
 * `state`: open, submitted, approved, rejected, published, withdrawn. `hash` is that of `yaml`; `approved_hash` that of
 * the text somebody approved, and only that text may be published on her word. `epoch` counts the changes.
 */
export const cadenceDraftTable = table(
  'cadence_draft',
  {
    id: 'text key',
    yaml: 'text',
    hash: 'text',
    note: 'text',
    author: 'text',
    author_name: 'text',
    base_version: 'int',
    rolls_back_to: 'int?',
    state: 'text',
    decided_by: 'text?',
    decided_name: 'text?',
    decided_at: 'int?',
    approved_hash: 'text?',
    words: 'text',
    published_version: 'int?',
    epoch: 'int',
    created_at: 'int',
    changed_at: 'int',
  },
  { index: [['state', 'changed_at']] },
)

/** By experiment and seed, what everybody hears since it was decided. Kept by a projection. */
export const experimentDecisionTable = table('experiment_decision', {
  experiment: 'text key',
  seed: 'text key',
  arm: 'text',
  /** rolled-out, stopped */
  how: 'text',
  why: 'text',
  decided_by: 'text',
  decided_at: 'int',
})

export const cadenceTables = [
  cadenceVersionTable,
  cadenceDraftTable,
  experimentDecisionTable,
  campaignPartTable,
  tipTable,
]
