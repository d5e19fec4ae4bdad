import type { Context } from '../context.ts'
import { ApiError, missing } from '../errors.ts'
import { optionalChars, optionalInteger, optionalText, optionalTexts, page, text, texts } from '../params.ts'
import { followOf, staffOf } from '../state.ts'
import type { Customer, Follow, StaffMember } from '../types.ts'
import { findMarkable } from '../deeds/tags.ts'
import type { Api, Reply } from './call.ts'

/** Above this many followers `get` continues with a cursor. */
const followersPerPage = 500

export function servingStaff(ctx: Context, userid: string): StaffMember {
  const staff = staffOf(ctx.state, userid)
  if (!staff) throw new ApiError(40003)
  if (!staff.serves) throw new ApiError(84074)
  return staff
}

/** The relation, or 40096 for an unknown customer, or 84061 when the two are not connected. */
export function mustFollow(ctx: Context, userid: string, externalUserId: string): Follow {
  const staff = servingStaff(ctx, userid)
  if (!ctx.state.customers.has(externalUserId)) throw new ApiError(40096)
  const follow = followOf(ctx.state, staff.userid, externalUserId)
  if (!follow) throw new ApiError(84061)
  return follow
}

const profile = (customer: Customer): Reply => ({
  external_userid: customer.externalUserId,
  name: customer.name,
  type: 1,
  avatar: customer.avatar,
  gender: customer.gender,
  ...(customer.unionid === '' ? {} : { unionid: customer.unionid }),
})

const relation = (follow: Follow): Record<string, unknown> => ({
  userid: follow.userid,
  remark: follow.remark,
  description: follow.description,
  createtime: follow.createtime,
  ...(follow.remarkCorpName === '' ? {} : { remark_corp_name: follow.remarkCorpName }),
  remark_mobiles: follow.remarkMobiles,
  add_way: follow.addWay,
  oper_userid: follow.userid,
  ...(follow.state === '' ? {} : { state: follow.state }),
})

function tagsOf(ctx: Context, follow: Follow): object[] {
  return [...follow.tagIds].flatMap((id) => {
    const found = findMarkable(ctx, id)
    if (!found) return []
    return [{ group_name: found.group.name, tag_name: found.tag.name, tag_id: id, type: found.type }]
  })
}

const getFollowUserList: Api = {
  path: 'externalcontact/get_follow_user_list',
  method: 'GET',
  run: ({ ctx }) => ({
    follow_user: [...ctx.state.staff.values()].filter((staff) => staff.serves).map((staff) => staff.userid),
  }),
}

const list: Api = {
  path: 'externalcontact/list',
  method: 'GET',
  run({ ctx, query }) {
    const userid = query.get('userid')
    if (!userid) throw missing('userid')
    const served = ctx.state.servedBy.get(servingStaff(ctx, userid).userid)
    if (!served || served.size === 0) throw new ApiError(84061)
    return { external_userid: [...served] }
  },
}

const get: Api = {
  path: 'externalcontact/get',
  method: 'GET',
  run({ ctx, query }) {
    const id = query.get('external_userid')
    if (!id) throw missing('external_userid')
    const customer = ctx.state.customers.get(id)
    if (!customer) throw new ApiError(40096)
    if (customer.follows.size === 0) throw new ApiError(84061)
    const cursor = query.get('cursor') ?? undefined
    const follows = page([...customer.follows.values()], `get ${id}`, cursor, followersPerPage)
    return {
      external_contact: profile(customer),
      follow_user: follows.items.map((follow) => ({ ...relation(follow), tags: tagsOf(ctx, follow) })),
      ...(follows.next === '' ? {} : { next_cursor: follows.next }),
    }
  },
}

const batchGetByUser: Api = {
  path: 'externalcontact/batch/get_by_user',
  method: 'POST',
  run({ ctx, body }) {
    const userids = texts(body, 'userid_list', 100)
    const limit = optionalInteger(body, 'limit', 1, 100) ?? 50
    const pairs = userids.flatMap((userid) => {
      const staff = servingStaff(ctx, userid)
      return [...(ctx.state.servedBy.get(staff.userid) ?? [])].map((id) => ({ staff, id }))
    })
    const found = page(pairs, `by user ${userids.join('|')}`, optionalText(body, 'cursor'), limit)
    return {
      external_contact_list: found.items.flatMap(({ staff, id }) => {
        const customer = ctx.state.customers.get(id)
        const follow = customer?.follows.get(staff.userid)
        if (!customer || !follow) return []
        return [
          {
            external_contact: profile(customer),
            follow_info: { ...relation(follow), tag_id: [...follow.tagIds] },
          },
        ]
      }),
      next_cursor: found.next,
    }
  },
}

const remark: Api = {
  path: 'externalcontact/remark',
  method: 'POST',
  run({ ctx, body }) {
    const follow = mustFollow(ctx, text(body, 'userid'), text(body, 'external_userid'))
    const words = optionalChars(body, 'remark', 20)
    const description = optionalChars(body, 'description', 150)
    const company = optionalChars(body, 'remark_company', 20)
    const mobiles = optionalTexts(body, 'remark_mobiles', 5)
    const picture = optionalText(body, 'remark_pic_mediaid')
    if ([words, description, company, mobiles, picture].every((value) => value === undefined))
      throw missing('remark')
    if (picture !== undefined && !ctx.state.media.has(picture)) throw new ApiError(40007)
    if (words !== undefined) follow.remark = words
    if (description !== undefined) follow.description = description
    if (company !== undefined) follow.remarkCorpName = company
    // A list with one empty text clears the numbers.
    if (mobiles !== undefined) follow.remarkMobiles = mobiles.filter((mobile) => mobile !== '')
    return {}
  },
}

const convertToOpenid: Api = {
  path: 'externalcontact/convert_to_openid',
  method: 'POST',
  run({ ctx, body }) {
    const customer = ctx.state.customers.get(text(body, 'external_userid'))
    if (!customer) throw new ApiError(40096)
    return { openid: customer.openid }
  },
}

const unionidToExternalUserid: Api = {
  path: 'externalcontact/unionid_to_external_userid',
  method: 'POST',
  run({ ctx, body }) {
    const unionid = text(body, 'unionid')
    for (const customer of ctx.state.customers.values()) {
      if (customer.unionid === unionid && customer.follows.size > 0)
        return { external_userid: customer.externalUserId }
    }
    throw new ApiError(610014)
  },
}

export const customerApis: readonly Api[] = [
  getFollowUserList,
  list,
  get,
  batchGetByUser,
  remark,
  convertToOpenid,
  unionidToExternalUserid,
]
