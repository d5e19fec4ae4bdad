import type { Tx } from '../base/db.ts'
import type { Instant } from '../base/clock.ts'

type Newest = readonly { readonly customer: string; readonly at: Instant }[]

/** The later of what is there and what comes. */
const later = (column: string): string =>
  `${column} = case when restraint.${column} is null or restraint.${column} < excluded.${column}
     then excluded.${column} else restraint.${column} end`

export async function writeTalks(tx: Tx, talks: Newest): Promise<void> {
  await tx.insert(
    'restraint',
    talks.map(({ customer, at }) => ({ customer, talked_at: at, complaint_at: null })),
    `ON CONFLICT (customer) DO UPDATE SET ${later('talked_at')}`,
  )
}

export interface KfTalk {
  readonly external: string
  readonly kfid: string
  readonly customer: string
  readonly at: Instant
}

/** One of each window, sorted by key. */
export async function writeKfTalks(tx: Tx, talks: readonly KfTalk[]): Promise<void> {
  await tx.insert(
    'kf_talk',
    talks.map(({ external, kfid, customer, at }) => ({ external, kfid, customer, wrote_at: at })),
    `ON CONFLICT (external, kfid, customer) DO UPDATE SET wrote_at = case
       when kf_talk.wrote_at < excluded.wrote_at then excluded.wrote_at else kf_talk.wrote_at end`,
  )
}

export async function writeComplaints(
  tx: Tx,
  complaints: readonly { readonly customer: string; readonly complaintAt: Instant | null }[],
): Promise<void> {
  await tx.insert(
    'restraint',
    complaints.map(({ customer, complaintAt }) => ({
      customer,
      talked_at: null,
      complaint_at: complaintAt,
    })),
    'ON CONFLICT (customer) DO UPDATE SET complaint_at = excluded.complaint_at',
  )
}

export async function writeRefunds(tx: Tx, refunds: Newest): Promise<void> {
  await tx.insert(
    'restraint',
    refunds.map(({ customer, at }) => ({ customer, refund_at: at })),
    `ON CONFLICT (customer) DO UPDATE SET ${later('refund_at')}`,
  )
}
