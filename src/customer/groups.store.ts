import type { Reader } from '../base/db.ts'

/** The active group with this id, else the only active one with this name; null when it is not in WeCom's mirror. */
export async function findGroup(reader: Reader, id: string, name: string): Promise<string | null> {
  const rows = await reader.rows<{ chat: string }>(
    `select chat from chat_group where state = 'active' and (chat = $1 or name = $2) order by case when chat = $1 then 0 else 1 end limit 3`,
    [id, name],
  )
  const [first] = rows
  if (first === undefined) return null
  return first.chat === id || rows.length === 1 ? first.chat : null
}

export interface GroupAlive {
  readonly chat: string
  readonly name: string
}

/** Every group that is not dismissed. */
export const groupsAlive = (reader: Reader): Promise<GroupAlive[]> =>
  reader.rows<GroupAlive>(`select chat, name from chat_group where state = 'active' order by name, chat`)

export async function isGroupMember(reader: Reader, chat: string, member: string): Promise<boolean> {
  return (
    (await reader.rows('select 1 as yes from group_member where chat = $1 and member = $2', [chat, member]))
      .length > 0
  )
}

/** The customers in these groups; whoever is in several is one. Staff are not counted. */
export async function customersInGroups(reader: Reader, chats: readonly string[]): Promise<number> {
  if (chats.length === 0) return 0
  const [row] = await reader.rows<{ n: number }>(
    `select cast(count(distinct member) as bigint) as n from group_member
     where kind = 2 and chat in (${chats.map((_, i) => `$${String(i + 1)}`).join(', ')})`,
    chats,
  )
  return row?.n ?? 0
}
