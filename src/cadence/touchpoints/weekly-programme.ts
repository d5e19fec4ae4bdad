import { z } from 'zod'
import { common, timeField, weekdayField, wordingField } from '../fields.ts'
import { defineTouchpoint, inTurn, weekNumber } from '../touchpoint.ts'

const pieceBytes = 900

const settings = z.strictObject({
  ...common,
  weekday: weekdayField.default(6),
  at: timeField.default('10:00'),
  /** Turned through, one a week; only groups whose name or interest has one of the words, when there are any. */
  programmes: z
    .array(
      z.strictObject({
        title: z.string().min(2).max(30),
        text: wordingField('anyone', pieceBytes),
        groups: z.array(z.string().min(1).max(20)).min(1).max(20).optional(),
      }),
    )
    .min(1)
    .max(60),
})
type Settings = z.infer<typeof settings>

/** 每周社群节目: something to do together (晒图, 接龙, 问答), in the day's one group message. */
export const weeklyProgramme = defineTouchpoint<Settings>({
  kind: 'weekly-programme',
  title: '每周社群节目',
  audience: 'group-piece',
  priority: 45,
  settings,
  wantedAt: (settings, moment) => moment.at(settings.at),
  piece({ programmes, weekday }, moment, group) {
    if (moment.weekday !== weekday) return null
    const fitting = programmes.filter(
      ({ groups }) => groups?.some((word) => group.name.includes(word) || group.interest === word) ?? true,
    )
    if (fitting.length === 0) return null
    const { title, text } = inTurn(fitting, weekNumber(moment.day))
    return { text: `🎈 本周节目：${title}\n${text}`, games: [] }
  },
  games: () => [],
})
