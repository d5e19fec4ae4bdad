import { z } from 'zod'
import { dayWords, render } from '../../content/index.ts'
import {
  common,
  maxBytes,
  tiersField,
  timeField,
  weekdayField,
  wordingField,
  wordingWithWayOut,
} from '../fields.ts'
import { defineTouchpoint, inTurn, weekNumber } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  tiers: tiersField('high'),
  weekday: weekdayField.default(3),
  at: timeField.default('10:00'),
  /** The advisor may still send it this many days later. */
  withinDays: z.number().int().min(1).max(6).default(3),
  /** Last line of every wording: the way out. */
  ending: wordingWithWayOut('personal', 400).default(
    '您的积分和券：[[link:me]]；不想收到这类消息：[[link:subscription]]',
  ),
  /** Turned through, one a week. */
  wordings: z
    .array(wordingField('personal', maxBytes.chat - 400))
    .min(1)
    .max(60),
})
type Settings = z.infer<typeof settings>

/** 每周一对一: a personal word a week for the most valuable, written by the advisor’s own hand. */
export const weeklyNote = defineTouchpoint<Settings>({
  kind: 'weekly-note',
  title: '高价值每周一对一',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 60,
  settings,
  looksFor: (settings, { weekday }) => (weekday === settings.weekday ? { find: 'everybody' } : null),
  due: (settings, moment) => ({
    period: moment.week,
    wantedAt: moment.at(settings.at),
    expiresAt: moment.evening(settings.withinDays),
  }),
  compose(settings, { day }, member, view) {
    // The task waits for days: "yesterday" would be wrong by the time she reads it.
    const since = member.lastDay === null ? '' : `，上次购买在 ${dayWords(member.lastDay)}`
    return {
      text: [inTurn(settings.wordings, weekNumber(day)), settings.ending]
        .map((wording) => render(wording, view))
        .join('\n'),
      why: `${member.tierTitle}每周一对一${since}`,
    }
  },
})
