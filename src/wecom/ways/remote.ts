/** The three kinds of ways as WeCom knows them (WECOM.md §3.2, §3.3, §3.10), said in one form. */
import type { Instant } from '../../base/clock.ts'
import type { Way, WayKind } from '../../customer/index.ts'
import type { WecomApi } from '../protocol/api.ts'
import type { Result } from '../protocol/result.ts'

/** One that WeCom has. */
export interface WaySeen {
  readonly remoteId: string
  readonly url: string
  /** Null where WeCom keeps none with the way itself. */
  readonly mark: string | null
  /** What people called it there; empty where it has no name. */
  readonly name: string
  readonly staff: readonly string[]
  readonly departments: readonly number[]
  readonly chats: readonly string[]
  readonly single: boolean
  readonly skipVerify: boolean
  readonly remark: string
  /** Null where WeCom does not tell. */
  readonly createdAt: Instant | null
}

export interface Made {
  readonly remoteId: string
  /** Null: it has to be asked for. */
  readonly url: string | null
}

export interface Remote {
  make(api: WecomApi, way: Way): Promise<Result<Made>>
  read(api: WecomApi, remoteId: string, mark: string): Promise<Result<WaySeen>>
  change(api: WecomApi, way: Way, remoteId: string): Promise<Result<unknown>>
  remove(api: WecomApi, remoteId: string): Promise<Result<unknown>>
  /** Ids of those made in the span, or of all; null: WeCom lists none of this kind. */
  readonly list: ((api: WecomApi, since: Instant, until: Instant) => Promise<Result<string[]>>) | null
}

const codeScene = 2
const several = 2
const one = 1
const mostPages = 200

const map = <A, B>(result: Result<A>, turn: (value: A) => B): Result<B> =>
  result.kind === 'ok' ? { kind: 'ok', value: turn(result.value) } : result

const contactContent = (way: Way) => ({
  remark: way.remark === '' ? way.name : way.remark,
  skip_verify: way.skipVerify,
  state: way.mark,
  user: way.staff,
  ...(way.departments.length === 0 ? {} : { party: way.departments }),
})

const contact: Remote = {
  async make(api, way) {
    const made = await api.addContactWay({
      type: way.single ? one : several,
      scene: codeScene,
      ...contactContent(way),
    })
    return map(made, ({ config_id: remoteId, qr_code: url }) => ({ remoteId, url: url ?? null }))
  },
  async read(api, remoteId) {
    return map(await api.contactWay(remoteId), ({ contact_way: seen }) => ({
      remoteId,
      url: seen.qr_code ?? '',
      mark: seen.state,
      name: seen.remark,
      staff: seen.user,
      departments: seen.party,
      chats: [],
      single: seen.type === one,
      skipVerify: seen.skip_verify,
      remark: seen.remark,
      createdAt: null,
    }))
  },
  change: (api, way, remoteId) => api.updateContactWay({ config_id: remoteId, ...contactContent(way) }),
  remove: (api, remoteId) => api.deleteContactWay(remoteId),
  list: (api, since, until) =>
    allPages(async (from) => {
      const span = { start_time: Math.floor(since / 1000), end_time: Math.ceil(until / 1000) }
      return map(await api.contactWays(span, from), ({ contact_way: ways, next_cursor: next }) => ({
        ids: ways.map(({ config_id: id }) => id),
        next,
      }))
    }),
}

const joinContent = (way: Way) =>
  ({
    scene: codeScene,
    remark: way.remark === '' ? way.name : way.remark,
    chat_id_list: way.chats,
    state: way.mark,
    // A group that is full is followed by another, or the printed code would lead nowhere.
    auto_create_room: 1,
    room_base_name: way.name,
  }) as const

const join: Remote = {
  async make(api, way) {
    return map(await api.addJoinWay(joinContent(way)), ({ config_id: remoteId }) => ({ remoteId, url: null }))
  },
  async read(api, remoteId) {
    return map(await api.joinWay(remoteId), ({ join_way: seen }) => ({
      remoteId,
      url: seen.qr_code,
      mark: seen.state,
      name: seen.remark,
      staff: [],
      departments: [],
      chats: seen.chat_id_list,
      single: false,
      skipVerify: true,
      remark: seen.remark,
      createdAt: null,
    }))
  },
  change: (api, way, remoteId) => api.updateJoinWay({ config_id: remoteId, ...joinContent(way) }),
  remove: (api, remoteId) => api.deleteJoinWay(remoteId),
  list: null,
}

/** What whoever opens it is to carry as her `state`. */
export const withChannel = (url: string, mark: string): string =>
  `${url}${url.includes('?') ? '&' : '?'}customer_channel=${encodeURIComponent(mark)}`

const linkContent = (way: Way) => ({
  link_name: way.name,
  range: { user_list: way.staff, department_list: way.departments },
  skip_verify: way.skipVerify,
})

const link: Remote = {
  async make(api, way) {
    return map(await api.createAcquisitionLink(linkContent(way)), ({ link: made }) => ({
      remoteId: made.link_id,
      url: made.url === '' ? null : withChannel(made.url, way.mark),
    }))
  },
  async read(api, remoteId, mark) {
    return map(await api.acquisitionLink(remoteId), ({ link: seen, range }) => ({
      remoteId,
      url: seen.url === '' ? '' : withChannel(seen.url, mark),
      mark: null,
      name: seen.link_name,
      staff: range.user_list,
      departments: range.department_list,
      chats: [],
      single: false,
      skipVerify: seen.skip_verify,
      remark: '',
      createdAt: seen.create_time * 1000,
    }))
  },
  change: (api, way, remoteId) => api.updateAcquisitionLink({ link_id: remoteId, ...linkContent(way) }),
  remove: (api, remoteId) => api.deleteAcquisitionLink(remoteId),
  list: (api) =>
    allPages(async (from) =>
      map(await api.acquisitionLinks(from), ({ link_id_list: ids, next_cursor: next }) => ({ ids, next })),
    ),
}

export const remotes: Readonly<Record<WayKind, Remote>> = { contact, join, link }

/** A list without an end is no list: what is not in half of one may have been made. */
async function allPages(
  page: (from: string) => Promise<Result<{ readonly ids: string[]; readonly next: string }>>,
): Promise<Result<string[]>> {
  const ids: string[] = []
  let from = ''
  for (let n = 0; n < mostPages; n += 1) {
    const read = await page(from)
    if (read.kind !== 'ok') return read
    ids.push(...read.value.ids)
    from = read.value.next
    if (from === '') return { kind: 'ok', value: ids }
  }
  return { kind: 'unknown', why: `the list does not end after ${String(mostPages)} pages` }
}
