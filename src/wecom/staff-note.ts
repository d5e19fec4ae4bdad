/** Words of ours to a member of staff, as the app's own text message. */
import type { Posted, PostToStaff } from '../cadence/index.ts'
import type { WecomApi } from './protocol/api.ts'
import { failureWords } from './protocol/result.ts'

/** A text message of the app, to some of the staff. */
export const textTo = (agentId: string, userids: readonly string[], content: string) => ({
  touser: userids.join('|'),
  msgtype: 'text',
  agentid: Number(agentId),
  text: { content },
})

export const createStaffNote =
  (parts: { readonly api: Pick<WecomApi, 'sendMessage'>; readonly agentId: string }): PostToStaff =>
  async (userid, content): Promise<Posted> => {
    const result = await parts.api.sendMessage(JSON.stringify(textTo(parts.agentId, [userid], content)))
    switch (result.kind) {
      case 'ok':
        // A partly failed call says ok; here the one member is all of it.
        return result.value.invaliduser === ''
          ? { kind: 'sent' }
          : { kind: 'refused', why: '员工不在应用可见范围内', fix: visibility }
      case 'error':
        return unseen.has(result.name)
          ? { kind: 'refused', why: failureWords(result), fix: visibility }
          : { kind: 'refused', why: failureWords(result), fix: '运行 siyu doctor 检查应用配置，稍后再试发' }
      case 'notSent':
        return { kind: 'away', why: result.why, retryAfterMs: result.retryAfterMs }
      case 'unknown':
        return { kind: 'unknown', why: result.why }
    }
  }

/** WeCom does not let the app speak to her. */
const unseen = new Set(['no-such-member', 'not-in-range', 'nobody-reachable'])
const visibility = '在企业微信后台“应用管理 → 可见范围”里加上这位员工，再试发'
