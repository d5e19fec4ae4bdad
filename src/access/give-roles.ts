/** Roles given in the console: who may edit, approve and look. Taken away, they are gone at the next request. */
import type { Ctx } from '../base/act.ts'
import { Refusal } from '../base/errors.ts'
import type { Reader, Tx } from '../base/db.ts'
import { givenRoles } from './roles.ts'
import type { GivenRole } from './roles.ts'

const isRole = (text: string): text is GivenRole => givenRoles.some((role) => role === text)

export async function rolesGivenTo(reader: Reader, userid: string): Promise<GivenRole[]> {
  const rows = await reader.rows<{ role: string }>('select role from staff_role where userid = $1', [
    userid.toLowerCase(),
  ])
  return rows.map(({ role }) => role).filter(isRole)
}

/** By userid in small letters. */
export async function allGivenRoles(reader: Reader): Promise<Map<string, GivenRole[]>> {
  const rows = await reader.rows<{ userid: string; role: string }>(
    'select userid, role from staff_role order by userid, role',
  )
  const found = new Map<string, GivenRole[]>()
  for (const { userid, role } of rows)
    if (isRole(role)) found.set(userid, [...(found.get(userid) ?? []), role])
  return found
}

const insertRole = (tx: Tx, row: { userid: string; role: GivenRole; given_by: string; given_at: number }) =>
  tx.insert('staff_role', [row], 'ON CONFLICT (userid, role) DO NOTHING')
const deleteRole = (tx: Tx, userid: string, role: GivenRole): Promise<number> =>
  tx.run('DELETE FROM staff_role WHERE userid = $1 AND role = $2', [userid, role])

/** Sets what she has in the console to exactly these; answers what changed. */
export async function giveRoles(
  ctx: Ctx,
  userid: string,
  roles: readonly GivenRole[],
): Promise<{ readonly given: readonly GivenRole[]; readonly taken: readonly GivenRole[] }> {
  const by = ctx.actor.kind === 'staff' ? ctx.actor.userid : ctx.actor.kind
  const name = userid.toLowerCase()
  const before = await rolesGivenTo(ctx.tx, userid)
  const given = givenRoles.filter((role) => roles.includes(role) && !before.includes(role))
  const taken = before.filter((role) => !roles.includes(role))
  // The last administrator of the console would otherwise lock herself out by one click.
  if (taken.includes('admin') && ctx.actor.kind === 'staff' && ctx.actor.userid.toLowerCase() === name)
    throw new Refusal('own-role', '不能收回自己的管理员角色', 409, { fix: '请另一位管理员来操作' })
  for (const role of given) await insertRole(ctx.tx, { userid: name, role, given_by: by, given_at: ctx.now })
  for (const role of taken) await deleteRole(ctx.tx, name, role)
  for (const [kind, list] of [
    ['role-given', given],
    ['role-taken', taken],
  ] as const)
    for (const role of list)
      ctx.record({
        kind,
        at: ctx.now,
        source: 'access',
        sourceKey: `${kind}:${ctx.newId()}`,
        who: ctx.actor.kind === 'staff' ? { staff: ctx.actor.userid } : {},
        detail: { userid: name, role, by },
      })
  return { given, taken }
}
