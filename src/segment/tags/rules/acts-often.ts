import { z } from 'zod'
import type { Kind } from '../../../interaction/index.ts'
import { activityOf } from '../../behaviour.ts'
import type { Activity } from '../../behaviour.ts'
import { dayWithin, defineTagRule, literal, startOf } from '../rule.ts'

const titles: Readonly<Record<Activity, string>> = {
  browse: '浏览',
  click: '点击',
  group: '群互动',
  game: '参加活动',
  survey: '答问卷',
  chat: '咨询',
  content: '看内容',
  satisfaction: '评价',
  complaint: '投诉',
}
const activities = Object.keys(titles) as Activity[]

const settings = z.strictObject({
  activities: z.array(z.enum(activities)).min(1).max(activities.length),
  times: z.int().min(1).max(1000).default(3),
  days: z.int().min(1).max(3650).default(90),
})

const kindsOf = (wanted: readonly Activity[]): Kind[] =>
  (Object.entries(activityOf) as [Kind, Activity][]).flatMap(([kind, activity]) =>
    wanted.includes(activity) ? [kind] : [],
  )

/** Reviewers, players, people who talk in groups: whoever does something often. */
export const actsOften = defineTagRule({
  name: 'acts-often',
  title: '常做某类互动',
  settings,
  kinds: (s) => kindsOf(s.activities),
  sql(s, moment) {
    return {
      customer: 'l.customer',
      since: startOf('max(l.day_no)'),
      until: startOf(`max(case when l.run >= ${String(s.times)} then l.day_no end) + ${String(s.days)}`),
      a: 'max(l.run)',
      from: `(select d.customer, d.day_no, sum(sum(d.acts)) over (partition by d.customer order by d.day_no desc) as run
        from touched t cross join activity_day d where d.customer = t.customer
          and d.activity in (${s.activities.map(literal).join(', ')}) and ${dayWithin('d.day_no', moment, s.days)}
        group by d.customer, d.day_no) l
      group by l.customer having max(l.run) >= ${String(s.times)}`,
    }
  },
  explain: (s, { a }) =>
    `近${String(s.days)}天${s.activities.map((one) => titles[one]).join('、')}${String(a)}次`,
})
