import type { Reader, Tx } from '../base/db.ts'
import type { Day } from '../base/calendar.ts'
import { places } from './facts.store.ts'
import type { Leave } from './leave.ts'

const columns = 'staff, from_day, to_day, deputy'

export const leaveRows = (reader: Reader, staff: readonly string[]): Promise<Leave[]> =>
  reader.rows<Leave>(
    `select ${columns} from staff_leave where staff in (${places(staff.length)}) order by staff, from_day`,
    staff,
  )

/** A handful of rows: who is away is asked for everybody at once. */
export const leavesUntil = (reader: Reader, day: Day): Promise<Leave[]> =>
  reader.rows<Leave>(`select ${columns} from staff_leave where to_day >= $1 order by staff, from_day`, [day])

export const writeLeave = (tx: Tx, { staff, from_day, to_day, deputy }: Leave): Promise<number> =>
  tx.insert(
    'staff_leave',
    [{ staff, from_day, to_day, deputy }],
    'ON CONFLICT (staff, from_day) DO UPDATE SET to_day = excluded.to_day, deputy = excluded.deputy',
  )

export const deleteLeave = (tx: Tx, staff: string, from: Day): Promise<number> =>
  tx.run('DELETE FROM staff_leave WHERE staff = $1 AND from_day = $2', [staff, from])

export async function staffNamed(reader: Reader, userids: readonly string[]): Promise<Map<string, string>> {
  const rows = await reader.rows<{ userid: string; name: string }>(
    `select userid, name from staff where userid in (${places(userids.length)})`,
    userids,
  )
  return new Map(rows.map(({ userid, name }) => [userid, name]))
}

export interface LeaveShown extends Leave {
  readonly name: string
  readonly deputy_name: string | null
}
/** Who is away on this day or later, by name. */
export const leavesFrom = (reader: Reader, day: Day): Promise<LeaveShown[]> =>
  reader.rows<LeaveShown>(
    `select l.staff, l.from_day, l.to_day, l.deputy, coalesce(s.name, l.staff) as name, d.name as deputy_name
     from staff_leave l left join staff s on s.userid = l.staff left join staff d on d.userid = l.deputy
     where l.to_day >= $1 order by l.from_day, l.staff`,
    [day],
  )
