/** Staff: who they are, and who of them has customer contact (WECOM.md §3.1). */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { contact, ids, list, number, text, verbs } from './call.ts'
import type { Signal } from './call.ts'

const member = z.object({
  userid: z.string(),
  name: text,
  status: number.default(1),
  enable: number.default(1),
})

export function staffCalls(client: WecomClient) {
  const { read } = verbs(client)
  return {
    followUserList: (signal?: Signal) =>
      read(`${contact}/get_follow_user_list`, z.object({ follow_user: ids }), { signal }),
    member: (userid: string, signal?: Signal) => read('user/get', member, { query: { userid }, signal }),
    members: (signal?: Signal) =>
      read('user/simplelist', z.object({ userlist: list(member) }), {
        query: { department_id: '1', fetch_child: '1' },
        signal,
      }),
  }
}
