/** Touchpoints that answer a happening at once: the welcome, the visit after the first order, the gift of a wake-up. */
import type { Ctx } from '../base/act.ts'
import { dayOf } from '../base/calendar.ts'
import { hours } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { holidaysInForce } from '../base/holidays.ts'
import type { Holidays } from '../base/holidays.ts'
import { plainWords } from '../content/index.ts'
import { customersOfRows } from '../customer/index.ts'
import { readLog, readWords } from '../interaction/index.ts'
import type { Follower, Kind, LogRow } from '../interaction/index.ts'
import { enqueue, lockPromises, move, openOf } from '../outbox/index.ts'
import type { Candidate, ChannelName, Content, PromiseRow } from '../outbox/index.ts'
import { issueCoupon } from '../reward/index.ts'
import type { Standing, TierRules } from '../segment/index.ts'
import { textAt } from './answer.ts'
import { memberOf, readPeople, standingsOf, unreachable } from './audience.ts'
import { isInAudience, readAudiences } from './audience-rule.ts'
import type { Audiences } from './audience-rule.ts'
import { giftsOfPromises, purchaseSpans, staffName } from './cadence.store.ts'
import type { Cadence } from './config.ts'
import { onItsDays } from './day-kinds.ts'
import { inArms, variantOf } from './experiments/arms.ts'
import type { CadenceParts } from './plan.ts'
import { productsOf } from './occasions.store.ts'
import { customerCandidate, isForCustomers, readHistory, restedDue } from './stage.ts'
import type { History } from './stage.ts'
import { momentOf } from './touchpoint.ts'
import type { Happened, Member, Reason } from './touchpoint.ts'
import { touchpointKinds } from './touchpoints/index.ts'
import { currentCadence } from './versions.ts'

const triggers: readonly Kind[] = [...new Set(touchpointKinds.flatMap(({ answers }) => answers))]

const enders: readonly Kind[] = [...new Set(touchpointKinds.flatMap(({ endedBy }) => endedBy))]

export const createCadenceFollowers = ({
  tierRules,
  wakeDelivery,
}: Pick<CadenceParts, 'tierRules' | 'wakeDelivery'>): Follower[] => [
  // First what is over: its place is free for what the same row makes due.
  {
    name: 'cadence-endings',
    kinds: enders,
    handle: endWhatIsOver,
  },
  {
    name: 'cadence-triggers',
    kinds: triggers,
    async handle(ctx, rows) {
      const cadence = await currentCadence(ctx.tx)
      if (!cadence) return
      const candidates = await candidatesOf(ctx, cadence, tierRules, rows)
      if (candidates.length === 0) return
      await enqueue(ctx, candidates)
      if (wakeDelivery) ctx.afterCommit(wakeDelivery)
    },
  },
  {
    name: 'cadence-wake-up-gift',
    kinds: ['touch-sent'],
    handle: giveCoupons,
  },
]

/** A contact without a welcome code is one we compared, or one that the console welcomes; it was not added just now. */
const isOccasion = (row: LogRow): boolean => row.kind !== 'contact-added' || welcomeCodeOf(row) !== null
const welcomeCodeOf = ({ detail }: LogRow): string | null =>
  typeof detail['WelcomeCode'] === 'string' ? detail['WelcomeCode'] : null

async function candidatesOf(
  ctx: Ctx,
  cadence: Cadence,
  rules: TierRules,
  all: readonly LogRow[],
): Promise<Candidate[]> {
  const rows = all.filter(isOccasion)
  const customers = await customersOfRows(ctx.tx, rows)
  const ids = [...new Set(customers.values())]
  if (ids.length === 0) return []
  const today = dayOf(ctx.now)
  const spans = await purchaseSpans(ctx.tx, ids, today)
  const staged = new Map<string, Candidate>()
  const members = await membersOf(ctx.tx, rules, today, ids)
  const history = await readHistory(ctx.tx, cadence, today, ids)
  const products = await productsOf(ctx.tx, rows.flatMap(skuOf))
  const holidays = await holidaysInForce(ctx.tx)
  const answering = cadence.touchpoints.filter((one) => isForCustomers(one) && one.rules.answers)
  const audiences = await readAudiences(ctx.tx, rules, answering, ctx.now, ids)
  for (const row of rows) {
    const customer = customers.get(row.id)
    const member = customer === undefined ? undefined : members.get(customer)
    if (!member) continue
    const first = spans.get(member.customer)?.first
    const [product] = skuOf(row).flatMap((sku) => products.get(sku) ?? [])
    const happened: Happened = {
      kind: row.kind,
      at: row.at,
      staff: row.who.staff ?? null,
      detail: row.detail,
      purchases: first === undefined || first >= dayOf(row.at) ? 1 : 2,
      ...(product ? { product } : {}),
      ...(isHandOver(row) ? { asked: await askedBefore(ctx.tx, row) } : {}),
    }
    for (const candidate of await answersTo(
      ctx,
      { cadence, history, holidays, audiences },
      row,
      happened,
      member,
    ))
      if (!staged.has(candidate.dedupeKey)) staged.set(candidate.dedupeKey, candidate)
  }
  return [...staged.values()]
}

async function membersOf(
  reader: Reader,
  rules: TierRules,
  today: string,
  ids: readonly string[],
): Promise<Map<string, Member>> {
  const people = await readPeople(reader, today, ids)
  const standings = await standingsOf(reader, rules, today, ids)
  const lead = (customer: string): Standing => ({
    customer,
    tier: rules.lead.name,
    tierTitle: rules.lead.title,
    reason: '还没有购买记录',
    dormancy: null,
    dormancyByRhythm: null,
    stage: 'attraction',
    purchases: 0,
    spentFen: 0,
  })
  const known = new Map(standings.map((standing) => [standing.customer, standing]))
  return new Map(ids.map((id) => [id, memberOf(known.get(id) ?? lead(id), people)]))
}

/** The product a row is about: it names one, or a tag that stands for one. */
const skuOf = ({ detail }: LogRow): string[] =>
  [detail['sku'], detail['subject']].filter((sku): sku is string => typeof sku === 'string' && sku !== '')

interface Answering {
  readonly cadence: Cadence
  readonly history: History
  readonly holidays: Holidays
  readonly audiences: Audiences
}

async function answersTo(
  ctx: Ctx,
  { cadence, history, holidays, audiences }: Answering,
  row: LogRow,
  happened: Happened,
  seen: Member,
): Promise<Candidate[]> {
  const answers: Candidate[] = []
  for (const touchpoint of inArms(cadence, dayOf(happened.at)).filter(isForCustomers)) {
    const { rules, tiers } = touchpoint
    if (rules.answers?.includes(row.kind) !== true || (tiers !== null && !tiers.includes(seen.tier))) continue
    if (!isInAudience(touchpoint, audiences, seen.customer)) continue
    if (variantOf(touchpoint, seen.customer) === undefined) continue
    const member = await speakingOf(ctx.tx, row, seen)
    const due = rules.onHappening?.(happened, member) ?? null
    // What happened long ago and came in by import is no occasion any more; a welcome that is too late is said so.
    if (!due || (row.kind !== 'contact-added' && due.expiresAt <= ctx.now)) continue
    // Most scan the code in the parcel: whoever cannot be reached yet may be by the time it is wanted, and that
    // morning's plan decides.
    if (due.wantedAt > ctx.now && unreachable(member, rules.channel)) continue
    const moment = momentOf(dayOf(due.wantedAt))
    const rested = restedDue(touchpoint, due, member, moment, history)
    const candidate = onItsDays(
      touchpoint.days,
      holidays,
      customerCandidate(cadence, touchpoint, rested, member, moment),
    )
    answers.push({ ...candidate, content: { ...candidate.content, ...placeOf(row, rules.channel) } })
  }
  return answers
}

/** The code or the conversation in which the row is answered. */
function placeOf(row: LogRow, channel: ChannelName): Pick<Content, 'welcomeCode' | 'kf'> {
  const welcomeCode = welcomeCodeOf(row)
  if (welcomeCode !== null) return { welcomeCode }
  if (channel !== 'kf') return {}
  const [account, code] = [textAt(row.detail, 'kfid'), textAt(row.detail, 'code')]
  return account === '' ? {} : { kf: { account, ...(code === '' ? {} : { code }) } }
}

/** She as the answer finds her: in 微信客服 under the very name by which she wrote. */
async function speakingOf(reader: Reader, row: LogRow, member: Member): Promise<Member> {
  if (row.kind === 'contact-added' || isHandOver(row)) return withStaffOf(reader, row, member)
  const { external } = row.who
  return external === undefined || textAt(row.detail, 'kfid') === '' ? member : { ...member, external }
}

const isHandOver = ({ kind }: LogRow): boolean => kind === 'kf-handed-over' || kind === 'kf-session-changed'

const askedWithinMs = hours(24)
const mostAsked = 3
/** The card cuts at 110. */
const mostAskedLetters = 80

/** Her latest words at this account but the wish for a person itself, the oldest first. */
async function askedBefore(reader: Reader, { seq, at, who, detail }: LogRow): Promise<string> {
  if (who.external === undefined) return ''
  const said = await readLog(reader, {
    kinds: ['kf-said'],
    identities: [who.external],
    sinceAt: at - askedWithinMs,
    newestFirst: true,
    limit: 20,
  })
  const asked = said
    .filter((one) => one.seq < seq && one.detail['kfid'] === detail['kfid'] && !('meaning' in one.detail))
    .slice(0, mostAsked)
    .reverse()
  const words = await readWords(
    reader,
    asked.map(({ id }) => id),
  )
  return plainWords(asked.flatMap(({ id }) => words.get(id) ?? []).join(' / '), mostAskedLetters)
}

/**
 * Whoever has just been added is spoken to by the one who added her, and whoever was handed over by the one who took
 * her; the mirror learns of it only later.
 */
async function withStaffOf(reader: Reader, { who }: LogRow, member: Member): Promise<Member> {
  if (who.staff === undefined) return member
  return {
    ...member,
    external: who.external ?? member.external,
    advisor: { userid: who.staff, name: plainWords(await staffName(reader, who.staff)) },
  }
}

// ---------------------------------------------------------------- endings

/** She has bought what she was to be reminded of: what is queued, or lies unpressed with her advisor, is taken back. */
async function endWhatIsOver(ctx: Ctx, rows: readonly LogRow[]): Promise<void> {
  const cadence = await currentCadence(ctx.tx)
  const touchpoints = new Map(
    (cadence?.touchpoints ?? []).filter(isForCustomers).map((touchpoint) => [touchpoint.name, touchpoint]),
  )
  const customers = await customersOfRows(ctx.tx, rows)
  const open = await openOf(ctx.tx, [...new Set(customers.values())].sort())
  const byCustomer = new Map<string, PromiseRow[]>()
  for (const row of open)
    byCustomer.set(row.customer ?? '', [...(byCustomer.get(row.customer ?? '') ?? []), row])
  const over = new Map<string, Reason>()
  for (const row of rows)
    for (const promise of byCustomer.get(customers.get(row.id) ?? '') ?? []) {
      const rules = touchpoints.get(promise.touchpoint)?.rules
      // What was promised because of it, or after it, is not over because of it.
      if (rules?.endedBy?.includes(row.kind) !== true || row.recordedAt < promise.created_at) continue
      const reason = rules.ends?.(row, periodOf(promise)) ?? null
      if (reason && !over.has(promise.id)) over.set(promise.id, reason)
    }
  const locked = await lockPromises(ctx.tx, [...over.keys()])
  for (const promise of locked) {
    const reason = over.get(promise.id)
    const isUnsaid =
      promise.state === 'queued' ||
      (promise.state === 'waiting' && promise.channel === 'advisor-task' && promise.pressed_at === null)
    if (reason && isUnsaid) await move(ctx, [promise], { to: 'cancelled', ...reason })
  }
}

/** What is left of the key behind touchpoint and customer. */
const periodOf = ({ dedupe_key: key, touchpoint, customer }: PromiseRow): string =>
  key.slice(touchpoint.length + 1 + (customer ?? '').length + 1)

// ---------------------------------------------------------------- gifts

/** The coupon that goes with the words, from the moment they were really sent. */
async function giveCoupons(ctx: Ctx, rows: readonly LogRow[]): Promise<void> {
  const promises = rows.flatMap(({ detail }) =>
    typeof detail['promise'] === 'string' ? [detail['promise']] : [],
  )
  const gifts = await giftsOfPromises(ctx.tx, promises)
  for (const row of rows) {
    const given = gifts.get(String(row.detail['promise']))
    if (!given) continue
    const { customer, key, gift } = given
    await issueCoupon(ctx, {
      player: customer,
      who: row.who,
      title: gift.title,
      validDays: gift.validHours / 24,
      ...(gift.family === undefined ? {} : { family: gift.family }),
      ...(gift.terms === undefined ? {} : { terms: gift.terms }),
      // One for each promise: two that end on one day are two, one that is told again is one.
      key: `gift:${key}`,
    })
  }
}
