/**
 * WeCom takes a message of ours and may tell later that it did not reach her (msg_send_fail, WECOM.md §5): the promise
 * that was called sent is refused after all, with the reason. Messages of other hands are nobody's promise.
 */
import type { Ctx } from '../../base/act.ts'
import type { Follower, LogRow } from '../../interaction/index.ts'
import {
  lockOfParcel,
  lockParcel,
  mayMove,
  move,
  parcelOfToken,
  reasonOf,
  updateParcel,
} from '../../outbox/index.ts'
import type { Reason } from '../../outbox/index.ts'

export const failedFollower: Follower = {
  name: 'kf-failed',
  kinds: ['kf-send-failed'],
  async handle(ctx, rows) {
    for (const row of rows) await refuse(ctx, row)
  },
}

async function refuse(ctx: Ctx, { detail }: LogRow): Promise<void> {
  const token = String(detail['msgid'])
  const found = token === '' ? null : await parcelOfToken(ctx.tx, token)
  if (found?.channel !== 'kf') return
  const parcel = await lockParcel(ctx.tx, found.id)
  if (!parcel) return
  const { code, words } = reasonOfType(Number(detail['type']))
  const rows = (await lockOfParcel(ctx.tx, parcel.id)).filter(
    ({ state }) => state !== null && mayMove(state, 'refused'),
  )
  await move(ctx, rows, { to: 'refused', code, words })
  // The answer to the call itself may still be on its way here: it finds its own remote id, and nothing to settle.
  await updateParcel(ctx.tx, parcel.id, {
    state: 'refused',
    remote_id: token,
    settled_at: ctx.now,
    next_look_at: null,
    error: words,
  })
}

function reasonOfType(type: number): Reason {
  switch (type) {
    case 1:
      return { code: 'refused', words: '客服账号已删除' }
    case 2:
      return { code: 'refused', words: '客服应用已关闭' }
    case 4:
      return reasonOf('kf-window', '超过 48 小时会话窗口')
    case 5:
      return reasonOf('kf-state')
    case 6:
      return reasonOf('kf-window', '客户上次发言后已回复 5 条')
    case 8:
      return { code: 'refused', words: '企业主体未验证' }
    case 10:
      return reasonOf('kf-rejected')
    case 11:
      return { code: 'refused', words: '没有成员登录过客服应用' }
    case 12:
      return { code: 'refused', words: '客服组件不允许这类消息' }
    case 13:
      return reasonOf('spam-blocked', '企业微信安全限制')
    default:
      return { code: 'refused', words: `企业微信未送达（${String(type)}）` }
  }
}
