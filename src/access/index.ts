/** What the folders to the right may use. */
export { accessTables } from './access.tables.ts'
export { createAccessJobs } from './access.jobs.ts'
export { ownPath } from './own-path.ts'
export { openPlayer, playerMs, sealPlayer } from './player.ts'
export { rolesOf } from './roles.ts'
export type { Member, Role } from './roles.ts'
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
