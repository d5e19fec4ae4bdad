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

export async function writeKfTalks(tx: Tx, talks: Newest): Promise<void> {
  await tx.insert(
    'restraint',
    talks.map(({ customer, at }) => ({ customer, talked_at: at, kf_at: at })),
    `ON CONFLICT (customer) DO UPDATE SET ${later('talked_at')}, ${later('kf_at')}`,
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
