import { z } from 'zod'
import { addDays, instantOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { common, slugField, tiersField } from '../fields.ts'
import { noteDue, noteFields, noteText, personalWording, restsFor } from '../note.ts'
import { isMonthly, monthlyField } from '../schedule.ts'
import { defineTouchpoint } from '../touchpoint.ts'
import type { GamePlan } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  ...noteFields,
  tiers: tiersField('dormant'),
  on: monthlyField.default({ day: 12 }),
  /** The same customer is asked once in so many months. */
  onceInMonths: z.number().int().min(1).max(36).default(6),
  openDays: z.number().int().min(1).max(60).default(14),
  /** Given for an answer, whatever it is. */
  points: z.number().int().min(0).max(1_000).default(100),
  question: z.string().min(2).max(60),
  intro: z.string().max(200).default(''),
  most: z.number().int().min(1).max(10).default(1),
  /** `bad-experience` among the ids calls a human (see recovery). */
  options: z
    .array(z.strictObject({ id: slugField, label: z.string().min(1).max(40) }))
    .min(2)
    .max(10),
  wording: personalWording,
})
type Settings = z.infer<typeof settings>

const monthDays = 30
const idOf = (day: Day, name: string): string => `${name}-${day.slice(0, 7)}`

function planOf(settings: Settings, day: Day, name: string): GamePlan {
  const { question, intro, most, options, points, openDays } = settings
  return {
    id: idOf(day, name),
    kind: 'poll',
    title: question,
    settings: { intro, options, most, points },
    opensAt: instantOf(day),
    closesAt: instantOf(addDays(day, openDays), '21:30'),
    touchpoint: name,
  }
}

/** 小问卷: one question for points; the answer becomes a tag, an unhappy one calls a human. */
export const survey = defineTouchpoint<Settings>({
  kind: 'survey',
  title: '积分小问卷',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 42,
  settings,
  looksFor: ({ on }, { day }) => (isMonthly(on, day) ? { find: 'everybody' } : null),
  due: (settings, moment) => noteDue(settings, moment, moment.month),
  rests: ({ onceInMonths }) => restsFor(onceInMonths * monthDays, '问'),
  games(settings, { day }, name) {
    // The latest day it went out on, today included, whose question is still open today.
    for (let ago = 0; ago <= settings.openDays; ago += 1) {
      const opened = addDays(day, -ago)
      if (isMonthly(settings.on, opened)) return [planOf(settings, opened, name)]
    }
    return []
  },
  compose(settings, { day }, _member, view, _occasion, name) {
    const id = idOf(day, name)
    const link = `[[link:game/${id}]]`
    return {
      text: `${noteText(settings, settings.wording, view)}\n点这里作答：${link}`,
      why: `小问卷：${settings.question}（答题得 ${String(settings.points)} 积分）`,
      games: [id],
      target: `game/${id}`,
    }
  },
})
