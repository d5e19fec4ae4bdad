/** `siyu segment explain CUSTOMER [--as-of DATE] [--preset NAME]`: why she stands where she stands. */
import { dayOf } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { findCustomer } from '../customer/index.ts'
import { explainCustomerSegments } from '../segment/index.ts'
import type { CustomerExplained } from '../segment/index.ts'
import { dayGiven, rulesOf } from './segment.ts'
import type { SegmentVerbParts } from './segment.ts'

export interface SegmentExplainOptions {
  readonly asOf?: string | undefined
  readonly preset?: string | undefined
}

export async function runSegmentExplain(
  parts: SegmentVerbParts,
  name: string,
  { asOf, preset }: SegmentExplainOptions,
): Promise<CustomerExplained> {
  const day = dayGiven(asOf, dayOf(parts.clock.now()))
  const rules = rulesOf(parts, preset)
  const { reader } = parts.db
  const customer = await customerNamed(reader, name)
  // As in `segment`: the running shop by its frozen cut points, a day or a preset by those of that day.
  const when = asOf === undefined && preset === undefined ? 'now' : 'end-of-day'
  const explained = await explainCustomerSegments(reader, rules, customer, { day, when })
  if (explained) return explained
  throw new Refusal('not-found', `${name} was not known yet on ${day}.`, 404, {
    fix: 'Ask for a later day with --as-of.',
  })
}

async function customerNamed(reader: Reader, name: string): Promise<string> {
  const customer = await findCustomer(reader, name)
  if (customer !== null) return customer
  throw new Refusal('not-found', `Nobody is known as ${name}.`, 404, {
    fix: 'Use the customer id, the external_userid, or the id in the shop.',
  })
}
