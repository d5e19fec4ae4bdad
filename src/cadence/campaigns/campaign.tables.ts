import { table } from '../../base/table.ts'

/** Who took part in a campaign: clicked its link, answered its invitation, was there. Kept by a projection. */
export const campaignPartTable = table(
  'campaign_part',
  { campaign: 'text key', customer: 'text key', first_at: 'int', last_at: 'int', acts: 'int' },
  { clustered: true, index: [['customer']] },
)
