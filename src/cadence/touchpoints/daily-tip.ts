import { z } from 'zod'
import { common, timeField, weekdayField, wordingField, wordingWithWayOut } from '../fields.ts'
import { render } from '../../content/index.ts'
import { addMistake } from '../mistake.ts'
import { tipBytes, tipId } from '../tips/rotation.ts'
import { defineTouchpoint } from '../touchpoint.ts'
import type { Group, StoredTips } from '../touchpoint.ts'

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
  /** Tips by interest, beside those of spreadsheets; a group hears each once before any comes again. */
  interests: z
    .record(z.string().min(1).max(20), z.array(wordingField('group', tipBytes)).min(1).max(400))
    .superRefine((interests, ctx) => {
      if (Object.keys(interests).length > 0) return
      addMistake(ctx, {
        message: '没有写任何兴趣',
        fix: '至少写一个兴趣和它的干货，例如 辅食: [一条干货]',
        messageEn: 'there is no interest',
        fixEn: 'write at least one interest with its tips',
      })
    }),
  /** The interest of groups that name none; without it they get no tip, and the calendar says so. */
  otherwise: z.string().max(20).optional(),
})
type Settings = z.infer<typeof settings>

/** The group's own interest, else one whose word is in the group's name, else the shop's choice for such groups. */
function interestOf({ interests, otherwise }: Settings, group: Group, stored: StoredTips): string | null {
  const known = [...new Set([...Object.keys(interests), ...stored.keys()])]
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
  due(settings, moment) {
    const { day, weekday } = moment
    if (!settings.weekdays.includes(weekday)) return null
    return { period: day, wantedAt: moment.at(settings.at), expiresAt: moment.evening() }
  },
  tips(settings, group, stored) {
    const interest = interestOf(settings, group, stored)
    if (interest === null) return null
    const written = (settings.interests[interest] ?? []).map((text) => ({ id: tipId(text), text }))
    const more = stored.get(interest) ?? []
    // A tip that stands in both is the spreadsheet's, with its day.
    const known = new Set(more.map(({ id }) => id))
    return { interest, tips: [...written.filter(({ id }) => !known.has(id)), ...more] }
  },
  compose(settings, _moment, group, { interest, tip, pieces }, view) {
    const shown = { ...view, group: { name: group.name, interest } }
    const parts = [settings.headline, ...(tip ? [tip.text] : [])].map((wording) => render(wording, shown))
    const text = [...parts, ...pieces.map((piece) => piece.text), render(settings.ending, shown)].join('\n\n')
    return { text, games: pieces.flatMap(({ games }) => games) }
  },
})
