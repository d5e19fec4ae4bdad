/** 休假: who is away from when until when, and who speaks for her meanwhile. Pure; setting it is leaves.ts. */
import type { Day } from '../base/calendar.ts'

/** Both days included. */
export interface Leave {
  readonly staff: string
  readonly from_day: Day
  readonly to_day: Day
  readonly deputy: string | null
}

/** The leave that covers this day, the one that lasts longest if several do; null when she is there. */
export function leaveOn(leaves: readonly Leave[], day: Day): Leave | null {
  const covering = leaves.filter(({ from_day: from, to_day: to }) => from <= day && day <= to)
  return covering.sort((a, b) => (a.to_day < b.to_day ? 1 : -1))[0] ?? null
}

export function leavesByStaff(rows: readonly Leave[]): Map<string, Leave[]> {
  const leaves = new Map<string, Leave[]>()
  for (const row of rows) leaves.set(row.staff, [...(leaves.get(row.staff) ?? []), row])
  return leaves
}
