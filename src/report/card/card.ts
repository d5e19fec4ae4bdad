/** Everything about one customer on one screen, read in two statements. */
import { dayNumber, dayOf, dayOfNumber, isoOf } from '../../base/calendar.ts'
import type { Clock, Instant } from '../../base/clock.ts'
import type { Reader, Row } from '../../base/db.ts'
import type { AttributeSpec } from '../../customer/index.ts'
import { fillUp, presentOffer } from '../../order/recommend/recommend.ts'
import type { OfferRow } from '../../order/recommend/offers.store.ts'
import type { RecommendSettings } from '../../order/index.ts'
import { mannersFrom, remainingOf, toUse, usesLookBackMs } from '../../outbox/index.ts'
import type { UseRow } from '../../outbox/index.ts'
import { presentCoupon, presentLevelRow, termsWords } from '../../reward/index.ts'
import type { LevelOf, LevelRules } from '../../reward/index.ts'
import {
  causeOf,
  dormancyTitles,
  explainKept,
  measuresOf,
  presentMove,
  rfmOf,
  scoredOf,
  stageTitles,
} from '../../segment/index.ts'
import type { TagRules, TierRules } from '../../segment/index.ts'
import { radarFrom } from '../radar/radar.ts'
import type { RadarFigures } from '../radar/radar.store.ts'
import type { RadarSettings } from '../radar/settings.ts'
import { prepareTogether, readTogether } from '../together.ts'
import { titleOfTier, wordsOf } from '../words.ts'
import { createBasis } from './basis.ts'
import type { CardBasis } from './basis.ts'
import { cardParts, nameParts } from './card.store.ts'
import type { Named } from './card.store.ts'
import * as read from './rows.ts'

export interface CardParts {
  readonly reader: Reader
  readonly clock: Clock
  readonly rules: TierRules
  readonly radar: RadarSettings
  readonly recommend: RecommendSettings
  readonly attributes: readonly AttributeSpec[]
  readonly tagRules: TagRules
  readonly levels: LevelRules
}

const shownRecommendations = 3

export type CustomerCards = ReturnType<typeof createCards>

export function createCards(parts: CardParts) {
  const { reader, rules, radar, recommend } = parts
  const basisNow = createBasis(parts)
  let prepared: { readonly dayNo: number; readonly read: ReturnType<typeof readingOf> } | null = null
  /** The statement names the day and is otherwise always the same. */
  const reading = (dayNo: number): ReturnType<typeof readingOf> => {
    if (prepared?.dayNo !== dayNo) prepared = { dayNo, read: readingOf(parts, dayNo) }
    return prepared.read
  }
  /** Null for an id that is no customer. */
  return async function customerCard(customer: string, now: Instant) {
    const dayNo = dayNumber(dayOf(now))
    const [basis, first] = await Promise.all([
      basisNow(),
      reading(dayNo)({ customer, now, usedSince: now - usesLookBackMs }),
    ])
    const line = first.line[0] as LineRow | undefined
    if (!line) return null
    const named = identitiesIn(first.identities)
    const items = first.orders.map((order) => read.items(order['items']))
    const { timeline, products } = await readTogether(
      reader,
      nameParts(named, [...new Set(items.flat().map(({ sku }) => sku))].slice(0, 200)),
    )
    const recommendations = new Map([[customer, offersIn(first.offers, recommend)]])
    await fillUp(reader, recommendations, shownRecommendations)
    return {
      ...who(customer, line, first, named, rules, basis),
      ...namedIn(first),
      ...rewards(first, now),
      level: levelFace(presentLevelRow(parts.levels, customer, first.level[0])),
      ...(await value(parts, basis, line, dayNo)),
      radar: radarFrom(line, radar, basis.radar, rules, dayNo),
      tags: tagsIn(first.tags, first.profiles),
      dynamicTags: dynamicTagsIn(first.dynamicTags, parts.tagRules),
      ...clvIn(first.clv[0]),
      ...churnIn(first.churn[0]),
      ...(await cause(parts, first, customer, dayNo)),
      attributes: attributesIn(first.attributes, parts.attributes),
      groups: first.groups.map(({ name, interest }) => ({
        name: read.text(name),
        ...(interest === null || interest === undefined ? {} : { interest: read.text(interest) }),
      })),
      ...satisfactionIn(first.satisfaction[0]),
      budget: remainingOf(
        mannersFrom(first.manners[0] === undefined ? undefined : read.text(first.manners[0]['body'])),
        (first.uses as unknown as UseRow[]).map((row) => toUse(row, now)),
        now,
      ),
      recommendations: (recommendations.get(customer) ?? []).map(({ because: _because, ...one }) => one),
      orders: ordersIn(first.orders, items, products),
      timeline: timeline.map((row) => {
        const one = read.happening(row)
        return { at: isoOf(one.at), kind: one.kind, words: wordsOf(one, rules) }
      }),
      tierMoves: first.moves.map((row) => presentMove(rules, read.move(row))),
      touchpoints: first.touches.map((row) => read.touch(row, line.tier)),
    }
  }
}

const readingOf = ({ reader, rules, radar, recommend, levels }: CardParts, dayNo: number) =>
  prepareTogether(
    reader,
    cardParts({
      dayNo,
      rules,
      radar: { dayNo, settings: radar, leadTier: rules.lead.name },
      recommend,
      recommendations: shownRecommendations,
      levels,
    }),
  )

type LineRow = RadarFigures & {
  readonly purchases: number
  readonly orders: number
  readonly amount_fen: number
  readonly last_no: number | null
}
type First = Readonly<Record<keyof ReturnType<typeof cardParts>, readonly Row[]>>

function identitiesIn(identities: readonly Row[]): Named {
  const of = (kind: string): string[] =>
    identities.filter((row) => row['kind'] === kind).map(({ value }) => read.text(value))
  return { externals: of('external'), shopIds: of('shop'), phoneHashes: of('phone') }
}

function who(
  customer: string,
  line: LineRow,
  { contacts, named: given, profiles, refused, kept }: First,
  named: Named,
  rules: TierRules,
  basis: CardBasis,
) {
  // Hers by name, as long as she still has her as a contact; else the oldest relation.
  const advisor = contacts.find(({ staff }) => staff === given[0]?.['staff']) ?? contacts[0]
  const known = profiles.find((row) => row['external'] === advisor?.['external']) ?? profiles[0]
  const name = profiles.map((row) => read.text(row['name'])).find((text) => text !== '')
  const external = advisor ? read.text(advisor['external']) : named.externals[0]
  const [features] = kept as unknown as Parameters<typeof explainKept>[1][]
  const avatar = known?.['avatar']
  const remark = advisor?.['remark']
  return {
    id: customer,
    name: name ?? (named.shopIds[0] === undefined ? '微信客户' : `客户 ${named.shopIds[0]}`),
    tier: line.tier,
    tierTitle: titleOfTier(rules, line.tier),
    tierReason: features ? explainKept(rules, features, basis.explain).reason : '还没有计算分层',
    ...(advisor ? { advisor: read.text(advisor['staff_name'] ?? advisor['staff']) } : {}),
    purchases: line.purchases,
    spentFen: line.amount_fen,
    ...(line.last_no === null ? {} : { lastPurchaseDay: dayOfNumber(line.last_no) }),
    ...(line.purchases === 0 ? {} : { averageFen: Math.floor(line.amount_fen / line.purchases) }),
    optedOut: refused.some(({ purpose }) => purpose === 'marketing'),
    ...(external === undefined ? {} : { externalUserId: external }),
    ...(typeof avatar === 'string' && avatar !== '' ? { avatar } : {}),
    ...(typeof remark === 'string' && remark !== '' ? { remark } : {}),
    ...(advisor ? { addedAt: isoOf(read.whole(advisor['added_at'])) } : {}),
    ...read.titled('dormancy', dormancyTitles, features?.dormancy ?? null),
    ...read.titled('stage', stageTitles, features ? line.stage : null),
    identities: {
      externals: named.externals,
      shopIds: named.shopIds,
      // Only hashes are kept: the last digits of a hash tell two phones apart and give nothing away.
      phones: named.phoneHashes.map((hash) => `···${hash.slice(-4)}`),
    },
  }
}

/** Who is hers by name and why, and among whom a person may choose. */
function namedIn({ named: [row], contacts }: First) {
  const advisors = new Map(
    contacts
      .filter(({ contact }) => contact === 1)
      .map(({ staff, staff_name }) => [read.text(staff), read.text(staff_name) || read.text(staff)]),
  )
  const contact = { advisors: [...advisors].map(([userid, name]) => ({ userid, name })) }
  if (!row || typeof row['staff'] !== 'string')
    return { ...contact, ...(row ? { noNamedAdvisor: true } : {}) }
  const { staff, staff_name, since_at, named_by, rank, among, percent, person, person_name } = row
  return {
    ...contact,
    namedAdvisor: {
      userid: staff,
      name: read.text(staff_name) || staff,
      since: isoOf(read.whole(since_at)),
      by: named_by === 'person' ? ('person' as const) : ('clv' as const),
      ...(typeof rank === 'number' && typeof among === 'number' ? { rank, among } : {}),
      ...(typeof percent === 'number' ? { percent } : {}),
      ...(typeof person === 'string' ? { person: read.text(person_name) || person } : {}),
    },
  }
}

/** A person plays under her customer's id, or under the identity of before she was known. */
function rewards({ points, coupons }: First, now: Instant) {
  return {
    points: read.whole(points[0]?.['total'] ?? 0),
    coupons: coupons.map((row) => {
      const { code, title, state, expiresAt, terms } = presentCoupon(read.coupon(row), now)
      return { code, title, state, expiresAt: isoOf(expiresAt), terms: termsWords(terms) }
    }),
  }
}

/** As her card and her own page show it. */
export const levelFace = (level: LevelOf) => ({
  name: level.level,
  title: level.title,
  benefits: level.benefits,
  ...(level.keepUntil === null ? {} : { keepUntil: level.keepUntil }),
  ...(level.grantedUntil === null ? {} : { grantedUntil: level.grantedUntil }),
  ...(level.grantedWhy === null ? {} : { grantedWhy: level.grantedWhy }),
  ...(level.next === null ? {} : { nextTitle: level.next.title, missingFen: level.missingFen }),
  keepMissingFen: level.keepMissingFen,
})

/** Null for whoever bought nothing; a window of days cannot be told from the facts and is asked for. */
async function value({ reader, rules }: CardParts, basis: CardBasis, line: LineRow, dayNo: number) {
  if (line.last_no === null || line.purchases === 0) return {}
  const day = dayOfNumber(dayNo)
  const scored =
    rules.rfm.window === 'lifetime'
      ? scoredOf(
          basis.rfm,
          measuresOf(
            rules.rfm,
            {
              customer: line.customer,
              last: dayOfNumber(line.last_no),
              orders: line.orders,
              purchases: line.purchases,
              amount_fen: line.amount_fen,
            },
            day,
          ),
        )
      : (await rfmOf(reader, rules.rfm, [line.customer], day)).get(line.customer)
  if (!scored) return {}
  const own = rules.rfm.classes.find(({ name }) => name === scored.valueClass)
  return {
    value: {
      r: scored.r,
      f: scored.f,
      m: scored.m,
      of: rules.rfm.bins,
      type: scored.type,
      valueClass: scored.valueClass,
      segment: scored.segment,
      actions: [...(own?.actions ?? []), ...rules.rfm.actionsOf[scored.type]].slice(0, 4),
    },
  }
}

function tagsIn(wanted: readonly Row[], profiles: readonly Row[]): string[] {
  // WeCom shows tags without their group, and reads ours back to us: one name each.
  const seen = profiles.flatMap((row) => {
    const tags: unknown = JSON.parse(read.text(row['remark_tags']) || '[]')
    return Array.isArray(tags) ? tags.map(String) : []
  })
  return [...new Set([...wanted.map(({ tag }) => read.text(tag)), ...seen])]
}

function dynamicTagsIn(rows: readonly Row[], { tags }: TagRules) {
  const titles = new Map(tags.map(({ name, title }) => [name, title]))
  return rows.map((row) => {
    const name = read.text(row['tag'])
    const expires = row['expires_at']
    return {
      name,
      title: titles.get(name) ?? name,
      reason: read.text(row['reason']),
      since: isoOf(read.whole(row['since_at'])),
      ...(typeof expires === 'number' ? { expires: isoOf(expires) } : {}),
    }
  })
}

/** What the next 52 weeks may bring, with its interval, as the CLV job left it. */
function clvIn(row: Row | undefined) {
  if (!row || typeof row['value_52w_fen'] !== 'number') return {}
  return {
    clv: {
      model: read.text(row['model']),
      asOf: dayOfNumber(read.whole(row['computed_no'])),
      alivePercent: Math.round(read.whole(row['p_alive']) * 100),
      expectedPurchases: Math.round(read.whole(row['expected_52w']) * 10) / 10,
      valueFen: row['value_52w_fen'],
      lowFen: read.whole(row['low_fen']),
      highFen: read.whole(row['high_fen']),
    },
  }
}

/** As kept by the last look; `riskPercent` in steps of five. */
function churnIn(row: Row | undefined) {
  if (!row) return {}
  const day = (key: string, name: string) => {
    const value = row[name]
    return typeof value === 'number' ? { [key]: dayOfNumber(value) } : {}
  }
  return {
    churn: {
      warning: row['state'] === 'warning',
      riskPercent: Math.round(read.whole(row['score']) * 100),
      reason: read.text(row['reason']),
      ...day('since', 'since_no'),
      ...day('alarm', 'due_no'),
      ...day('expectedNext', 'expected_next_no'),
    },
  }
}

/** Only who sleeps has one. */
async function cause({ reader, rules }: CardParts, { kept }: First, customer: string, dayNo: number) {
  if (typeof kept[0]?.['dormancy'] !== 'string') return {}
  const found = (await causeOf(reader, rules, [customer], dayOfNumber(dayNo))).get(customer)
  return found ? { likelyCause: { title: found.title, reason: found.reason, actions: found.actions } } : {}
}

function attributesIn(rows: readonly Row[], specs: readonly AttributeSpec[]) {
  const known = new Map(specs.map((spec) => [spec.name, spec]))
  return rows.map((row) => {
    const name = read.text(row['name'])
    const spec = known.get(name)
    const value = read.text(row['value'])
    return { name, title: spec?.title ?? name, value: spec?.kind === 'list' ? read.listed(value) : value }
  })
}

function satisfactionIn(row: Row | undefined) {
  if (!row) return {}
  const { last_score, scored_at, low, answers, open_complaint_at } = row
  return {
    satisfaction: {
      ...(typeof last_score === 'number' ? { lastScore: last_score } : {}),
      ...(typeof scored_at === 'number' ? { at: isoOf(scored_at) } : {}),
      low: read.whole(low),
      answers: read.whole(answers),
    },
    ...(typeof open_complaint_at === 'number' ? { openComplaintAt: isoOf(open_complaint_at) } : {}),
  }
}

const offersIn = (rows: readonly Row[], settings: RecommendSettings) =>
  (rows as unknown as OfferRow[]).map((row) => presentOffer(row, settings))

function ordersIn(orders: readonly Row[], items: readonly read.Item[][], products: readonly Row[]) {
  const names = new Map(products.map((row) => [read.text(row['sku']), read.text(row['name'])]))
  return orders.map((order, i) => ({
    at: isoOf(read.whole(order['at'])),
    amountFen: read.whole(order['amount_fen']) - read.whole(order['refunded_fen']),
    items: (items[i] ?? []).map(({ sku, quantity }) => {
      const name = names.get(sku) ?? sku
      return quantity > 1 ? `${name} ×${String(quantity)}` : name
    }),
  }))
}
