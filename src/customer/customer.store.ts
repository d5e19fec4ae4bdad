import type { Instant } from '../base/clock.ts'
import type { Reader, Tx, Value } from '../base/db.ts'
import type { Identity, IdentityKind } from './identity.ts'
import { keyOf } from './identity.ts'

const chunk = 500
export const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(i + from)}`).join(', ')

export interface KnownIdentity {
  readonly customer: string
  readonly createdAt: Instant
}

/** Of these identities, the known ones, by their key. */
export async function knownIdentities(
  reader: Reader,
  identities: readonly Identity[],
): Promise<Map<string, KnownIdentity>> {
  const known = new Map<string, KnownIdentity>()
  for (const kind of ['external', 'shop', 'phone'] satisfies IdentityKind[]) {
    const values = [...new Set(identities.filter((one) => one.kind === kind).map(({ value }) => value))]
    for (let from = 0; from < values.length; from += chunk) {
      const part = values.slice(from, from + chunk)
      const rows = await reader.rows<{ value: string; customer: string; created_at: number }>(
        `select i.value, i.customer, c.created_at from identity i join customer c on c.id = i.customer
         where i.kind = '${kind}' and i.value in (${list(part)})`,
        part,
      )
      for (const row of rows)
        known.set(keyOf({ kind, value: row.value }), { customer: row.customer, createdAt: row.created_at })
    }
  }
  return known
}

export interface NewCustomer {
  readonly id: string
  readonly createdAt: Instant
  readonly firstSeq: number
}

export const insertCustomers = (tx: Tx, customers: readonly NewCustomer[]): Promise<number> =>
  tx.insert(
    'customer',
    customers.map(({ id, createdAt, firstSeq }) => ({ id, created_at: createdAt, first_seq: firstSeq })),
    'ON CONFLICT (id) DO NOTHING',
  )

export const insertIdentities = (
  tx: Tx,
  rows: readonly (Identity & { readonly customer: string })[],
): Promise<number> =>
  tx.insert(
    'identity',
    rows.map(({ kind, value, customer }) => ({ kind, value, customer })),
  )

export const insertConflicts = (
  tx: Tx,
  rows: readonly { readonly kept: string; readonly other: string; readonly seq: number }[],
): Promise<number> =>
  tx.insert(
    'identity_conflict',
    rows.map(({ kept, other, seq }) => ({ kept, other, first_seq: seq })),
    'ON CONFLICT (kept, other) DO NOTHING',
  )

export const knownEarlier = (tx: Tx, id: string, at: Instant): Promise<number> =>
  tx.run('UPDATE customer SET created_at = $1 WHERE id = $2 AND created_at > $1', [at, id])

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
    `select i.customer, r.external, r.staff, s.name as staff_name, r.added_at, r.remark, p.name
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
): Promise<(Identity & { readonly customer: string })[]> {
  const rows: (Identity & { readonly customer: string })[] = []
  for (let from = 0; from < customers.length; from += chunk) {
    const part = customers.slice(from, from + chunk)
    rows.push(
      ...(await reader.rows<Identity & { customer: string }>(
        `select kind, value, customer from identity where customer in (${list(part)}) order by customer, kind, value`,
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
