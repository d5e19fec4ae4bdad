import { takeUse } from '../ceilings.ts'
import { seconds, type Context } from '../context.ts'
import { endTempChat, isExpired } from '../deeds/scan.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import {
  integer,
  optionalChars,
  optionalFlag,
  optionalInteger,
  optionalIntegers,
  optionalPart,
  optionalText,
  optionalTexts,
  page,
  text,
  type Body,
} from '../params.ts'
import type { ContactWay } from '../state.ts'
import type { Api, Call } from './call.ts'
import { mustFollow, servingStaff } from './customers.ts'
import { readOffer } from './offer.ts'
import { root } from './users.ts'

const mostMembers = 100
const mostSeconds = 14 * 86_400
const defaultExpiresIn = 7 * 86_400
const defaultChatExpiresIn = 86_400
const mostConclusionBytes = 4_000

/** 「联系我」: a code that carries a `state` into the add event (WECOM.md §3.2). */
function readWay(ctx: Context, body: Body, fixed: Body): Body {
  const type = integer(fixed, 'type', 1, 2)
  const scene = integer(fixed, 'scene', 1, 2)
  const isTemp = optionalFlag(fixed, 'is_temp') ?? false
  const style = optionalInteger(body, 'style', 1, 3)
  return {
    type,
    scene,
    ...(style === undefined ? {} : { style }),
    remark: optionalChars(body, 'remark', 30) ?? '',
    skip_verify: optionalFlag(body, 'skip_verify') ?? true,
    state: optionalChars(body, 'state', 30) ?? '',
    ...readMembers(ctx, body, type),
    is_temp: isTemp,
    ...readTemp(ctx, body, isTemp),
    is_exclusive: optionalFlag(fixed, 'is_exclusive') ?? false,
    mark_source: optionalFlag(body, 'mark_source') ?? true,
  }
}

/** One person for type 1; for type 2 people and departments, at most a hundred in all. */
function readMembers(ctx: Context, body: Body, type: number): Body {
  const users = (optionalTexts(body, 'user', mostMembers) ?? []).map((id) => servingStaff(ctx, id).userid)
  const parties = optionalIntegers(body, 'party', mostMembers) ?? []
  if (type === 1 && users.length !== 1) throw invalid('user: type 1 takes exactly one')
  if (type === 1 && parties.length > 0) throw invalid('party: type 1 takes none')
  if (users.length + parties.length === 0) throw missing('user')
  if (parties.some((id) => id !== root)) throw new ApiError(60123)
  const everybody = parties.length > 0 ? [...ctx.state.staff.values()].map((staff) => staff.userid) : []
  if (new Set([...users, ...everybody]).size > mostMembers) throw invalid('user: over 100 people in all')
  return { user: users, party: parties }
}

function readTemp(ctx: Context, body: Body, isTemp: boolean): Body {
  const conclusions = optionalPart(body, 'conclusions')
  if (!isTemp) {
    if (conclusions) throw invalid('conclusions: only for temporary chats')
    return {}
  }
  const unionid = optionalText(body, 'unionid')
  return {
    expires_in: optionalInteger(body, 'expires_in', 1, mostSeconds) ?? defaultExpiresIn,
    chat_expires_in: optionalInteger(body, 'chat_expires_in', 1, mostSeconds) ?? defaultChatExpiresIn,
    ...(unionid ? { unionid } : {}),
    ...(conclusions ? { conclusions: readOffer(ctx, conclusions, mostConclusionBytes).content } : {}),
  }
}

/** Contact ways and join ways share one ceiling. */
export function mustHaveRoom(ctx: Context): void {
  if (ctx.state.contactWays.size + ctx.state.joinWays.size >= ctx.settings.mostWays)
    throw invalid('too many contact ways and join ways')
}

function mustWay({ ctx, body }: Call): ContactWay {
  const way = ctx.state.contactWays.get(text(body, 'config_id'))
  if (!way) throw invalid('config_id')
  return way
}

export const qrOf = (ctx: Context, configId: string): string => `${ctx.url}/sim/qr/${configId}`
export const newConfigId = (ctx: Context): string => ctx.rng.text(32, '0123456789abcdef')

const addContactWay: Api = {
  path: 'externalcontact/add_contact_way',
  method: 'POST',
  run({ ctx, body }) {
    const fields = { ...readWay(ctx, body, body) }
    mustHaveRoom(ctx)
    if (fields['is_temp'] === true) takeUse(ctx, 'temp ways', ctx.settings.mostTempWaysPerDay, 'day')
    const configId = newConfigId(ctx)
    ctx.state.contactWays.set(configId, { configId, createdAt: ctx.clock.now(), fields })
    return { config_id: configId, ...(fields['scene'] === 2 ? { qr_code: qrOf(ctx, configId) } : {}) }
  },
}

const getContactWay: Api = {
  path: 'externalcontact/get_contact_way',
  method: 'POST',
  run(call) {
    const way = mustWay(call)
    const qr = way.fields['scene'] === 2 ? { qr_code: qrOf(call.ctx, way.configId) } : {}
    return { contact_way: { config_id: way.configId, ...way.fields, ...qr } }
  },
}

/** Temporary ways are not listed. */
const listContactWay: Api = {
  path: 'externalcontact/list_contact_way',
  method: 'POST',
  run({ ctx, body }) {
    const limit = optionalInteger(body, 'limit', 1, 1000) ?? 100
    const start = optionalInteger(body, 'start_time', 0, Number.MAX_SAFE_INTEGER) ?? 0
    const end = optionalInteger(body, 'end_time', 0, Number.MAX_SAFE_INTEGER) ?? seconds(ctx.clock.now())
    if (end < start) throw invalid('end_time')
    const found = [...ctx.state.contactWays.values()].filter((way) => {
      const at = seconds(way.createdAt)
      return way.fields['is_temp'] !== true && at >= start && at <= end
    })
    const shown = page(found, `ways ${start}`, optionalText(body, 'cursor'), limit)
    return {
      contact_way: shown.items.map((way) => ({ config_id: way.configId })),
      next_cursor: shown.next,
    }
  },
}

/** Overwrites; what a way is for (type, scene, temporary, exclusive) stays. */
const updateContactWay: Api = {
  path: 'externalcontact/update_contact_way',
  method: 'POST',
  run(call) {
    const way = mustWay(call)
    if (isExpired(call.ctx, way)) throw invalid('config_id: the temporary way has expired')
    way.fields = { ...readWay(call.ctx, call.body, way.fields) }
    return {}
  },
}

const delContactWay: Api = {
  path: 'externalcontact/del_contact_way',
  method: 'POST',
  run(call) {
    call.ctx.state.contactWays.delete(mustWay(call).configId)
    return {}
  },
}

const closeTempChat: Api = {
  path: 'externalcontact/close_temp_chat',
  method: 'POST',
  run({ ctx, body }) {
    const id = text(body, 'external_userid')
    const { userid } = mustFollow(ctx, text(body, 'userid'), id)
    if (!endTempChat(ctx, userid, id)) throw invalid('external_userid: no temporary chat')
    return {}
  },
}

export const contactWayApis: readonly Api[] = [
  addContactWay,
  getContactWay,
  listContactWay,
  updateContactWay,
  delContactWay,
  closeTempChat,
]
