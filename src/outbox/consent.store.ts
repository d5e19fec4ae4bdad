import type { Tx } from '../base/db.ts'
import type { Instant } from '../base/clock.ts'

export async function writeTalks(
  tx: Tx,
  talks: readonly { readonly customer: string; readonly at: Instant }[],
): Promise<void> {
  await tx.insert(
    'restraint',
    talks.map(({ customer, at }) => ({ customer, talked_at: at, complaint_at: null })),
    `ON CONFLICT (customer) DO UPDATE SET talked_at = case
       when restraint.talked_at is null or restraint.talked_at < excluded.talked_at then excluded.talked_at
       else restraint.talked_at end`,
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

export async function writeRefunds(
  tx: Tx,
  refunds: readonly { readonly customer: string; readonly at: Instant }[],
): Promise<void> {
  await tx.insert(
    'restraint',
    refunds.map(({ customer, at }) => ({ customer, refund_at: at })),
    `ON CONFLICT (customer) DO UPDATE SET refund_at = case
       when restraint.refund_at is null or restraint.refund_at < excluded.refund_at then excluded.refund_at
       else restraint.refund_at end`,
  )
}
