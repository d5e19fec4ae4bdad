/** What the folders to the right may use. */
export { accessTables } from './access.tables.ts'
export { createAccessJobs } from './access.jobs.ts'
export { ownPath } from './own-path.ts'
export { openPlayer, playerMs, sealPlayer } from './player.ts'
export { allGivenRoles, giveRoles, rolesGivenTo } from './give-roles.ts'
export { givenRoles, isNamedAdmin, rolesOf } from './roles.ts'
export type { GivenRole, Member, Role } from './roles.ts'

// The audit chain.
export { auditKey, auditedKinds, canonical, createAudit, customerMark } from './audit.ts'
export { auditPage } from './audit.store.ts'
export type { AuditFilter, AuditListRow } from './audit.store.ts'
export { verifyAudit } from './audit-verify.ts'
export type { AuditVerdict } from './audit-verify.ts'

export {
  closeState,
  endSession,
  endSessionsOf,
  idleMs,
  keepAlive,
  newBrowserMark,
  openState,
  sessionMs,
  sessionOf,
  startSession,
} from './session.ts'
export type { LiveSession } from './session.ts'
