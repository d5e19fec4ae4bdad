/** Who may do what. Roles are looked up at each request, so that taking one away works at once. */
export type Role = 'admin' | 'operator' | 'approver' | 'analyst' | 'advisor'

/** Roles that can be given; `advisor` comes from WeCom (客户联系). */
export const givenRoles = ['admin', 'operator', 'approver', 'analyst'] as const
export type GivenRole = (typeof givenRoles)[number]

/** What the mirror of WeCom knows about a member; null when she is not in it. */
export interface Member {
  readonly name: string
  readonly active: boolean
  /** May serve customers (客户联系). */
  readonly contact: boolean
}

/** WeCom's userids do not tell capitals from small letters. */
const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()

export const isNamedAdmin = (userid: string, admins: readonly string[]): boolean =>
  admins.some((admin) => same(admin, userid))

const all: readonly Role[] = ['admin', 'operator', 'approver', 'analyst']

/** `given` = what an administrator gave her in the console; whoever stands in SIYU_ADMINS is one whatever is given. */
export function rolesOf(
  userid: string,
  admins: readonly string[],
  member: Member | null,
  given: readonly GivenRole[] = [],
): readonly Role[] {
  if (member !== null && !member.active) return []
  const isAdmin = isNamedAdmin(userid, admins) || given.includes('admin')
  const roles: Role[] = isAdmin ? [...all] : all.filter((role) => given.some((one) => one === role))
  if (member?.contact === true) roles.push('advisor')
  return roles
}
