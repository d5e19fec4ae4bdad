import { defineField } from '../field.ts'
import type { AudienceField } from '../field.ts'

const estimate = 'clv_estimate v on v.customer = c.id'
const churn = 'churn_signal h on h.customer = c.id'

export const valueFields: readonly AudienceField[] = [
  defineField({
    name: 'value-52w',
    title: '未来 12 个月预计价值',
    group: '价值与流失',
    kind: 'money',
    joins: [estimate],
    sql: () => 'v.value_52w_fen',
  }),
  defineField({
    name: 'alive-percent',
    title: '仍活跃的概率',
    group: '价值与流失',
    kind: 'number',
    unit: '%',
    joins: [estimate],
    sql: () => 'cast(round(v.p_alive * 100) as bigint)',
  }),
  defineField({
    name: 'churn-warning',
    title: '流失预警',
    group: '价值与流失',
    kind: 'flag',
    joins: [churn],
    sql: () => `case when h.state = 'warning' then 1 else 0 end`,
  }),
]
