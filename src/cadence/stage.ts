/**
 * Stages what might be said on one day. Whoever a touchpoint is due for gets a candidate, also when it is known already
 * that nobody can say it: the reason is the answer to "why did she not get it?". Deciding is the outbox's.
 */
import { addDays, dayOf, daysBetween, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Holidays } from '../base/holidays.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { dayView, filledBytes, filledLetters, plainWords } from '../content/index.ts'
import type { Attachment, DigestView, FiguresView, View } from '../content/index.ts'
import { asksMany, isTask, ownerOf } from '../outbox/index.ts'
import type { Candidate, ChannelName } from '../outbox/index.ts'
import { lastCouponOfFamily } from '../reward/index.ts'
import type { Standing } from '../segment/index.ts'
import { memberOf, unreachable } from './audience.ts'
import type { People } from './audience.ts'
import { isInAudience } from './audience-rule.ts'
import type { Audiences } from './audience-rule.ts'
import { digestOf, promisedByOthers, saidSince, staffFigures } from './cadence.store.ts'
import type { Cadence, Touchpoint } from './config.ts'
import { armKey, inArms, variantOf } from './experiments/arms.ts'
import type { InArm, Variant } from './experiments/arms.ts'
import { isOpenOn, onItsDays } from './day-kinds.ts'
import { maxBytes, maxMomentLetters } from './fields.ts'
import { noOccasion } from './occasion.ts'
import type { Occasion, ProductSeen } from './occasion.ts'
import { findOccasions } from './occasions.store.ts'
import type { Found } from './occasions.store.ts'
import { planAt, spreadMs } from './spread.ts'
import { createTipMemory } from './tips/rotation.ts'
import type { Tip, TipMemory } from './tips/rotation.ts'
import { heardSince, sharedMembers, storedTips } from './tips/tip.store.ts'
import { tipDays } from './tips/tips.ts'
import { momentOf } from './touchpoint.ts'
import type {
  BoundCustomer,
  BoundRobot,
  BoundStaff,
  Colleague,
  Due,
  Group,
  Member,
  Moment,
  Piece,
  Reason,
  Said,
  StoredTips,
} from './touchpoint.ts'

/** A touchpoint for customers, with the narrower type of its rules. */
export interface CustomerTouchpoint extends InArm {
  readonly rules: BoundCustomer
}
export const isForCustomers = (touchpoint: InArm): touchpoint is CustomerTouchpoint =>
  touchpoint.rules.audience === 'customer'

export interface Scene {
  readonly cadence: Cadence
  readonly day: Day
  readonly people: People
  readonly standings: readonly Standing[]
  /** By touchpoint and arm, whom the database found for the day; those that look at everybody are absent. */
  readonly occasions: ReadonlyMap<string, Found>
  readonly history: History
  readonly tips: Tips
  readonly holidays: Holidays
  /** Who is in the audiences that touchpoints name. */
  readonly audiences: Audiences
  readonly figures: Figures
}

/** By userid; empty on days on which nobody is told of them. */
export type Figures = ReadonlyMap<string, FiguresView>

/** Of the seven days before this one, as far as they are over. */
export async function readFigures(
  reader: Reader,
  cadence: Cadence,
  people: People,
  day: Day,
): Promise<Figures> {
  const moment = momentOf(day)
  const isTold = cadence.touchpoints.some(
    ({ rules }) =>
      rules.audience === 'staff' &&
      rules.channel === 'app-message' &&
      people.staff.some((colleague) => rules.due(moment, colleague) !== null),
  )
  return isTold ? staffFigures(reader, instantOf(addDays(day, -7)), instantOf(day)) : new Map()
}

/** Tips of spreadsheets, and what each group has heard so far. */
export interface Tips {
  readonly memory: TipMemory
  readonly stored: StoredTips
}

export const readTips = async (reader: Reader, day: Day): Promise<Tips> => ({
  memory: createTipMemory(await heardSince(reader, addDays(day, -tipDays)), await sharedMembers(reader)),
  stored: await storedTips(reader),
})

/** Days on which a kind of touchpoint was promised to a customer and not lost on the way. */
export interface History {
  last(kind: string, customer: string, before: Day): Day | null
  add(kind: string, customer: string, day: Day): void
}

export function createHistory(): History {
  const days = new Map<string, Day[]>()
  return {
    last(kind, customer, before) {
      const earlier = (days.get(`${kind}\n${customer}`) ?? []).filter((day) => day < before)
      return earlier.sort().at(-1) ?? null
    },
    add(kind, customer, day) {
      const key = `${kind}\n${customer}`
      const known = days.get(key)
      if (known) known.push(day)
      else days.set(key, [day])
    },
  }
}

/** An arm may rest longer than its touchpoint. */
const allArms = ({ touchpoints, experiments }: Cadence): Touchpoint[] =>
  touchpoints.flatMap((touchpoint) => [
    touchpoint,
    ...experiments
      .filter((one) => one.touchpoint === touchpoint.name)
      .flatMap(({ arms }) => arms.map(({ rules }) => ({ ...touchpoint, rules }))),
  ])

/** What was promised before this day, as far back as any touchpoint rests. */
export async function readHistory(
  reader: Reader,
  cadence: Cadence,
  day: Day,
  customers: readonly string[] | null,
): Promise<History> {
  const history = createHistory()
  const kinds = new Map<string, string>()
  const families = new Map<string, string>()
  let longest = 0
  for (const { name, rules } of allArms(cadence).filter(isForCustomers)) {
    const rests = rules.rests?.()
    if (!rests) continue
    longest = Math.max(longest, rests.days)
    kinds.set(name, rules.kind)
    if (rests.family !== undefined) families.set(rests.family, rules.kind)
  }
  const since = addDays(day, -longest)
  const rows = await saidSince(reader, [...kinds.keys()], since, customers)
  for (const row of rows) history.add(kinds.get(row.touchpoint) ?? '', row.customer, row.day)
  // A touchpoint may have had another name when it gave its coupon; the coupon itself does not forget.
  for (const [family, kind] of families) {
    for (const [customer, at] of await lastCouponOfFamily(reader, customers, family, instantOf(since)))
      history.add(kind, customer, dayOf(at))
    for (const customer of await promisedByOthers(reader, family, [...kinds.keys()], customers))
      history.add(kind, customer, addDays(day, -1))
  }
  return history
}

/** Asks the database once for each thing that touchpoints look for on this day. */
export async function readOccasions(
  reader: Reader,
  cadence: Cadence,
  day: Day,
  customers: readonly string[] | null,
): Promise<Map<string, Found>> {
  const moment = momentOf(day)
  const answers = new Map<string, Found>()
  const occasions = new Map<string, Found>()
  for (const touchpoint of inArms(cadence, day).filter(isForCustomers)) {
    const name = armKey(touchpoint)
    const query = touchpoint.rules.looksFor?.(moment) ?? null
    if (query === null) occasions.set(name, nobody)
    else if (query.find !== 'everybody') {
      const asked = JSON.stringify(query)
      const found = answers.get(asked) ?? (await findOccasions(reader, query, { day, customers }))
      answers.set(asked, found)
      occasions.set(name, found)
    }
  }
  return occasions
}
const nobody: Found = new Map()

export const stageDay = (scene: Scene): Candidate[] => [...stageParts(scene)].flat()

/**
 * The same in parts, so that a day of a large shop is never held as a whole and others have their turn between two. A
 * customer's candidates stay together.
 */
export function* stageParts(scene: Scene): Generator<Candidate[]> {
  yield* stageCustomers(scene)
  yield stageGroups(scene)
  yield stageStaff(scene)
}

/** Customers of one part. */
const stagedAtOnce = 200

export interface ByHand {
  /** Of everybody whom an advisor writes to: they compete for her day, so they are decided as a whole. */
  readonly byHand: readonly Candidate[]
  /** Nobody else's candidates bear on theirs. */
  readonly alone: readonly Candidate[]
}

export function splitByHand(staged: readonly Candidate[]): ByHand {
  const owners = new Set(staged.filter(({ channel }) => isTask(channel)).map(ownerOf))
  if (owners.size === 0) return { byHand: [], alone: staged }
  return {
    byHand: staged.filter((candidate) => owners.has(ownerOf(candidate))),
    alone: staged.filter((candidate) => !owners.has(ownerOf(candidate))),
  }
}

// ---------------------------------------------------------------- customers

function* stageCustomers(scene: Scene): Generator<Candidate[]> {
  const { cadence, day, people, standings, occasions, history, holidays, audiences } = scene
  const moment = momentOf(day, cadence.manners.quietHours)
  // Whom the day says nothing about is not looked at.
  const touchpoints = inArms(cadence, day)
    .filter(isForCustomers)
    .filter((touchpoint) => occasions.get(armKey(touchpoint))?.size !== 0)
    .map((touchpoint) => ({ touchpoint, found: occasions.get(armKey(touchpoint)) ?? null }))
  if (touchpoints.length === 0) return
  let staged: Candidate[] = []
  for (const [n, standing] of standings.entries()) {
    if (n > 0 && n % stagedAtOnce === 0) {
      yield staged
      staged = []
    }
    const { customer, tier } = standing
    let member: Member | null = null
    for (const { touchpoint, found } of touchpoints) {
      const occasion = found === null ? noOccasion : found.get(customer)
      if (!occasion || (touchpoint.tiers !== null && !touchpoint.tiers.includes(tier))) continue
      if (!isInAudience(touchpoint, audiences, customer)) continue
      if (variantOf(touchpoint, customer) === undefined) continue
      member ??= memberOf(standing, people)
      const due = touchpoint.rules.due(moment, member, occasion)
      if (!due) continue
      const rested = restedDue(touchpoint, due, member, moment, history)
      const candidate = customerCandidate(cadence, touchpoint, { occasion, ...rested }, member, moment, true)
      staged.push(onItsDays(touchpoint.days, holidays, candidate))
    }
  }
  yield staged
}

/** Whoever heard it lately does not hear it again yet. */
export function restedDue(
  { rules }: CustomerTouchpoint,
  due: Due,
  member: Member,
  { day }: Moment,
  history: History,
): Due {
  const rests = rules.rests?.()
  if (!rests || due.skip) return due
  const said = history.last(rules.kind, member.customer, day)
  return said === null || said <= addDays(day, -rests.days) ? due : { ...due, skip: rests.refusal(said) }
}

const yuanWords = (fen: number): string => String(Number((fen / 100).toFixed(2)))

const productView = (product: ProductSeen): NonNullable<View['product']> => ({
  name: plainWords(product.name),
  url: product.url,
  price: product.priceFen === null ? '' : yuanWords(product.priceFen),
  stock: product.stock === null ? '' : String(product.stock),
})

/** What the wordings for one customer may see. */
export const customerView = (cadence: Cadence, day: Day, member: Member, occasion: Occasion): View => ({
  shop: cadence.shop,
  day: dayView(day),
  customer: {
    salutation: member.salutation,
    name: member.name,
    tier: member.tierTitle,
    daysSince: member.lastDay === null ? 0 : Math.max(0, daysBetween(member.lastDay, day)),
    purchases: member.purchases,
    level: member.level?.title ?? '',
    points: member.points,
  },
  advisor: { name: member.advisor?.name ?? '' },
  // A wording may name a product or an offer also where there is none this time: an empty word, never a failure.
  product: occasion.product ? productView(occasion.product) : { name: '', url: '', price: '', stock: '' },
  occasion: { words: occasion.words ?? '', number: occasion.number ?? 0 },
  offer: { words: '', hours: 0, days: 0 },
})
/** `moment`: of the day on which it is wanted, which for a trigger is not the day of its cause. */
export function customerCandidate(
  cadence: Cadence,
  touchpoint: CustomerTouchpoint,
  due: Due,
  member: Member,
  moment: Moment,
  /** Planned for a time of day, not answering a happening: many would leave in the same minute. */
  spread = false,
): Candidate {
  const { name, title, rules, topic, campaign } = touchpoint
  const skip = unreachable(member, rules.channel) ?? due.skip
  const occasion = due.occasion ?? noOccasion
  const view = (): View => customerView(cadence, moment.day, member, occasion)
  const said = skip ? null : rules.compose(moment, member, view(), occasion, name)
  const tooLong = said && overLength(said, rules.channel)
  const dedupeKey = `${name}:${member.customer}:${due.period}`
  // What leaves in one call shares its minute; what is handed over one by one has a minute of its own.
  const crowd = rules.personal ? dedupeKey : `${name}:${member.advisor?.userid ?? ''}:${moment.day}`
  return {
    dedupeKey,
    touchpoint: name,
    title,
    cadenceVersion: cadence.version,
    purpose: rules.purpose,
    personal: rules.personal,
    awaited: rules.awaited,
    channel: rules.channel,
    subjectKind: 'customer',
    subject: member.external ?? member.customer,
    customer: member.customer,
    // In 微信客服 the shop speaks: it is no deed of her advisor's.
    sender: rules.channel === 'kf' ? undefined : member.advisor?.userid,
    day: moment.day,
    wantedAt: spread ? plannedAt(due, moment) + spreadMs(cadence.planning, crowd, due) : due.wantedAt,
    expiresAt: due.expiresAt,
    priority: rules.priority,
    worthFen: member.worthFen,
    topic: topic ?? undefined,
    campaign: campaign ?? undefined,
    overCap: touchpoint.onOverCap,
    ...(touchpoint.onOverCap === 'abort' ? { run: due.run ?? { since: `${moment.month}-01` } } : {}),
    variant: variantOf(touchpoint, member.customer) ?? undefined,
    content: contentOf(said, rules.attachments),
    skip: skip ?? tooLong ?? undefined,
  }
}

/** A day is planned at one hour: nothing of it is wanted earlier, whoever asks when. */
const plannedAt = ({ wantedAt }: Due, moment: Moment): Instant => Math.max(wantedAt, moment.at(planAt))

const contentOf = (
  said: Said | null,
  always: readonly Attachment[] = [],
  attachments = said?.attachments ?? always,
): Candidate['content'] => ({
  text: said?.text ?? '',
  ...(said?.why === undefined ? {} : { why: said.why }),
  ...(said?.target === undefined ? {} : { target: said.target }),
  ...(said?.games === undefined || said.games.length === 0 ? {} : { games: said.games }),
  ...(said?.gift === undefined ? {} : { gift: said.gift }),
  ...(said === null || attachments.length === 0 ? {} : { attachments }),
  ...(said?.menu === undefined || said.menu.length === 0 ? {} : { menu: said.menu }),
})

/** Names can make a wording longer than it was when it was checked. */
function overLength(said: Said, channel: ChannelName): Reason | null {
  if (channel === 'moments') return overLetters(said)
  const most =
    channel === 'broadcast' || channel === 'group-broadcast' || channel === 'welcome'
      ? maxBytes.broadcast
      : (said.menu ?? []).length > 0
        ? maxBytes.menu
        : maxBytes.chat
  const bytes = filledBytes(said.text)
  return bytes <= most
    ? null
    : { code: 'too-long', words: `话术 ${String(bytes)} 字节，超过 ${String(most)} 字节` }
}

function overLetters({ text }: Said): Reason | null {
  const letters = filledLetters(text)
  return letters <= maxMomentLetters
    ? null
    : { code: 'too-long', words: `话术 ${String(letters)} 字，超过 ${String(maxMomentLetters)} 字` }
}

// ---------------------------------------------------------------- groups

interface GroupMessage {
  readonly touchpoint: Touchpoint
  /** The arm of the group, where the touchpoint is tested. */
  readonly variant: Variant | null
  readonly due: Due
  readonly said: Said
  readonly tip: Tip | null
  /** Pieces for which the message had no room. */
  readonly leftOut: readonly StagedPiece[]
}

/** One message a group and day: the first touchpoint that is due carries the pieces of the others. */
function stageGroups({ cadence, day, people, tips, holidays }: Scene): Candidate[] {
  const moment = momentOf(day, cadence.manners.quietHours)
  // A group's message belongs to its day: on any other there is none.
  const touchpoints = inArms(cadence, day).filter(({ days }) => isOpenOn(days, holidays, day))
  return people.groups.flatMap((group) => {
    const message = groupMessage(cadence, { touchpoints, tips }, moment, group)
    return message
      ? [message, ...message.leftOut.map((piece) => withoutRoom(piece, moment))].map((one) =>
          groupCandidate(cadence, one, group, moment),
        )
      : []
  })
}

/** All pieces in their order; while that is too long, the one of the lowest priority stays out. */
function withRoom(
  pieces: readonly StagedPiece[],
  say: (pieces: readonly StagedPiece[]) => Said,
): { readonly said: Said; readonly leftOut: readonly StagedPiece[] } {
  const inside = [...pieces]
  const leftOut: StagedPiece[] = []
  let said = say(inside)
  while (inside.length > 0 && overLength(said, 'group-broadcast')) {
    const least = Math.min(...inside.map(({ touchpoint }) => touchpoint.rules.priority))
    const at = inside.findLastIndex(({ touchpoint }) => touchpoint.rules.priority === least)
    leftOut.push(...inside.splice(at, 1))
    said = say(inside)
  }
  return { said, leftOut }
}

const withoutRoom = (piece: StagedPiece, moment: Moment): GroupMessage => {
  const message = carriedBy(piece, moment)
  const skip = { code: 'too-long', words: '当天的社群消息装不下，这一段没有发' }
  return { ...message, due: { ...message.due, skip }, said: { text: '' }, leftOut: [] }
}

function groupMessage(
  cadence: Cadence,
  { touchpoints, tips }: { readonly touchpoints: readonly InArm[]; readonly tips: Tips },
  moment: Moment,
  group: Group,
): GroupMessage | null {
  const view: View = {
    shop: cadence.shop,
    day: dayView(moment.day),
    group: { name: plainWords(group.name), interest: plainWords(group.interest ?? '') },
  }
  const pieces = piecesOf(cadence, moment, group)
  for (const touchpoint of touchpoints) {
    const { rules } = touchpoint
    const variant = variantOf(touchpoint, group.chat)
    if (rules.audience !== 'group' || variant === undefined) continue
    const due = rules.due(moment, group)
    if (!due) continue
    const list = rules.tips(group, tips.stored)
    const tip = list && tips.memory.choose(group.chat, list.tips, moment.day)
    // A group without a tip of its own still gets the poll and the clue.
    const skip = tip || pieces.length > 0 ? null : noTip(list !== null)
    if (tip) tips.memory.hear({ chat: group.chat, tip: tip.id, day: moment.day })
    const told = { interest: list?.interest ?? '', tip }
    return {
      touchpoint,
      variant,
      tip,
      due: skip ? { ...due, skip } : due,
      ...withRoom(pieces, (some) =>
        rules.compose(moment, group, { ...told, pieces: some.map(({ piece }) => piece) }, view),
      ),
    }
  }
  if (pieces.length === 0) return null
  const { said, leftOut } = withRoom(pieces, (some) => ({
    text: [...some.map(({ piece }) => piece.text), '订阅设置：[[link:subscription]]'].join('\n\n'),
    games: some.flatMap(({ piece }) => piece.games),
  }))
  const carrier = pieces.find((piece) => !leftOut.includes(piece))
  if (carrier) return { ...carriedBy(carrier, moment), said, leftOut }
  // Not even one of them fits: each is told apart.
  const [first, ...others] = pieces.map((piece) => withoutRoom(piece, moment))
  return first ? { ...first, leftOut: pieces.slice(1, others.length + 1) } : null
}

const carriedBy = ({ touchpoint, wantedAt }: StagedPiece, moment: Moment) => ({
  touchpoint,
  variant: null,
  tip: null,
  due: { period: moment.day, wantedAt, expiresAt: moment.evening() },
})

/** What one touchpoint alone would say to a group on that day; null when it has nothing to say. */
export function groupText(
  cadence: Cadence,
  touchpoint: InArm,
  moment: Moment,
  group: Group,
  tips: Tips,
): string | null {
  const alone = { ...cadence, touchpoints: [touchpoint] }
  const { lot: _untested, ...plain } = touchpoint
  return groupMessage(alone, { touchpoints: [plain], tips }, moment, group)?.said.text ?? null
}

const noTip = (hasInterest: boolean): Reason =>
  hasInterest
    ? { code: 'no-tip', words: '这个兴趣的干货还没有内容' }
    : { code: 'no-interest', words: '社群未设置兴趣，没有对应的干货' }

interface StagedPiece {
  readonly touchpoint: Touchpoint
  readonly wantedAt: Instant
  readonly piece: Piece
}

function piecesOf(cadence: Cadence, moment: Moment, group: Group): StagedPiece[] {
  return cadence.touchpoints.flatMap((touchpoint) => {
    const { rules, name } = touchpoint
    const piece = rules.audience === 'group-piece' ? rules.piece(moment, group, name) : null
    return piece && rules.audience === 'group-piece'
      ? [{ touchpoint, wantedAt: rules.wantedAt(moment), piece }]
      : []
  })
}

// ---------------------------------------------------------------- staff

function stageStaff({ cadence, day, people, holidays, figures }: Scene): Candidate[] {
  const moment = momentOf(day, cadence.manners.quietHours)
  return cadence.touchpoints.filter(isForStaff).flatMap((touchpoint) => {
    const { rules } = touchpoint
    return people.staff.flatMap((colleague) => {
      const due = rules.due(moment, colleague)
      if (!due) return []
      const view = staffView(cadence, day, colleague, figures)
      const said = rules.compose(moment, colleague, view)
      const candidate = staffCandidate(cadence, touchpoint, { due, said }, colleague, moment)
      return [onItsDays(touchpoint.days, holidays, candidate)]
    })
  })
}

/** After all else of the day is written down: it tells of it. */
export function stageRobots({ cadence, day, holidays }: Scene, digest: DigestView): Candidate[] {
  const moment = momentOf(day, cadence.manners.quietHours)
  return cadence.touchpoints.filter(isForRobots).flatMap((touchpoint) => {
    const { name, title, rules } = touchpoint
    const due = rules.due(moment)
    if (!due) return []
    const said = rules.compose(moment, digestView(cadence, day, digest))
    return rules.robots().map((robot) =>
      onItsDays(touchpoint.days, holidays, {
        dedupeKey: `${name}:${robot}:${due.period}`,
        touchpoint: name,
        title,
        cadenceVersion: cadence.version,
        purpose: rules.purpose,
        personal: false,
        channel: rules.channel,
        subjectKind: 'robot',
        subject: robot,
        day,
        wantedAt: plannedAt(due, moment),
        expiresAt: due.expiresAt,
        priority: rules.priority,
        content: contentOf(said),
      }),
    )
  })
}

export interface RobotTouchpoint extends InArm {
  readonly rules: BoundRobot
}
export const isForRobots = (touchpoint: InArm): touchpoint is RobotTouchpoint =>
  touchpoint.rules.audience === 'robot'

export const digestView = ({ shop }: Cadence, day: Day, digest: DigestView): View => ({
  shop,
  day: dayView(day),
  digest,
})

/** As the day stands now; null on days on which nobody is told. */
export async function readDigest(reader: Reader, cadence: Cadence, day: Day): Promise<DigestView | null> {
  const isTold = cadence.touchpoints.some((one) => isForRobots(one) && one.rules.due(momentOf(day)) !== null)
  return isTold ? digestOf(reader, day) : null
}

export interface StaffTouchpoint extends InArm {
  readonly rules: BoundStaff
}
export const isForStaff = (touchpoint: InArm): touchpoint is StaffTouchpoint =>
  touchpoint.rules.audience === 'staff'

const noFigures: FiguresView = { sent: 0, missed: 0, waiting: 0, customers: 0, newCustomers: 0 }

export const staffView = (
  { shop }: Cadence,
  day: Day,
  { userid, name }: Colleague,
  figures: Figures,
): View => ({
  shop,
  day: dayView(day),
  advisor: { name: plainWords(name) },
  figures: figures.get(userid) ?? noFigures,
})

function staffCandidate(
  cadence: Cadence,
  touchpoint: StaffTouchpoint,
  { due, said }: { readonly due: Due; readonly said: Said },
  colleague: Colleague,
  moment: Moment,
): Candidate {
  const { name, title, rules, topic, campaign } = touchpoint
  const dedupeKey = `${name}:${colleague.userid}:${due.period}`
  // What many publish is one call, so it has one minute.
  const crowd = asksMany(rules.channel) ? `${name}:${moment.day}` : dedupeKey
  return {
    dedupeKey,
    touchpoint: name,
    title,
    cadenceVersion: cadence.version,
    purpose: rules.purpose,
    personal: false,
    channel: rules.channel,
    subjectKind: 'staff',
    subject: colleague.userid,
    sender: colleague.userid,
    day: moment.day,
    wantedAt: plannedAt(due, moment) + spreadMs(cadence.planning, crowd, due),
    expiresAt: due.expiresAt,
    priority: rules.priority,
    topic: topic ?? undefined,
    campaign: campaign ?? undefined,
    overCap: touchpoint.onOverCap,
    content: contentOf(said, rules.attachments),
    skip: due.skip ?? overLength(said, rules.channel) ?? undefined,
  }
}

function groupCandidate(cadence: Cadence, message: GroupMessage, group: Group, moment: Moment): Candidate {
  const { touchpoint, variant, due, said, tip } = message
  return {
    dedupeKey: `${touchpoint.name}:${group.chat}:${due.period}`,
    touchpoint: touchpoint.name,
    title: touchpoint.title,
    cadenceVersion: cadence.version,
    purpose: 'marketing',
    personal: false,
    channel: 'group-broadcast',
    subjectKind: 'group',
    subject: group.chat,
    sender: group.owner,
    day: moment.day,
    wantedAt:
      plannedAt(due, moment) +
      spreadMs(cadence.planning, `${touchpoint.name}:${group.chat}:${moment.day}`, due),
    expiresAt: due.expiresAt,
    priority: touchpoint.rules.priority,
    topic: touchpoint.topic ?? undefined,
    campaign: touchpoint.campaign ?? undefined,
    variant: variant ?? undefined,
    piece: due.skip ? undefined : tip?.id,
    content: contentOf(due.skip ? null : said, touchpoint.rules.attachments),
    skip: due.skip ?? overLength(said, 'group-broadcast') ?? undefined,
  }
}
