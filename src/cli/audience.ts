/** `siyu audience count|explain|fields`: a rule from a file, `-` for stdin, or the name of a saved one. */
import { readFileSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import type { Clock } from '../base/clock.ts'
import type { Db, Reader } from '../base/db.ts'
import { Refusal, messageOf } from '../base/errors.ts'
import { findCustomer } from '../customer/index.ts'
import { explainMember, previewAudience, savedAudience, shownFields } from '../segment/index.ts'
import type { AudienceField, AudienceParts, TierRules, Why } from '../segment/index.ts'

export interface AudienceVerbParts {
  readonly db: Db
  readonly clock: Clock
  readonly rules: TierRules
  readonly audienceFields: ReadonlyMap<string, AudienceField>
}

const maxRuleChars = 262_144

async function ruleOf(reader: Reader, given: string): Promise<unknown> {
  if (/^[a-z][a-z0-9-]{0,47}$/.test(given)) return (await savedAudience(reader, given)).rule
  const usage = (message: string): Refusal =>
    new Refusal('usage', message, 400, {
      fix: 'Give a file with {"combinator":"and","rules":[…]}, - for standard input, or the name of a saved audience.',
    })
  let text: string
  try {
    text = readFileSync(given === '-' ? 0 : given, 'utf8')
  } catch (error) {
    throw usage(`The rule ${given} cannot be read: ${messageOf(error)}`)
  }
  if (text.length > maxRuleChars) throw usage(`The rule is longer than ${String(maxRuleChars)} characters.`)
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw usage(`The rule is not JSON: ${messageOf(error)}`)
  }
}

const partsOf = ({ rules, audienceFields }: AudienceVerbParts): AudienceParts => ({
  rules,
  fields: audienceFields,
})

export async function runAudienceCount(
  parts: AudienceVerbParts,
  given: string,
  sample: number,
): Promise<{ count: number; of: number; sample: readonly string[]; seconds: number }> {
  const startedAt = performance.now()
  const { reader } = parts.db
  const rule = await ruleOf(reader, given)
  const found = await previewAudience(partsOf(parts), reader, rule, parts.clock.now(), sample)
  return { ...found, seconds: Math.round(performance.now() - startedAt) / 1000 }
}

export async function runAudienceExplain(
  parts: AudienceVerbParts,
  given: string,
  who: string,
): Promise<Why & { readonly customer: string }> {
  const { reader } = parts.db
  const rule = await ruleOf(reader, given)
  const customer = await findCustomer(reader, who)
  if (customer === null)
    throw new Refusal('not-found', `No customer is known as ${who}.`, 404, {
      fix: 'Give her id, or an external_userid, unionid, shop id or phone hash of hers.',
    })
  const why = await explainMember(partsOf(parts), reader, rule, customer, parts.clock.now())
  if (!why) throw new Error(`The customer ${customer} has an identity and no row.`)
  return { customer, ...why }
}

export const runAudienceFields = (parts: AudienceVerbParts): ReturnType<typeof shownFields> =>
  shownFields(partsOf(parts), parts.db.reader)
