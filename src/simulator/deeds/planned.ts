import type { Context } from '../context.ts'
import type { Plan } from '../plan.ts'
import { sendNotice } from './archive.ts'
import { pressPlanned } from './broadcasts.ts'
import { fetchUpload } from './fetch-upload.ts'
import { inheritGroup } from './group-transfer.ts'
import { makeMoment, publishPlanned } from './moments.ts'
import { endTempChat } from './scan.ts'
import { completeTransfer } from './transfer.ts'

/** Does what was planned, now that its time has come. */
export function performPlan(ctx: Context, plan: Plan): void | Promise<void> {
  switch (plan.deed) {
    case 'press':
      return pressPlanned(ctx, plan.msgid, plan.userid)
    case 'publish':
      return publishPlanned(ctx, plan.momentId, plan.userid)
    case 'make-moment':
      return makeMoment(ctx, plan.jobid, plan)
    case 'fetch-upload':
      return fetchUpload(ctx, plan.jobid, plan.wanted)
    case 'complete-transfer':
      return completeTransfer(ctx, plan.transfer)
    case 'inherit-group':
      return inheritGroup(ctx, plan.transfer)
    case 'notice-archive':
      return sendNotice(ctx)
    case 'end-temp-chat':
      endTempChat(ctx, plan.userid, plan.externalUserId)
  }
}
