/**
 * Brings `dynamic_tag` to what holds now. The deed computes the tags of at most 500 customers from their facts, writes
 * what differs, the corp tags that follow from it, and the instant at which time alone will change something again.
 *
 * What is recorded: a tag gained or lost because somebody did something just now, or because time came, so that a
 * touchpoint may follow it. Not recorded: what an import, a changed rule or a changed catalogue turns up, and what is
 * told so late that nobody would act on it any more (`staleMs`); that would be thousands of rows of which none is news.
 */
import type { Act, Ctx } from '../../base/act.ts'
import { system } from '../../base/act.ts'
import { hours } from '../../base/clock.ts'
import type { Clock, Instant } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import { identitiesOf, whoOfCustomer } from '../../customer/index.ts'
import { tagsAt } from './evaluate.ts'
import type { TagsOfCustomer } from './evaluate.ts'
import type { TagRule, TagRules } from './tag-rules.ts'
import {
  catalogueHash,
  customersAfter,
  dropTags,
  dueByTime,
  lockTags,
  saveDue,
  saveMeaning,
  saveTags,
  storedDue,
  storedMeaning,
  storedTags,
} from './tags.store.ts'
import type { StoredTag } from './tags.store.ts'
import { wantDynamicTags, wantedOtherwise } from './wanted.store.ts'

/** Of these only the first two are news. */
export type TagCause = 'event' | 'time' | 'import' | 'rules' | 'merge'

const isNews: Readonly<Record<TagCause, boolean>> = {
  event: true,
  time: true,
  import: false,
  rules: false,
  merge: false,
}
const staleMs = hours(48)

export interface Retagged {
  readonly gained: number
  readonly lost: number
}

const keyOf = ({ customer, tag }: { readonly customer: string; readonly tag: string }): string =>
  `${customer}\n${tag}`

const isSame = (a: StoredTag, b: StoredTag | undefined): boolean =>
  b !== undefined &&
  a.since_at === b.since_at &&
  a.expires_at === b.expires_at &&
  a.subject === b.subject &&
  a.reason === b.reason

interface Difference {
  readonly written: readonly StoredTag[]
  readonly gained: readonly StoredTag[]
  readonly lost: readonly StoredTag[]
  readonly due: readonly { readonly customer: string; readonly next: Instant | null }[]
}

function difference(
  now: ReadonlyMap<string, TagsOfCustomer>,
  stored: readonly StoredTag[],
  due: ReadonlyMap<string, Instant>,
): Difference {
  const before = new Map(stored.map((row) => [keyOf(row), row]))
  const held = [...now.values()].flatMap(({ tags }) => tags)
  const after = new Set(held.map(keyOf))
  return {
    written: held.filter((row) => !isSame(row, before.get(keyOf(row)))),
    gained: held.filter((row) => !before.has(keyOf(row))),
    lost: stored.filter((row) => !after.has(keyOf(row))),
    due: [...now].flatMap(([customer, { next }]) =>
      next === (due.get(customer) ?? null) ? [] : [{ customer, next }],
    ),
  }
}

/** At most 500 customers, each once. */
export async function retag(
  ctx: Ctx,
  rules: TagRules,
  causes: ReadonlyMap<string, TagCause>,
): Promise<Retagged> {
  const customers = [...causes.keys()].sort()
  if (customers.length === 0) return { gained: 0, lost: 0 }
  await lockTags(ctx.tx)
  const now = await tagsAt(ctx.tx, rules, ctx.now, customers)
  const change = difference(now, await storedTags(ctx.tx, customers), await storedDue(ctx.tx, customers))
  await saveTags(ctx.tx, change.written)
  await dropTags(ctx.tx, change.lost)
  await saveDue(ctx.tx, change.due)
  const moved = new Set([...change.gained, ...change.lost].map(({ customer }) => customer))
  // Other rules may call the same tag differently in WeCom.
  for (const [customer, cause] of causes) if (cause === 'rules') moved.add(customer)
  await wantDynamicTags(ctx.tx, [...moved].sort(), wantedIn(rules, now, [...moved].sort()), ctx.now)
  await recordNews(ctx, rules, change, causes)
  return { gained: change.gained.length, lost: change.lost.length }
}

function wantedIn(
  rules: TagRules,
  now: ReadonlyMap<string, TagsOfCustomer>,
  customers: readonly string[],
): { customer: string; tag_group: string; tag: string }[] {
  const byName = new Map(rules.tags.map((rule) => [rule.name, rule]))
  return customers.flatMap((customer) =>
    (now.get(customer)?.tags ?? []).flatMap(({ tag }) => {
      const rule = byName.get(tag)
      return rule?.group ? [{ customer, tag_group: rule.group, tag: rule.title }] : []
    }),
  )
}

async function recordNews(
  ctx: Ctx,
  rules: TagRules,
  { gained, lost }: Difference,
  causes: ReadonlyMap<string, TagCause>,
): Promise<void> {
  const announced = new Map(rules.tags.filter(({ announce }) => announce).map((rule) => [rule.name, rule]))
  const news = [
    ...gained
      .filter(({ since_at: since }) => since > ctx.now - staleMs)
      .map((row) => ({ kind: 'tag-gained' as const, row })),
    // Of a tag that was never news, its end is none either.
    ...lost
      .filter(({ since_at: since, expires_at: end }) => Math.max(since, end ?? since) > ctx.now - staleMs)
      .map((row) => ({ kind: 'tag-lost' as const, row })),
  ].filter(({ row }) => announced.has(row.tag) && isNews[causes.get(row.customer) ?? 'time'])
  if (news.length === 0) return
  const identities = await identitiesOf(ctx.tx, [...new Set(news.map(({ row }) => row.customer))].sort())
  for (const { kind, row } of news) {
    const rule = announced.get(row.tag)
    if (!rule) continue
    ctx.record({
      kind,
      at: ctx.now,
      source: 'tags',
      sourceKey: `${kind}:${row.customer}:${row.tag}:${ctx.newId()}`,
      who: whoOfCustomer(identities.get(row.customer)),
      detail: detailOf(rule, row, causes.get(row.customer) ?? 'time'),
    })
  }
}

const detailOf = (rule: TagRule, row: StoredTag, cause: TagCause): Record<string, unknown> => ({
  tag: rule.name,
  title: rule.title,
  reason: row.reason,
  subject: row.subject,
  since: row.since_at,
  ...(row.expires_at === null ? {} : { expires: row.expires_at }),
  cause,
})

// ------------------------------------------------------------------ many

export interface TagParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
  readonly tagRules: TagRules
}

const perPage = 500
const perTransaction = 200

/** In short transactions, so that the door is never kept waiting. */
export async function retagMany(
  { act, tagRules }: TagParts,
  customers: readonly string[],
  cause: TagCause,
): Promise<number> {
  let changed = 0
  for (let from = 0; from < customers.length; from += perTransaction) {
    const part = customers.slice(from, from + perTransaction)
    const causes = new Map(part.map((customer) => [customer, cause]))
    const done = await act(system('tags'), (ctx) => retag(ctx, tagRules, causes), 'bulk')
    changed += done.gained + done.lost
  }
  return changed
}

/** Looks at everybody on the reader; only those who differ are written. */
export async function retagEverybody(parts: TagParts, cause: TagCause): Promise<number> {
  const { reader } = parts.db
  let changed = 0
  for (let after = ''; ;) {
    const customers = await customersAfter(reader, after, perPage)
    const last = customers.at(-1)
    if (last === undefined) return changed
    after = last
    const now = await tagsAt(reader, parts.tagRules, parts.clock.now(), customers)
    const { written, lost, due } = difference(
      now,
      await storedTags(reader, customers),
      await storedDue(reader, customers),
    )
    const differing = new Set([...written, ...lost, ...due].map(({ customer }) => customer))
    const wanted = wantedIn(parts.tagRules, now, customers)
    for (const customer of await wantedOtherwise(reader, customers, wanted)) differing.add(customer)
    changed += await retagMany(parts, [...differing].sort(), cause)
  }
}

const meaningOf = async ({ db, tagRules }: Pick<TagParts, 'db' | 'tagRules'>): Promise<string> =>
  `${tagRules.hash}:${await catalogueHash(db.reader)}`

/** Of a generated shop, in which nobody did anything that tags are made of. */
export async function noteNobodyTagged(parts: Pick<TagParts, 'db' | 'act' | 'tagRules'>): Promise<void> {
  const meaning = await meaningOf(parts)
  await parts.act(system('bench'), (ctx) => saveMeaning(ctx.tx, meaning))
}

/** Everybody, when rules or catalogue are not those of the last time. */
export async function retagIfChanged(parts: TagParts): Promise<number> {
  const meaning = await meaningOf(parts)
  if ((await storedMeaning(parts.db.reader)) === meaning) return 0
  const changed = await retagEverybody(parts, 'rules')
  await parts.act(system('tags'), (ctx) => saveMeaning(ctx.tx, meaning))
  return changed
}

/** Whoever's time has come; answers how many customers were looked at. */
export async function retagDue(parts: TagParts, now: Instant): Promise<number> {
  let looked = 0
  for (;;) {
    const due = await dueByTime(parts.db.reader, now, perTransaction)
    if (due.length === 0) return looked
    await retagMany(parts, due, 'time')
    looked += due.length
  }
}
