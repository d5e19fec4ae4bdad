/** The reads behind a customer's card, as parts of two statements; tables of every folder, read only. */
import { usesSql, useColumns } from '../../outbox/facts.store.ts'
import { offerColumns, offersSql } from '../../order/recommend/offers.store.ts'
import type { RecommendSettings } from '../../order/index.ts'
import { figureColumns, figuresSql } from '../radar/radar.store.ts'
import type { FiguresQuery } from '../radar/radar.store.ts'
import { levelColumns, levelRowSql } from '../../reward/index.ts'
import type { LevelRules } from '../../reward/index.ts'
import { keptFeaturesSql } from '../../segment/standing.store.ts'
import { waysTags } from '../../segment/index.ts'
import type { TierRules } from '../../segment/index.ts'
import type { Part } from '../together.ts'

export const newest = 50
const newestMoves = 10
const mostGroups = 20

export interface CardQuery {
  readonly dayNo: number
  readonly rules: TierRules
  readonly radar: Omit<FiguresQuery, 'whose'>
  readonly recommend: RecommendSettings
  readonly recommendations: number
  readonly levels: LevelRules
}

const couponColumns =
  'code, player, title, state, issued_at, expires_at, family, terms, lock_holder, lock_until, redeemed_at, redeemed_by, redeem_key'

const part = (columns: string, sql: string, params: Part['params']): Part => ({
  columns: columns.split(', '),
  sql,
  params,
})

/** Everything that follows from the values `customer`, `now`, and `usedSince`. */
export function cardParts({ dayNo, rules, radar, recommend, recommendations, levels }: CardQuery) {
  const her = ['customer']
  const externals = `select value from identity where customer = $1 and kind = 'external'`
  return {
    line: {
      columns: [...figureColumns, 'purchases', 'orders', 'amount_fen', 'last_no'],
      sql: `select figures.*, coalesce(f.purchases, 0) as purchases, coalesce(f.orders, 0) as orders,
          coalesce(f.amount_fen, 0) as amount_fen, f.last_no
        from (${figuresSql({ ...radar, whose: (column) => `${column} = $1` })}) figures
        left join facts f on f.customer = figures.customer`,
      params: her,
    },
    kept: { ...keptFeaturesSql(rules, 's.customer = $1'), params: her },
    identities: part(
      'kind, value',
      'select kind, value from identity where customer = $1 order by kind, value',
      her,
    ),
    contacts: part(
      'external, staff, staff_name, contact, added_at, remark',
      `select r.external, r.staff, s.name as staff_name, coalesce(s.contact, 1) as contact, r.added_at, r.remark
       from identity i join relation r on r.external = i.value left join staff s on s.userid = r.staff
       where i.customer = $1 and i.kind = 'external' and r.state = 'active' and coalesce(s.active, 1) = 1
       order by r.added_at, r.staff, r.external`,
      her,
    ),
    named: part(
      'staff, staff_name, since_at, named_by, rank, among, percent, person, person_name',
      `select n.staff, s.name as staff_name, n.since_at, n.named_by, n.rank, n.among, n.percent, n.person,
         p.name as person_name
       from named_advisor n left join staff s on s.userid = n.staff left join staff p on p.userid = n.person
       where n.customer = $1`,
      her,
    ),
    profiles: part(
      'external, name, avatar, remark_tags',
      `select p.external, p.name, p.avatar, p.remark_tags from identity i join profile p on p.external = i.value
       where i.customer = $1 and i.kind = 'external' order by p.external`,
      her,
    ),
    refused: part('purpose', 'select purpose from consent where customer = $1 and opted_out = 1', her),
    points: part(
      'total',
      `select cast(sum(amount) as bigint) as total from points
       where player in (select cast($1 as text) union all ${externals})`,
      her,
    ),
    coupons: part(
      couponColumns,
      `select ${couponColumns} from coupon
       where player in (select cast($1 as text) union all ${externals}) order by issued_at desc, code limit 100`,
      her,
    ),
    level: { columns: [...levelColumns], sql: levelRowSql(dayNo, levels), params: her },
    tags: part(
      'tag',
      `select tag from (select tag_group, tag from wanted_tag where customer = $1
         union select tag_group, tag from (${waysTags('i.customer = $1')}) came) worn order by tag_group, tag`,
      her,
    ),
    attributes: part(
      'name, value',
      `select a.name, coalesce(a.value, w.words) as value from attribute a left join log_words w on w.log_id = a.words
       where a.customer = $1 and coalesce(a.value, w.words) is not null order by a.name`,
      her,
    ),
    dynamicTags: part(
      'tag, since_at, expires_at, reason',
      `select tag, since_at, expires_at, reason from dynamic_tag
       where customer = $1 and (expires_at is null or expires_at > $2) order by since_at desc, tag`,
      ['customer', 'now'],
    ),
    clv: part(
      'model, computed_no, p_alive, expected_52w, value_52w_fen, low_fen, high_fen',
      `select model, computed_no, p_alive, expected_52w, value_52w_fen, low_fen, high_fen
       from clv_estimate where customer = $1`,
      her,
    ),
    churn: part(
      'state, since_no, score, due_no, expected_next_no, reason',
      'select state, since_no, score, due_no, expected_next_no, reason from churn_signal where customer = $1',
      her,
    ),
    orders: part(
      'at, amount_fen, refunded_fen, items',
      `select at, amount_fen, refunded_fen, items from shop_order where customer = $1 order by at desc limit ${String(newest)}`,
      her,
    ),
    moves: part(
      'at, day_no, from_tier, to_tier, cause, reason',
      `select at, day_no, from_tier, to_tier, cause, reason from tier_move where customer = $1 order by seq desc limit ${String(newestMoves)}`,
      her,
    ),
    touches: part(
      'title, subject, sender, sender_name, due_at, decision, reason_code, reason_words, state, settle_code, settle_words, content',
      `select p.title, p.subject, p.sender, s.name as sender_name, p.due_at, p.decision, p.reason_code, p.reason_words,
         p.state, p.settle_code, p.settle_words, p.content
       from promise p left join staff s on s.userid = p.sender
       where p.customer = $1 order by p.due_at desc, p.id limit ${String(newest)}`,
      her,
    ),
    uses: {
      columns: [...useColumns],
      sql: usesSql('customer', '$2', '$1'),
      params: ['customer', 'usedSince'],
    },
    manners: part('body', 'select body from manners where id = 1', []),
    satisfaction: part(
      'last_score, scored_at, low, answers, open_complaint_at',
      'select last_score, scored_at, low, answers, open_complaint_at from satisfaction where customer = $1',
      her,
    ),
    groups: part(
      'chat, name, interest',
      `select g.chat, g.name, g.interest from identity i join group_member m on m.member = i.value
       join chat_group g on g.chat = m.chat
       where i.customer = $1 and i.kind = 'external' and m.kind = 2 and g.state = 'active'
       order by m.joined_at desc, g.chat limit ${String(mostGroups)}`,
      her,
    ),
    offers: {
      columns: offerColumns,
      sql: offersSql({ settings: recommend, dayNo, most: recommendations }),
      params: her,
    },
  } satisfies Record<string, Part>
}

const logColumns = 'seq, at, kind, detail'
const mostNames = 20

export interface Named {
  readonly externals: readonly string[]
  readonly shopIds: readonly string[]
  readonly phoneHashes: readonly string[]
}

/** What needs her names and the things she bought: each name is looked up by its own index, newest first. */
export function nameParts(named: Named, skus: readonly string[]) {
  const sources = [
    ...named.externals.map((value) => ['external', value] as const),
    ...named.shopIds.map((value) => ['shop_id', value] as const),
    ...named.phoneHashes.map((value) => ['phone_hash', value] as const),
  ].slice(0, mostNames)
  const lists = sources.map(
    ([column], i) =>
      `select * from (select ${logColumns} from log where ${column} = $${String(i + 1)} order by seq desc limit ${String(newest)}) n${String(i)}`,
  )
  return {
    timeline: part(
      logColumns,
      lists.length === 0
        ? `select ${logColumns} from log where seq < 0`
        : `select ${logColumns} from (${lists.join(' union ')}) happened order by seq desc limit ${String(newest)}`,
      sources.map(([, value]) => value),
    ),
    products: part(
      'sku, name',
      skus.length === 0
        ? `select sku, name from product where sku is null`
        : `select sku, name from product where sku in (${skus.map((_, i) => `$${String(i + 1)}`).join(', ')})`,
      [...skus],
    ),
  } satisfies Record<string, Part>
}
