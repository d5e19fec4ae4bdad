/**
 * What fits every schema and still cannot be meant: names that stand nowhere, hours in which nothing may be said, steps
 * that contradict each other. Asked of what somebody wants to publish, never of what is in force already: a version that
 * was published before we knew better goes on.
 */
import { z } from 'zod'
import { addDays, instantOf } from '../base/calendar.ts'
import { nextAllowedAt } from '../outbox/index.ts'
import type { ChannelName, Manners } from '../outbox/index.ts'
import { attachmentsField, attachmentsOf, sceneOf, unfitFiles } from './attachments.ts'
import { campaignDays, partPlaces } from './campaigns/campaign.ts'
import type { Campaign } from './campaigns/campaign.ts'
import { isRecord, valueAt } from './lines.ts'
import { unknownWord } from './mistake.ts'
import type { MistakeWords } from './mistake.ts'
import type { KnownNames } from './names.ts'

/** A mistake at a place below the settings that were looked at. */
export interface Nonsense {
  readonly path: readonly PropertyKey[]
  readonly words: MistakeWords
}

type Check = (kind: string, settings: unknown, known: KnownNames) => readonly Nonsense[]

/** Of the settings of one touchpoint, as its schema read them. */
export const nonsenseOf: Check = (kind, settings, known) =>
  checks.flatMap((check) => check(kind, settings, known))

/** A check of settings that have this shape, whichever kinds these are. */
const ofShape =
  <S>(
    shape: z.ZodType<S>,
    check: (settings: S, kind: string, known: KnownNames) => readonly Nonsense[],
  ): Check =>
  (kind, settings, known) => {
    const parsed = shape.safeParse(settings)
    return parsed.success ? check(parsed.data, kind, known) : []
  }

const named = z.object({ from: z.array(z.string()).optional(), to: z.string() })

const checks: readonly Check[] = [
  ofShape(z.object({ afterMinutes: z.number(), withinHours: z.number() }), ({ afterMinutes, withinHours }) =>
    afterMinutes < withinHours * 60
      ? []
      : [{ path: ['afterMinutes'], words: afterItsEnd(afterMinutes, withinHours) }],
  ),
  ofShape(z.object({ hoursLeft: z.number(), fromHours: z.number() }), ({ hoursLeft, fromHours }) =>
    hoursLeft <= fromHours ? [] : [{ path: ['hoursLeft'], words: beforeItBegins(hoursLeft, fromHours) }],
  ),
  ofShape(
    z.object({ ladder: z.array(z.object({ afterMonths: z.number(), percentOff: z.number() })) }),
    ({ ladder }) =>
      ladder.flatMap((rung, i) => {
        const twin = ladder.findIndex(({ afterMonths }) => afterMonths === rung.afterMonths)
        if (twin < i) return [{ path: ['ladder', i, 'afterMonths'], words: sameRung(rung.afterMonths) }]
        const better = ladder.find(
          (one) => one.afterMonths < rung.afterMonths && one.percentOff > rung.percentOff,
        )
        return better ? [{ path: ['ladder', i, 'percentOff'], words: givesLess(rung, better) }] : []
      }),
  ),
  ofShape(
    z.object({
      stages: z.array(z.object({ fromMonths: z.number(), toMonths: z.number() })),
      only: z.array(z.number()),
    }),
    ({ stages, only }) =>
      only.flatMap((age, i) =>
        stages.some(({ fromMonths, toMonths }) => age >= fromMonths && age <= toMonths)
          ? []
          : [{ path: ['only', i], words: noStageFor(age) }],
      ),
  ),
  ofShape(z.object({ moves: z.array(named) }), ({ moves }, kind, { tiers, levels }) => {
    const [known, what] =
      kind === 'level-change'
        ? [levels ?? null, { zh: '会员等级', en: 'member level' }]
        : [tiers, { zh: '分层', en: 'tier' }]
    if (known === null) return []
    const unknown = (name: string, path: readonly PropertyKey[]): Nonsense[] =>
      known.includes(name) ? [] : [{ path, words: unknownWord(name, known, what) }]
    return moves.flatMap(({ from, to }, i) => [
      ...(from ?? []).flatMap((name, n) => unknown(name, ['moves', i, 'from', n])),
      ...unknown(to, ['moves', i, 'to']),
    ])
  }),
  ofShape(z.object({ attachments: attachmentsField }), ({ attachments }, kind, { media }) =>
    media ? unfitFiles(attachmentsOf(attachments), media, sceneOf(kind)) : [],
  ),
  ofShape(
    z.object({ ways: z.record(z.string(), z.object({ attachments: attachmentsField })) }),
    ({ ways }, kind, { media }) =>
      Object.entries(media ? ways : {}).flatMap(([way, { attachments }]) =>
        unfitFiles(attachmentsOf(attachments), media ?? [], sceneOf(kind)).map((one) => ({
          ...one,
          path: ['ways', way, ...one.path],
        })),
      ),
  ),
  ofShape(z.object({ robots: z.array(z.string()), enabled: z.boolean() }), (settings, _kind, { robots }) =>
    robots && settings.enabled
      ? settings.robots.flatMap((name, i) =>
          robots.includes(name) ? [] : [{ path: ['robots', i], words: unknownRobot(name, robots) }],
        )
      : [],
  ),
  ofShape(z.object({ tag: z.string() }), ({ tag }, _kind, { tags }) => {
    if (!tags) return []
    const found = tags.find(({ name }) => name === tag)
    if (found?.announce === true) return []
    const announced = tags.filter(({ announce }) => announce).map(({ name }) => name)
    return [{ path: ['tag'], words: found ? silentTag(tag) : unknownTag(tag, announced) }]
  }),
]

const afterItsEnd = (afterMinutes: number, withinHours: number): MistakeWords => ({
  message: `${String(afterMinutes)} 分钟后才说，但 ${String(withinHours)} 小时后就不再说，所以永远不会说`,
  fix: `把 afterMinutes 改到 ${String(withinHours * 60)} 以下，或调大 withinHours`,
  messageEn: `it is said ${String(afterMinutes)} minutes after, but no later than ${String(withinHours * 60)} minutes after, so never`,
  fixEn: `make afterMinutes less than ${String(withinHours * 60)}, or withinHours more`,
})
const beforeItBegins = (hoursLeft: number, fromHours: number): MistakeWords => ({
  message: `到期前 ${String(hoursLeft)} 小时提醒，但有效期只有 ${String(fromHours)} 小时的券也算在内，那时还没有发出`,
  fix: `让 hoursLeft 不大于 fromHours（${String(fromHours)}），或调大 fromHours`,
  messageEn: `it reminds ${String(hoursLeft)} hours before the end of coupons that live for ${String(fromHours)}: before they exist`,
  fixEn: `make hoursLeft ${String(fromHours)} or less, or fromHours more`,
})
const sameRung = (afterMonths: number): MistakeWords => ({
  message: `有两级都写了沉睡 ${String(afterMonths)} 个月`,
  fix: '每一级写不同的 afterMonths，或删去一级',
  messageEn: `two rungs begin after ${String(afterMonths)} months`,
  fixEn: 'give each rung its own afterMonths, or remove one',
})
interface Rung {
  readonly afterMonths: number
  readonly percentOff: number
}
const givesLess = (rung: Rung, better: Rung): MistakeWords => ({
  message: `沉睡 ${String(rung.afterMonths)} 个月给 ${String(rung.percentOff)}%，比 ${String(better.afterMonths)} 个月时的 ${String(better.percentOff)}% 还少`,
  fix: `改到 ${String(better.percentOff)} 或以上：睡得越久，优惠不能越小`,
  messageEn: `after ${String(rung.afterMonths)} months it gives ${String(rung.percentOff)} %, less than the ${String(better.percentOff)} % after ${String(better.afterMonths)}`,
  fixEn: `make it ${String(better.percentOff)} or more: a longer sleep never earns less`,
})
const noStageFor = (age: number): MistakeWords => ({
  message: `没有包含 ${String(age)} 个月的 stages，这个月龄不会说任何话`,
  fix: `在 stages 里加上 ${String(age)} 个月的话术，或从 only 里删去它`,
  messageEn: `no stage covers ${String(age)} months, so nothing is said at that age`,
  fixEn: `add a stage for ${String(age)} months, or take it out of only`,
})
const unknownTag = (tag: string, announced: readonly string[]): MistakeWords =>
  announced.length > 0
    ? unknownWord(tag, announced, { zh: '动态标签', en: 'dynamic tag' })
    : {
        message: `没有名为“${tag}”的动态标签`,
        fix: '先在 tags.yaml 里写这个标签并重启',
        messageEn: `there is no dynamic tag "${tag}"`,
        fixEn: 'write it into tags.yaml first and restart',
      }
const unknownRobot = (name: string, robots: readonly string[]): MistakeWords =>
  robots.length > 0
    ? unknownWord(name, robots, { zh: '群机器人', en: 'group robot' })
    : {
        message: `没有名为“${name}”的群机器人`,
        fix: '在服务器的环境变量 WECOM_ROBOTS 里写 名字=密钥 并重启',
        messageEn: `there is no group robot "${name}"`,
        fixEn: 'write NAME=KEY into WECOM_ROBOTS in the environment of the server and restart',
      }
const silentTag = (tag: string): MistakeWords => ({
  message: `标签“${tag}”写了 announce: false，得到它时不会通知触点`,
  fix: `在 tags.yaml 里删去“${tag}”的 announce: false 并重启，或换一个标签`,
  messageEn: `the tag "${tag}" has announce: false, so no touchpoint hears of it`,
  fixEn: `remove announce: false of "${tag}" in tags.yaml and restart, or use another tag`,
})

// ---------------------------------------------------------------- manners

/** Every name a promise may carry: the written touchpoints, enabled or not, and the parts of campaigns. */
export function touchpointNames(cadence: unknown): string[] {
  const touchpoints = valueAt(cadence, ['touchpoints'])
  const campaigns = valueAt(cadence, ['campaigns'])
  const parts = Object.entries(isRecord(campaigns) ? campaigns : {}).flatMap(([name, settings]) => [
    ...Object.entries(partPlaces).flatMap(([part, { path }]) =>
      valueAt(settings, path) === undefined ? [] : [`${name}-${part}`],
    ),
    ...(valueAt(settings, ['groups']) === undefined ? [] : [`${name}-live`]),
  ])
  return [...(isRecord(touchpoints) ? Object.keys(touchpoints) : []), ...parts]
}

/** `written` is the whole cadence as it was typed, `manners` what its section means. */
export function nonsenseInManners(written: unknown, manners: Manners): Nonsense[] {
  const names = touchpointNames(written)
  const unknown = (list: unknown, path: readonly PropertyKey[]): Nonsense[] =>
    (Array.isArray(list) ? list : []).flatMap((name: unknown, i) =>
      typeof name !== 'string' || names.includes(name)
        ? []
        : [{ path: [...path, i], words: unknownWord(name, names, { zh: '触点', en: 'touchpoint' }) }],
    )
  const exempt = valueAt(written, ['manners', 'avoidExempt'])
  const blackout = valueAt(written, ['manners', 'blackout'])
  return [
    ...unknown(exempt, ['manners', 'avoidExempt']),
    ...unknown(valueAt(written, ['manners', 'capExempt']), ['manners', 'capExempt']),
    ...(Array.isArray(blackout) ? blackout : []).flatMap((one: unknown, i) =>
      unknown(valueAt(one, ['touchpoints']), ['manners', 'blackout', i, 'touchpoints']),
    ),
    ...hoursForNothing(written, manners),
  ]
}

/** Any week does: blackout days aside, the hours of all weeks are the same. */
const someMonday = '2026-01-05'

function hoursForNothing(written: unknown, manners: Manners): Nonsense[] {
  const open: Manners = { ...manners, blackout: [] }
  const isShut = (hours: Manners, channel: ChannelName): boolean =>
    nextAllowedAt(hours, { channel, purpose: 'marketing', touchpoint: '' }, instantOf(someMonday)).at >
    instantOf(addDays(someMonday, 8))
  const wrote = (...path: string[]): boolean => valueAt(written, ['manners', ...path]) !== undefined
  // The broadcast is what the windows of all are for.
  const unbound = { ...open, channels: { ...open.channels, broadcast: {} } }
  if (isShut(unbound, 'broadcast')) {
    if (!isShut({ ...unbound, avoid: [] }, 'broadcast'))
      return [{ path: ['manners', 'avoid'], words: alwaysAvoided }]
    const setting = wrote('quietHours') || !wrote('windows') ? 'quietHours' : 'windows'
    return [{ path: ['manners', setting], words: alwaysQuiet(manners.quietHours) }]
  }
  return Object.entries(open.channels).flatMap(([channel, own]) =>
    own.windows !== undefined && isShut({ ...open, avoid: [] }, channel as ChannelName)
      ? [{ path: ['manners', 'channels', channel, 'windows'], words: alwaysQuiet(manners.quietHours) }]
      : [],
  )
}

const alwaysQuiet = (quietHours: string): MistakeWords => ({
  message: `发送时段全部落在安静时段（${quietHours}）里，什么都发不出去`,
  fix: '缩短 quietHours，例如 21:30-08:30，或在它之外写发送时段 windows',
  messageEn: `every window lies within the quiet hours (${quietHours}), so nothing may ever be sent`,
  fixEn: 'shorten quietHours, for example to 21:30-08:30, or write windows outside of them',
})
const alwaysAvoided: MistakeWords = {
  message: '避开的时间盖住了一周里所有的发送时段，营销永远发不出去',
  fix: '删去几条 avoid，至少留一个可以发送的时段',
  messageEn: 'the hours to avoid cover every window of the week, so no offer may ever be sent',
  fixEn: 'remove some entries of avoid, so that one window stays',
}

// ---------------------------------------------------------------- campaigns

/** Of one campaign, as its schema read it. */
export function nonsenseInCampaign(campaign: Campaign, { media }: Pick<KnownNames, 'media'>): Nonsense[] {
  const length = campaignDays(campaign)
  const updates = campaign.groups?.updates ?? []
  const found: Nonsense[] = updates.flatMap(({ day }, i) => {
    const path = ['groups', 'updates', i, 'day']
    if (length !== null && day > length) return [{ path, words: afterTheLastDay(day, length) }]
    return updates.findIndex((one) => one.day === day) < i ? [{ path, words: sameDayTwice(day) }] : []
  })
  const { before } = campaign
  if (before?.early && before.early.days <= before.days)
    found.push({ path: ['before', 'early', 'days'], words: notEarly(before.early.days, before.days) })
  for (const { path } of media ? Object.values(partPlaces) : []) {
    const written = attachmentsField.safeParse(valueAt(campaign, [...path, 'attachments']))
    for (const one of unfitFiles(attachmentsOf(written.data), media ?? []))
      found.push({ ...one, path: [...path, ...one.path] })
  }
  return found
}

const afterTheLastDay = (day: number, length: number): MistakeWords => ({
  message: `活动只有 ${String(length)} 天，没有第 ${String(day)} 天，这条播报不会发`,
  fix: `写 1 到 ${String(length)}，或把活动延长`,
  messageEn: `the campaign lasts ${String(length)} days, so its day ${String(day)} never comes`,
  fixEn: `write 1 to ${String(length)}, or make the campaign longer`,
})
const sameDayTwice = (day: number): MistakeWords => ({
  message: `第 ${String(day)} 天写了两条播报，只会发前一条`,
  fix: '合成一条，或换一天',
  messageEn: `there are two updates for day ${String(day)}; only the first would be told`,
  fixEn: 'make them one, or choose another day',
})
const notEarly = (early: number, teaser: number): MistakeWords => ({
  message: `抢先通知在开始前 ${String(early)} 天，并不早于开始前 ${String(teaser)} 天的预告`,
  fix: `把 early.days 改到 ${String(teaser + 1)} 或以上，或减小 before.days`,
  messageEn: `early access (days: ${String(early)}) is no earlier than the teaser (days: ${String(teaser)})`,
  fixEn: `make early.days ${String(teaser + 1)} or more, or before.days less`,
})
