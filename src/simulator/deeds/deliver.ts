import type { Context } from '../context.ts'
import type { LedgerRow, StaffMessage } from '../types.ts'

/** The recipient's phone rings: tell whoever plays the customers. */
export function arrived(ctx: Context, row: LedgerRow): void {
  for (const listener of [...ctx.delivered]) listener(row)
}

export function arrivedAtStaff(ctx: Context, message: StaffMessage): void {
  for (const listener of [...ctx.staffMessages]) listener(message)
}
