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

export const accessTables = [sessionTable, oauthStateTable]
