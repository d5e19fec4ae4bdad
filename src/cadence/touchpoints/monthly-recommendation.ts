import { z } from 'zod'
import { common, tiersField } from '../fields.ts'
import { noteDue, noteFields, noteText, personalWording } from '../note.ts'
import { isMonthly, monthlyField } from '../schedule.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...noteFields,
  tiers: tiersField('mid'),
  on: monthlyField.default({ week: 3, weekday: 4 }),
  wording: personalWording,
})
type Settings = z.infer<typeof settings>

/** 每月个性推荐: the one thing that goes best with what she has bought; nobody gets a guess. */
export const monthlyRecommendation = defineTouchpoint<Settings>({
  kind: 'monthly-recommendation',
  title: '每月个性推荐',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 50,
  settings,
  looksFor: ({ on }, { day }) => (isMonthly(on, day) ? { find: 'recommendation' } : null),
  due: (settings, moment) => noteDue(settings, moment, moment.month),
  compose: (settings, _moment, _member, view, { product, words }) => ({
    text: noteText(settings, settings.wording, view),
    why: `推荐${product?.name ?? ''}${words === undefined ? '' : `：${words}`}`,
  }),
})
