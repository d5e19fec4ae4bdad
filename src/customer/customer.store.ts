import type { Instant } from '../base/clock.ts'
import type { Reader, Tx, Value } from '../base/db.ts'
import type { Identity } from './identity.ts'
import { identityKinds, keyOf } from './identity.ts'

const chunk = 500
export const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

export interface KnownIdentity extends Identity {
  readonly customer: string
  /** The row that tied it to somebody. */
  readonly seq: number
}

/** Of these identities, the known ones, by their key. */
export async function knownIdentities(
  reader: Reader,
  identities: readonly Identity[],
): Promise<Map<string, KnownIdentity>> {
  const known = new Map<string, KnownIdentity>()
  for (const kind of identityKinds) {
    const values = [...new Set(identities.filter((one) => one.kind === kind).map(({ value }) => value))]
    for (let from = 0; from < values.length; from += chunk) {
      const part = values.slice(from, from + chunk)
      const rows = await reader.rows<KnownIdentity>(
        `select kind, value, customer, seq from identity where kind = '${kind}' and value in (${list(part)})`,
        part,
      )
      for (const row of rows) known.set(keyOf(row), row)
    }
  }
  return known
}

/** New ones, and those that go to another customer. In key order. */
export const saveIdentities = (tx: Tx, rows: readonly KnownIdentity[]): Promise<number> =>
  tx.insert(
    'identity',
    rows.map(({ kind, value, customer, seq }) => ({ kind, value, customer, seq })),
    'ON CONFLICT (kind, value) DO UPDATE SET customer = excluded.customer',
  )

/** When each of these was first seen; unknown ones are absent. */
export async function firstSeqs(reader: Reader, customers: readonly string[]): Promise<Map<string, number>> {
  const rows = await reader.rows<{ id: string; first_seq: number }>(
    `select id, first_seq from customer where id in (${list(customers)})`,
    customers,
  )
  return new Map(rows.map(({ id, first_seq: seq }) => [id, seq]))
}

export interface Sighting {
  readonly customer: string
  readonly at: Instant
  readonly seq: number
}

/** The earliest instant and the first row count, in whatever order they are told. In key order. */
export const saveSightings = (tx: Tx, sightings: readonly Sighting[]): Promise<number> =>
  tx.insert(
    'customer',
    sightings.map(({ customer, at, seq }) => ({ id: customer, created_at: at, first_seq: seq })),
    `ON CONFLICT (id) DO UPDATE SET
     created_at = case when excluded.created_at < customer.created_at then excluded.created_at else customer.created_at end,
     first_seq = case when excluded.first_seq < customer.first_seq then excluded.first_seq else customer.first_seq end
     WHERE excluded.created_at < customer.created_at OR excluded.first_seq < customer.first_seq`,
  )

// ------------------------------------------------------------------ conflicts and merges

export interface ConflictRow {
  readonly one: string
  readonly two: string
  readonly first_seq: number
  readonly state: 'open' | 'apart'
  readonly decided_seq: number | null
}

export async function conflictsOf(reader: Reader, customers: readonly string[]): Promise<ConflictRow[]> {
  const rows: ConflictRow[] = []
  for (const side of ['one', 'two']) {
    for (let from = 0; from < customers.length; from += chunk) {
      const part = customers.slice(from, from + chunk)
      rows.push(
        ...(await reader.rows<ConflictRow>(
          `select one, two, first_seq, state, decided_seq from identity_conflict where ${side} in (${list(part)})`,
          part,
        )),
      )
    }
  }
  return rows
}

export const openConflicts = (reader: Reader, limit: number): Promise<ConflictRow[]> =>
  reader.rows<ConflictRow>(
    `select one, two, first_seq, state, decided_seq from identity_conflict where state = 'open'
     order by first_seq, one, two limit ${String(limit)}`,
  )

export async function countOpenConflicts(reader: Reader): Promise<number> {
  const [row] = await reader.rows<{ n: number }>(
    `select cast(count(*) as bigint) as n from identity_conflict where state = 'open'`,
  )
  return row?.n ?? 0
}

export const saveConflicts = (tx: Tx, rows: readonly ConflictRow[]): Promise<number> =>
  tx.insert(
    'identity_conflict',
    rows.map(({ one, two, first_seq, state, decided_seq }) => ({ one, two, first_seq, state, decided_seq })),
    `ON CONFLICT (one, two) DO UPDATE SET first_seq = excluded.first_seq, state = excluded.state,
     decided_seq = excluded.decided_seq`,
  )

export async function deleteConflicts(tx: Tx, pairs: readonly (readonly string[])[]): Promise<void> {
  for (const [one = '', two = ''] of pairs)
    await tx.run('DELETE FROM identity_conflict WHERE one = $1 AND two = $2', [one, two])
}

export interface MergeRecord {
  readonly seq: number
  readonly kept: string
  readonly other: string
  readonly undone_seq: number | null
}

export const insertMerges = (tx: Tx, rows: readonly MergeRecord[]): Promise<number> =>
  tx.insert(
    'customer_merge',
    rows.map((row) => ({ ...row })),
  )

export const markUndone = (tx: Tx, merge: number, seq: number): Promise<number> =>
  tx.run('UPDATE customer_merge SET undone_seq = $1 WHERE seq = $2 AND undone_seq IS NULL', [seq, merge])

/** Merges in force that this id was part of, newest first. */
export const mergesOf = (reader: Reader, customer: string): Promise<MergeRecord[]> =>
  reader.rows<MergeRecord>(
    `select seq, kept, other, undone_seq from customer_merge
     where undone_seq is null and (other = $1 or kept = $2) order by seq desc`,
    [customer, customer],
  )

// ------------------------------------------------------------------ people who were forgotten

export const anyErasure = async (reader: Reader): Promise<boolean> =>
  (await reader.rows('select hash from erasure limit 1')).length > 0

export async function erasuresOf(
  reader: Reader,
  hashes: readonly string[],
): Promise<{ hash: string; erased_at: number }[]> {
  const rows: { hash: string; erased_at: number }[] = []
  for (let from = 0; from < hashes.length; from += chunk) {
    const part = hashes.slice(from, from + chunk)
    rows.push(
      ...(await reader.rows<{ hash: string; erased_at: number }>(
        `select hash, erased_at from erasure where hash in (${list(part)})`,
        part,
      )),
    )
  }
  return rows
}

export const insertErasures = (tx: Tx, hashes: readonly string[], at: Instant): Promise<number> =>
  tx.insert(
    'erasure',
    hashes.map((hash) => ({ hash, erased_at: at })),
    'ON CONFLICT (hash, erased_at) DO NOTHING',
  )

/** Ids that went into this one by merges, however long ago, undone or not. */
export async function formerIds(reader: Reader, customer: string): Promise<string[]> {
  const rows = await reader.rows<{ other: string }>(
    `with recursive went (id) as (
       select cast($1 as text) union select m.other from customer_merge m join went w on m.kept = w.id where m.undone_seq is null)
     select id as other from went order by id`,
    [customer],
  )
  return rows.map(({ other }) => other)
}

// ------------------------------------------------------------------ consent

export interface ConsentRow {
  readonly customer: string
  readonly purpose: string
  readonly optedOut: boolean
  readonly at: Instant
  readonly via: string
}

export const saveConsents = (tx: Tx, rows: readonly ConsentRow[]): Promise<number> =>
  tx.insert(
    'consent',
    rows.map((row) => ({
      customer: row.customer,
      purpose: row.purpose,
      opted_out: row.optedOut ? 1 : 0,
      changed_at: row.at,
      via: row.via,
    })),
    'ON CONFLICT (customer, purpose) DO UPDATE SET opted_out = excluded.opted_out, changed_at = excluded.changed_at, via = excluded.via',
  )

export interface TopicRow {
  readonly customer: string
  readonly topic: string
  readonly wanted: boolean
  readonly at: Instant
}

export const saveTopics = (tx: Tx, rows: readonly TopicRow[]): Promise<number> =>
  tx.insert(
    'topic_choice',
    rows.map((row) => ({
      customer: row.customer,
      topic: row.topic,
      wanted: row.wanted ? 1 : 0,
      changed_at: row.at,
    })),
    'ON CONFLICT (customer, topic) DO UPDATE SET wanted = excluded.wanted, changed_at = excluded.changed_at',
  )

export const consentsOf = (
  reader: Reader,
  customer: string,
): Promise<{ purpose: string; opted_out: number }[]> =>
  reader.rows('select purpose, opted_out from consent where customer = $1', [customer])

export const topicsOf = (reader: Reader, customer: string): Promise<{ topic: string; wanted: number }[]> =>
  reader.rows('select topic, wanted from topic_choice where customer = $1 order by topic', [customer])

export async function optedOutAmong(
  reader: Reader,
  customers: readonly string[],
  purpose: string,
): Promise<Set<string>> {
  const out = new Set<string>()
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    const rows = await reader.rows<{ customer: string }>(
      `select customer from consent where purpose = $1 and opted_out = 1 and customer in (${list(part, 2)})`,
      [purpose, ...part],
    )
    for (const { customer } of rows) out.add(customer)
  }
  return out
}

// ------------------------------------------------------------------ readers

export interface AdvisorRow {
  readonly customer: string
  readonly external: string
  readonly staff: string
  readonly staff_name: string | null
  /** Null: not in the mirror of staff. */
  readonly contact: number | null
  readonly added_at: number
  readonly remark: string | null
  readonly name: string | null
}

/** Active contacts, per customer the oldest first. Without `customers`: of everybody. */
export async function activeContacts(
  reader: Reader,
  customers: readonly string[] | null,
): Promise<AdvisorRow[]> {
  const select = (where: string): string =>
    `select i.customer, r.external, r.staff, s.name as staff_name, s.contact, r.added_at, r.remark, p.name
     from relation r
     join identity i on i.kind = 'external' and i.value = r.external
     left join staff s on s.userid = r.staff
     left join profile p on p.external = r.external
     where r.state = 'active' and coalesce(s.active, 1) = 1 ${where}
     order by i.customer, r.added_at, r.staff, r.external`
  if (customers === null) return reader.rows<AdvisorRow>(select(''))
  const rows: AdvisorRow[] = []
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    rows.push(...(await reader.rows<AdvisorRow>(select(`and i.customer in (${list(part)})`), part)))
  }
  return rows
}

export async function hasContact(reader: Reader, staff: string, external: string): Promise<boolean> {
  const rows = await reader.rows(
    `select 1 as yes from relation where external = $1 and staff = $2 and state = 'active'`,
    [external, staff],
  )
  return rows.length > 0
}

export async function identitiesOfCustomers(
  reader: Reader,
  customers: readonly string[],
): Promise<KnownIdentity[]> {
  const rows: KnownIdentity[] = []
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    rows.push(
      ...(await reader.rows<KnownIdentity>(
        `select kind, value, customer, seq from identity where customer in (${list(part)}) order by customer, kind, value`,
        part,
      )),
    )
  }
  return rows
}

export async function profileNames(
  reader: Reader,
  externals: readonly string[],
): Promise<Map<string, string>> {
  const names = new Map<string, string>()
  for (let from = 0; from < externals.length; from += chunk) {
    const part = externals.slice(from, from + chunk)
    const rows = await reader.rows<{ external: string; name: string }>(
      `select external, name from profile where external in (${list(part)})`,
      part,
    )
    for (const row of rows) names.set(row.external, row.name)
  }
  return names
}

export async function staffNames(reader: Reader): Promise<Map<string, string>> {
  const rows = await reader.rows<{ userid: string; name: string }>('select userid, name from staff')
  return new Map(rows.map((row) => [row.userid, row.name]))
}

// ------------------------------------------------------------------ the mirror of WeCom

type Cells = Readonly<Record<string, Value>>

export const upsertStaff = (tx: Tx, rows: readonly Cells[]): Promise<number> =>
  tx.insert(
    'staff',
    rows,
    'ON CONFLICT (userid) DO UPDATE SET name = excluded.name, active = excluded.active, contact = excluded.contact',
  )

export const retireStaffExcept = (tx: Tx, userids: readonly string[]): Promise<number> =>
  userids.length === 0
    ? tx.run('UPDATE staff SET active = 0, contact = 0')
    : tx.run(`UPDATE staff SET active = 0, contact = 0 WHERE userid NOT IN (${list(userids)})`, userids)

export const upsertProfiles = (tx: Tx, rows: readonly Cells[]): Promise<number> =>
  tx.insert(
    'profile',
    rows,
    'ON CONFLICT (external) DO UPDATE SET name = excluded.name, avatar = excluded.avatar, gender = excluded.gender, unionid = excluded.unionid, remark_tags = excluded.remark_tags',
  )

/** What is known already stays. */
export const insertProfiles = (tx: Tx, rows: readonly Cells[]): Promise<number> =>
  tx.insert('profile', rows, 'ON CONFLICT (external) DO NOTHING')

/** As they are stored: whoever compares need not write what is so already. */
export async function storedRows(
  reader: Reader,
  table: 'profile' | 'relation',
  externals: readonly string[],
): Promise<Cells[]> {
  const rows: Cells[] = []
  for (let from = 0; from < externals.length; from += chunk) {
    const part = externals.slice(from, from + chunk)
    rows.push(...(await reader.rows<Cells>(`select * from ${table} where external in (${list(part)})`, part)))
  }
  return rows
}

export const upsertRelations = (tx: Tx, rows: readonly Cells[]): Promise<number> =>
  tx.insert(
    'relation',
    rows,
    `ON CONFLICT (external, staff) DO UPDATE SET state = excluded.state, added_at = excluded.added_at, removed_at = excluded.removed_at,
     remark = excluded.remark, add_way = excluded.add_way, from_state = excluded.from_state`,
  )

export const markRemoved = (tx: Tx, external: string, staff: string, at: Instant): Promise<number> =>
  tx.run(
    `UPDATE relation SET state = 'removed', removed_at = $1 WHERE external = $2 AND staff = $3 AND state = 'active'`,
    [at, external, staff],
  )

/** Active contacts of a member of staff, for a full comparison. */
export async function contactsOfStaff(reader: Reader, staff: string): Promise<string[]> {
  const rows = await reader.rows<{ external: string }>(
    `select external from relation where staff = $1 and state = 'active' order by external`,
    [staff],
  )
  return rows.map(({ external }) => external)
}

export const upsertGroup = (tx: Tx, row: Cells): Promise<number> =>
  tx.insert(
    'chat_group',
    [row],
    `ON CONFLICT (chat) DO UPDATE SET name = excluded.name, owner = excluded.owner,
     interest = coalesce(excluded.interest, chat_group.interest), state = excluded.state, member_version = excluded.member_version`,
  )

export const storedGroup = async (reader: Reader, chat: string): Promise<Cells | undefined> =>
  (
    await reader.rows<Cells>('select name, owner, state, member_version from chat_group where chat = $1', [
      chat,
    ])
  )[0]

export const membersOf = (
  reader: Reader,
  chat: string,
): Promise<{ member: string; kind: number; joined_at: number }[]> =>
  reader.rows('select member, kind, joined_at from group_member where chat = $1 order by member', [chat])

export const insertMembers = (tx: Tx, rows: readonly Cells[]): Promise<number> =>
  tx.insert(
    'group_member',
    rows,
    'ON CONFLICT (chat, member) DO UPDATE SET kind = excluded.kind, joined_at = excluded.joined_at',
  )

export async function deleteMembers(tx: Tx, chat: string, members: readonly string[]): Promise<void> {
  for (let from = 0; from < members.length; from += chunk) {
    const part = members.slice(from, from + chunk)
    await tx.run(`DELETE FROM group_member WHERE chat = $1 AND member IN (${list(part, 2)})`, [chat, ...part])
  }
}

export const endGroup = (tx: Tx, chat: string): Promise<number> =>
  tx.run(`UPDATE chat_group SET state = 'dismissed' WHERE chat = $1`, [chat])

export const forgetMembers = (tx: Tx, chat: string): Promise<number> =>
  tx.run('DELETE FROM group_member WHERE chat = $1', [chat])

/** All identities, in parts: whoever looks for a few among all of them. */
export async function* identitiesInParts(reader: Reader): AsyncGenerator<KnownIdentity[]> {
  let [kind, value] = ['', '']
  for (;;) {
    const rows = await reader.rows<KnownIdentity>(
      `select kind, value, customer, seq from identity where (kind, value) > ($1, $2) order by kind, value limit 2000`,
      [kind, value],
    )
    const last = rows.at(-1)
    if (!last) return
    yield rows
    ;[kind, value] = [last.kind, last.value]
  }
}
