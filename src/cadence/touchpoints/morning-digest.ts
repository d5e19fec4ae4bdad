import { z } from 'zod'
import { render } from '../../content/index.ts'
import { common, digestWording, timeField, weekdayField } from '../fields.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  /** Names of group robots, as the environment knows them: `WECOM_ROBOTS`. */
  robots: z.array(z.string().min(1).max(20)).min(1).max(10),
  weekdays: z.array(weekdayField).min(1).max(7).default([1, 2, 3, 4, 5, 6, 7]),
  at: timeField.default('09:00'),
  wording: digestWording.default(
    '**{{ shop.name }} {{ day.words }} {{ day.weekday }}**\n> 今天要发：{{ digest.today }}\n> 等顾问处理：{{ digest.waiting }}\n> 昨天发出：{{ digest.sent }}，没发成：{{ digest.failed }}\n{% if digest.held > 0 %}> <font color="warning">待人工核对：{{ digest.held }}</font>{% endif %}',
  ),
})
type Settings = z.infer<typeof settings>

/** 群机器人早报: the shop's day in a few figures, into an internal group of the staff. */
export const morningDigest = defineTouchpoint<Settings>({
  kind: 'morning-digest',
  title: '店铺早报',
  audience: 'robot',
  channel: 'robot',
  purpose: 'service',
  priority: 10,
  settings,
  robots: (settings) => settings.robots,
  // At noon it is no morning any more.
  due({ weekdays, at }, moment) {
    if (!weekdays.includes(moment.weekday)) return null
    return { period: moment.day, wantedAt: moment.at(at), expiresAt: moment.at('12:00') }
  },
  compose: ({ wording }, _moment, view) => ({ text: render(wording, view) }),
})
