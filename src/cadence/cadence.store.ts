/** The versions, and what the planner reads of customers, groups and earlier promises. */
import { dayNumber, dayOfNumber, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { days } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader, Tx, Value } from '../base/db.ts'
import type { DigestView, FiguresView } from '../content/index.ts'
import type {
  ChannelName,
  Content,
  Decision,
  Gift,
  PromiseState,
  Purpose,
  SubjectKind,
} from '../outbox/index.ts'

export interface VersionRow {
  readonly version: number
  readonly yaml: string
  readonly note: string
  readonly published_by: string
  readonly published_at: number
  readonly rolled_back_to: number | null
  /** The userid of whoever approved it; null where nobody had to. */
  readonly approved_by: string | null
}

export async function versionRow(reader: Reader, version: number): Promise<VersionRow | null> {
  const [row] = await reader.rows<VersionRow>('select * from cadence_version where version = $1', [version])
  return row ?? null
}

export async function newestVersion(reader: Reader): Promise<VersionRow | null> {
  const [row] = await reader.rows<VersionRow>('select * from cadence_version order by version desc limit 1')
  return row ?? null
}

export async function newestVersionNumber(reader: Reader): Promise<number> {
  const [row] = await reader.rows<{ version: number | null }>(
    'select max(version) as version from cadence_version',
  )
  return row?.version ?? 0
}

export const versionList = (reader: Reader): Promise<Omit<VersionRow, 'yaml'>[]> =>
  reader.rows(
    'select version, note, published_by, published_at, rolled_back_to, approved_by from cadence_version order by version desc limit 500',
  )

/** False when somebody else wrote this version first. */
export async function insertVersion(tx: Tx, row: VersionRow): Promise<boolean> {
  return (await tx.insert('cadence_version', [{ ...row }], 'ON CONFLICT (version) DO NOTHING')) === 1
}

// ---------------------------------------------------------------- audience

const places = (keys: readonly string[], from = 1): string =>
  keys.map((_, i) => `$${String(from + i)}`).join(', ')

/** Answers for any number of keys; null = for everybody. */
async function forKeys<T extends object>(
  reader: Reader,
  keys: readonly string[] | null,
  /** `next`: the number of the first placeholder after those of the condition. */
  sql: (condition: string, next: number) => string,
  column: string,
  more: readonly Value[] = [],
): Promise<T[]> {
  if (keys === null) return reader.rows<T>(sql('1 = 1', 1), more)
  const rows: T[] = []
  for (let from = 0; from < keys.length; from += 1_000) {
    const part = keys.slice(from, from + 1_000)
    rows.push(
      ...(await reader.rows<T>(sql(`${column} in (${places(part)})`, part.length + 1), [...part, ...more])),
    )
  }
  return rows
}

export interface IdentityRow {
  readonly customer: string
  readonly kind: 'external' | 'shop' | 'phone'
  readonly value: string
}
/** External and shop ids; somebody who was only seen through OAuth (`openid:…`) is nobody's contact. */
export const identityRows = (reader: Reader, customers: readonly string[] | null): Promise<IdentityRow[]> =>
  forKeys(
    reader,
    customers,
    (condition) =>
      `select customer, kind, value from identity where kind in ('external', 'shop') and value not like 'openid:%' and ${condition} order by customer, kind, value`,
    'customer',
  )

export interface ProfileRow {
  readonly external: string
  readonly name: string
  readonly gender: number
}
export const profileRows = (reader: Reader, externals: readonly string[] | null): Promise<ProfileRow[]> =>
  forKeys(
    reader,
    externals,
    (condition) => `select external, name, gender from profile where ${condition}`,
    'external',
  )

export interface GroupRow {
  readonly chat: string
  readonly name: string
  readonly owner: string
  readonly interest: string | null
}
export const activeGroups = (reader: Reader): Promise<GroupRow[]> =>
  reader.rows(`select chat, name, owner, interest from chat_group where state = 'active' order by chat`)

/** Who may speak with customers. */
export const speakingStaff = (reader: Reader): Promise<{ userid: string; name: string }[]> =>
  reader.rows('select userid, name from staff where active = 1 and contact = 1 order by userid')

/** What each did between two instants, and what waits for her now. Her own notes are no work of hers. */
export async function staffFigures(
  reader: Reader,
  from: Instant,
  until: Instant,
): Promise<Map<string, FiguresView>> {
  const rows = await reader.rows<FiguresView & { userid: string }>(
    `select s.userid, coalesce(d.sent, 0) as sent, coalesce(d.missed, 0) as missed, coalesce(d.waiting, 0) as waiting,
       coalesce(r.customers, 0) as customers, coalesce(r.fresh, 0) as "newCustomers"
     from staff s
     left join (
       select sender, cast(sum(case when state = 'sent' and sent_at >= $1 and sent_at < $2 then 1 else 0 end) as bigint) as sent,
         cast(sum(case when state = 'expired' and settled_at >= $3 and settled_at < $4 then 1 else 0 end) as bigint) as missed,
         cast(sum(case when state = 'waiting' then 1 else 0 end) as bigint) as waiting
       from promise where due_at >= $5 and sender is not null and subject_kind <> 'staff' group by sender) d on d.sender = s.userid
     left join (
       select staff, cast(count(*) as bigint) as customers,
         cast(sum(case when added_at >= $6 and added_at < $7 then 1 else 0 end) as bigint) as fresh
       from relation where state = 'active' group by staff) r on r.staff = s.userid
     where s.active = 1 and s.contact = 1`,
    [from, until, from, until, from - days(30), from, until],
  )
  return new Map(rows.map(({ userid, ...figures }) => [userid, figures]))
}

/** What goes out on a day, what waits, how the day before ended. What the staff are told is no part of it. */
export async function digestOf(reader: Reader, day: Day): Promise<DigestView> {
  const before = dayOfNumber(dayNumber(day) - 1)
  const count = (condition: string, name: string): string =>
    `cast(coalesce(sum(case when ${condition} then 1 else 0 end), 0) as bigint) as ${name}`
  const [row] = await reader.rows<DigestView>(
    `select ${count(`day = $1 and state in ('queued', 'claimed', 'intent', 'unknown')`, 'today')},
       ${count(`state = 'waiting'`, 'waiting')}, ${count(`state = 'held'`, 'held')},
       ${count(`day = $2 and state = 'sent'`, 'sent')},
       ${count(`day = $3 and state in ('refused', 'expired')`, 'failed')}
     from promise where due_at >= $4 and subject_kind in ('customer', 'group')`,
    [day, before, before, instantOf(day) - days(30)],
  )
  return row ?? { today: 0, waiting: 0, sent: 0, failed: 0, held: 0 }
}

export async function staffName(reader: Reader, userid: string): Promise<string> {
  const [row] = await reader.rows<{ name: string }>('select name from staff where userid = $1', [userid])
  return row?.name ?? userid
}

/** What these touchpoints promised since and was not lost on the way: who heard which when. */
export async function saidSince(
  reader: Reader,
  touchpoints: readonly string[],
  since: Day,
  customers: readonly string[] | null = null,
): Promise<{ customer: string; touchpoint: string; day: Day }[]> {
  if (touchpoints.length === 0) return []
  // Whoever is held out for comparison is planned for as if she had heard it.
  const states = `((decision <> 'declined' and state not in ('refused', 'expired', 'cancelled')) or reason_code = 'holdout')`
  return forKeys(
    reader,
    customers,
    (condition, next) =>
      `select customer, touchpoint, day from promise where ${condition} and touchpoint in (${places(touchpoints, next)})
         and day >= $${String(next + touchpoints.length)} and customer is not null and ${states}`,
    'customer',
    [...touchpoints, since],
  )
}

/** Who is to get a coupon of this family by a promise that is still open, made by none of these touchpoints. */
export async function promisedByOthers(
  reader: Reader,
  family: string,
  touchpoints: readonly string[],
  customers: readonly string[] | null,
): Promise<string[]> {
  const rows = await forKeys<{ customer: string; content: string }>(
    reader,
    customers,
    (condition, next) =>
      `select customer, content from promise where ${condition} and customer is not null
         and state in ('queued', 'claimed', 'intent', 'waiting', 'unknown', 'held')
         and touchpoint not in (${places(touchpoints, next)}) and content like $${String(next + touchpoints.length)}`,
    'customer',
    [...touchpoints, `%"family":${JSON.stringify(family)}%`],
  )
  return rows.flatMap(({ customer, content }) =>
    (JSON.parse(content) as Content).gift?.family === family ? [customer] : [],
  )
}

/** Expected spend of 52 weeks. */
export const worthRows = (
  reader: Reader,
  customers: readonly string[] | null,
): Promise<{ customer: string; fen: number }[]> =>
  forKeys(
    reader,
    customers,
    (condition) => `select customer, value_52w_fen as fen from clv_estimate where ${condition}`,
    'customer',
  )

/** Days on which these customers bought, as far as they count for a first order and a last one. */
export async function purchaseSpans(
  reader: Reader,
  customers: readonly string[],
  until: Day,
): Promise<Map<string, { first: Day; last: Day }>> {
  const rows = await reader.rows<{ customer: string; first: number; last: number }>(
    `select customer, min(day_no) as first, max(day_no) as last from purchase_day
     where customer in (${places(customers)}) and orders > 0 and day_no <= $${String(customers.length + 1)} group by customer`,
    [...customers, dayNumber(until)],
  )
  return new Map(
    rows.map(({ customer, first, last }) => [
      customer,
      { first: dayOfNumber(first), last: dayOfNumber(last) },
    ]),
  )
}

// ---------------------------------------------------------------- promises

export interface GiftRow {
  readonly customer: string
  /** The dedupe key of the promise it goes with. */
  readonly key: string
  readonly gift: Gift
}

/** Of those that carry one. */
export async function giftsOfPromises(reader: Reader, ids: readonly string[]): Promise<Map<string, GiftRow>> {
  const gifts = new Map<string, GiftRow>()
  if (ids.length === 0) return gifts
  const rows = await reader.rows<{
    id: string
    customer: string | null
    dedupe_key: string
    content: string
  }>(`select id, customer, dedupe_key, content from promise where id in (${places(ids)})`, ids)
  for (const { id, customer, dedupe_key: key, content } of rows) {
    const { gift } = JSON.parse(content) as Content
    if (gift && customer !== null) gifts.set(id, { customer, key, gift })
  }
  return gifts
}

/** A promise as the calendar shows it. */
export interface ShownRow {
  readonly id: string
  readonly dedupe_key: string
  readonly touchpoint: string
  readonly title: string
  readonly purpose: Purpose
  readonly channel: ChannelName
  readonly subject_kind: SubjectKind
  readonly subject: string
  readonly customer: string | null
  readonly sender: string | null
  readonly day: Day
  readonly due_at: number
  readonly expires_at: number
  readonly decision: Decision
  readonly reason_code: string
  readonly reason_words: string
  readonly state: PromiseState | null
  readonly sent_at: number | null
  readonly settle_words: string | null
  readonly content: string
  readonly experiment: string | null
  readonly arm: string | null
}

const shownWith = (content: string): string =>
  `id, dedupe_key, touchpoint, title, purpose, channel, subject_kind, subject, customer, sender, day, due_at,
  expires_at, decision, reason_code, reason_words, state, sent_at, settle_words, ${content},
  experiment, arm`
const shown = shownWith('content')

export const promisesOfDay = (reader: Reader, day: Day): Promise<ShownRow[]> =>
  reader.rows(`select ${shown} from promise where day = $1 order by due_at, dedupe_key`, [day])

/** The same without the words for customers: a day of a large shop is hundreds of thousands. */
export const outlinesOfDay = (reader: Reader, day: Day): Promise<ShownRow[]> =>
  reader.rows(
    `select ${shownWith(`case when subject_kind <> 'customer' then content else '{"text":""}' end as content`)}
     from promise where day = $1 order by due_at, dedupe_key`,
    [day],
  )

/** Of these subjects (external_userids or chat ids) only. */
export const promisesAmong = (reader: Reader, day: Day, subjects: readonly string[]): Promise<ShownRow[]> =>
  subjects.length === 0
    ? Promise.resolve([])
    : reader.rows(`select ${shown} from promise where day = $1 and subject in (${places(subjects, 2)})`, [
        day,
        ...subjects,
      ])

/** Of these customers only, whatever the day. */
export const promisesOfCustomers = (reader: Reader, customers: readonly string[]): Promise<ShownRow[]> =>
  customers.length === 0
    ? Promise.resolve([])
    : reader.rows(
        `select ${shown} from promise where customer in (${places(customers)}) order by due_at, dedupe_key`,
        [...customers],
      )

export const promisesOfCustomer = (reader: Reader, customer: string, limit: number): Promise<ShownRow[]> =>
  reader.rows(
    `select ${shown} from promise where customer = $1 order by due_at desc, dedupe_key limit ${String(limit)}`,
    [customer],
  )

export interface CellRow {
  readonly day: Day
  readonly touchpoint: string
  readonly title: string
  readonly channel: ChannelName
  readonly decision: Decision
  readonly state: PromiseState | null
  readonly reason_code: string
  readonly reason_words: string
  readonly first_due: Instant
  readonly n: number
}

/** Days that are over, counted in the database. */
export const countedDays = (reader: Reader, from: Day, to: Day): Promise<CellRow[]> =>
  reader.rows(
    `select day, touchpoint, title, channel, decision, state, reason_code, reason_words,
       cast(min(due_at) as bigint) as first_due, cast(count(*) as bigint) as n
     from promise where day >= $1 and day <= $2
     group by day, touchpoint, title, channel, decision, state, reason_code, reason_words`,
    [from, to],
  )
