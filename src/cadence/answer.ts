/** What touchpoints share that answer a happening: when, until when, and about which tag. */
import { z } from 'zod'
import { hours, minutes } from '../base/clock.ts'
import type { Due, Happened } from './touchpoint.ts'

export const answerFields = {
  /** Not at once: nobody likes to be watched. */
  afterMinutes: z.number().int().min(0).max(2_880).default(30),
  /** Said by then, or not at all. */
  withinHours: z.number().int().min(1).max(240).default(24),
}

export interface AnswerSettings {
  readonly afterMinutes: number
  readonly withinHours: number
}

/** `since`: the instant from which the hours count, when the row tells another than its own. */
export const answerDue = (
  settings: AnswerSettings,
  { at }: Pick<Happened, 'at'>,
  period: string,
  since = at,
): Due => ({
  period,
  wantedAt: Math.max(at, since + minutes(settings.afterMinutes)),
  expiresAt: since + hours(settings.withinHours),
})

export const textAt = (detail: Readonly<Record<string, unknown>>, name: string): string => {
  const value = detail[name]
  return typeof value === 'string' ? value : ''
}

/** What she chose in a poll or survey, in whichever field its row tells it. */
export const choicesOf = (detail: Readonly<Record<string, unknown>>): string[] =>
  [detail['choices'], detail['answers'], detail['choice']]
    .flat()
    .filter((one): one is string => typeof one === 'string')

/** The tag a row of kind `tag-gained` speaks of. */
export interface TagSeen {
  readonly tag: string
  readonly subject: string
  readonly reason: string
  /** When she did what carries the tag. */
  readonly since: number
}
export function tagOf({ detail, at }: Pick<Happened, 'detail' | 'at'>): TagSeen {
  const since = detail['since']
  return {
    tag: textAt(detail, 'tag'),
    subject: textAt(detail, 'subject'),
    reason: textAt(detail, 'reason'),
    since: typeof since === 'number' ? since : at,
  }
}
