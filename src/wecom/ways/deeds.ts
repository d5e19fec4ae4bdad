/**
 * What people do with ways: make, change, end, ask again. Each is written first and told to WeCom afterwards (settle.ts),
 * so that a fall between the two loses nothing.
 */
import { newSecret } from '../../base/ids.ts'
import type { Ctx } from '../../base/act.ts'
import { Refusal } from '../../base/errors.ts'
import {
  customersOfWay,
  findStaff,
  groupsAlive,
  insertWay,
  lockWay,
  saveTags,
  takenBy,
  updateWay,
} from '../../customer/index.ts'
import type { Way, WayKind } from '../../customer/index.ts'
import { askMirror } from '../../segment/index.ts'

export interface WayWish {
  readonly name: string
  readonly staff: readonly string[]
  readonly chats: readonly string[]
  readonly skipVerify: boolean
  readonly remark: string
  readonly tags: readonly string[]
}
export interface NewWay extends WayWish {
  readonly kind: WayKind
  /** Made up when absent. */
  readonly mark?: string | undefined
}

/** WeCom's (WECOM.md §3.2, §3.3, §3.10); tags may have 30 letters, and the mirror adds some where a name is taken. */
const most = { name: 30, mark: 30, remark: 30, tag: 20, tags: 10 } as const
export const mostStaff: Readonly<Record<WayKind, number>> = { contact: 100, join: 0, link: 500 }
export const mostChats = 5

export async function addWay(ctx: Ctx, { kind, mark, ...wish }: NewWay): Promise<Way> {
  const way: Way = {
    id: ctx.newId(),
    kind,
    mark: mark ?? newMark(),
    ...(await fitting(ctx, kind, wish)),
    departments: [],
    single: false,
    wanted: 'live',
    state: 'new',
    version: 1,
    told: 0,
    remoteId: null,
    url: null,
    why: '',
    askedAt: null,
    looks: 0,
    readyAt: ctx.now,
    epoch: 0,
    createdBy: actorOf(ctx),
    createdAt: ctx.now,
    endedAt: null,
  }
  if (!/^[a-z0-9][a-z0-9-]*$/.test(way.mark) || way.mark.length > most.mark) throw badMark(way.mark)
  await mustBeFree(ctx, way)
  await insertWay(ctx.tx, way)
  record(ctx, 'way-added', way)
  return way
}

/** Replaces all that may change; the mark never does, since it stands in codes that are printed. */
export async function changeWay(ctx: Ctx, id: string, wish: WayWish): Promise<Way> {
  const before = await mustLive(ctx, id)
  // By its name we look whether WeCom has made it.
  if (before.kind === 'link' && before.state === 'asked') throw underway()
  const after: Way = {
    ...before,
    ...(await fitting(ctx, before.kind, wish, before)),
    version: before.version + 1,
    state: before.state === 'refused' ? 'new' : before.state,
    why: before.state === 'unsure' || before.state === 'lost' ? before.why : '',
    readyAt: before.readyAt ?? ctx.now,
  }
  await mustBeFree(ctx, after)
  await updateWay(ctx.tx, after)
  if (after.tags.join('\n') !== before.tags.join('\n')) {
    await saveTags(ctx.tx, after)
    const customers = await customersOfWay(ctx.tx, after.mark)
    for (let from = 0; from < customers.length; from += 500)
      await askMirror(ctx.tx, customers.slice(from, from + 500), ctx.now)
  }
  record(ctx, 'way-changed', after)
  return after
}

/** The code leads nowhere any more. Who came by it stays known. */
export async function endWay(ctx: Ctx, id: string): Promise<Way> {
  const way: Way = { ...(await mustLive(ctx, id)), wanted: 'ended', readyAt: ctx.now }
  await updateWay(ctx.tx, way)
  record(ctx, 'way-ended', way)
  return way
}

/** Another one in WeCom under the same mark, where the first was refused, lost, or may never have been made. */
export async function makeAgain(ctx: Ctx, id: string): Promise<Way> {
  const before = await mustLive(ctx, id)
  if (before.state !== 'refused' && before.state !== 'lost' && before.state !== 'unsure')
    throw new Refusal('way-lives', '这个渠道还在使用，不需要重建', 409, {
      fix: '刷新页面查看最新状态',
      english: { message: 'This way is alive.', fix: 'see `siyu way list`' },
    })
  const way: Way = {
    ...before,
    state: 'new',
    remoteId: null,
    url: null,
    why: '',
    askedAt: null,
    looks: 0,
    readyAt: ctx.now,
  }
  await updateWay(ctx.tx, way)
  record(ctx, 'way-changed', way, { again: true })
  return way
}

export const newMark = (): string =>
  `way-${newSecret()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '')
    .slice(0, 8)}`

export function record(
  ctx: Ctx,
  kind: 'way-added' | 'way-changed' | 'way-ended' | 'way-adopted' | 'way-lost',
  way: Way,
  more: Readonly<Record<string, unknown>> = {},
): void {
  ctx.record({
    kind,
    at: ctx.now,
    source: 'way',
    sourceKey: `${kind}:${ctx.newId()}`,
    who: {},
    detail: {
      way: way.id,
      kind: way.kind,
      mark: way.mark,
      name: way.name,
      staff: way.staff,
      chats: way.chats,
      tags: way.tags,
      skipVerify: way.skipVerify,
      ...(way.remark === '' ? {} : { remark: way.remark }),
      ...more,
    },
  })
}

export const actorOf = ({ actor }: Ctx): string => (actor.kind === 'staff' ? actor.userid : actor.kind)

// ------------------------------------------------------------------ what is taken

/** As it is stored, or a Refusal that says what does not fit. `before`: WeCom never lets one for one member grow. */
async function fitting(ctx: Ctx, kind: WayKind, wish: WayWish, before?: Way): Promise<WayWish> {
  const name = wish.name.trim()
  const remark = wish.remark.trim()
  const tags = [...new Set(wish.tags.map((tag) => tag.trim()).filter((tag) => tag !== ''))].sort()
  if (name === '' || tooLong(name, most.name))
    throw unfit('渠道名称要有 1 到 30 个字', 'The name has 1 to 30 letters.')
  if (tooLong(remark, most.remark)) throw unfit('备注最多 30 个字', 'The remark has at most 30 letters.')
  if (tags.length > most.tags || tags.some((tag) => tooLong(tag, most.tag)))
    throw unfit('标签最多 10 个，每个最多 20 个字', 'At most 10 tags of at most 20 letters each.')
  const [staff, chats] =
    kind === 'join' ? [[], await knownChats(ctx, wish.chats)] : [await knownStaff(ctx, wish.staff), []]
  if (kind !== 'join' && staff.length + (before?.departments.length ?? 0) === 0)
    throw unfit('请选择接待的顾问', 'Name at least one advisor.')
  if (staff.length > mostStaff[kind] && kind !== 'join')
    throw unfit(`最多 ${String(mostStaff[kind])} 位顾问`, `At most ${String(mostStaff[kind])} advisors.`)
  if (before?.single === true && staff.length !== 1)
    throw unfit(
      '这个渠道码在企业微信里是单人码，只能有一位顾问',
      'WeCom made this way for exactly one advisor.',
    )
  if (kind === 'join' && (chats.length === 0 || chats.length > mostChats))
    throw unfit('请选择 1 到 5 个社群', 'Name one to five groups.')
  return { name, remark, tags, staff, chats, skipVerify: wish.skipVerify }
}

const tooLong = (text: string, letters: number): boolean => [...text].length > letters

async function knownStaff(ctx: Ctx, wanted: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const userid of new Set(wanted)) {
    const member = await findStaff(ctx.tx, userid)
    if (!member?.active || !member.contact)
      throw unfit(
        `“${userid}”不是可以添加客户的在职顾问`,
        `"${userid}" is no advisor who may have customers.`,
      )
    found.push(member.userid)
  }
  return [...new Set(found)].sort()
}

async function knownChats(ctx: Ctx, wanted: readonly string[]): Promise<string[]> {
  const alive = new Set((await groupsAlive(ctx.tx)).map(({ chat }) => chat))
  const unknown = wanted.find((chat) => !alive.has(chat))
  if (unknown !== undefined)
    throw unfit(
      `没有社群“${unknown.slice(0, 40)}”，或已经解散`,
      `There is no group "${unknown.slice(0, 40)}".`,
    )
  // Their order matters: the first that has room is joined.
  return [...new Set(wanted)]
}

async function mustLive(ctx: Ctx, id: string): Promise<Way> {
  const way = await lockWay(ctx.tx, id)
  if (way?.wanted === 'live') return way
  throw noSuchWay()
}

export const noSuchWay = (): Refusal =>
  new Refusal('not-found', '没有这个渠道，或已经停用', 404, {
    fix: '刷新渠道列表',
    english: { message: 'There is no such way, or it has ended.', fix: 'see `siyu way list`' },
  })

const underway = (): Refusal =>
  new Refusal('way-underway', '这个链接正在企业微信里核对，稍后再修改', 409, {
    fix: '过几分钟刷新页面',
    english: {
      message: 'WeCom is still asked whether this link was made.',
      fix: 'try again in some minutes',
    },
  })

export async function mustBeFree(ctx: Ctx, way: Pick<Way, 'id' | 'name' | 'mark'>): Promise<void> {
  const taken = await takenBy(ctx.tx, way)
  if (taken === null) return
  throw taken === 'name'
    ? new Refusal('name-taken', `已有名为“${way.name}”的渠道`, 409, {
        fix: '换一个名称，或修改原来的渠道',
        english: { message: `Another way is called "${way.name}".`, fix: 'choose another name' },
      })
    : new Refusal('mark-taken', `渠道标识“${way.mark}”已被使用`, 409, {
        fix: '换一个标识；用过的标识不能再用，否则来源会混在一起',
        english: {
          message: `The mark "${way.mark}" is taken.`,
          fix: 'choose another; one that was used is never used again',
        },
      })
}

const unfit = (message: string, english: string): Refusal =>
  new Refusal('invalid', message, 400, { english: { message: english } })

const badMark = (mark: string): Refusal =>
  new Refusal('invalid', `“${mark.slice(0, 40)}”不能作为渠道标识`, 400, {
    fix: '只用小写字母、数字和连字符，最多 30 个，例如 parcel-card',
    english: {
      message: `"${mark.slice(0, 40)}" cannot be a mark.`,
      fix: 'use at most 30 lower-case letters, digits and hyphens, for example parcel-card',
    },
  })
