import { z } from 'zod'
import { common, timeField, weekdayField, wordingField, wordingWithWayOut } from '../fields.ts'
import { render } from '../../content/index.ts'
import { dayNumber, defineTouchpoint, inTurn } from '../touchpoint.ts'
import type { Group } from '../touchpoint.ts'

/** Leaves room for the headline, a poll, a clue and the link at the end: a group message holds 4,000 bytes. */
const tipBytes = 1_400

const settings = z.strictObject({
  ...common,
  /** When the group message is wanted. */
  at: timeField.default('10:00'),
  /** Days on which tips go out. */
  weekdays: z.array(weekdayField).min(1).max(7).default([1, 2, 3, 4, 5, 6, 7]),
  /** First line. */
  headline: wordingField('group', 300).default('【每日干货】{{ day.words }} {{ day.weekday }}'),
  /** Last line; must lead to the subscription page. */
  ending: wordingWithWayOut('group', 400).default(
    '我的积分和活动：[[link:me]]\n换话题或不再接收：[[link:subscription]]',
  ),
  /** Tips by interest; each list is turned through, one a day. */
  interests: z
    .record(z.string().min(1).max(20), z.array(wordingField('group', tipBytes)).min(1).max(400))
    .refine((interests) => Object.keys(interests).length > 0, 'needs at least one interest'),
  /** The interest of groups that name none; without it they get no tip, and the calendar says so. */
  otherwise: z.string().max(20).optional(),
})
type Settings = z.infer<typeof settings>

/** The group's own interest, else one whose word is in the group's name, else the shop's choice for such groups. */
function interestOf({ interests, otherwise }: Settings, group: Group): string | null {
  const known = Object.keys(interests)
  const own = known.find((interest) => interest === group.interest)
  return own ?? known.find((interest) => group.name.includes(interest)) ?? otherwise ?? null
}

/** 每日干货: one useful thing a day for each interest group, carrying the day's poll and clue. */
export const dailyTip = defineTouchpoint<Settings>({
  kind: 'daily-tip',
  title: '每日干货',
  audience: 'group',
  priority: 50,
  settings,
  due(settings, moment, group) {
    const { day, weekday } = moment
    if (!settings.weekdays.includes(weekday)) return null
    const due = { period: day, wantedAt: moment.at(settings.at), expiresAt: moment.at('21:30') }
    return interestOf(settings, group) === null
      ? { ...due, skip: { code: 'no-interest', words: '社群未设置兴趣，没有对应的干货' } }
      : due
  },
  compose(settings, { day }, group, pieces, view) {
    const interest = interestOf(settings, group)
    const tips = interest === null ? [] : (settings.interests[interest] ?? [])
    const shown = { ...view, group: { name: group.name, interest: interest ?? '' } }
    const parts = [settings.headline, ...(tips.length > 0 ? [inTurn(tips, dayNumber(day))] : [])].map(
      (wording) => render(wording, shown),
    )
    const text = [...parts, ...pieces.map((piece) => piece.text), render(settings.ending, shown)].join('\n\n')
    return { text, games: pieces.flatMap(({ games }) => games) }
  },
})
