import { z } from 'zod'
import { addDays, instantOf, weekOf, weekdayOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { common, slugField, timeField, weekdayField } from '../fields.ts'
import { addMistake } from '../mistake.ts'
import { defineTouchpoint, inTurn, weekNumber } from '../touchpoint.ts'
import type { GamePlan } from '../touchpoint.ts'

const poll = z
  .strictObject({
    question: z.string().min(2).max(60),
    intro: z.string().max(200).default(''),
    /** How many options one person may choose. */
    most: z.number().int().min(1).max(10).default(1),
    options: z
      .array(z.strictObject({ id: slugField, label: z.string().min(1).max(40) }))
      .min(2)
      .max(10),
  })
  .superRefine(({ options, most }, ctx) => {
    options.forEach(({ id }, i) => {
      if (options.findIndex((other) => other.id === id) < i)
        addMistake(
          ctx,
          {
            message: `两个选项的 id 都是“${id}”`,
            fix: '给每个选项不同的 id',
            messageEn: `two options have the id "${id}"`,
            fixEn: 'give each option its own id',
          },
          { path: ['options', i, 'id'] },
        )
    })
    if (most > options.length)
      addMistake(
        ctx,
        {
          message: `最多选 ${String(most)} 项，但只有 ${String(options.length)} 个选项`,
          fix: `改到 ${String(options.length)} 以内`,
          messageEn: `up to ${String(most)} choices, but there are ${String(options.length)} options`,
          fixEn: `make it ${String(options.length)} or less`,
        },
        { path: ['most'] },
      )
  })

const settings = z.strictObject({
  ...common,
  weekday: weekdayField.default(4),
  /** When the poll opens; its link goes into the day's group message. */
  at: timeField.default('09:00'),
  /** It closes this many days later, at 21:00. */
  openDays: z.number().int().min(1).max(7).default(3),
  /** Given for a vote. */
  points: z.number().int().min(0).max(1_000).default(5),
  /** Turned through, one a week. */
  polls: z.array(poll).min(1).max(60),
})
type Settings = z.infer<typeof settings>

const idOf = (day: Day, name: string): string => `${name === 'weekly-poll' ? 'poll' : name}-${weekOf(day)}`

function planOf(settings: Settings, day: Day, name: string): GamePlan {
  const { question, intro, most, options } = inTurn(settings.polls, weekNumber(day))
  return {
    id: idOf(day, name),
    kind: 'poll',
    title: question,
    settings: { intro, options, most, points: settings.points },
    opensAt: instantOf(day, settings.at),
    closesAt: instantOf(addDays(day, settings.openDays), '21:00'),
    touchpoint: name,
  }
}

/** 每周投票: a question a week, one tap; its link goes into the day's group message. */
export const weeklyPoll = defineTouchpoint<Settings>({
  kind: 'weekly-poll',
  title: '每周投票',
  audience: 'group-piece',
  priority: 50,
  settings,
  wantedAt: (settings, moment) => moment.at(settings.at),
  piece(settings, { day, weekday }, _group, name) {
    if (weekday !== settings.weekday) return null
    const { id, title } = planOf(settings, day, name)
    const reward = settings.points > 0 ? `，投一票得 ${String(settings.points)} 积分` : ''
    return { text: `📊 本周投票：${title}\n点开即投${reward}：[[link:game/${id}]]`, games: [id] }
  },
  games(settings, { day }, name) {
    // The latest opening day, today included, whose poll is still open today.
    const opened = addDays(day, -((weekdayOf(day) - settings.weekday + 7) % 7))
    return addDays(opened, settings.openDays) >= day ? [planOf(settings, opened, name)] : []
  },
})
