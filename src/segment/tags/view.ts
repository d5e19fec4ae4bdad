/** What people and other features see of dynamic tags. */
import { dayOf, isoOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'
import { tagsAt, tagsOnDay } from './evaluate.ts'
import type { TagRules } from './tag-rules.ts'
import { customersAfter, storedTags, tagCounts, tagSamples } from './tags.store.ts'
import type { StoredTag } from './tags.store.ts'

export interface DynamicTag {
  readonly tag: string
  readonly since: Instant
  /** It ends then at the latest, if nothing else happens. */
  readonly expires: Instant | null
  /** A sku, a category, a choice, or empty. */
  readonly subject: string
  /** Chinese. */
  readonly reason: string
}

const present = ({ tag, since_at, expires_at, subject, reason }: StoredTag): DynamicTag => ({
  tag,
  since: since_at,
  expires: expires_at,
  subject,
  reason,
})

/** As stored, at most 500 customers; with `now`, without what ended a moment ago and was not looked at yet. */
export async function tagsOf(
  reader: Reader,
  customers: readonly string[],
  now?: Instant,
): Promise<Map<string, DynamicTag[]>> {
  const tags = new Map<string, DynamicTag[]>(customers.map((customer) => [customer, []]))
  for (const row of await storedTags(reader, customers))
    if (now === undefined || row.expires_at === null || row.expires_at > now)
      tags.get(row.customer)?.push(present(row))
  return tags
}

export interface TagSummary {
  readonly tag: string
  readonly title: string
  readonly purpose: string
  readonly rule: string
  /** The corp tag group; null = it stays with us. */
  readonly group: string | null
  readonly customers: number
  readonly nextExpiry: string | null
  readonly sample: readonly {
    readonly customer: string
    readonly since: string
    readonly expires: string | null
    readonly reason: string
  }[]
}

const perTag = 5

const sampleOf = (row: StoredTag): TagSummary['sample'][number] => ({
  customer: row.customer,
  since: isoOf(row.since_at),
  expires: row.expires_at === null ? null : isoOf(row.expires_at),
  reason: row.reason,
})

/** Every tag of the configuration, with how many carry it now and the newest of them. */
export async function tagOverview(reader: Reader, rules: TagRules, now: Instant): Promise<TagSummary[]> {
  const counts = new Map((await tagCounts(reader, now)).map((row) => [row.tag, row]))
  const samples = await tagSamples(reader, now, perTag)
  return rules.tags.map(({ name, title, purpose, group, rule }) => {
    const count = counts.get(name)
    const next = count?.next_expiry ?? null
    return {
      tag: name,
      title,
      purpose,
      rule: rule.kind,
      group,
      customers: count?.customers ?? 0,
      nextExpiry: next === null ? null : isoOf(next),
      sample: samples.filter((row) => row.tag === name).map(sampleOf),
    }
  })
}

const perPage = 500

/** The same computed from the facts, as of the end of a day that is over, or of this moment; nothing is written. */
export async function tagsComputed(
  reader: Reader,
  rules: TagRules,
  { now, day }: { readonly now: Instant; readonly day: Day },
): Promise<TagSummary[]> {
  const found = new Map<string, { customers: number; next: Instant | null; sample: StoredTag[] }>()
  for (let after = ''; ;) {
    const customers = await customersAfter(reader, after, perPage)
    const last = customers.at(-1)
    if (last === undefined) break
    after = last
    const tags =
      day < dayOf(now)
        ? await tagsOnDay(reader, rules, day, customers)
        : await tagsAt(reader, rules, now, customers)
    for (const row of [...tags.values()].flatMap((hers) => hers.tags)) addTo(found, row)
  }
  return rules.tags.map(({ name, title, purpose, group, rule }) => {
    const { customers, next, sample } = found.get(name) ?? { customers: 0, next: null, sample: [] }
    const nextExpiry = next === null ? null : isoOf(next)
    return {
      tag: name,
      title,
      purpose,
      rule: rule.kind,
      group,
      customers,
      nextExpiry,
      sample: sample.map(sampleOf),
    }
  })
}

function addTo(
  found: Map<string, { customers: number; next: Instant | null; sample: StoredTag[] }>,
  row: StoredTag,
): void {
  const before = found.get(row.tag) ?? { customers: 0, next: null, sample: [] }
  const end = row.expires_at
  const sample = [...before.sample, row].sort(
    (a, b) => b.since_at - a.since_at || (a.customer < b.customer ? -1 : 1),
  )
  found.set(row.tag, {
    customers: before.customers + 1,
    next: end === null ? before.next : Math.min(end, before.next ?? end),
    sample: sample.slice(0, perTag),
  })
}
