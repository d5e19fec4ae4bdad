import type { Reader } from '../base/db.ts'

export interface StaffMember {
  readonly userid: string
  readonly name: string
  readonly active: boolean
  /** May have customers (客户联系). */
  readonly contact: boolean
}

/** What the mirror knows of this member; null when she was never seen. Userids do not tell capitals apart. */
export async function findStaff(reader: Reader, userid: string): Promise<StaffMember | null> {
  const [row] = await reader.rows<{ userid: string; name: string; active: number; contact: number }>(
    'select userid, name, active, contact from staff where lower(userid) = $1',
    [userid.toLowerCase()],
  )
  return row
    ? { userid: row.userid, name: row.name, active: row.active === 1, contact: row.contact === 1 }
    : null
}

/** Everybody in the mirror, those who left included. */
export async function staffList(reader: Reader): Promise<StaffMember[]> {
  const rows = await reader.rows<{ userid: string; name: string; active: number; contact: number }>(
    'select userid, name, active, contact from staff order by active desc, userid',
  )
  return rows.map(({ userid, name, active, contact }) => ({
    userid,
    name,
    active: active === 1,
    contact: contact === 1,
  }))
}
