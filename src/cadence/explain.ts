/** "Why did she not get it?": one customer, every touchpoint, the past and the days to come. */
import { addDays, dayOf, isoOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { holidaysInForce } from '../base/holidays.ts'
import type { Holidays } from '../base/holidays.ts'
import { kinds } from '../interaction/index.ts'
import { channelTitles, senderWhyWords } from '../outbox/index.ts'
import type { ChannelName, PromiseState } from '../outbox/index.ts'
import type { TierRules } from '../segment/index.ts'
import { memberOf, readPeople, standingsOf, unreachable } from './audience.ts'
import { outsideWords, readAudiences } from './audience-rule.ts'
import type { Audiences } from './audience-rule.ts'
import { promisesOfCustomer } from './cadence.store.ts'
import { subjectViews } from './calendar.ts'
import type { SubjectView } from './calendar.ts'
import type { Cadence } from './config.ts'
import { dayWordsOf } from './day-kinds.ts'
import { armKey, inArms, variantOf } from './experiments/arms.ts'
import { endingWords, looksForWords, occasionWords } from './occasion-words.ts'
import { noOccasion } from './occasion.ts'
import type { Occasion } from './occasion.ts'
import type { Found } from './occasions.store.ts'
import { madeOf, previewDays } from './preview.ts'
import type { Foreseen } from './preview.ts'
import { isForCustomers, readHistory, readOccasions } from './stage.ts'
import type { CustomerTouchpoint, History } from './stage.ts'
import { momentOf } from './touchpoint.ts'
import type { Member, Reason } from './touchpoint.ts'
import { nextMoment } from './upcoming.ts'
import { currentCadence } from './versions.ts'

const pastPromises = 50

export interface ExplainParts {
  readonly reader: Reader
  readonly tierRules: TierRules
}

/** A decision, made or foreseen. */
export interface DecisionShown {
  readonly day: Day
  readonly at: string
  readonly decision: Foreseen['decision']
  readonly reason: Reason
  /** Null for what is only foreseen, or was declined. */
  readonly state: PromiseState | null
}

export interface TouchpointExplained {
  readonly touchpoint: string
  readonly title: string
  /** Does it look at her at all? */
  readonly words: string
  readonly applies: boolean
  readonly channel: ChannelName
  readonly channelTitle: string
  /** Whose words she would read, while it is tested. */
  readonly arm: string | null
  /** Whom it looks for, or what it answers. */
  readonly looksFor: string
  /** The next day on which it looks for anybody; null for what only answers, and for what is over. */
  readonly nextDay: Day | null
  /** On which kinds of day, in words; null: any. */
  readonly days: string | null
  /** What makes today the day for her; null when nothing does. */
  readonly occasion: { readonly key: string; readonly words: string; readonly product: string | null } | null
  /** She heard it lately; `until` is the first day on which she may hear it again. */
  readonly rests: { readonly days: number; readonly until: Day | null; readonly words: string } | null
  /** The first that is to come, within the days asked for. */
  readonly next: DecisionShown | null
  /** The latest that was made. */
  readonly latest: DecisionShown | null
  /** What would take back what is unsent. */
  readonly endedBy: readonly { readonly kind: string; readonly words: string }[]
  /** All of it, line by line, for people. */
  readonly lines: readonly string[]
}

export interface Explained {
  readonly customer: string
  readonly name: string
  readonly tier: string
  readonly tierTitle: string
  readonly tierReason: string
  readonly advisor: string | null
  /** Why she, of several. */
  readonly advisorWhy: string | null
  /** One entry per touchpoint for customers. */
  readonly touchpoints: readonly TouchpointExplained[]
  /** Coming and past, newest first. */
  readonly promises: readonly PromiseExplained[]
}

export type PromiseExplained = SubjectView & {
  readonly touchpoint: string
  readonly title: string
  readonly day: string
}

/** Past promises and the dry run of the coming days, newest first. */
export async function promisesAround(
  parts: ExplainParts,
  customer: string,
  now: Instant,
  days: number,
): Promise<Foreseen[]> {
  const { reader, tierRules } = parts
  const cadence = await currentCadence(reader)
  const past = (await promisesOfCustomer(reader, customer, pastPromises)).map(madeOf)
  if (!cadence) return past
  const span = { from: dayOf(now), days, now, customers: [customer] }
  const { promises } = await previewDays({ reader, tierRules, cadence }, span)
  const coming = promises.filter(({ known }) => !known)
  return [...coming, ...past].sort((a, b) => b.dueAt - a.dueAt)
}

const viewsOf = async (parts: ExplainParts, promises: readonly Foreseen[]): Promise<PromiseExplained[]> =>
  (await subjectViews(parts, promises)).map((view, i) => ({
    ...view,
    touchpoint: promises[i]?.touchpoint ?? '',
    title: promises[i]?.title ?? '',
    day: promises[i]?.day ?? '',
  }))

/** Only the promises, for her card. */
export const explainPromises = async (
  parts: ExplainParts,
  customer: string,
  now: Instant,
  days = 14,
): Promise<PromiseExplained[]> => viewsOf(parts, await promisesAround(parts, customer, now, days))

export async function explainCustomer(
  parts: ExplainParts,
  customer: string,
  now: Instant,
  days = 14,
): Promise<Explained> {
  const { reader, tierRules } = parts
  const today = dayOf(now)
  const [standing] = await standingsOf(reader, tierRules, today, [customer])
  if (!standing)
    throw new Refusal('not-found', '没有这位客户', 404, {
      fix: '用 customers 页或 segment 命令查客户编号',
      english: {
        message: `No customer ${customer} has a standing.`,
        fix: 'Look her up: siyu customer find WHO',
      },
    })
  const people = await readPeople(reader, today, [customer])
  const member = memberOf(standing, people)
  const sender = people.advisors.get(customer)
  const cadence = await currentCadence(reader)
  const promises = await promisesAround(parts, customer, now, days)
  return {
    customer,
    name: member.name,
    tier: member.tier,
    tierTitle: member.tierTitle,
    tierReason: member.tierReason,
    advisor: member.advisor?.name ?? null,
    advisorWhy: sender ? senderWhyWords[sender.why] : null,
    touchpoints: cadence
      ? await touchpointsOf(reader, cadence, { member, today, now, days, promises, tierRules })
      : [],
    promises: await viewsOf(parts, promises),
  }
}

// ---------------------------------------------------------------- one touchpoint

interface Asked {
  readonly member: Member
  readonly today: Day
  readonly now: Instant
  /** How far the dry run looked. */
  readonly days: number
  readonly promises: readonly Foreseen[]
  readonly tierRules: TierRules
}

interface Seen extends Asked {
  readonly history: History
  readonly occasions: ReadonlyMap<string, Found>
  readonly holidays: Holidays
  readonly audiences: Audiences
}

/** Each touchpoint once, in the arm that is hers. */
async function touchpointsOf(reader: Reader, cadence: Cadence, asked: Asked): Promise<TouchpointExplained[]> {
  const { today, now, member, tierRules } = asked
  const only = [member.customer]
  const seen = {
    ...asked,
    history: await readHistory(reader, cadence, today, only),
    occasions: await readOccasions(reader, cadence, today, only),
    holidays: await holidaysInForce(reader),
    audiences: await readAudiences(reader, tierRules, cadence.touchpoints, now, only),
  }
  return inArms(cadence, today)
    .filter(isForCustomers)
    .filter((touchpoint) => variantOf(touchpoint, member.customer) !== undefined)
    .map((touchpoint) => explained(touchpoint, seen))
}

function explained(touchpoint: CustomerTouchpoint, seen: Seen): TouchpointExplained {
  const { name, title, rules, lot } = touchpoint
  const { member, today } = seen
  const next = nextMoment(today, (moment) => (rules.looksFor?.(moment) ?? null) !== null)
  const mine = seen.promises.filter(({ touchpoint: of }) => of === name)
  const facts = {
    touchpoint: name,
    title,
    ...appliesTo(touchpoint, seen),
    channel: rules.channel,
    channelTitle: channelTitles[rules.channel],
    arm: lot?.arm ?? null,
    looksFor: looksForWords(rules, (next && rules.looksFor?.(next)) ?? null),
    nextDay: next?.day ?? null,
    days: dayWordsOf(touchpoint.days, seen.holidays, today, addDays(today, seen.days)),
    occasion: occasionShown(occasionToday(touchpoint, seen)),
    rests: restShown(touchpoint, seen.history, member, today),
    // Newest first, so what comes first is the last of those that are to come.
    next: decisionShown(
      mine.findLast((one) => !one.known && one.decision !== 'declined') ??
        mine.findLast(({ known }) => !known),
    ),
    latest: decisionShown(mine.find(({ known }) => known)),
    endedBy: (rules.endedBy ?? []).map((kind) => ({ kind, words: kinds[kind] })),
  }
  return { ...facts, lines: linesOf(facts, seen, endingWords(rules)) }
}

function appliesTo(
  touchpoint: CustomerTouchpoint,
  { member, tierRules, audiences }: Seen,
): { applies: boolean; words: string } {
  const { tiers } = touchpoint
  const titles = new Map([...tierRules.tiers, tierRules.lead].map(({ name, title }) => [name, title]))
  if (tiers !== null && !tiers.includes(member.tier)) {
    const wanted = tiers.map((name) => titles.get(name) ?? name).join('、')
    return { applies: false, words: `不适用：只面向${wanted}，该客户是${member.tierTitle}` }
  }
  const outside = outsideWords(touchpoint, audiences, member.customer)
  if (outside !== null) return { applies: false, words: `不适用：${outside}` }
  const cannot = unreachable(member)
  return { applies: true, words: cannot === null ? '适用' : `适用，但${cannot.words}` }
}

/** Null: today is no day for her. */
function occasionToday(touchpoint: CustomerTouchpoint, { occasions, member, today }: Seen): Occasion | null {
  const { looksFor } = touchpoint.rules
  if (!looksFor) return null
  const found = occasions.get(armKey(touchpoint))
  // What looks at everybody is not looked for.
  if (!found) return looksFor(momentOf(today)) === null ? null : noOccasion
  return found.get(member.customer) ?? null
}

const occasionShown = (occasion: Occasion | null): TouchpointExplained['occasion'] =>
  occasion && { key: occasion.key, words: occasionWords(occasion), product: occasion.product?.name ?? null }

function restShown(
  { rules }: CustomerTouchpoint,
  history: History,
  { customer }: Member,
  today: Day,
): TouchpointExplained['rests'] {
  const rests = rules.rests?.()
  if (!rests) return null
  const said = history.last(rules.kind, customer, addDays(today, 1))
  const until = said === null ? null : addDays(said, rests.days)
  return until === null || until <= today || said === null
    ? { days: rests.days, until: null, words: `没有在休息：${String(rests.days)} 天内没有听过` }
    : { days: rests.days, until, words: `${rests.refusal(said).words}，${until} 起可以再说` }
}

const decisionShown = (one: Foreseen | undefined): DecisionShown | null =>
  one
    ? {
        day: one.day,
        at: isoOf(one.dueAt),
        decision: one.decision,
        reason: { code: one.reasonCode, words: one.reasonWords },
        state: one.state,
      }
    : null

// ---------------------------------------------------------------- in words

const decisionWords: Readonly<Record<Foreseen['decision'], string>> = {
  queued: '会发',
  later: '推迟发',
  declined: '不发',
}

const saidOf = ({ day, at, decision, reason }: DecisionShown): string =>
  `${day}${decision === 'declined' ? '' : ` ${at.slice(11, 16)}`} ${decisionWords[decision]}：${reason.words}（${reason.code}）`

/** What only answers has no day: it comes when she does something. */
function notSoon({ nextDay }: Pick<TouchpointExplained, 'nextDay'>, days: number, today: Day): string {
  if (nextDay === null) return '没有固定的日子'
  const later = nextDay === today ? '' : `；下一个找人的日子是 ${nextDay}`
  return `${String(days)} 天内轮不到她${later}`
}

function linesOf(facts: Omit<TouchpointExplained, 'lines'>, { days, today }: Seen, ending: string): string[] {
  const { looksFor, occasion, rests, next, latest, arm, words } = facts
  const now = occasion && (occasion.words === '' ? '今天轮到这个触点' : `今天有：${occasion.words}`)
  return [
    `${words}（${facts.channelTitle}${arm === null ? '' : `，实验组 ${arm}`}）`,
    `找谁：${looksFor}`,
    ...(facts.days === null ? [] : [`日子：${facts.days}`]),
    `今天：${now ?? '没有触发场合'}`,
    ...(rests === null ? [] : [`休息：${rests.words}`]),
    `下次：${next === null ? notSoon(facts, days, today) : saidOf(next)}`,
    ...(latest === null ? [] : [`最近一次：${saidOf(latest)}`]),
    ...(ending === '' ? [] : [`什么会取消：${ending}`]),
  ]
}
