import { z } from 'zod'
import { render } from '../../content/index.ts'
import { common, maxMomentLetters, momentWording, timeField, weekdayField } from '../fields.ts'
import { defineTouchpoint, inTurn, weekNumber } from '../touchpoint.ts'

const endingLetters = 300

const settings = z.strictObject({
  ...common,
  /** Days on which advisors are asked to publish. */
  weekdays: z.array(weekdayField).min(1).max(7).default([3]),
  at: timeField.default('10:00'),
  /** An advisor may still publish it this many days later. */
  withinDays: z.number().int().min(0).max(6).default(1),
  /** Last line. Its link is what a call whose answer was lost is known by; without any link a person has to look. */
  ending: momentWording(endingLetters).default('会员中心：[[link:me]]'),
  /** The same for all advisors, turned through. */
  wordings: z
    .array(momentWording(maxMomentLetters - endingLetters - 1))
    .min(1)
    .max(60),
})
type Settings = z.infer<typeof settings>

/** 朋友圈: advisors are asked to publish the same words to whoever follows them. */
export const momentNote = defineTouchpoint<Settings>({
  kind: 'moment-note',
  title: '客户朋友圈',
  audience: 'staff',
  channel: 'moments',
  purpose: 'marketing',
  priority: 30,
  settings,
  due({ weekdays, at, withinDays }, moment) {
    if (!weekdays.includes(moment.weekday)) return null
    return { period: moment.day, wantedAt: moment.at(at), expiresAt: moment.evening(withinDays) }
  },
  compose({ weekdays, wordings, ending }, { day, weekday }, _colleague, view) {
    const inWeek = [...new Set(weekdays)].sort((a, b) => a - b)
    const turn = weekNumber(day) * inWeek.length + Math.max(0, inWeek.indexOf(weekday))
    return { text: [inTurn(wordings, turn), ending].map((wording) => render(wording, view)).join('\n') }
  },
})
