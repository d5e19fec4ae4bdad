import { z } from 'zod'
import { addDays, instantOf, weekOf, weekdayOf } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import { common, dayField, slugField, timeField, weekdayField } from '../fields.ts'
import { addMistake } from '../mistake.ts'
import { defineTouchpoint, inTurn, weekNumber } from '../touchpoint.ts'
import type { GamePlan } from '../touchpoint.ts'

const hunt = z.strictObject({
  /** Part of the game's id: `hunt-<name>-<week>`. */
  name: slugField,
  title: z.string().min(2).max(60),
  intro: z.string().max(200).default(''),
  /** Any day of the one week in which it is played; without it, it takes its turn. */
  weekOf: dayField.optional(),
  clues: z
    .array(
      z.strictObject({
        riddle: z.string().min(1).max(200),
        /** Any of these is right; blanks, case and punctuation do not matter. */
        answers: z.array(z.string().min(1).max(40)).min(1).max(20),
      }),
    )
    .min(1)
    .max(7),
  pointsPerClue: z.number().int().min(0).max(1_000).default(10),
  prize: z.strictObject({
    title: z.string().min(1).max(60),
    count: z.number().int().min(0).max(100_000),
    validDays: z.number().int().min(1).max(366).default(30),
  }),
})
type Hunt = z.infer<typeof hunt>

const settings = z
  .strictObject({
    ...common,
    /** A hunt is played in every so many-th week. */
    everyWeeks: z.number().int().min(1).max(12).default(2),
    /** One clue on each of these days. */
    releases: z.array(weekdayField).min(1).max(7).default([1, 2, 3, 4, 5]),
    /** When each clue is released. */
    at: timeField.default('10:00'),
    hunts: z.array(hunt).min(1).max(20),
  })
  .superRefine(({ hunts, releases }, ctx) => {
    hunts.forEach(({ clues, name }, i) => {
      if (clues.length > releases.length)
        addMistake(
          ctx,
          {
            message: `有 ${String(clues.length)} 条线索，却只有 ${String(releases.length)} 个公布日`,
            fix: '在 releases 里增加公布日，或减少线索',
            messageEn: `${String(clues.length)} clues, but only ${String(releases.length)} release days`,
            fixEn: 'add days to releases, or take clues away',
          },
          { path: ['hunts', i, 'clues'] },
        )
      if (hunts.findIndex((other) => other.name === name) < i)
        addMistake(
          ctx,
          {
            message: `两个寻宝都叫“${name}”`,
            fix: '给每个寻宝不同的 name',
            messageEn: `two hunts have the name "${name}"`,
            fixEn: 'give each hunt its own name',
          },
          { path: ['hunts', i, 'name'] },
        )
    })
  })
type Settings = z.infer<typeof settings>

const mondayOf = (day: Day): Day => addDays(day, 1 - weekdayOf(day))

/** The hunt of this week: one bound to it, else the next in turn in a week that has a hunt. */
function huntOf({ hunts, everyWeeks }: Settings, monday: Day): Hunt | null {
  const bound = hunts.find((one) => one.weekOf !== undefined && mondayOf(one.weekOf) === monday)
  if (bound) return bound
  const turning = hunts.filter((one) => one.weekOf === undefined)
  const week = weekNumber(monday)
  return turning.length > 0 && week % everyWeeks === 0 ? inTurn(turning, week / everyWeeks) : null
}

const sortedReleases = ({ releases }: Settings): number[] => [...new Set(releases)].sort((a, b) => a - b)

function planOf(settings: Settings, hunt: Hunt, monday: Day, name: string): GamePlan {
  const releases = sortedReleases(settings)
  const clues = hunt.clues.map((clue, i) => ({
    id: `c${String(i + 1)}`,
    ...clue,
    releaseAt: instantOf(addDays(monday, (releases[i] ?? 7) - 1), settings.at),
  }))
  return {
    id: `hunt-${hunt.name}-${weekOf(monday)}`,
    kind: 'hunt',
    title: hunt.title,
    settings: { intro: hunt.intro, clues, pointsPerClue: hunt.pointsPerClue, prize: hunt.prize },
    opensAt: clues[0]?.releaseAt ?? instantOf(monday),
    closesAt: instantOf(addDays(monday, 6), '21:30'),
    touchpoint: name,
  }
}

/** 寻宝: clues on fixed days of a week; each goes into the day's group message. */
export const treasureHunt = defineTouchpoint<Settings>({
  kind: 'treasure-hunt',
  title: '老客户寻宝',
  audience: 'group-piece',
  priority: 50,
  settings,
  wantedAt: (settings, moment) => moment.at(settings.at),
  piece(settings, { day, weekday }, _group, name) {
    const monday = mondayOf(day)
    const hunt = huntOf(settings, monday)
    const number = sortedReleases(settings).indexOf(weekday)
    const clue = number < 0 ? undefined : hunt?.clues[number]
    if (!hunt || !clue) return null
    const { id, title } = planOf(settings, hunt, monday, name)
    const head = `🔍 ${title} · 第 ${String(number + 1)}/${String(hunt.clues.length)} 条线索`
    const prize =
      number === 0 ? `\n集齐全部线索得${hunt.prize.title}（限 ${String(hunt.prize.count)} 份）` : ''
    return { text: `${head}\n${clue.riddle}${prize}\n找到答案点这里：[[link:game/${id}]]`, games: [id] }
  },
  games(settings, { day }, name) {
    const monday = mondayOf(day)
    const hunt = huntOf(settings, monday)
    if (!hunt) return []
    const plan = planOf(settings, hunt, monday, name)
    return plan.opensAt < instantOf(addDays(day, 1)) ? [plan] : []
  },
})
