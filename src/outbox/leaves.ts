/** Leave is set by a person; a correction is a new line. */
import type { Ctx } from '../base/act.ts'
import { isDay } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { Refusal } from '../base/errors.ts'
import type { Leave } from './leave.ts'
import { deleteLeave, leaveRows, staffNamed, writeLeave } from './leave.store.ts'

/** One that begins on the same day replaces the earlier one. */
export async function setLeave(ctx: Ctx, leave: Leave): Promise<Leave> {
  const { staff, from_day: from, to_day: to, deputy } = leave
  if (!isDay(from) || !isDay(to) || from > to)
    throw new Refusal('bad-leave', '休假日期不对：开始日期要早于或等于结束日期', 422, {
      fix: '写成 2026-05-20 这样的日期',
      english: {
        message: 'The leave ends before it begins.',
        fix: 'Make --to the same day as --from or a later one.',
      },
    })
  if (deputy === staff)
    throw new Refusal('bad-leave', '代班顾问不能是休假的人自己', 422, {
      fix: '换一位顾问，或不填代班',
      english: { message: 'Nobody is her own deputy.', fix: 'Name somebody else, or leave --deputy out.' },
    })
  const names = await staffNamed(ctx.tx, deputy === null ? [staff] : [staff, deputy])
  const missing = [staff, ...(deputy === null ? [] : [deputy])].find((userid) => !names.has(userid))
  if (missing !== undefined)
    throw new Refusal('no-such-staff', `没有账号为 ${missing} 的员工`, 404, {
      fix: '用企业微信通讯录里的账号（userid）',
      english: {
        message: `Nobody on the staff has the userid ${missing}.`,
        fix: 'Use the userid of the WeCom contact list.',
      },
    })
  await writeLeave(ctx.tx, leave)
  recordLeave(ctx, 'leave-set', leave)
  return leave
}

/** She is back, or never went. False when there was no such leave. */
export async function endLeave(ctx: Ctx, staff: string, from: Day): Promise<boolean> {
  const leave = (await leaveRows(ctx.tx, [staff])).find((one) => one.from_day === from)
  if (!leave) return false
  await deleteLeave(ctx.tx, staff, from)
  recordLeave(ctx, 'leave-ended', leave)
  return true
}

function recordLeave(ctx: Ctx, kind: 'leave-set' | 'leave-ended', leave: Leave): void {
  const by = ctx.actor.kind === 'staff' ? ctx.actor.userid : ctx.actor.kind
  ctx.record({
    kind,
    at: ctx.now,
    source: 'outbox',
    sourceKey: `${kind}:${ctx.newId()}`,
    who: { staff: leave.staff },
    detail: {
      from: leave.from_day,
      to: leave.to_day,
      ...(leave.deputy === null ? {} : { deputy: leave.deputy }),
      by,
    },
  })
}
