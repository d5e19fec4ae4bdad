import type { Reader, Tx } from '../base/db.ts'
import type { Instant } from '../base/clock.ts'
import type { LogRow } from '../interaction/index.ts'

/** The customers whom these rows mean today. */
export async function customersOf(reader: Reader, rows: readonly LogRow[]): Promise<string[]> {
  const customers: string[] = []
  for (const { who } of rows) {
    const pairs = [
      ['external', who.external],
      ['shop', who.shopId],
      ['phone', who.phoneHash],
    ] as const
    for (const [kind, value] of pairs) {
      if (value === undefined) continue
      const found = await reader.rows<{ customer: string }>(
        'select customer from identity where kind = $1 and value = $2',
        [kind, value],
      )
      customers.push(...found.map(({ customer }) => customer))
    }
  }
  return customers
}

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
