/** Finds whom a touchpoint wants to look at: each query of `occasion.ts` is one statement over everybody. */
import { addDays, dayNumber, dayOfNumber, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { birthdayYear, keptOn } from '../base/birthdays.ts'
import type { Reader, Value } from '../base/db.ts'
import { inOrder, placeholders } from '../base/placeholders.ts'
import { tookPartSql } from './campaigns/part.store.ts'
import type { Occasion, ProductSeen, Query } from './occasion.ts'

/** What was found, by customer; `everybody` is not looked for here. */
export type Found = ReadonlyMap<string, Occasion>

interface Ask {
  readonly day: Day
  /** Only these; null = everybody. */
  readonly customers: readonly string[] | null
}

export async function findOccasions(
  reader: Reader,
  query: Exclude<Query, { find: 'everybody' }>,
  ask: Ask,
): Promise<Found> {
  switch (query.find) {
    case 'birthday':
      return birthdays(reader, query, ask)
    case 'children':
      return children(reader, query, ask)
    case 'tag':
      return carriers(reader, query.tag, ask)
    case 'used-up':
      return usedUp(reader, query.ahead, ask)
    case 'purchase':
      return purchases(reader, query, ask)
    case 'bought-and-browsed':
      return boughtAndBrowsed(reader, query, ask)
    case 'answered':
      return answered(reader, query, ask)
    case 'took-part':
      return tookPart(reader, query, ask)
    case 'level-ending':
      return levelsEnding(reader, query.ahead, ask)
    case 'recommendation':
      return recommended(reader, ask)
  }
}

/** ` and customer in (…)`, with its parameters after those that are there. */
function only(customers: readonly string[] | null, column: string, values: Value[]): string {
  if (customers === null) return ''
  const from = values.length + 1
  values.push(...customers)
  return ` and ${column} in (${customers.map((_, i) => `$${String(from + i)}`).join(', ')})`
}

async function found<R extends { readonly customer: string }>(
  reader: Reader,
  sql: (limit: string) => string,
  values: readonly Value[],
  { customers }: Ask,
  column: string,
  occasionOf: (row: R) => Occasion | null,
): Promise<Found> {
  const all: Value[] = [...values]
  const rows = await reader.rows<R>(...inOrder(sql(only(customers, column, all)), all))
  const occasions = new Map<string, Occasion>()
  for (const row of rows) {
    const occasion = occasions.has(row.customer) ? null : occasionOf(row)
    if (occasion) occasions.set(row.customer, occasion)
  }
  return occasions
}

// ---------------------------------------------------------------- dates of hers

const list = (values: readonly unknown[], from = 1): string =>
  values.map((_, i) => `$${String(from + i)}`).join(', ')

/** A child's date counts only while the guardian's consent stands. */
const consented = (column: string): string =>
  `and exists (select 1 from attribute g where g.customer = ${column} and g.name = 'guardianConsent' and g.value = '是')`

function birthdays(reader: Reader, query: Extract<Query, { find: 'birthday' }>, ask: Ask): Promise<Found> {
  const target = addDays(ask.day, query.ahead)
  const ends = keptOn(target, query.calendar, query.leapRule)
  if (ends.length === 0) return Promise.resolve(new Map())
  return found<{ customer: string; value: string }>(
    reader,
    (limit) =>
      `select a.customer, a.value from attribute a
       where a.name = $1 and (${ends.map((_, i) => `a.value like $${String(i + 2)}`).join(' or ')})
         ${query.child ? consented('a.customer') : ''} ${limit}
       order by a.customer`,
    [query.attribute, ...ends.map((end) => `%${end}`)],
    ask,
    'a.customer',
    ({ value }) => {
      const year = birthdayYear(target, query.calendar)
      const born = /^\d{4}/.test(value) ? Number(value.slice(0, 4)) : null
      // Born that very day: no birthday yet.
      if (born !== null && born >= year) return null
      return { key: String(year), ...(born === null ? {} : { number: year - born }) }
    },
  )
}

const daysPerMonth = 30.436875

/** Whole months between two days, as a parent counts them. */
export function monthsBetween(from: Day, to: Day): number {
  const months =
    (Number(to.slice(0, 4)) - Number(from.slice(0, 4))) * 12 +
    Number(to.slice(5, 7)) -
    Number(from.slice(5, 7))
  return to.slice(8) < from.slice(8) ? months - 1 : months
}

const ageWords = (months: number): string => {
  if (months < 24) return `${String(months)} 个月`
  const [years, rest] = [Math.floor(months / 12), months % 12]
  return rest === 0 ? `${String(years)} 岁` : `${String(years)} 岁 ${String(rest)} 个月`
}

function children(
  reader: Reader,
  { fromMonths, toMonths, anyDay }: Extract<Query, { find: 'children' }>,
  ask: Ask,
): Promise<Found> {
  const oldest = addDays(ask.day, -Math.ceil((toMonths + 1) * daysPerMonth) - 1)
  const youngest = addDays(ask.day, -Math.floor(fromMonths * daysPerMonth) + 1)
  // Born on a date that this month does not have: the month is full on the 1st of the next.
  const dates = ask.day.endsWith('-01') ? ['01', '29', '30', '31'] : [ask.day.slice(8)]
  const before = addDays(ask.day, -1)
  const onDates = anyDay ? '' : `and substr(a.value, 9, 2) in (${list(dates, 3)})`
  return found<{ customer: string; value: string }>(
    reader,
    (limit) =>
      `select a.customer, a.value from attribute a
       where a.name = 'childBirthday' and a.value >= $1 and a.value <= $2
         ${onDates} ${consented('a.customer')} ${limit}
       order by a.customer`,
    [oldest, youngest, ...(anyDay ? [] : dates)],
    ask,
    'a.customer',
    ({ value }) => {
      const months = monthsBetween(value, ask.day)
      if (months < fromMonths || months > toMonths) return null
      if (!anyDay && monthsBetween(value, before) === months) return null
      return { key: `m${String(months)}`, number: months, words: `宝宝 ${ageWords(months)}` }
    },
  )
}

// ---------------------------------------------------------------- what she did

/** Columns of `product`, to be read as a ProductSeen; null where the catalogue does not know it. */
const productColumns = 'p.sku, p.name, p.category, p.url, p.stock, p.price_fen'
export interface ProductRow {
  readonly sku: string | null
  readonly name: string | null
  readonly category: string | null
  readonly url: string | null
  readonly stock: number | null
  readonly price_fen: number | null
}
export const productSeen = (row: ProductRow): ProductSeen | undefined =>
  row.sku === null
    ? undefined
    : {
        sku: row.sku,
        name: row.name ?? row.sku,
        category: row.category ?? '',
        url: row.url ?? '',
        stock: row.stock,
        priceFen: row.price_fen,
      }
const aboutProduct = (row: ProductRow): { product?: ProductSeen } => {
  const product = productSeen(row)
  return product ? { product } : {}
}

export async function productsOf(reader: Reader, skus: readonly string[]): Promise<Map<string, ProductSeen>> {
  const products = new Map<string, ProductSeen>()
  for (let from = 0; from < skus.length; from += 500) {
    const part = skus.slice(from, from + 500)
    const rows = await reader.rows<ProductRow>(
      `select ${productColumns} from product p where p.sku in (${list(part)})`,
      part,
    )
    for (const row of rows) {
      const product = productSeen(row)
      if (product) products.set(product.sku, product)
    }
  }
  return products
}

const carriers = (reader: Reader, tag: string, ask: Ask): Promise<Found> =>
  found<ProductRow & { customer: string; since_at: number; subject: string; reason: string }>(
    reader,
    (limit) =>
      `select t.customer, t.since_at, t.subject, t.reason, ${productColumns} from dynamic_tag t
       left join product p on p.sku = t.subject
       where t.tag = $1 and (t.expires_at is null or t.expires_at > $2) ${limit} order by t.customer`,
    [tag, instantOf(ask.day)],
    ask,
    't.customer',
    (row) => ({ key: row.subject, at: row.since_at, words: row.reason, ...aboutProduct(row) }),
  )

/** Whoever hoards a thousand packs is not reminded in our time. */
const longest = 36_500

/** Of each product the last day she bought it; it is used up when all of that day is. */
const usedUp = (reader: Reader, ahead: number, ask: Ask): Promise<Found> => {
  const target = dayNumber(addDays(ask.day, ahead))
  return found<ProductRow & { customer: string; last_no: number }>(
    reader,
    (limit) =>
      `select b.customer, b.last_no, ${productColumns} from (
         select i.customer, i.sku, i.day_no as last_no, sum(i.quantity) as quantity,
           row_number() over (partition by i.customer, i.sku order by i.day_no desc) as latest
         from order_item i join product u on u.sku = i.sku and u.replenish_days > 0
         where i.day_no <= $1 ${limit}
         group by i.customer, i.sku, i.day_no) b
       join product p on p.sku = b.sku
       where b.latest = 1 and b.quantity * p.replenish_days <= $2
         and b.last_no + (case when b.quantity > 1 then b.quantity else 1 end) * p.replenish_days = $3
       order by b.customer, p.price_fen desc, p.sku`,
    [dayNumber(ask.day), longest, target],
    // The list of customers stands inside the grouping.
    ask,
    'i.customer',
    (row) => ({ key: `${row.sku ?? ''}:${dayOfNumber(row.last_no)}`, number: ahead, ...aboutProduct(row) }),
  )
}

const purchases = (
  reader: Reader,
  { which, daysAgo }: Extract<Query, { find: 'purchase' }>,
  ask: Ask,
): Promise<Found> => {
  const today = dayNumber(ask.day)
  const days = daysAgo.map((ago) => today - ago)
  const other =
    which === 'first' ? 'd2.day_no < d.day_no' : `d2.day_no > d.day_no and d2.day_no <= ${String(today)}`
  return found<{ customer: string; day_no: number }>(
    reader,
    (limit) =>
      `select d.customer, d.day_no from purchase_day d where d.day_no in (${list(days)}) and d.orders > 0 ${limit}
         and not exists (select 1 from purchase_day d2 where d2.customer = d.customer and d2.orders > 0 and ${other})
       order by d.customer`,
    days,
    ask,
    'd.customer',
    ({ day_no: dayNo }) => ({ key: dayOfNumber(dayNo), number: today - dayNo }),
  )
}

/** The newest look counts; what she bought there since ends it. */
const boughtAndBrowsed = (
  reader: Reader,
  { bought, browsed, days }: Extract<Query, { find: 'bought-and-browsed' }>,
  ask: Ask,
): Promise<Found> =>
  found<ProductRow & { customer: string; last_browse_at: number }>(
    reader,
    (limit) =>
      `select t.customer, t.last_browse_at, ${productColumns} from interest t
       join product p on p.sku = t.sku
       where p.category = $1 and t.last_browse_at >= $2 and t.last_browse_at < $3 ${limit}
         and exists (select 1 from order_item i join product b on b.sku = i.sku
           where i.customer = t.customer and b.category = $4)
         and not exists (select 1 from order_item i join product b on b.sku = i.sku
           where i.customer = t.customer and b.category = $5)
       order by t.customer, t.last_browse_at desc`,
    [browsed, instantOf(addDays(ask.day, -days)), instantOf(ask.day), bought, browsed],
    ask,
    't.customer',
    (row) => ({ key: browsed, at: row.last_browse_at, ...aboutProduct(row) }),
  )

const answered = (
  reader: Reader,
  { question, choices }: Extract<Query, { find: 'answered' }>,
  ask: Ask,
): Promise<Found> =>
  found<{ customer: string; choice: string; at: number }>(
    reader,
    (limit) =>
      `select a.customer, a.choice, a.at from answer a
       where a.question = $1 and a.choice in (${list(choices, 2)}) ${limit} order by a.customer, a.choice`,
    [question, ...choices],
    ask,
    'a.customer',
    (row) => ({ key: row.choice, at: row.at }),
  )

const tookPart = (
  reader: Reader,
  { campaign, since, from, until }: Extract<Query, { find: 'took-part' }>,
  ask: Ask,
): Promise<Found> => {
  const values = placeholders()
  const took = tookPartSql('c', { name: campaign, since, from, until }, values)
  const [first, today] = [values.put(dayNumber(from)), values.put(dayNumber(ask.day))]
  return found<{ customer: string; last_at: number; acts: number }>(
    reader,
    (limit) =>
      `select c.customer, c.last_at, c.acts from campaign_part c
       where ${took} ${limit}
         and not exists (select 1 from purchase_day d
           where d.customer = c.customer and d.orders > 0 and d.day_no >= ${first} and d.day_no <= ${today})
       order by c.customer`,
    values.all,
    ask,
    'c.customer',
    (row) => ({ key: campaign, at: row.last_at, number: row.acts }),
  )
}

const levelsEnding = (reader: Reader, ahead: number, ask: Ask): Promise<Found> => {
  const last = addDays(ask.day, ahead)
  return found<{ customer: string }>(
    reader,
    (limit) => `select l.customer from level_standing l where l.keep_no = $1 ${limit} order by l.customer`,
    [dayNumber(last)],
    ask,
    'l.customer',
    () => ({ key: last }),
  )
}

/** The product that goes best with what she bought and that she does not have; in stock. */
const recommended = (reader: Reader, ask: Ask): Promise<Found> =>
  found<ProductRow & { customer: string; because: string }>(
    reader,
    (limit) =>
      `select r.customer, r.because, ${productColumns} from (
         select i.customer, c.other, b.name as because,
           row_number() over (partition by i.customer order by c.cosine_e6 desc, c.other) as best
         from (select distinct i.customer, i.sku from order_item i where i.day_no > $1 ${limit}) i
         join co_purchase c on c.sku = i.sku and c.rank <= 5
         join product o on o.sku = c.other and (o.stock is null or o.stock > 0)
         join product b on b.sku = i.sku
         where not exists (select 1 from order_item h where h.customer = i.customer and h.sku = c.other)) r
       join product p on p.sku = r.other
       where r.best = 1 order by r.customer`,
    [dayNumber(ask.day) - 365],
    ask,
    'i.customer',
    (row) => ({ key: row.sku ?? '', words: `买过${row.because}的顾客常一起买`, ...aboutProduct(row) }),
  )
