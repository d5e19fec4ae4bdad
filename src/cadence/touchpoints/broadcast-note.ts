import { z } from 'zod'
import { render } from '../../content/index.ts'
import { common, maxBytes, tiersField, timeField, weekdayField, wordingWithWayOut } from '../fields.ts'
import { addMistake } from '../mistake.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { isMonthly, monthlyField } from '../schedule.ts'
import { defineTouchpoint, inTurn, weekNumber } from '../touchpoint.ts'

const settings = z
  .strictObject({
    ...common,
    tiers: tiersField('mid', 'dormant'),
    /** Each week on this day, or once a month. */
    weekday: weekdayField.optional(),
    on: monthlyField.optional(),
    at: timeField.default('14:30'),
    withinDays: z.number().int().min(0).max(6).default(2),
    /** The same for everybody, turned through. */
    wordings: z.array(wordingWithWayOut('anyone', maxBytes.broadcast)).min(1).max(60),
    offer: offerField.optional(),
  })
  .superRefine(({ weekday, on }, ctx) => {
    if ((weekday === undefined) !== (on === undefined)) return
    addMistake(ctx, {
      message: '没有写清楚哪天发',
      fix: '写 weekday（每周）或 on（每月）中的一个',
      messageEn: 'it does not say on which day it goes out',
      fixEn: 'write one of weekday (each week) and on (each month)',
    })
  })
type Settings = z.infer<typeof settings>

/** 通用群发: a challenge for the sleeping, an invitation to a live stream: the same words for many. */
export const broadcastNote = defineTouchpoint<Settings>({
  kind: 'broadcast-note',
  title: '客户群发',
  audience: 'customer',
  channel: 'broadcast',
  purpose: 'marketing',
  personal: false,
  priority: 35,
  settings,
  looksFor: ({ weekday, on }, moment) =>
    (on ? isMonthly(on, moment.day) : moment.weekday === weekday) ? { find: 'everybody' } : null,
  due: (settings, moment) => ({
    period: settings.on ? moment.month : moment.week,
    wantedAt: moment.at(settings.at),
    expiresAt: moment.evening(settings.withinDays),
  }),
  compose(settings, { day }, _member, view) {
    const turn = settings.on ? Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) : weekNumber(day)
    return {
      text: render(inTurn(settings.wordings, turn), withOffer(view, settings.offer)),
      target: 'me',
      ...giftPart(settings.offer),
    }
  },
})
