import { z } from 'zod'
import { render } from '../../content/index.ts'
import { common, staffWording, timeField, weekdayField } from '../fields.ts'
import { defineTouchpoint, inTurn, weekNumber } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  weekdays: z.array(weekdayField).min(1).max(7).default([1]),
  at: timeField.default('09:00'),
  /** Turned through, one a week. */
  wordings: z
    .array(staffWording)
    .min(1)
    .max(60)
    .default([
      '{{ advisor.name }}，过去 7 天：\n发出 {{ figures.sent }} 条，过期没做 {{ figures.missed }} 条\n新加客户 {{ figures.newCustomers }} 位，现有 {{ figures.customers }} 位\n还有 {{ figures.waiting }} 件在等您',
    ]),
})
type Settings = z.infer<typeof settings>

/** 员工消息: words of the shop to each advisor, such as her figures of the week. It uses up no customer's patience. */
export const staffNote = defineTouchpoint<Settings>({
  kind: 'staff-note',
  title: '员工小结',
  audience: 'staff',
  channel: 'app-message',
  purpose: 'service',
  priority: 20,
  settings,
  // Figures of a day are of no use on the next.
  due({ weekdays, at }, moment) {
    if (!weekdays.includes(moment.weekday)) return null
    return { period: moment.day, wantedAt: moment.at(at), expiresAt: moment.evening() }
  },
  compose: ({ wordings }, { day }, _colleague, view) => ({
    text: render(inTurn(wordings, weekNumber(day)), view),
  }),
})
