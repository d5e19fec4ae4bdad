/** The kill switch: within 5 s no call starts any more; only a person undoes it. */
import type { Act } from '../../base/act.ts'
import { isoOf } from '../../base/calendar.ts'
import { pauseNamed, resumeNamed } from '../../cadence/index.ts'
import { pauseBody } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Route } from '../route.ts'

const access = { kind: 'staff', roles: ['admin', 'operator'] } as const

export function pauseRoutes(parts: { readonly act: Act }): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/admin/pause',
      access,
      async handle(call) {
        const { reason, ...target } = parse(pauseBody, call.body)
        const userid = call.staff?.userid ?? ''
        const pause = await parts.act({ kind: 'staff', userid }, (ctx) =>
          pauseNamed(ctx, userid, reason, target),
        )
        return { json: { ...target, paused: true, by: pause.by, at: isoOf(pause.at), reason: pause.reason } }
      },
    },
    {
      method: 'POST',
      path: '/api/admin/resume',
      access,
      async handle(call) {
        const { reason, ...target } = parse(pauseBody, call.body)
        const userid = call.staff?.userid ?? ''
        const resumed = await parts.act({ kind: 'staff', userid }, (ctx) =>
          resumeNamed(ctx, userid, reason, target),
        )
        return { json: { ...target, paused: false, resumed } }
      },
    },
  ]
}
