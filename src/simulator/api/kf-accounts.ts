import type { Context } from '../context.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import {
  optionalChars,
  optionalInteger,
  optionalIntegers,
  optionalText,
  optionalTexts,
  text,
  type Body,
} from '../params.ts'
import { staffOf, type KfAccount } from '../state.ts'
import type { Api, Call, Reply } from './call.ts'
import { mustMedia } from './content.ts'
import { root } from './users.ts'

const mostName = 16
const mostUsersPerCall = 100
const mostDepartmentsPerCall = 20
const mostServicers = 2_000

/** The accounts of 微信客服 and who serves them (WECOM.md §5). */
export function mustKf(ctx: Context, body: Body): KfAccount {
  const account = ctx.state.kfAccounts.get(text(body, 'open_kfid'))
  if (!account) throw new ApiError(95000)
  return account
}

/** By name, or by a department that holds everybody. */
export const servesKf = (account: KfAccount, userid: string): boolean =>
  account.servicers.has(userid) || (userid !== '' && account.departments.has(root))

function readAvatar(ctx: Context, body: Body): string | undefined {
  const mediaId = optionalText(body, 'media_id')
  return mediaId ? `${ctx.url}/sim/media/${mustMedia(ctx, mediaId).id}` : undefined
}

function readName(body: Body): string | undefined {
  const name = optionalChars(body, 'name', mostName)
  if (name === '') throw missing('name')
  return name
}

const addAccount: Api = {
  path: 'kf/account/add',
  method: 'POST',
  run({ ctx, body }) {
    const name = readName(body)
    if (name === undefined) throw missing('name')
    const avatar = readAvatar(ctx, body) ?? ''
    if (ctx.state.kfAccounts.size >= ctx.settings.mostKfAccounts) throw invalid('too many accounts')
    const openKfId = `wk${ctx.rng.text(30)}`
    ctx.state.kfAccounts.set(openKfId, {
      openKfId,
      name,
      avatar,
      servicers: new Set(),
      departments: new Set(),
      messages: [],
    })
    return { open_kfid: openKfId }
  },
}

const updateAccount: Api = {
  path: 'kf/account/update',
  method: 'POST',
  run({ ctx, body }) {
    const account = mustKf(ctx, body)
    const name = readName(body)
    const avatar = readAvatar(ctx, body)
    if (name === undefined && avatar === undefined) throw missing('name')
    if (name !== undefined) account.name = name
    if (avatar !== undefined) account.avatar = avatar
    return {}
  },
}

const deleteAccount: Api = {
  path: 'kf/account/del',
  method: 'POST',
  run({ ctx, body }) {
    ctx.state.kfAccounts.delete(mustKf(ctx, body).openKfId)
    return {}
  },
}

const listAccounts: Api = {
  path: 'kf/account/list',
  method: 'POST',
  run({ ctx, body }) {
    const offset = optionalInteger(body, 'offset', 0, 5_000) ?? 0
    const limit = optionalInteger(body, 'limit', 1, 100) ?? 100
    const shown = [...ctx.state.kfAccounts.values()].slice(offset, offset + limit)
    return {
      account_list: shown.map(({ openKfId, name, avatar }) => ({
        open_kfid: openKfId,
        name,
        avatar,
        manage_privilege: true,
      })),
    }
  },
}

const addContactWay: Api = {
  path: 'kf/add_contact_way',
  method: 'POST',
  run({ ctx, body }) {
    const account = mustKf(ctx, body)
    const scene = optionalText(body, 'scene') ?? ''
    if (!/^[0-9A-Za-z_-]{0,32}$/.test(scene)) throw invalid('scene')
    return { url: `${ctx.url}/sim/kf/${account.openKfId}?enc_scene=${scene}` }
  },
}

/** Each person and department answers with a code of its own. */
function changeServicers(
  { ctx, body }: Call,
  user: (account: KfAccount, userid: string) => number,
  department: (account: KfAccount, id: number) => number,
): Reply {
  const account = mustKf(ctx, body)
  const users = optionalTexts(body, 'userid_list', mostUsersPerCall) ?? []
  const departments = optionalIntegers(body, 'department_id_list', mostDepartmentsPerCall) ?? []
  if (users.length + departments.length === 0) throw missing('userid_list')
  const answer = (errcode: number): Reply => ({
    errcode,
    errmsg: errcode === 0 ? 'success' : new ApiError(errcode).message,
  })
  return {
    result_list: [
      ...users.map((userid) => ({
        userid,
        ...answer(userOf(ctx, userid) === null ? 40003 : user(account, userOf(ctx, userid) ?? '')),
      })),
      ...departments.map((id) => ({
        department_id: id,
        ...answer(id === root ? department(account, id) : 60123),
      })),
    ],
  }
}

const userOf = (ctx: Context, userid: string): string | null => staffOf(ctx.state, userid)?.userid ?? null

const addServicer: Api = {
  path: 'kf/servicer/add',
  method: 'POST',
  run: (call) =>
    changeServicers(
      call,
      (account, userid) => {
        if (account.servicers.size >= mostServicers && !account.servicers.has(userid)) return 40058
        account.servicers.add(userid)
        return 0
      },
      (account, id) => {
        account.departments.add(id)
        return 0
      },
    ),
}

const deleteServicer: Api = {
  path: 'kf/servicer/del',
  method: 'POST',
  run: (call) =>
    changeServicers(
      call,
      (account, userid) => (account.servicers.delete(userid) ? 0 : 84083),
      (account, id) => (account.departments.delete(id) ? 0 : 84083),
    ),
}

const listServicers: Api = {
  path: 'kf/servicer/list',
  method: 'GET',
  run({ ctx, query }) {
    const account = mustKf(ctx, { open_kfid: query.get('open_kfid') ?? '' })
    return {
      servicer_list: [
        ...[...account.servicers].map((userid) => ({ userid, status: 0 })),
        ...[...account.departments].map((id) => ({ department_id: id })),
      ],
    }
  },
}

export const kfAccountApis: readonly Api[] = [
  addAccount,
  updateAccount,
  deleteAccount,
  listAccounts,
  addContactWay,
  addServicer,
  deleteServicer,
  listServicers,
]
