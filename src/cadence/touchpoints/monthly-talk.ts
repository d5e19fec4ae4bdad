import { z } from 'zod'
import { render } from '../../content/index.ts'
import { channelField, common, tiersField } from '../fields.ts'
import { noteDue, noteFields, noteText, personalWording } from '../note.ts'
import { isMonthly, monthlyField } from '../schedule.ts'
import { defineTouchpoint, inTurn } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  /** `phone-task`: she is called instead. */
  channel: channelField('advisor-task', 'phone-task'),
  ...noteFields,
  tiers: tiersField('high'),
  on: monthlyField.default({ week: 2, weekday: 3 }),
  withinDays: z.number().int().min(1).max(14).default(7),
  /** What to ask about, one a month; the advisor reads the question, the customer the wording. */
  talks: z
    .array(z.strictObject({ ask: z.string().min(2).max(60), wording: personalWording }))
    .min(1)
    .max(36),
})
type Settings = z.infer<typeof settings>

const monthNumber = (month: string): number => Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7))

/** 每月一对一沟通: a conversation a month with the most valuable, opened by a question worth answering. */
export const monthlyTalk = defineTouchpoint<Settings>({
  kind: 'monthly-talk',
  title: '高价值每月沟通',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 65,
  settings,
  looksFor: ({ on }, { day }) => (isMonthly(on, day) ? { find: 'everybody' } : null),
  due: (settings, moment) => noteDue(settings, moment, moment.month),
  compose(settings, { month }, _member, view) {
    const talk = inTurn(settings.talks, monthNumber(month))
    return { text: noteText(settings, talk.wording, view), why: `每月沟通：${render(talk.ask, view)}` }
  },
})
