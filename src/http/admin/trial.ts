/** A test send from the console: only to whoever presses, in her own WeCom. */
import { Refusal } from '../../base/errors.ts'
import { currentCadence, tryTouchpoint } from '../../cadence/index.ts'
import type { TrialParts } from '../../cadence/index.ts'
import { tryBody } from '../contract.ts'
import type { TouchpointTried } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Route } from '../route.ts'
import { staffOf } from './cadence.ts'

export const trialRoutes = (parts: TrialParts): Route[] => [
  {
    method: 'POST',
    path: '/api/admin/touchpoints/:name/try',
    access: { kind: 'staff', roles: ['admin', 'operator', 'approver'] },
    async handle(call) {
      const { customer } = parse(tryBody, call.body)
      const { userid } = staffOf(call)
      const cadence = await currentCadence(parts.reader)
      if (!cadence) throw new Refusal('not-found', '还没有发布过节奏', 404, { fix: '重启服务会写入默认节奏' })
      const answer: TouchpointTried = await tryTouchpoint(
        parts,
        { kind: 'staff', userid },
        {
          cadence,
          touchpoint: call.params['name'] ?? '',
          to: userid,
          customer: customer ?? null,
        },
      )
      return { json: answer }
    },
  },
]
