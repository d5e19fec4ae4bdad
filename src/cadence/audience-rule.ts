/**
 * Whom a touchpoint is for beyond tiers: the name of a saved audience, or a rule of its own, the same JSON that
 * `siyu audience count` takes. The planner asks the database for each audience once a day, as one set.
 */
import { z } from 'zod'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import {
  audienceFields,
  audienceSet,
  checkAudience,
  fieldMap,
  savedAudiences,
  tagField,
} from '../segment/index.ts'
import type { AudienceParts, TierRules } from '../segment/index.ts'
import { isRecord } from './lines.ts'
import { addMistake } from './mistake.ts'

/** A name, or a rule as it was written. */
export type AudienceWanted = string | Readonly<Record<string, unknown>>

/** Which tags there are says only what a rule builder offers. */
const fields = fieldMap(audienceFields, [tagField({ tags: [], kinds: [], hash: '' })])
export const audienceParts = (rules: TierRules): AudienceParts => ({ rules, fields })

const nameShape = /^[a-z][a-z0-9-]{0,47}$/

export const audienceField = z
  .unknown()
  .superRefine((written, ctx) => {
    if (typeof written === 'string' && nameShape.test(written)) return
    if (!isRecord(written)) return addMistake(ctx, notAnAudience)
    const check = checkAudience(written, fields)
    if (check.ok) return
    for (const { path, message, messageEn } of check.mistakes)
      addMistake(
        ctx,
        {
          message: `人群规则有误：${message}`,
          fix: '可用的条件和比较方式：siyu audience fields',
          messageEn: `the audience rule is wrong: ${messageEn}`,
          fixEn: 'siyu audience fields lists what a rule may ask',
        },
        { path: placeOf(path) },
      )
  })
  .meta({ anyOf: [{ type: 'string' }, { type: 'object' }] })
  .describe('人群：只发给其中的客户；已保存人群的名字，或一条规则（与 siyu audience count 的 JSON 相同）')
  .optional()

/** `rules.0.value` */
const placeOf = (path: string): PropertyKey[] =>
  path.startsWith('(') ? [] : path.split('.').map((part) => (/^\d+$/.test(part) ? Number(part) : part))

const notAnAudience = {
  message: '人群要写已保存人群的名字，或一条规则',
  fix: '写成 audience: big-spenders，或 audience: { combinator: and, rules: [ … ] }',
  messageEn: 'an audience is the name of a saved one, or a rule',
  fixEn: 'write audience: big-spenders, or audience: { combinator: and, rules: [ … ] }',
}

/** What was parsed by `audienceField` is one of the two. */
export const audienceOf = (parsed: unknown): AudienceWanted | null =>
  typeof parsed === 'string' || isRecord(parsed) ? parsed : null

export const audienceKey = (wanted: AudienceWanted): string =>
  typeof wanted === 'string' ? wanted : JSON.stringify(wanted)

// ---------------------------------------------------------------- who is in it

interface ForAudience {
  readonly audience: AudienceWanted | null
}

export interface AudienceSeen {
  /** As people call it. */
  readonly title: string
  /** Null: it has been removed since, so nobody is in it. */
  readonly members: ReadonlySet<string> | null
}

/** By key. */
export type Audiences = ReadonlyMap<string, AudienceSeen>

const ownRule = '本触点的规则'

/** Only among these customers; null = everybody. */
export async function readAudiences(
  reader: Reader,
  rules: TierRules,
  touchpoints: readonly ForAudience[],
  at: Instant,
  customers: readonly string[] | null,
): Promise<Audiences> {
  const wanted = new Map(
    touchpoints.flatMap(({ audience }) => (audience === null ? [] : [[audienceKey(audience), audience]])),
  )
  const seen = new Map<string, AudienceSeen>()
  if (wanted.size === 0) return seen
  const saved = new Map((await savedAudiences(reader)).map((one) => [one.name, one]))
  for (const [key, audience] of wanted) {
    const kept = typeof audience === 'string' ? saved.get(audience) : undefined
    const rule = typeof audience === 'string' ? kept?.rule : audience
    const title = typeof audience === 'string' ? (kept?.title ?? audience) : ownRule
    const members =
      rule === undefined ? null : await audienceSet(audienceParts(rules), reader, rule, at, customers)
    seen.set(key, { title, members })
  }
  return seen
}

export const isInAudience = ({ audience }: ForAudience, audiences: Audiences, customer: string): boolean =>
  audience === null || (audiences.get(audienceKey(audience))?.members?.has(customer) ?? false)

/** Why she is not; null when she is. */
export function outsideWords(touchpoint: ForAudience, audiences: Audiences, customer: string): string | null {
  if (touchpoint.audience === null || isInAudience(touchpoint, audiences, customer)) return null
  const seen = audiences.get(audienceKey(touchpoint.audience))
  return seen?.members
    ? `不在人群“${seen.title}”里`
    : `人群“${audienceKey(touchpoint.audience).slice(0, 48)}”已被删除，没有人在里面`
}
