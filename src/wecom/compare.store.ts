/** Where the comparison with WeCom stands, and whom it has seen so far. */
import type { Instant } from '../base/clock.ts'
import type { Reader, Tx } from '../base/db.ts'

export type Stage = 'staff' | 'contacts' | 'groups'

export interface Comparison {
  readonly epoch: number
  readonly started_at: Instant
  readonly ended_at: Instant | null
  /** JSON: userids in the order in which they are gone through. */
  readonly staff: string
  readonly stage: Stage
  /** Of the staff, in hundreds. */
  readonly part: number
  readonly cursor: string
  readonly contacts: number
  readonly groups: number
  /** Empty: nobody's, whoever comes first goes on with it. */
  readonly holder: string
  /** Database time. */
  readonly touched_at: number
  readonly why: string
  /** Not seen and not let go, until a person agrees. */
  readonly lost_contacts: number | null
  readonly lost_groups: number | null
  readonly agreed_at: Instant | null
}

export type Position = Pick<Comparison, 'stage' | 'part' | 'cursor' | 'contacts' | 'groups'>

const only = 1

export async function lastComparison(reader: Reader): Promise<Comparison | null> {
  const [row] = await reader.rows<Comparison>(
    `select epoch, started_at, ended_at, staff, stage, part, cursor, contacts, groups, holder, touched_at, why,
       lost_contacts, lost_groups, agreed_at
     from wecom_comparison where id = ${String(only)}`,
  )
  return row ?? null
}

/** Forgets whom the one before saw. False: somebody else was first. */
export async function beginComparison(
  tx: Tx,
  one: Pick<Comparison, 'epoch' | 'started_at' | 'staff' | 'holder' | 'touched_at'>,
): Promise<boolean> {
  const begun = await tx.insert(
    'wecom_comparison',
    [
      {
        id: only,
        ...one,
        ended_at: null,
        stage: 'staff',
        part: 0,
        cursor: '',
        contacts: 0,
        groups: 0,
        why: '',
        lost_contacts: null,
        lost_groups: null,
        agreed_at: null,
      },
    ],
    `ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, started_at = excluded.started_at, ended_at = null,
     staff = excluded.staff, stage = excluded.stage, part = 0, cursor = '', contacts = 0, groups = 0,
     holder = excluded.holder, touched_at = excluded.touched_at, why = '', lost_contacts = null, lost_groups = null
     WHERE wecom_comparison.epoch = excluded.epoch - 1`,
  )
  if (begun === 1) await tx.run('DELETE FROM wecom_seen')
  return begun === 1
}

/** Answers whether it was still where the reader saw it. */
export const takeOver = async (
  tx: Tx,
  epoch: number,
  to: Pick<Comparison, 'epoch' | 'holder' | 'touched_at'>,
): Promise<boolean> =>
  (await tx.run(
    `UPDATE wecom_comparison SET epoch = $1, holder = $2, touched_at = $3, why = '' WHERE id = ${String(only)} AND epoch = $4`,
    [to.epoch, to.holder, to.touched_at, epoch],
  )) === 1

/** False: somebody else has taken it over. */
export const moveOn = async (
  tx: Tx,
  epoch: number,
  at: Position & Pick<Comparison, 'staff'>,
  touchedAt: number,
): Promise<boolean> =>
  (await tx.run(
    `UPDATE wecom_comparison SET stage = $1, part = $2, cursor = $3, contacts = $4, groups = $5, staff = $6, touched_at = $7
     WHERE id = ${String(only)} AND epoch = $8 AND ended_at IS NULL`,
    [at.stage, at.part, at.cursor, at.contacts, at.groups, at.staff, touchedAt, epoch],
  )) === 1

export async function endComparison(tx: Tx, epoch: number, at: Instant): Promise<boolean> {
  const ended = await tx.run(
    `UPDATE wecom_comparison SET ended_at = $1, holder = '',
       agreed_at = case when lost_contacts is null and lost_groups is null then null else agreed_at end
     WHERE id = ${String(only)} AND epoch = $2 AND ended_at IS NULL`,
    [at, epoch],
  )
  if (ended === 0) return false
  await tx.run('DELETE FROM wecom_seen')
  return true
}

/** So many were not seen that nobody is let go. */
export const holdBack = (
  tx: Tx,
  epoch: number,
  what: 'lost_contacts' | 'lost_groups',
  many: number,
): Promise<number> =>
  tx.run(`UPDATE wecom_comparison SET ${what} = $1 WHERE id = ${String(only)} AND epoch = $2`, [many, epoch])

/** False: nothing is held back. */
export const agreeToLosses = async (tx: Tx, at: Instant): Promise<boolean> =>
  (await tx.run(
    `UPDATE wecom_comparison SET agreed_at = $1 WHERE id = ${String(only)} AND ended_at IS NOT NULL
       AND (lost_contacts IS NOT NULL OR lost_groups IS NOT NULL)`,
    [at],
  )) === 1

/** Whoever comes first goes on with it. */
export const giveUp = (tx: Tx, epoch: number, why: string): Promise<number> =>
  tx.run(
    `UPDATE wecom_comparison SET holder = '', why = $1 WHERE id = ${String(only)} AND epoch = $2 AND ended_at IS NULL`,
    [why, epoch],
  )

export interface Seen {
  readonly kind: 'contact' | 'group'
  readonly id: string
  /** Empty for groups. */
  readonly staff: string
}

export const markSeen = (tx: Tx, seen: readonly Seen[]): Promise<number> =>
  seen.length === 0
    ? Promise.resolve(0)
    : tx.insert(
        'wecom_seen',
        seen.map(({ kind, id, staff }) => ({ kind, id, staff })),
        'ON CONFLICT (kind, id, staff) DO NOTHING',
      )

const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(from + i)}`).join(', ')

/** Of at most a few hundred. */
export async function groupsSeen(reader: Reader, chats: readonly string[]): Promise<Set<string>> {
  if (chats.length === 0) return new Set()
  const rows = await reader.rows<{ id: string }>(
    `select id from wecom_seen where kind = 'group' and id in (${list(chats)})`,
    chats,
  )
  return new Set(rows.map(({ id }) => id))
}

const unseenContacts = `from relation r where r.state = 'active'
  and not exists (select 1 from wecom_seen s where s.kind = 'contact' and s.id = r.external and s.staff = r.staff)`
const unseenGroups = `from chat_group g where g.state = 'active'
  and not exists (select 1 from wecom_seen s where s.kind = 'group' and s.id = g.chat and s.staff = '')`

/** How many of ours were not seen, and how many there are. */
export async function unseenOf(
  reader: Reader,
  kind: Seen['kind'],
): Promise<{ readonly unseen: number; readonly all: number }> {
  const [unseen, all] =
    kind === 'contact'
      ? [unseenContacts, `from relation where state = 'active'`]
      : [unseenGroups, `from chat_group where state = 'active'`]
  const [row] = await reader.rows<{ unseen: number; all_of: number }>(
    `select (select cast(count(*) as bigint) ${unseen}) as unseen, (select cast(count(*) as bigint) ${all}) as all_of`,
  )
  return { unseen: row?.unseen ?? 0, all: row?.all_of ?? 0 }
}

/** Contacts of ours that no page showed. */
export const contactsUnseen = (
  reader: Reader,
  limit: number,
  after: { readonly external: string; readonly staff: string },
): Promise<{ external: string; staff: string }[]> =>
  reader.rows(
    `select r.external, r.staff ${unseenContacts} and (r.external > $1 or (r.external = $1 and r.staff > $2))
     order by r.external, r.staff limit ${String(limit)}`,
    [after.external, after.staff],
  )

export const groupsUnseen = async (reader: Reader): Promise<string[]> =>
  (await reader.rows<{ chat: string }>(`select g.chat ${unseenGroups} order by g.chat`)).map(
    ({ chat }) => chat,
  )
