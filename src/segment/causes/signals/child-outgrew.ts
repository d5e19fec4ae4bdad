import { z } from 'zod'
import { dayWords, defineSignal } from '../signal.ts'

const settings = z.strictObject({
  months: z.int().min(1).max(240).default(36),
  /** The child came of that age at most so many days before the last purchase, or after it. */
  daysBeforeLast: z.int().min(0).max(3650).default(180),
})

const daysOf = (months: number): number => Math.round(months * 30.4375)

/** From the birthday the guardian agreed to. */
export const childOutgrew = defineSignal({
  name: 'child-outgrew',
  title: '孩子过了年龄',
  settings,
  source: ({ months }, { whose }) =>
    `select customer, cast(number as bigint) + ${String(daysOf(months))} as value from attribute
     where name = 'childBirthday' and number is not null${whose()}`,
  sql: ({ daysBeforeLast }, { value, lastNo }, { dayNo }) =>
    `(${value} <= ${String(dayNo)} and ${value} >= ${lastNo} - ${String(daysBeforeLast)})`,
  met: ({ daysBeforeLast }, value, lastNo, dayNo) => value <= dayNo && value >= lastNo - daysBeforeLast,
  words: ({ months }, value) =>
    `孩子到${dayWords(value)}满${months % 12 === 0 ? `${String(months / 12)}岁` : `${String(months)}个月`}`,
})
