import type { Context } from '../context.ts'
import type { LedgerApi, StaffMessage } from '../types.ts'
import { arrivedAtStaff } from './deliver.ts'

export interface GroupMessage {
  readonly api: LedgerApi
  readonly msgid: string
  readonly sender: string
  readonly kind: StaffMessage['kind']
  readonly text: string
  readonly links: readonly string[]
  readonly body: unknown
  readonly recipients: readonly string[]
  /** Whose client still takes it. */
  reaches(userid: string): boolean
}

/** A message in an internal chat: a ledger row for each member, and each client rings. */
export function tellStaff(ctx: Context, message: GroupMessage): void {
  const { api, msgid, sender, kind, text, links, body } = message
  const at = ctx.clock.now()
  const reached: string[] = []
  for (const recipient of message.recipients) {
    const reaches = message.reaches(recipient)
    if (reaches) reached.push(recipient)
    ctx.ledger.add({
      api,
      via: 'api',
      msgid,
      sender,
      recipientKind: 'staff',
      recipient,
      text,
      links,
      body,
      acceptedAt: at,
      status: reaches ? 'sent' : 'failed',
      resultStatus: reaches ? 1 : 2,
    })
  }
  for (const userid of reached) arrivedAtStaff(ctx, { userid, kind, msgid, at, text, links, body })
}
