/** How an experiment is written, and what it is once read. */
import { z } from 'zod'
import type { Day } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import { dayField, slugField } from '../fields.ts'
import type { Bound } from '../touchpoint.ts'

export const whats = { wording: '话术', offer: '优惠', channel: '渠道', time: '时间' } as const
export type What = keyof typeof whats

/** What counts as success; a click, a reply and an order are good, an opt-out is not. */
export const metrics = {
  'sent-to-order': '下单',
  reply: '回复',
  click: '点开链接',
  'opt-out': '退订',
} as const
export type Metric = keyof typeof metrics

const percent = z.number().gt(0).max(100)
const titleField = z.string().min(1).max(30)
const oneOf = <T extends object>(words: T) =>
  z.enum(Object.keys(words) as [keyof T & string, ...(keyof T & string)[]])

export const armShape = z.strictObject({
  /** In promises and reports: never changes once it runs. */
  name: slugField,
  title: titleField.optional(),
  /** In percent of those who take part. */
  share: percent,
  /** What differs from the touchpoint's settings. The first arm is the touchpoint as it is, and sets nothing. */
  set: z.record(z.string(), z.unknown()).default({}),
})

export const experimentShape = z.strictObject({
  title: titleField.optional(),
  touchpoint: z.string().min(1).max(64),
  what: oneOf(whats),
  arms: z.array(armShape).min(2).max(6),
  from: dayField,
  /** The last day on which somebody may enter. */
  until: dayField.optional(),
  primary: z
    .strictObject({
      metric: oneOf(metrics).default('sent-to-order'),
      /** From the planned moment, for those who were told and those who were not. */
      windowDays: z.number().int().min(1).max(90).default(7),
    })
    .prefault({}),
  /** Nothing is read before each arm has so many people (200) or groups (5) whose window is over. */
  minimumPerArm: z.number().int().min(2).max(1_000_000).optional(),
  /** First a small part of the customers; the others go on as before and are not counted. */
  smallRange: z
    .strictObject({
      percent,
      /** True: the winner is used for everybody by itself, once the days are over and the guard holds. */
      thenRollOut: z.boolean().default(false),
      afterDays: z.number().int().min(1).max(90).default(7),
      guard: z
        .strictObject({
          /** In percent of an arm's people, within the window; more, and the arm is stopped. */
          optOutMax: z.number().min(0).max(100).default(2),
        })
        .prefault({}),
    })
    .optional(),
  read: z.enum(['fixed', 'always-valid']).default('always-valid'),
  alpha: z.number().min(0.001).max(0.2).default(0.05),
  /** Another seed draws the lots anew. */
  seed: z.string().min(1).max(40).default('1'),
  /** What one expects: how many people it takes follows from it. Needed for `read: fixed`. */
  plan: z
    .strictObject({
      /** In percent: how many do it today. */
      baseline: z.number().min(0).max(100),
      /** In points: the smallest difference worth seeing. */
      difference: z.number().gt(0).max(100),
      /** In percent: the chance of seeing it. */
      power: z.number().min(50).max(99).default(80),
    })
    .optional(),
})
export type Written = z.infer<typeof experimentShape>

export interface Arm {
  readonly name: string
  readonly title: string
  readonly share: number
  readonly set: Readonly<Record<string, unknown>>
  /** The touchpoint's rules with this arm's settings. */
  readonly rules: Bound
}

export interface Experiment extends Omit<
  Written,
  'arms' | 'until' | 'smallRange' | 'plan' | 'title' | 'minimumPerArm'
> {
  readonly name: string
  readonly title: string
  readonly touchpointTitle: string
  /** Where its settings stand in the text: `touchpoints`, name; or `campaigns`, name and the way to the part. */
  readonly place: readonly string[]
  /** Groups are assigned whole, and count as one each. */
  readonly unit: 'customer' | 'group'
  readonly arms: readonly Arm[]
  readonly until: Day | null
  readonly minimumPerArm: number
  readonly smallRange: NonNullable<Written['smallRange']> | null
  readonly plan: NonNullable<Written['plan']> | null
  /** Null while it runs. */
  readonly decided: Decision | null
}

/** The arm that everybody hears from then on: the winner, or the control of one that was stopped. */
export interface Decision {
  readonly arm: string
  readonly how: 'rolled-out' | 'stopped'
  readonly why: string
  readonly by: string
  readonly at: Instant
}
