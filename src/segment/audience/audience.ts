/**
 * Audiences: a rule as JSON, its live count, a sample, and for one customer why she is in or out. Saved ones have a name
 * of their own and are rows of the database; each save is a row of the log, so that it can be told who changed what.
 */
import type { Ctx } from '../../base/act.ts'
import { dayNumber, dayOf } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import type { TierRules } from '../tier-rules.ts'
import {
  countMembers,
  customerCount,
  deleteAudienceRow,
  memberRow,
  membersAmong,
  membersFrom,
  saveAudienceRow,
  storedAudience,
  storedAudiences,
} from './audience.store.ts'
import { compile } from './compile.ts'
import type { Compiled } from './compile.ts'
import { explain } from './explain.ts'
import type { Why } from './explain.ts'
import type { AudienceField, Choice } from './field.ts'
import { checkRule, isGroup, operatorsOf } from './rule.ts'
import type { BoundGroup } from './rule.ts'
import type { Titles } from './words.ts'

export interface AudienceParts {
  readonly rules: TierRules
  readonly fields: ReadonlyMap<string, AudienceField>
}

/** Later entries of an equal name would hide earlier ones, so that is a bug of ours. */
export function fieldMap(...lists: readonly (readonly AudienceField[])[]): Map<string, AudienceField> {
  const map = new Map<string, AudienceField>()
  for (const field of lists.flat()) {
    if (map.has(field.name)) throw new Error(`Two audience fields are called "${field.name}".`)
    map.set(field.name, field)
  }
  return map
}

/** The rule as checked, or a Refusal that names every mistake with its place. */
export function readRule({ fields }: AudienceParts, raw: unknown): BoundGroup {
  const check = checkRule(raw, fields)
  if (check.ok) return check.rule
  const [first] = check.mistakes
  throw new Refusal('invalid-audience', `人群规则有误：${first?.path ?? ''} ${first?.message ?? ''}`, 400, {
    fix: check.mistakes.map(({ path, message }) => `${path}: ${message}`).join('; '),
    english: {
      message: `The audience rule is wrong: ${first?.path ?? ''} ${first?.messageEn ?? ''}`,
      fix: check.mistakes.map(({ path, messageEn }) => `${path}: ${messageEn}`).join('; '),
    },
    detail: { fields: check.mistakes.map(({ path, message }) => ({ field: path, message })) },
  })
}

async function compiled(
  { rules }: AudienceParts,
  reader: Reader,
  rule: BoundGroup,
  now: Instant,
): Promise<Compiled> {
  const day = dayOf(now)
  const relations = new Map<string, string>()
  for (const { relation } of fieldsIn(rule))
    if (relation && !relations.has(relation.name))
      relations.set(relation.name, await relation.sql(reader, rules, day))
  return compile(rule, { rules, relations, today: dayNumber(day), now })
}

const fieldsIn = ({ rules }: BoundGroup): AudienceField[] =>
  rules.flatMap((part) => (isGroup<BoundGroup>(part) ? fieldsIn(part) : [part.field]))

export interface AudienceCount {
  readonly count: number
  /** Everybody there is. */
  readonly of: number
  /** Customer ids, at most as many as asked for; the same ones as long as they belong. */
  readonly sample: readonly string[]
}

export const maxSample = 200

export async function previewAudience(
  parts: AudienceParts,
  reader: Reader,
  raw: unknown,
  now: Instant,
  sample = 20,
): Promise<AudienceCount> {
  const made = await compiled(parts, reader, readRule(parts, raw), now)
  return {
    count: await countMembers(reader, made),
    of: await customerCount(reader),
    sample: await membersFrom(reader, made, '', Math.min(sample, maxSample)),
  }
}

/** Everybody in it, in pages of `size`, in order of id. */
export async function* audienceMembers(
  parts: AudienceParts,
  reader: Reader,
  raw: unknown,
  now: Instant,
  size = 5_000,
): AsyncGenerator<readonly string[]> {
  const made = await compiled(parts, reader, readRule(parts, raw), now)
  for (let after = ''; ;) {
    const page = await membersFrom(reader, made, after, size)
    if (page.length > 0) yield page
    const last = page.at(-1)
    if (last === undefined || page.length < size) return
    after = last
  }
}

/** Who of these customers is in it (null: of everybody), in one statement for a set of them. */
export async function audienceSet(
  parts: AudienceParts,
  reader: Reader,
  raw: unknown,
  now: Instant,
  customers: readonly string[] | null,
): Promise<Set<string>> {
  const made = await compiled(parts, reader, readRule(parts, raw), now)
  return new Set(await membersAmong(reader, made, customers))
}

/** Null when there is no such customer. */
export async function explainMember(
  parts: AudienceParts,
  reader: Reader,
  raw: unknown,
  customer: string,
  now: Instant,
): Promise<Why | null> {
  const rule = readRule(parts, raw)
  const made = await compiled(parts, reader, rule, now)
  const row = await memberRow(reader, made, customer)
  return row && explain(rule, made, row, await titlesOf(parts, reader, made))
}

async function titlesOf({ rules }: AudienceParts, reader: Reader, { conditions }: Compiled): Promise<Titles> {
  const titles = new Map<string, ReadonlyMap<string, string>>()
  for (const { condition } of conditions) {
    const { field } = condition
    if (!field.choices || titles.has(field.name)) continue
    const choices = await field.choices(reader, rules)
    titles.set(field.name, new Map(choices.map(({ value, title }) => [value, title])))
  }
  return titles
}

export interface FieldShown {
  readonly name: string
  readonly title: string
  readonly group: string
  readonly kind: AudienceField['kind']
  readonly unit?: string
  readonly operators: readonly string[]
  readonly choices?: readonly Choice[]
  /** Whether `with` must or may be given: `{ days: 90 }`. */
  readonly settings: boolean
}

/** What a rule builder offers. */
export async function shownFields({ fields, rules }: AudienceParts, reader: Reader): Promise<FieldShown[]> {
  const shown: FieldShown[] = []
  for (const { name, title, group, kind, unit, settings, choices } of fields.values())
    shown.push({
      name,
      title,
      group,
      kind,
      ...(unit ? { unit } : {}),
      operators: operatorsOf[kind],
      ...(choices ? { choices: await choices(reader, rules) } : {}),
      settings: settings !== undefined,
    })
  return shown
}

// ------------------------------------------------------------------ saved ones

export interface SavedAudience {
  readonly name: string
  readonly title: string
  readonly rule: unknown
  readonly version: number
  readonly updatedAt: Instant
  readonly updatedBy: string
}

export interface AudienceDraft {
  /** A short English word, the key: never changes meaning. */
  readonly name: string
  readonly title: string
  readonly rule: unknown
  /** The version it was made from; 0 = new. */
  readonly baseVersion: number
}

export async function saveAudience(
  ctx: Ctx,
  parts: AudienceParts,
  draft: AudienceDraft,
): Promise<SavedAudience> {
  readRule(parts, draft.rule)
  const before = await storedAudience(ctx.tx, draft.name)
  if ((before?.version ?? 0) !== draft.baseVersion)
    throw new Refusal('stale-version', '这个人群已被别人改过', 409, { fix: '请刷新后再改一次' })
  const saved: SavedAudience = {
    name: draft.name,
    title: draft.title,
    rule: draft.rule,
    version: draft.baseVersion + 1,
    updatedAt: ctx.now,
    updatedBy: ctx.actor.kind === 'staff' ? ctx.actor.userid : ctx.actor.kind,
  }
  await saveAudienceRow(ctx.tx, {
    name: saved.name,
    title: saved.title,
    rule: JSON.stringify(saved.rule),
    version: saved.version,
    updated_at: saved.updatedAt,
    updated_by: saved.updatedBy,
  })
  ctx.record({
    kind: 'audience-saved',
    at: ctx.now,
    source: 'segment',
    sourceKey: `audience:${saved.name}:${ctx.newId()}`,
    who: ctx.actor.kind === 'staff' ? { staff: ctx.actor.userid } : {},
    detail: { name: saved.name, title: saved.title, version: saved.version, rule: saved.rule },
  })
  return saved
}

export async function removeAudience(ctx: Ctx, name: string): Promise<void> {
  if ((await deleteAudienceRow(ctx.tx, name)) === 0) throw notFound(name)
  ctx.record({
    kind: 'audience-removed',
    at: ctx.now,
    source: 'segment',
    sourceKey: `audience:${name}:${ctx.newId()}`,
    who: ctx.actor.kind === 'staff' ? { staff: ctx.actor.userid } : {},
    detail: { name },
  })
}

const notFound = (name: string): Refusal =>
  new Refusal('not-found', `没有名为“${name}”的人群`, 404, {
    fix: '请从人群列表重新打开',
    english: {
      message: `There is no audience "${name}".`,
      fix: 'Give a JSON file, or the name of a saved one.',
    },
  })

export async function savedAudiences(reader: Reader): Promise<SavedAudience[]> {
  return (await storedAudiences(reader)).map((row) => ({
    name: row.name,
    title: row.title,
    rule: JSON.parse(row.rule) as unknown,
    version: row.version,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
  }))
}

export async function savedAudience(reader: Reader, name: string): Promise<SavedAudience> {
  const found = (await savedAudiences(reader)).find((one) => one.name === name)
  if (!found) throw notFound(name)
  return found
}
