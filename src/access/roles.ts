/** Who may do what. Roles are looked up at each request, so that taking one away works at once. */
export type Role = 'admin' | 'operator' | 'approver' | 'analyst' | 'advisor'

/** What the mirror of WeCom knows about a member; null when she is not in it. */
export interface Member {
  readonly name: string
  readonly active: boolean
  /** May serve customers (客户联系). */
  readonly contact: boolean
}

/** WeCom's userids do not tell capitals from small letters. */
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

export function rolesOf(userid: string, admins: readonly string[], member: Member | null): readonly Role[] {
  if (member !== null && !member.active) return []
  const roles: Role[] = []
  if (admins.some((admin) => same(admin, userid))) roles.push('admin', 'operator', 'approver', 'analyst')
  if (member?.contact === true) roles.push('advisor')
  return roles
}
