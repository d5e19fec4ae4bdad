/** Does publishing need a second person? As the cadence in force says; where it says nothing, as soon as there is one. */
import { allGivenRoles, isNamedAdmin } from '../access/index.ts'
import type { Reader } from '../base/db.ts'
import { currentCadence } from './versions.ts'

export interface ApprovalRule {
  readonly required: boolean
  /** `written`: the cadence says so; `people`: it follows from who could approve. */
  readonly because: 'written' | 'people'
  /** Members of WeCom's mirror who may approve. */
  readonly approvers: number
}

/**
 * Judged by the version in force and never by the draft: otherwise a draft could switch its own approval off. Counted are
 * active members that WeCom knows: a name in SIYU_ADMINS that nobody bears cannot approve anything.
 */
export async function approvalRule(reader: Reader, admins: readonly string[]): Promise<ApprovalRule> {
  const approvers = (await approversOf(reader, admins)).length
  const written = (await currentCadence(reader))?.approval ?? null
  return written === null
    ? { required: approvers > 1, because: 'people', approvers }
    : { required: written, because: 'written', approvers }
}

async function approversOf(reader: Reader, admins: readonly string[]): Promise<string[]> {
  const given = await allGivenRoles(reader)
  const members = await reader.rows<{ userid: string }>(
    'select userid from staff where active = 1 order by userid',
  )
  return members
    .map(({ userid }) => userid)
    .filter((userid) => {
      const roles = given.get(userid.toLowerCase()) ?? []
      return isNamedAdmin(userid, admins) || roles.includes('admin') || roles.includes('approver')
    })
}
