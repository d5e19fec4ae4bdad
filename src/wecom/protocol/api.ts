/** Every call we know of WeCom, by the families of `calls/`; each says what goes in and what the answer must look like. */
import { acquisitionCalls } from './calls/acquisition.ts'
import { albumCalls } from './calls/album.ts'
import { appchatCalls } from './calls/appchat.ts'
import { archiveCalls } from './calls/archive.ts'
import { broadcastCalls } from './calls/broadcasts.ts'
import { contactWayCalls } from './calls/contact-ways.ts'
import { customerCalls } from './calls/customers.ts'
import { groupCalls } from './calls/groups.ts'
import { identityCalls } from './calls/identity.ts'
import { interceptCalls } from './calls/intercept.ts'
import { kfCalls } from './calls/kf.ts'
import { mediaCalls } from './calls/media.ts'
import { messageCalls } from './calls/messages.ts'
import { momentCalls } from './calls/moments.ts'
import { robotCalls } from './calls/robot.ts'
import { staffCalls } from './calls/staff.ts'
import { statisticsCalls } from './calls/statistics.ts'
import { tagCalls } from './calls/tags.ts'
import { transferCalls } from './calls/transfer.ts'
import { welcomeCalls } from './calls/welcome-and-templates.ts'
import type { WecomClient } from './client.ts'

export type { BroadcastSeen } from './calls/broadcasts.ts'
export type { CustomerSeen, StaffCustomers } from './calls/customers.ts'
export type { GroupSeenByApi } from './calls/groups.ts'
export type { Visitor } from './calls/identity.ts'
export type { TagGroupSeen } from './calls/tags.ts'

export type WecomApi = ReturnType<typeof createApi>

export function createApi(client: WecomClient) {
  return {
    ...staffCalls(client),
    ...customerCalls(client),
    ...contactWayCalls(client),
    ...groupCalls(client),
    ...tagCalls(client),
    ...welcomeCalls(client),
    ...broadcastCalls(client),
    ...momentCalls(client),
    ...transferCalls(client),
    ...statisticsCalls(client),
    ...acquisitionCalls(client),
    ...albumCalls(client),
    ...interceptCalls(client),
    ...messageCalls(client),
    ...appchatCalls(client),
    ...robotCalls(client),
    ...kfCalls(client),
    ...identityCalls(client),
    ...mediaCalls(client),
    ...archiveCalls(client),
  }
}
