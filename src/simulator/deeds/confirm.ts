import type { Context } from '../context.ts'
import { confirmTask } from './broadcasts.ts'
import { publishMoment } from './moments.ts'

/** The staff member does what a task asks for: sends the broadcast or publishes the moment. */
export function confirm(ctx: Context, userid: string, msgid: string): void {
  if (ctx.state.moments.has(msgid)) publishMoment(ctx, userid, msgid)
  else confirmTask(ctx, userid, msgid)
}
