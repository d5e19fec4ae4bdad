import { z } from 'zod'
import { addDays } from '../../base/calendar.ts'
import { hours } from '../../base/clock.ts'
import { dayWords, render } from '../../content/index.ts'
import { common, maxBytes, tiersField, timeField, wordingField } from '../fields.ts'
import { addMistake } from '../mistake.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z
  .strictObject({
    ...common,
    tiers: tiersField('new'),
    /** Hours after the first order. */
    afterHours: z.number().int().min(1).max(240).default(24),
    atLatestHours: z.number().int().min(2).max(480).default(48),
    /** For orders of which only the day is known. */
    at: timeField.default('10:00'),
    wording: wordingField('personal', maxBytes.chat),
  })
  .superRefine(({ afterHours, atLatestHours }, ctx) => {
    if (atLatestHours > afterHours) return
    addMistake(
      ctx,
      {
        message: `最晚 ${String(atLatestHours)} 小时不晚于首单后 ${String(afterHours)} 小时`,
        fix: '让 atLatestHours 大于 afterHours，例如 24 与 48',
        messageEn: `at latest ${String(atLatestHours)} h is not later than ${String(afterHours)} h after the order`,
        fixEn: 'make atLatestHours larger than afterHours, for example 24 and 48',
      },
      { path: ['atLatestHours'] },
    )
  })
type Settings = z.infer<typeof settings>

const waitDays = (afterHours: number): number => Math.max(1, Math.ceil(afterHours / 24))

/** 首单回访: a day after the first order, at the latest after two. */
export const followUp = defineTouchpoint<Settings>({
  kind: 'follow-up',
  title: '首单 24 小时回访',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'service',
  personal: true,
  priority: 80,
  settings,
  // The order itself makes it due; the calendar catches orders that came in later, by import.
  looksFor: ({ afterHours }) => ({ find: 'purchase', which: 'first', daysAgo: [waitDays(afterHours)] }),
  due(settings, moment, { firstDay }) {
    if (firstDay === null || addDays(firstDay, waitDays(settings.afterHours)) !== moment.day) return null
    return { period: 'first', wantedAt: moment.at(settings.at), expiresAt: moment.evening() }
  },
  answers: ['order-placed'],
  onHappening(settings, { at, purchases }) {
    if (purchases > 1) return null
    return {
      period: 'first',
      wantedAt: at + hours(settings.afterHours),
      expiresAt: at + hours(settings.atLatestHours),
    }
  },
  compose: (settings, _moment, member, view) => ({
    text: render(settings.wording, view),
    why: `首单后回访${member.firstDay === null ? '' : `（首单 ${dayWords(member.firstDay)}）`}：问问收到没有、会不会用`,
  }),
})
