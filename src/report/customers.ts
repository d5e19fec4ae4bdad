/** Customer 360°: the list the console shows, and the card of one customer. */
import type { Day } from '../base/calendar.ts'
import { dayOfNumber, isoOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { advisorOf, advisorsOf, identitiesOf, namesOf, namesOfStaff, optedOutOf } from '../customer/index.ts'
import { readLog } from '../interaction/index.ts'
import type { LogRow } from '../interaction/index.ts'
import { productNames } from '../order/index.ts'
import { couponsOf, pointsOf, presentCoupon } from '../reward/index.ts'
import { dormancyTitles, explainStandings, stageTitles } from '../segment/index.ts'
import type { TierRules } from '../segment/index.ts'
import {
  customerLine,
  customerLines,
  ordersOf,
  profilesOf,
  searchCustomers,
  touchesOf,
  wantedTagsOf,
} from './report.store.ts'
import type { CustomerLine, OrderLine, TouchLine } from './report.store.ts'
import { titleOfTier, wordsOf } from './words.ts'

export interface ReportParts {
  readonly reader: Reader
  readonly rules: TierRules
}

export interface CustomerOverview {
  readonly id: string
  readonly name: string
  readonly tier: string
  readonly tierTitle: string
  readonly tierReason: string
  readonly advisor?: string
  readonly purchases: number
  readonly spentFen: number
  readonly lastPurchaseDay?: Day
  readonly optedOut: boolean
}

export interface CustomerQuery {
  readonly query?: string | undefined
  readonly tier?: string | undefined
  readonly page: number
  readonly size: number
}

export async function listCustomers(
  { reader, rules }: ReportParts,
  { query = '', tier = '', page, size }: CustomerQuery,
): Promise<{ total: number; items: CustomerOverview[] }> {
  const { total, lines } = await searchCustomers(reader, {
    query: query.trim(),
    tier,
    leadTier: rules.lead.name,
    limit: size,
    offset: (page - 1) * size,
  })
  return { total, items: await present(reader, rules, lines) }
}

/** The rows of these customers, at most 500, in the order given; who is no customer is left out. */
export async function customerRows(
  { reader, rules }: ReportParts,
  ids: readonly string[],
): Promise<CustomerOverview[]> {
  const lines = new Map((await customerLines(reader, ids)).map((line) => [line.id, line]))
  return present(
    reader,
    rules,
    ids.flatMap((id) => lines.get(id) ?? []),
  )
}

async function present(
  reader: Reader,
  rules: TierRules,
  lines: readonly CustomerLine[],
): Promise<CustomerOverview[]> {
  const ids = lines.map(({ id }) => id)
  const names = await namesOf(reader, ids)
  const advisors = await advisorsOf(reader, ids)
  const optedOut = await optedOutOf(reader, ids, 'marketing')
  const explained = await explainStandings(reader, rules, ids)
  return lines.map((line) => {
    const tier = line.tier ?? rules.lead.name
    const advisor = advisors.get(line.id)
    return {
      id: line.id,
      name: names.get(line.id) ?? line.id,
      tier,
      tierTitle: titleOfTier(rules, tier),
      tierReason: explained.get(line.id)?.reason ?? '还没有计算分层',
      ...(advisor ? { advisor: advisor.staffName } : {}),
      purchases: line.purchases ?? 0,
      spentFen: line.amount_fen ?? 0,
      ...(line.last_no === null ? {} : { lastPurchaseDay: dayOfNumber(line.last_no) }),
      optedOut: optedOut.has(line.id),
    }
  })
}

const newest = 50

/** Null for an id that is no customer. */
export async function customerCard({ reader, rules }: ReportParts, id: string, now: Instant) {
  const line = await customerLine(reader, id)
  if (!line) return null
  const [row] = await present(reader, rules, [line])
  if (!row) return null
  const identities = (await identitiesOf(reader, [id])).get(id)
  const externals = identities?.externals ?? []
  const advisor = await advisorOf(reader, id)
  const [profile] = await profilesOf(reader, externals)
  const external = advisor?.external ?? externals[0]
  const named = [...externals, ...(identities?.shopIds ?? []), ...(identities?.phoneHashes ?? [])]
  const log = (kinds: readonly string[]): Promise<LogRow[]> =>
    readLog(reader, { identities: named, kinds, limit: newest, newestFirst: true })
  return {
    ...row,
    ...(external === undefined ? {} : { externalUserId: external }),
    ...(profile?.avatar ? { avatar: profile.avatar } : {}),
    ...(advisor?.remark ? { remark: advisor.remark } : {}),
    ...(advisor ? { addedAt: isoOf(advisor.addedAt) } : {}),
    ...(isGrade(line.dormancy) ? { dormancy: dormancyTitles[line.dormancy] } : {}),
    ...(isStage(line.stage) ? { stage: stageTitles[line.stage] } : {}),
    ...(row.purchases === 0 ? {} : { averageFen: Math.floor(row.spentFen / row.purchases) }),
    ...(await rewardsOf(reader, [id, ...externals], now)),
    tags: await tagsOf(reader, id, profile?.remark_tags ?? '[]'),
    orders: await ordersInWords(reader, await ordersOf(reader, id, newest)),
    timeline: (await log([])).map((one) => ({
      at: isoOf(one.at),
      kind: one.kind,
      words: wordsOf(one, rules),
    })),
    tierMoves: (await log(['tier-moved'])).map((move) => moveOf(move, rules)),
    touchpoints: await touchesInWords(reader, row, await touchesOf(reader, id, newest)),
  }
}

const isGrade = (text: string | null): text is keyof typeof dormancyTitles =>
  text !== null && Object.hasOwn(dormancyTitles, text)
const isStage = (text: string | null): text is keyof typeof stageTitles =>
  text !== null && Object.hasOwn(stageTitles, text)

/** A person plays under her customer's id, or under the identity of before she was known. */
async function rewardsOf(reader: Reader, players: readonly string[], now: Instant) {
  let points = 0
  const coupons = []
  for (const player of players) {
    points += await pointsOf(reader, player)
    for (const coupon of await couponsOf(reader, player)) {
      const { code, title, state, expiresAt } = presentCoupon(coupon, now)
      coupons.push({ code, title, state, expiresAt: isoOf(expiresAt) })
    }
  }
  return { points, coupons }
}

async function tagsOf(reader: Reader, customer: string, remarkTags: string): Promise<string[]> {
  // WeCom shows tags without their group, and reads ours back to us: one name each.
  const ours = (await wantedTagsOf(reader, customer)).map(({ tag }) => tag)
  const seen: unknown = JSON.parse(remarkTags)
  return [...new Set([...ours, ...(Array.isArray(seen) ? seen.map(String) : [])])]
}

interface StoredItem {
  readonly sku?: unknown
  readonly quantity?: unknown
}

async function ordersInWords(reader: Reader, orders: readonly OrderLine[]) {
  const items = orders.map((order) => JSON.parse(order.items) as StoredItem[])
  const skus = [...new Set(items.flat().map(({ sku }) => String(sku)))]
  const names = await productNames(reader, skus)
  return orders.map((order, i) => ({
    at: isoOf(order.at),
    amountFen: order.amount_fen - order.refunded_fen,
    items: (items[i] ?? []).map(({ sku, quantity }) => {
      const name = names.get(String(sku)) ?? String(sku)
      return typeof quantity === 'number' && quantity > 1 ? `${name} ×${String(quantity)}` : name
    }),
  }))
}

function moveOf({ at, detail }: LogRow, rules: TierRules) {
  return {
    at: isoOf(at),
    from: titleOfTier(rules, String(detail['from'])),
    to: titleOfTier(rules, String(detail['to'])),
    reason: String(detail['reason']),
  }
}

async function touchesInWords(reader: Reader, row: CustomerOverview, touches: readonly TouchLine[]) {
  const staff = await namesOfStaff(reader)
  return touches.map((touch) => {
    const content = JSON.parse(touch.content) as { text?: unknown }
    return {
      subject: touch.subject,
      name: touch.title,
      tier: row.tier,
      ...(touch.sender === null ? {} : { advisor: staff.get(touch.sender) ?? touch.sender }),
      at: isoOf(touch.due_at),
      decision: touch.decision,
      // How it ended says more than why it began.
      reason:
        touch.settle_code === null
          ? { code: touch.reason_code, words: touch.reason_words }
          : { code: touch.settle_code, words: touch.settle_words ?? '' },
      ...(touch.state === null ? {} : { state: touch.state }),
      ...(typeof content.text === 'string' ? { text: content.text } : {}),
    }
  })
}
