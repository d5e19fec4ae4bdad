import { addDays, instantOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import type { Tx } from '../../base/db.ts'
import type { Placeholders } from '../../base/placeholders.ts'
import { rsvpId } from './campaign.ts'

export interface PartRow {
  readonly campaign: string
  readonly customer: string
  readonly first_at: Instant
  readonly last_at: Instant
  readonly acts: number
}

export const addParts = (tx: Tx, rows: readonly PartRow[]): Promise<number> =>
  tx.insert(
    'campaign_part',
    rows.map((row) => ({ ...row })),
    `ON CONFLICT (campaign, customer) DO UPDATE SET acts = campaign_part.acts + excluded.acts,
       first_at = case when excluded.first_at < campaign_part.first_at then excluded.first_at else campaign_part.first_at end,
       last_at = case when excluded.last_at > campaign_part.last_at then excluded.last_at else campaign_part.last_at end`,
  )

/** One running of a campaign: taking part in it counts from the day on which it is first heard of to its last day. */
export interface PartWindow {
  readonly name: string
  readonly since: Day
  readonly from: Day
  readonly until: Day
}

/** By kind of identity, the column of the log that holds it. */
export const identityColumns = [
  ['external', 'external'],
  ['union', 'union_id'],
  ['shop', 'shop_id'],
  ['phone', 'phone_hash'],
] as const

/**
 * True for rows of `campaign_part` whose customer took part in this running. The row keeps her first and her last act
 * only: where one lies before this running and the other after it, the log says whether there was one within.
 */
export function tookPartSql(
  part: string,
  { name, since, from, until }: PartWindow,
  values: Placeholders,
): string {
  const [first, end] = [since, addDays(until, 1)].map((day) => String(instantOf(day)))
  const deed = `l.at >= ${first ?? ''} and l.at < ${end ?? ''}
    and (l.kind in ('link-clicked', 'game-played', 'campaign-attended') and l.detail like ${values.put(`%"campaign":"${name}"%`)}
      or l.kind = 'poll-voted' and l.detail like ${values.put(`%"game":"${rsvpId(name, from)}"%`)} and l.detail not like '%"not"%')`
  const deeds = identityColumns.map(
    ([kind, column]) =>
      `exists (select 1 from identity i join log l on l.${column} = i.value
         where i.customer = ${part}.customer and i.kind = '${kind}' and ${deed})`,
  )
  return `${part}.campaign = ${values.put(name)} and ${part}.last_at >= ${first ?? ''} and ${part}.first_at < ${end ?? ''}
    and (${part}.first_at >= ${first ?? ''} or ${part}.last_at < ${end ?? ''} or ${deeds.join(' or ')})`
}
