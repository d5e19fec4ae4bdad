import { ApiError, invalid } from '../errors.ts'
import {
  integer,
  optionalChars,
  optionalInteger,
  optionalText,
  optionalTexts,
  page,
  text,
  type Body,
} from '../params.ts'
import type { ContactWay } from '../state.ts'
import type { Call, Api } from './call.ts'
import { servingStaff } from './customers.ts'

/** 「联系我」: a code that carries a `state` into the add event (WECOM.md §3.2). */
function readWay({ ctx, body }: Call): Body {
  const type = integer(body, 'type', 1, 2)
  integer(body, 'scene', 1, 2)
  optionalChars(body, 'remark', 30)
  optionalChars(body, 'state', 30)
  const users = optionalTexts(body, 'user', 100) ?? []
  for (const userid of users) servingStaff(ctx, userid)
  if (type === 1 && users.length !== 1) throw invalid('user: type 1 takes exactly one')
  return body
}

function mustWay({ ctx, body }: Call): ContactWay {
  const way = ctx.state.contactWays.get(text(body, 'config_id'))
  if (!way) throw invalid('config_id')
  return way
}

const qrOf = (call: Call, configId: string): string => `${call.ctx.url}/sim/qr/${configId}`

export const contactWayApis: readonly Api[] = [
  {
    path: 'externalcontact/add_contact_way',
    method: 'POST',
    run(call) {
      const fields = { ...readWay(call) }
      const configId = call.ctx.rng.text(32, '0123456789abcdef')
      call.ctx.state.contactWays.set(configId, { configId, fields })
      return { config_id: configId, ...(fields['scene'] === 2 ? { qr_code: qrOf(call, configId) } : {}) }
    },
  },
  {
    path: 'externalcontact/get_contact_way',
    method: 'POST',
    run(call) {
      const way = mustWay(call)
      const qr = way.fields['scene'] === 2 ? { qr_code: qrOf(call, way.configId) } : {}
      return { contact_way: { config_id: way.configId, ...way.fields, ...qr } }
    },
  },
  {
    path: 'externalcontact/list_contact_way',
    method: 'POST',
    run({ ctx, body }) {
      const limit = optionalInteger(body, 'limit', 1, 1000) ?? 100
      const shown = page([...ctx.state.contactWays.keys()], 'ways', optionalText(body, 'cursor'), limit)
      return { contact_way: shown.items.map((id) => ({ config_id: id })), next_cursor: shown.next }
    },
  },
  {
    path: 'externalcontact/update_contact_way',
    method: 'POST',
    run(call) {
      const way = mustWay(call)
      optionalChars(call.body, 'state', 30)
      const { config_id: _id, ...changes } = call.body
      way.fields = { ...way.fields, ...changes }
      return {}
    },
  },
  {
    path: 'externalcontact/del_contact_way',
    method: 'POST',
    run(call) {
      if (!call.ctx.state.contactWays.delete(mustWay(call).configId)) throw new ApiError(-1)
      return {}
    },
  },
]
