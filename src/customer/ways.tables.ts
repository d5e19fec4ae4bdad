import { table } from '../base/table.ts'

/**
 * The entrances into the private domain: a code that adds an advisor, one that leads into a group, a link of 获客助手.
 * `mark` is the `state` that WeCom gives back with whoever came by it. `wanted`: live, ended. `state`: new (not asked for
 * yet), asked (a call may have made it), unsure (a person decides), refused, live, lost (WeCom no longer has it), ended.
 */
export const wayTable = table(
  'way',
  {
    id: 'text key',
    /** contact, join, link */
    kind: 'text',
    name: 'text',
    /** The name while it is in use: no two of these are equal. */
    live_name: 'text?',
    mark: 'text',
    /** JSON lists: userids, departments, chats. */
    staff: 'text',
    departments: 'text',
    chats: 'text',
    /** 1: made for exactly one member, which WeCom never lets become several. */
    single: 'int',
    skip_verify: 'int',
    remark: 'text',
    wanted: 'text',
    state: 'text',
    /** Grows with each change; `told` is the one WeCom has. */
    version: 'int',
    told: 'int',
    /** WeCom's: who loses it can never edit the way again. */
    remote_id: 'text?',
    /** Of the picture of the code, or the link itself. */
    url: 'text?',
    /** Why it does not go on; empty when it does. */
    why: 'text',
    /** When WeCom was first asked to make it: what it made since then may be ours. */
    asked_at: 'int?',
    looks: 'int',
    /** Null: nothing is to be done. */
    ready_at: 'int?',
    /** Whoever is at it writes with the epoch it began with, and is believed until then. */
    epoch: 'int',
    busy_until: 'int',
    created_by: 'text',
    created_at: 'int',
    ended_at: 'int?',
  },
  { unique: [['mark'], ['live_name']], index: [['ready_at']] },
)

/** What whoever came by a way is tagged with in WeCom. */
export const wayTagTable = table('way_tag', { mark: 'text key', tag: 'text key' })

/** Who came by which way, to whom or into which group, and when first; also by ways that nobody here has made. */
export const entranceTable = table(
  'entrance',
  {
    external: 'text key',
    /** A userid, or a chat. */
    place: 'text key',
    mark: 'text key',
    at: 'int',
  },
  { clustered: true, index: [['mark', 'at']] },
)

export const wayTables = [wayTable, wayTagTable, entranceTable]
