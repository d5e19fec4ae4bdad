/**
 * A test send: one touchpoint in the words a customer would read, to a member of staff's own WeCom. It is composed, never
 * staged: there is no promise, so no cap, quota, arm or figure can count it, and its links lead to the page without a
 * token, so that opening one counts as nothing either. The kill switch does not hold it back, since nothing goes to a
 * customer and words are tried while all stands still; a restored database does, until a person has looked.
 */
import type { Act, Actor } from '../base/act.ts'
import { addDays, dayOf, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Clock, Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { OutsideFailure, Refusal } from '../base/errors.ts'
import { quarantineOf } from '../base/quarantine.ts'
import { attachmentWords, dayWords, fillLinks, plainWords } from '../content/index.ts'
import { findStaff } from '../customer/index.ts'
import type { StaffMember } from '../customer/index.ts'
import { channelTitles } from '../outbox/index.ts'
import type { TierRules } from '../segment/index.ts'
import { memberOf, readPeople, standingsOf } from './audience.ts'
import { outsideWords, readAudiences } from './audience-rule.ts'
import { activeGroups, digestOf, staffFigures } from './cadence.store.ts'
import type { Cadence } from './config.ts'
import { inArms } from './experiments/arms.ts'
import type { InArm } from './experiments/arms.ts'
import { nearest } from './mistake.ts'
import { noOccasion } from './occasion.ts'
import type { Occasion } from './occasion.ts'
import { findOccasions } from './occasions.store.ts'
import {
  customerView,
  digestView,
  groupText,
  isForCustomers,
  isForRobots,
  isForStaff,
  readTips,
  staffView,
} from './stage.ts'
import type { CustomerTouchpoint, RobotTouchpoint, StaffTouchpoint } from './stage.ts'
import { partsOf } from './trial-parts.ts'
import { momentOf } from './touchpoint.ts'
import type { Group, Member, Moment, Said } from './touchpoint.ts'
import { nextMoment } from './upcoming.ts'

export type Posted =
  | { readonly kind: 'sent' }
  /** Surely not there; `fix` where a person can do something about it. */
  | { readonly kind: 'refused'; readonly why: string; readonly fix: string }
  | { readonly kind: 'unknown'; readonly why: string }
  | { readonly kind: 'away'; readonly why: string; readonly retryAfterMs: number }

/** Plain words into a member's own WeCom. */
export type PostToStaff = (userid: string, text: string) => Promise<Posted>

export interface TrialParts {
  readonly reader: Reader
  readonly act: Act
  readonly clock: Clock
  readonly tierRules: TierRules
  readonly publicUrl: string
  readonly post: PostToStaff
}

export interface TrialWish {
  readonly cadence: Cadence
  readonly touchpoint: string
  /** Userid. */
  readonly to: string
  /** Without one, an invented customer is spoken to. */
  readonly customer: string | null
}

export interface Trial {
  readonly touchpoint: string
  readonly title: string
  readonly to: string
  readonly toName: string
  /** As it reached her: one message, or several where it was too long for one. */
  readonly messages: readonly string[]
  /** What is not as it would be for a real customer. */
  readonly notes: readonly string[]
}

export async function tryTouchpoint(parts: TrialParts, actor: Actor, wish: TrialWish): Promise<Trial> {
  const { reader, act, clock, post, publicUrl } = parts
  await refuseWhileRestored(reader)
  const staff = await memberOfStaff(reader, wish.to)
  const now = clock.now()
  const touchpoint = touchpointNamed(wish.cadence, wish.touchpoint, dayOf(now))
  const { said, channel, notes } = await saidBy(parts, wish, touchpoint, staff, now)
  const { name, title } = touchpoint
  // A page without a token: whoever opens it is nobody's customer.
  const text = fillLinks(said.text, (target) => `${publicUrl}/h5/#/${target}`)
  const messages = partsOf({ title, channel, text, notes: [...notes, ...asides(said, touchpoint)] })
  // Written down first: nothing reaches anybody without an entry.
  await act(actor, (ctx) => {
    ctx.record({
      kind: 'touchpoint-tried',
      at: ctx.now,
      source: 'cadence',
      sourceKey: `tried:${ctx.newId()}`,
      who: {},
      detail: { touchpoint: name, to: staff.userid, version: wish.cadence.version },
    })
    return Promise.resolve()
  })
  for (const message of messages) settled(await post(staff.userid, message))
  return { touchpoint: name, title, to: staff.userid, toName: staff.name, messages, notes }
}

function saidBy(
  parts: TrialParts,
  wish: TrialWish,
  touchpoint: InArm,
  staff: StaffMember,
  now: Instant,
): Promise<Composed> {
  if (isForCustomers(touchpoint)) return saidToCustomer(parts, wish, touchpoint, staff, now)
  if (isForStaff(touchpoint)) return saidToStaff(parts, wish, touchpoint, staff, now)
  if (isForRobots(touchpoint)) return saidByRobot(parts, wish, touchpoint, now)
  return saidToGroup(parts, wish, touchpoint, now)
}

function settled(posted: Posted): void {
  switch (posted.kind) {
    case 'sent':
      return
    case 'refused':
      throw new Refusal('test-not-sent', `测试消息没有发出：${posted.why}`, 409, {
        fix: posted.fix,
        english: { message: `The test message did not leave: ${posted.why}`, fix: posted.fix },
      })
    case 'unknown':
      throw new Refusal('test-unknown', `企业微信没有确认测试消息：${posted.why}`, 502, {
        fix: '先看企业微信里有没有收到【测试】消息，没有再发一次',
        english: {
          message: `WeCom did not confirm the test message: ${posted.why}`,
          fix: 'Look whether it arrived in WeCom, marked 【测试】, before sending another.',
        },
      })
    case 'away':
      throw new OutsideFailure(`the test message did not leave: ${posted.why}`, {
        retryAfterMs: posted.retryAfterMs,
      })
  }
}

// ---------------------------------------------------------------- what may be tried, and on whom

async function refuseWhileRestored(reader: Reader): Promise<void> {
  if (await quarantineOf(reader))
    throw new Refusal('quarantined', '数据库来自备份，还没有人确认，什么都不发', 409, {
      fix: '在后台核对后点“确认恢复”，再试发',
      english: {
        message: 'The database comes from a backup and nobody has confirmed it, so nothing is sent.',
        fix: 'Look at it, then run: siyu restore confirm REASON',
      },
    })
}

async function memberOfStaff(reader: Reader, userid: string): Promise<StaffMember> {
  const staff = await findStaff(reader, userid)
  if (staff?.active === true) return staff
  throw new Refusal('no-such-staff', `没有账号为 ${userid} 的在职员工`, 404, {
    fix: '用企业微信通讯录里的账号（userid），并确认她在应用可见范围内',
    english: {
      message: `Nobody on the staff has the userid ${userid}.`,
      fix: 'Use the userid of the WeCom contact list; the member must be in the visible range of the app.',
    },
  })
}

/** As everybody hears it, outside of the arms of a running test. */
function touchpointNamed(cadence: Cadence, name: string, day: Day): InArm {
  const decided = inArms({ ...cadence, experiments: cadence.experiments.filter((one) => one.decided) }, day)
  const found = decided.find((one) => one.name === name)
  if (found) return found
  const names = decided.map((one) => one.name)
  const like = nearest(name, names)
  throw new Refusal('no-such-touchpoint', `节奏里没有启用名为“${name}”的触点`, 404, {
    fix: `${like === null ? '' : `是不是“${like}”？`}可选：${names.join('、')}`,
    english: {
      message: `The cadence has no enabled touchpoint "${name}".`,
      fix: `${like === null ? '' : `Did you mean "${like}"? `}Choose from ${names.join(', ')}.`,
    },
  })
}

interface Composed {
  readonly said: Said
  readonly channel: string
  readonly notes: readonly string[]
}

const dayNote = (today: Day, next: Moment | null): string[] => {
  if (next === null) return ['一年内没有轮到它的日子，按今天填写']
  const { day } = next
  return day === today ? [] : [`按下一次轮到它的日子 ${dayWords(day)} 填写`]
}

// ---------------------------------------------------------------- to a customer

async function saidToCustomer(
  parts: TrialParts,
  { cadence, customer }: TrialWish,
  touchpoint: CustomerTouchpoint,
  staff: StaffMember,
  now: Instant,
): Promise<Composed> {
  const { reader, tierRules } = parts
  const { name, rules, tiers } = touchpoint
  const today = dayOf(now)
  // What answers a happening has no day of its own.
  const next = nextMoment(
    today,
    (one) => rules.answers !== undefined || (rules.looksFor?.(one) ?? null) !== null,
  )
  const moment = next ?? momentOf(today)
  const member =
    customer === null
      ? inventedMember(tierRules, touchpoint, staff)
      : await realMember(reader, tierRules, customer, moment.day)
  const real = await occasionOf(reader, touchpoint, moment, customer)
  const occasion = real ?? rules.sample?.() ?? inventedOccasion
  const due = rules.looksFor === undefined ? null : rules.due(moment, member, occasion)
  const shown = due?.occasion ?? occasion
  const outside =
    customer === null
      ? null
      : outsideWords(
          touchpoint,
          await readAudiences(reader, tierRules, [touchpoint], now, [customer]),
          customer,
        )
  const notes = [
    customer === null ? '客户是示例“王女士”' : `按客户 ${member.name} 填写`,
    ...(real === null ? ['触发原因和商品是示例'] : []),
    ...dayNote(today, next),
    ...(tiers === null || tiers.includes(member.tier) ? [] : [`这个触点不面向${member.tierTitle}`]),
    ...(outside === null ? [] : [`这个触点不会发给她：${outside}`]),
  ]
  const said = rules.compose(moment, member, customerView(cadence, moment.day, member, shown), shown, name)
  return { said, channel: channelTitles[rules.channel], notes }
}

async function realMember(reader: Reader, rules: TierRules, customer: string, day: Day): Promise<Member> {
  const [standing] = await standingsOf(reader, rules, day, [customer])
  if (standing) return memberOf(standing, await readPeople(reader, day, [customer]))
  throw new Refusal('not-found', `没有编号为 ${customer} 的客户，或她还没有分层`, 404, {
    fix: '在客户页查她的编号；不写客户时用示例客户填写',
    english: {
      message: `No customer has the id ${customer}, or she has no standing yet.`,
      fix: 'Look her up: siyu customer find WHO. Without --customer an invented one fills the words.',
    },
  })
}

/** Null: none that day. Whoever is looked at without one has the empty occasion. */
async function occasionOf(
  reader: Reader,
  { rules }: CustomerTouchpoint,
  moment: Moment,
  customer: string | null,
): Promise<Occasion | null> {
  const query = rules.looksFor?.(moment) ?? null
  if (query?.find === 'everybody') return noOccasion
  if (query === null || customer === null) return null
  const found = await findOccasions(reader, query, { day: moment.day, customers: [customer] })
  return found.get(customer) ?? null
}

const inventedOccasion: Occasion = {
  key: 'sample',
  words: '示例原因',
  number: 1,
  product: {
    sku: 'sample',
    name: '示例商品',
    category: '示例类目',
    url: 'https://example.com/p/1',
    stock: 12,
    priceFen: 5_990,
  },
}

function inventedMember(rules: TierRules, { tiers }: CustomerTouchpoint, staff: StaffMember): Member {
  const all = [...rules.tiers, rules.lead]
  const tier = all.find(({ name }) => tiers === null || tiers.includes(name)) ?? rules.lead
  return {
    customer: 'sample',
    tier: tier.name,
    tierTitle: tier.title,
    tierReason: '示例客户',
    dormancy: null,
    firstDay: null,
    lastDay: null,
    purchases: 3,
    spentFen: 59_700,
    name: '王芳',
    salutation: '王女士',
    external: null,
    advisor: { userid: staff.userid, name: plainWords(staff.name) },
    worthFen: 0,
    points: 320,
    level: null,
  }
}

const asides = (
  { why, gift, attachments: own }: Said,
  { rules }: InArm,
  attachments = own ?? rules.attachments ?? [],
): string[] => [
  ...(attachments.length === 0
    ? []
    : [`真正发出时附带（测试不带）：${attachments.map(attachmentWords).join('、')}`]),
  ...(why === undefined ? [] : [`给顾问的提示：${why}`]),
  ...(gift === undefined ? [] : [`真正发出时附券：${gift.title}，${String(gift.validHours)} 小时有效`]),
]

// ---------------------------------------------------------------- to the staff

async function saidToStaff(
  { reader }: TrialParts,
  { cadence, customer }: TrialWish,
  touchpoint: StaffTouchpoint,
  staff: StaffMember,
  now: Instant,
): Promise<Composed> {
  if (customer !== null) throw notForCustomers(touchpoint, '面向员工', 'speaks to the staff')
  const { rules } = touchpoint
  const today = dayOf(now)
  const next = nextMoment(today, (one) => rules.due(one, staff) !== null)
  const moment = next ?? momentOf(today)
  const week = { from: instantOf(addDays(today, -7)), until: instantOf(today) }
  const figures = await staffFigures(reader, week.from, week.until)
  const said = rules.compose(moment, staff, staffView(cadence, moment.day, staff, figures))
  return { said, channel: channelTitles[rules.channel], notes: dayNote(today, next) }
}

async function saidByRobot(
  { reader }: TrialParts,
  { cadence, customer }: TrialWish,
  touchpoint: RobotTouchpoint,
  now: Instant,
): Promise<Composed> {
  if (customer !== null) throw notForCustomers(touchpoint, '发在员工群里', 'speaks to groups of the staff')
  const { rules } = touchpoint
  const today = dayOf(now)
  const next = nextMoment(today, (one) => rules.due(one) !== null)
  const moment = next ?? momentOf(today)
  const said = rules.compose(moment, digestView(cadence, moment.day, await digestOf(reader, today)))
  return { said, channel: channelTitles[rules.channel], notes: dayNote(today, next) }
}

// ---------------------------------------------------------------- to a group

const notForCustomers = ({ name, title }: InArm, how: string, howEn: string): Refusal =>
  new Refusal('not-for-customers', `“${title}”${how}，不对某位客户`, 422, {
    fix: '不写客户再试发',
    english: { message: `"${name}" ${howEn}, not to a customer.`, fix: 'Leave --customer out.' },
  })

async function saidToGroup(
  { reader }: TrialParts,
  { cadence, customer }: TrialWish,
  touchpoint: InArm,
  now: Instant,
): Promise<Composed> {
  if (customer !== null) throw notForCustomers(touchpoint, '发在社群里', 'speaks to groups')
  const today = dayOf(now)
  const real = (await activeGroups(reader))[0]
  const group: Group = real ?? { chat: 'sample', name: '示例社群', owner: '', interest: null }
  const { rules, name } = touchpoint
  const next = nextMoment(today, (one) =>
    rules.audience === 'group'
      ? rules.due(one, group) !== null
      : rules.audience === 'group-piece' && rules.piece(one, group, name) !== null,
  )
  const moment = next ?? momentOf(today)
  const text = groupText(cadence, touchpoint, moment, group, await readTips(reader, moment.day))
  if (text === null)
    throw new Refusal('nothing-to-say', `“${touchpoint.title}”一年内对社群“${group.name}”没有内容`, 422, {
      fix: '检查它的日期、兴趣和内容设置',
      english: {
        message: `"${touchpoint.name}" has nothing to say to the group "${group.name}" within a year.`,
        fix: 'Look at its days, interests and texts.',
      },
    })
  const notes = [real ? `社群是“${group.name}”` : '还没有社群，用示例社群填写', ...dayNote(today, next)]
  return { said: { text }, channel: channelTitles['group-broadcast'], notes }
}
