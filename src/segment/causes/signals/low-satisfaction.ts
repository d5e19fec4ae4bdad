import { z } from 'zod'
import { defineSignal } from '../signal.ts'

const settings = z.strictObject({
  /** Of the shop's own scale, usually five. */
  atMost: z.int().min(0).max(100).default(2),
})

/** Only her newest score is kept: on a past day before it nothing is known. */
export const lowSatisfaction = defineSignal({
  name: 'low-satisfaction',
  title: '最近一次评分很低',
  settings,
  source: (_, { endsAt, whose }) =>
    `select customer, last_score as value from satisfaction where scored_at < ${String(endsAt)}${whose()}`,
  sql: ({ atMost }, { value }) => `${value} <= ${String(atMost)}`,
  met: ({ atMost }, value) => value <= atMost,
  words: (_, value) => `最近一次评分只有${String(value)}分`,
})
