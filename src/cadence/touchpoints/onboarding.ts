import { z } from 'zod'
import { addDays } from '../../base/calendar.ts'
import { common, tiersField } from '../fields.ts'
import { addMistake } from '../mistake.ts'
import { noteDue, noteFields, noteText, personalWording } from '../note.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const settings = z
  .strictObject({
    ...common,
    ...noteFields,
    tiers: tiersField('new', 'mid', 'high'),
    /** The steps of the plan, by days after the first order. */
    steps: z
      .array(z.strictObject({ day: z.number().int().min(1).max(60), wording: personalWording }))
      .min(1)
      .max(30),
  })
  .superRefine(({ steps }, ctx) => {
    steps.forEach(({ day }, i) => {
      if (steps.findIndex((other) => other.day === day) === i) return
      addMistake(
        ctx,
        {
          message: `第 ${String(day)} 天写了两次`,
          fix: '每一天只留一条',
          messageEn: `day ${String(day)} stands there twice`,
          fixEn: 'keep one step for each day',
        },
        { path: ['steps', i, 'day'] },
      )
    })
  })
type Settings = z.infer<typeof settings>

const stepOf = ({ steps }: Settings, day: number): Settings['steps'][number] | undefined =>
  steps.find((one) => one.day === day)

/** 7 天新客陪伴: a small thing to do on each of its days, so that what she bought is really used. */
export const onboarding = defineTouchpoint<Settings>({
  kind: 'onboarding',
  title: '7 天新客陪伴',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'service',
  personal: true,
  priority: 75,
  settings,
  looksFor: ({ steps }) => ({ find: 'purchase', which: 'first', daysAgo: steps.map(({ day }) => day) }),
  sample: ({ steps }) => ({ key: 'sample', number: steps[0]?.day ?? 0 }),
  due: (settings, moment, _member, { number = 0 }) => ({
    ...noteDue({ ...settings, withinDays: 0 }, moment, `day${String(number)}`),
    run: { since: addDays(moment.day, -number) },
  }),
  compose: (settings, _moment, _member, view, { number = 0 }) => ({
    text: noteText(settings, stepOf(settings, number)?.wording ?? '', view),
    why: `新客陪伴第 ${String(number)} 天（共 ${String(settings.steps.length)} 步）`,
  }),
})
