import { table } from '../base/table.ts'

/** `id_hash` is the SHA-256 of what the cookie holds, so that a stolen database opens no session. */
export const sessionTable = table(
  'session',
  {
    id_hash: 'text key',
    userid: 'text',
    created_at: 'int',
    seen_at: 'int',
    expires_at: 'int',
    /** `staff` today; players carry a sealed cookie instead of a row. */
    kind: 'text',
  },
  { index: [['userid'], ['expires_at']] },
)

/** A sign-in under way. `used` turns to 1 exactly once. */
export const oauthStateTable = table(
  'oauth_state',
  { state_hash: 'text key', to_path: 'text', created_at: 'int', used: 'int' },
  { index: [['created_at']] },
)

/** Roles given in the console, beside those of SIYU_ADMINS. `userid` in small letters. */
export const staffRoleTable = table('staff_role', {
  userid: 'text key',
  role: 'text key',
  given_by: 'text',
  given_at: 'int',
})

/**
 * What people did that must stay provable: each row's `hash` covers the row and the hash before it, under a key of the
 * master key. `entry` = the log row it stands for. Holds no customer's id and no free words, so that erasing a person
 * never touches it.
 */
export const auditTable = table(
  'audit',
  {
    seq: 'int key',
    at: 'int',
    who: 'text',
    what: 'text',
    about: 'text',
    detail: 'text',
    entry: 'text',
    prev: 'text',
    hash: 'text',
  },
  { unique: [['entry']], index: [['what', 'seq']] },
)

export const accessTables = [sessionTable, oauthStateTable, staffRoleTable, auditTable]
