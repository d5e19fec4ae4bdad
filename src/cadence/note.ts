/** What most touchpoints of an advisor share: a time, days to do it in, a wording that shows the way out. */
import { z } from 'zod'
import type { View } from '../content/index.ts'
import { render } from '../content/index.ts'
import { maxBytes, timeField, wordingField, wordingWithWayOut } from './fields.ts'
import type { Due, Ending, Moment, Reason, Rests } from './touchpoint.ts'

const defaultEnding = '您的积分和券：[[link:me]]\n不想收到这类消息：[[link:subscription]]'
const endingBytes = 400

/** One wording for one person; `ending` leads out of it. */
export const noteFields = {
  at: timeField.default('10:00'),
  /** The advisor may still send it this many days later. */
  withinDays: z.number().int().min(1).max(14).default(3),
  ending: wordingWithWayOut('personal', endingBytes).default(defaultEnding),
}
export const personalWording = wordingField('personal', maxBytes.chat - endingBytes)

export interface NoteSettings {
  readonly at: string
  readonly withinDays: number
  readonly ending: string
}

export const noteDue = (settings: NoteSettings, moment: Moment, period: string): Due => ({
  period,
  wantedAt: moment.at(settings.at),
  expiresAt: moment.evening(settings.withinDays),
})

export const noteText = (settings: Pick<NoteSettings, 'ending'>, wording: string, view: View): string =>
  [wording, settings.ending].map((one) => render(one, view)).join('\n')

/** Not again in so many days; `verb` says what was done then: 关怀, 说. */
export const restsFor = (days: number, verb: string): Rests => ({
  days,
  refusal: (said) => ({ code: 'said-before', words: `${String(days)} 天内已${verb}过（${said}）` }),
})

/** The products of an order, as its row names them. */
const skusIn = (items: unknown): string[] =>
  Array.isArray(items)
    ? items.flatMap((item: unknown) =>
        typeof item === 'object' && item !== null && 'sku' in item && typeof item.sku === 'string'
          ? [item.sku]
          : [],
      )
    : []

/** Ends a promise whose period begins with a product that this order holds. */
export const boughtThat = ({ detail }: Ending, period: string, words: string): Reason | null =>
  skusIn(detail['items']).some((sku) => period.startsWith(`${sku}:`))
    ? { code: 'bought-meanwhile', words }
    : null
