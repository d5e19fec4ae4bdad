import { seconds, type Context } from '../context.ts'
import { xml, type XmlFields } from '../xml.ts'

/** A contact, group or tag event: always from `sys`, no AgentID (WECOM.md §2.4-§2.7). */
export function emitEvent(ctx: Context, event: string, changeType: string, fields: XmlFields): void {
  const body = xml({
    ToUserName: ctx.credentials.corpId,
    FromUserName: 'sys',
    CreateTime: seconds(ctx.clock.now()),
    MsgType: 'event',
    Event: event,
    ChangeType: changeType,
    ...fields,
  })
  ctx.callbacks.send(body)
}

/** Something a staff member does inside the app: carries the AgentID. */
export function emitFromStaff(ctx: Context, userid: string, agentId: number, fields: XmlFields): void {
  const body = xml({
    ToUserName: ctx.credentials.corpId,
    FromUserName: userid,
    CreateTime: seconds(ctx.clock.now()),
    ...fields,
    AgentID: agentId,
  })
  ctx.callbacks.send(body, agentId)
}
