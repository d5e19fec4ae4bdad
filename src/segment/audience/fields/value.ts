import { defineField } from '../field.ts'
import type { AudienceField } from '../field.ts'

const churn = 'churn_signal h on h.customer = c.id'

export const valueFields: readonly AudienceField[] = [
  defineField({
    name: 'churn-warning',
    title: '流失预警',
    group: '价值与流失',
    kind: 'flag',
    joins: [churn],
    sql: () => `case when h.state = 'warning' then 1 else 0 end`,
  }),
]
