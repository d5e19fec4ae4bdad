import { z } from 'zod'
import { defineField, factsJoin } from '../field.ts'
import type { AudienceField, Use } from '../field.ts'

export const daysSettings = z.strictObject({
  days: z.int('天数应为整数').min(1, '至少 1 天').max(3650, '最多 3650 天'),
})
export const anyDaysSettings = z.strictObject({
  days: z.int('天数应为整数').min(1, '至少 1 天').max(3650, '最多 3650 天').optional(),
})
export type DaysSettings = z.infer<typeof daysSettings>
export type AnyDaysSettings = z.infer<typeof anyDaysSettings>

/** `and day_no > …`, or nothing when all time counts. */
export const sinceSql = ({ settings, today }: Use<AnyDaysSettings>, column: string): string =>
  settings.days === undefined ? '' : `and ${column} > ${String(today - settings.days)}`

const fromFacts = (
  name: string,
  title: string,
  kind: 'number' | 'money',
  unit: string,
  sql: (today: number) => string,
): AudienceField =>
  defineField({ name, title, group: '购买', kind, unit, joins: [factsJoin], sql: ({ today }) => sql(today) })

export const purchaseFields: readonly AudienceField[] = [
  fromFacts('purchases', '购买次数', 'number', '次', () => 'coalesce(f.purchases, 0)'),
  fromFacts('orders', '订单数', 'number', '单', () => 'coalesce(f.orders, 0)'),
  fromFacts('spent', '累计消费', 'money', '', () => 'coalesce(f.amount_fen, 0)'),
  fromFacts(
    'average-order',
    '平均客单',
    'money',
    '',
    () => 'case when f.purchases > 0 then f.amount_fen / f.purchases end',
  ),
  fromFacts('days-since-purchase', '距上次购买', 'number', '天', (today) => `${String(today)} - f.last_no`),
  fromFacts(
    'days-since-first-purchase',
    '距首次购买',
    'number',
    '天',
    (today) => `${String(today)} - f.first_no`,
  ),
  defineField({
    name: 'purchases-within',
    title: '购买次数',
    group: '购买',
    kind: 'number',
    unit: '次',
    settings: daysSettings,
    sql: ({ settings, today }: Use<DaysSettings>) =>
      `(select cast(count(*) as bigint) from purchase_day p where p.customer = c.id and p.orders > 0 and p.day_no > ${String(today - settings.days)} and p.day_no <= ${String(today)})`,
  }),
  defineField({
    name: 'spent-within',
    title: '消费金额',
    group: '购买',
    kind: 'money',
    settings: daysSettings,
    sql: ({ settings, today }: Use<DaysSettings>) =>
      `(select cast(coalesce(sum(p.amount_fen), 0) as bigint) from purchase_day p where p.customer = c.id and p.orders > 0 and p.day_no > ${String(today - settings.days)} and p.day_no <= ${String(today)})`,
  }),
  defineField({
    name: 'bought-sku',
    title: '买过商品',
    group: '购买',
    kind: 'set',
    settings: anyDaysSettings,
    sql: (use: Use<AnyDaysSettings>) =>
      `case when exists (select 1 from order_item i where i.customer = c.id and i.quantity > 0 ${sinceSql(use, 'i.day_no')} and i.sku in (${use.values()})) then 1 else 0 end`,
    choices: (reader) =>
      reader.rows('select sku as value, name as title from product order by name, sku limit 1000'),
  }),
  defineField({
    name: 'bought-category',
    title: '买过类目',
    group: '购买',
    kind: 'set',
    settings: anyDaysSettings,
    sql: (use: Use<AnyDaysSettings>) =>
      `case when exists (select 1 from order_item i join product g on g.sku = i.sku where i.customer = c.id and i.quantity > 0 ${sinceSql(use, 'i.day_no')} and g.category in (${use.values()})) then 1 else 0 end`,
    choices: (reader) =>
      reader.rows(
        `select distinct category as value, category as title from product where category <> '' order by 1 limit 1000`,
      ),
  }),
]
