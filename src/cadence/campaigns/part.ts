/** Whoever clicks a campaign's link, answers its invitation or is seen there takes part in it. */
import type { FreshRow, Projection } from '../../interaction/index.ts'
import { campaignOfRsvp } from './parts.ts'
import { addParts } from './part.store.ts'
import type { PartRow } from './part.store.ts'

const words = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value.length <= 64 ? value : null

function campaignIn({ kind, detail }: FreshRow): string | null {
  if (kind !== 'poll-voted') return words(detail['campaign'])
  const game = words(detail['game'])
  const invited = game === null ? null : campaignOfRsvp(game)
  // To say that one does not come is an answer, not a part.
  return invited !== null && Array.isArray(detail['choices']) && !detail['choices'].includes('not')
    ? invited
    : null
}

export const campaignPartProjection: Projection = {
  name: 'campaign-parts',
  kinds: ['link-clicked', 'poll-voted', 'game-played', 'campaign-attended'],
  keeps: [{ table: 'campaign_part', of: 'customer' }],
  async apply(tx, rows) {
    const parts = new Map<string, PartRow>()
    for (const row of rows) {
      const campaign = campaignIn(row)
      const { customer, at } = row
      if (campaign === null || customer === null) continue
      const key = `${campaign}\n${customer}`
      const before = parts.get(key)
      parts.set(key, {
        campaign,
        customer,
        first_at: Math.min(before?.first_at ?? at, at),
        last_at: Math.max(before?.last_at ?? at, at),
        acts: (before?.acts ?? 0) + 1,
      })
    }
    await addParts(
      tx,
      [...parts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, part]) => part),
    )
  },
}
