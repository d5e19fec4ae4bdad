import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'

export interface CalledRow {
  readonly external: string
  readonly name: string | null
  readonly remark: string | null
  readonly added_at: number
  /** 1: the name or the remark is exactly this. */
  readonly exact: number
}

const escaped = (text: string): string => text.replace(/[\\%_]/g, (sign) => `\\${sign}`)

/** Her own customers of this name or remark; whole names first, then the latest known. */
export const customersCalled = (
  reader: Reader,
  staff: string,
  name: string,
  limit: number,
): Promise<CalledRow[]> =>
  reader.rows<CalledRow>(
    `select r.external, p.name, r.remark, r.added_at,
       case when lower(p.name) = $1 or lower(r.remark) = $1 then 1 else 0 end as exact
     from relation r left join profile p on p.external = r.external
     where r.staff = $2 and r.state = 'active'
       and (lower(p.name) like $3 escape '\\' or lower(r.remark) like $3 escape '\\')
     order by exact desc, r.added_at desc, r.external limit ${String(limit)}`,
    [name.toLowerCase(), staff, `%${escaped(name.toLowerCase())}%`],
  )

export interface OwnGroup {
  readonly chat: string
  readonly name: string
}

export const groupsOwnedBy = (reader: Reader, staff: string, limit: number): Promise<OwnGroup[]> =>
  reader.rows<OwnGroup>(
    `select chat, name from chat_group where owner = $1 and state = 'active' order by name, chat limit ${String(limit)}`,
    [staff],
  )

export interface GroupPromise {
  readonly subject: string
  readonly title: string
  readonly state: string
  readonly due_at: number
}

/** What these groups are to hear that day, the early ones first. */
export const groupPromises = (reader: Reader, chats: readonly string[], day: Day): Promise<GroupPromise[]> =>
  reader.rows<GroupPromise>(
    `select subject, title, state, due_at from promise
     where subject_kind = 'group' and day = $1 and state is not null
       and subject in (${chats.map((_, i) => `$${String(i + 2)}`).join(', ')})
     order by due_at, id`,
    [day, ...chats],
  )
