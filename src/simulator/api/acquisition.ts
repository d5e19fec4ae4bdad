import { seconds, type Context } from '../context.ts'
import { balanceOf, expireDate, lotsOf } from '../deeds/acquisition.ts'
import { dayMs, dayStart } from '../days.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import {
  integer,
  optionalChars,
  optionalFlag,
  optionalInteger,
  optionalIntegers,
  optionalText,
  optionalTexts,
  page,
  part,
  text,
  type Body,
} from '../params.ts'
import type { AcquisitionFields, AcquisitionLink } from '../records.ts'
import type { Api, Reply } from './call.ts'
import { servingStaff } from './customers.ts'
import { root } from './users.ts'

const mostPeople = 500
const mostName = 30

/** Links of 获客助手: whoever opens one is a customer at the cost of one use (WECOM.md §3.10). */
function mustLink(ctx: Context, body: Body): AcquisitionLink {
  const link = ctx.state.acquisitionLinks.get(text(body, 'link_id'))
  if (!link) throw invalid('link_id')
  return link
}

function readRange(ctx: Context, range: Body): AcquisitionFields['range'] {
  const users = (optionalTexts(range, 'user_list', mostPeople) ?? []).map(
    (id) => servingStaff(ctx, id).userid,
  )
  const departments = optionalIntegers(range, 'department_list', mostPeople) ?? []
  if (users.length + departments.length === 0) throw missing('range')
  if (departments.some((id) => id !== root)) throw new ApiError(60123)
  const everybody = departments.length > 0 ? [...ctx.state.staff.values()].map((staff) => staff.userid) : []
  if (new Set([...users, ...everybody]).size > mostPeople) throw invalid('range: over 500 people')
  return { user_list: users, department_list: departments }
}

function mustName(body: Body): string {
  const name = optionalChars(body, 'link_name', mostName)
  if (!name) throw missing('link_name')
  return name
}

const present = ({ linkId, url, createdAt, fields }: AcquisitionLink): Reply => ({
  link_id: linkId,
  link_name: fields.link_name,
  url,
  create_time: seconds(createdAt),
  skip_verify: fields.skip_verify,
  mark_source: fields.mark_source,
})

const listLink: Api = {
  path: 'externalcontact/customer_acquisition/list_link',
  method: 'POST',
  run({ ctx, body }) {
    const limit = optionalInteger(body, 'limit', 1, 100) ?? 100
    const shown = page([...ctx.state.acquisitionLinks.keys()], 'links', optionalText(body, 'cursor'), limit)
    return { link_id_list: shown.items, next_cursor: shown.next }
  },
}

const getLink: Api = {
  path: 'externalcontact/customer_acquisition/get',
  method: 'POST',
  run({ ctx, body }) {
    const link = mustLink(ctx, body)
    return { link: present(link), range: link.fields.range }
  },
}

const createLink: Api = {
  path: 'externalcontact/customer_acquisition/create_link',
  method: 'POST',
  run({ ctx, body }) {
    const fields: AcquisitionFields = {
      link_name: mustName(body),
      range: readRange(ctx, part(body, 'range')),
      skip_verify: optionalFlag(body, 'skip_verify') ?? true,
      mark_source: optionalFlag(body, 'mark_source') ?? true,
    }
    const { mostAcquisitionLinks: most } = ctx.settings
    if (most !== null && ctx.state.acquisitionLinks.size >= most) throw new ApiError(41095)
    const linkId = `caclink${ctx.rng.text(25)}`
    const link: AcquisitionLink = {
      linkId,
      url: `https://work.weixin.qq.com/ca/${linkId}`,
      createdAt: ctx.clock.now(),
      fields,
      clicks: [],
      customers: [],
    }
    ctx.state.acquisitionLinks.set(linkId, link)
    return { link: present(link) }
  },
}

const updateLink: Api = {
  path: 'externalcontact/customer_acquisition/update_link',
  method: 'POST',
  run({ ctx, body }) {
    const link = mustLink(ctx, body)
    const has = (field: string): boolean => body[field] !== undefined
    link.fields = {
      link_name: has('link_name') ? mustName(body) : link.fields.link_name,
      range: has('range') ? readRange(ctx, part(body, 'range')) : link.fields.range,
      skip_verify: optionalFlag(body, 'skip_verify') ?? link.fields.skip_verify,
      mark_source: optionalFlag(body, 'mark_source') ?? link.fields.mark_source,
    }
    return {}
  },
}

const deleteLink: Api = {
  path: 'externalcontact/customer_acquisition/delete_link',
  method: 'POST',
  run({ ctx, body }) {
    ctx.state.acquisitionLinks.delete(mustLink(ctx, body).linkId)
    return {}
  },
}

const customers: Api = {
  path: 'externalcontact/customer_acquisition/customer',
  method: 'POST',
  run({ ctx, body }) {
    const link = mustLink(ctx, body)
    const limit = optionalInteger(body, 'limit', 1, 1_000) ?? 1_000
    const shown = page(link.customers, `link ${link.linkId}`, optionalText(body, 'cursor'), limit)
    return {
      customer_list: shown.items.map((one) => ({
        external_userid: one.externalUserId,
        userid: one.userid,
        chat_status: one.messages > 0 ? 1 : 0,
        state: one.state,
      })),
      next_cursor: shown.next,
    }
  },
}

const quota: Api = {
  path: 'externalcontact/customer_acquisition_quota',
  method: 'GET',
  run: ({ ctx }) => ({
    total: lotsOf(ctx).reduce((sum, lot) => sum + lot.total, 0),
    balance: balanceOf(ctx),
    quota_list: lotsOf(ctx).map((lot) => ({ expire_date: expireDate(lot), balance: lot.balance })),
  }),
}

/** Whole days, both included. */
const statistic: Api = {
  path: 'externalcontact/customer_acquisition/statistic',
  method: 'POST',
  run({ ctx, body }) {
    const link = mustLink(ctx, body)
    const from = dayStart(integer(body, 'start_time', 0, Number.MAX_SAFE_INTEGER) * 1_000)
    const to = dayStart(integer(body, 'end_time', 0, Number.MAX_SAFE_INTEGER) * 1_000) + dayMs
    if (to <= from) throw invalid('end_time')
    const within = ({ at }: { readonly at: number }): boolean => at >= from && at < to
    return {
      click_link_customer_cnt: new Set(link.clicks.filter(within).map((one) => one.externalUserId)).size,
      new_customer_cnt: link.customers.filter(within).length,
    }
  },
}

const getChatInfo: Api = {
  path: 'externalcontact/customer_acquisition/get_chat_info',
  method: 'POST',
  run({ ctx, body }) {
    const key = ctx.state.chatKeys.get(text(body, 'chat_key'))
    if (!key || ctx.clock.now() > key.expiresAt) throw invalid('chat_key')
    const { userid, externalUserId, messages, state } = key.customer
    return {
      userid,
      external_userid: externalUserId,
      chat_info: { recv_msg_cnt: messages, link_id: key.linkId, state },
    }
  },
}

export const acquisitionApis: readonly Api[] = [
  listLink,
  getLink,
  createLink,
  updateLink,
  deleteLink,
  customers,
  quota,
  statistic,
  getChatInfo,
]
