import { z } from 'zod'
import { defineField, factsJoin } from '../field.ts'
import type { AudienceField, Use } from '../field.ts'
import { anyDaysSettings, daysSettings } from './purchases.ts'
import type { AnyDaysSettings } from './purchases.ts'

const activityTitles = {
  browse: '浏览商品',
  click: '点开链接',
  group: '群内互动',
  game: '参与游戏',
  survey: '填写问卷',
  chat: '一对一聊天',
  content: '查看内容',
  satisfaction: '评价',
  complaint: '投诉',
} as const

const activitySettings = daysSettings.extend({
  activity: z.enum(Object.keys(activityTitles) as (keyof typeof activityTitles)[], '请选择互动类型'),
})

/** Browses or clicks of one product keep their last instant, which a window looks at. */
const interestSet = (name: string, title: string, count: string, last: string): AudienceField =>
  defineField({
    name,
    title,
    group: '互动',
    kind: 'set',
    settings: anyDaysSettings,
    sql: (use: Use<AnyDaysSettings>) => {
      const since =
        use.settings.days === undefined
          ? ''
          : `and i.${last} > ${String(use.now - use.settings.days * 86_400_000)}`
      return `case when exists (select 1 from interest i where i.customer = c.id and i.${count} > 0 ${since} and i.sku in (${use.values()})) then 1 else 0 end`
    },
    choices: (reader) =>
      reader.rows('select sku as value, name as title from product order by name, sku limit 1000'),
  })

export const behaviourFields: readonly AudienceField[] = [
  defineField({
    name: 'days-since-engaged',
    title: '距上次互动',
    group: '互动',
    kind: 'number',
    unit: '天',
    joins: [factsJoin],
    sql: ({ today }) => `${String(today)} - f.engaged_no`,
  }),
  defineField({
    name: 'activity-within',
    title: '互动次数',
    group: '互动',
    kind: 'number',
    unit: '次',
    settings: activitySettings,
    sql: ({ settings, today }: Use<z.infer<typeof activitySettings>>) =>
      `(select cast(coalesce(sum(a.acts), 0) as bigint) from activity_day a where a.customer = c.id and a.activity = '${settings.activity}' and a.day_no > ${String(today - settings.days)})`,
  }),
  interestSet('browsed-sku', '浏览过商品', 'browses', 'last_browse_at'),
  interestSet('clicked-sku', '点击过商品', 'clicks', 'last_click_at'),
  defineField({
    name: 'satisfaction',
    title: '最近一次满意度',
    group: '互动',
    kind: 'number',
    unit: '分',
    joins: ['satisfaction sat on sat.customer = c.id'],
    sql: () => 'sat.last_score',
  }),
  defineField({
    name: 'open-complaint',
    title: '有未解决的投诉',
    group: '互动',
    kind: 'flag',
    joins: ['satisfaction sat on sat.customer = c.id'],
    sql: () => 'case when sat.open_complaint_at is not null then 1 else 0 end',
  }),
]
