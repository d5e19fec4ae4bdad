import { z } from 'zod'
import { common, tiersField } from '../fields.ts'
import { noteDue, noteFields, noteText, personalWording } from '../note.ts'
import { addMistake } from '../mistake.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const months = z.number().int().min(0).max(216)

const settings = z
  .strictObject({
    ...common,
    ...noteFields,
    tiers: tiersField('high', 'mid'),
    /** By age; a month that no stage names is passed over. */
    stages: z
      .array(z.strictObject({ fromMonths: months, toMonths: months, wording: personalWording }))
      .min(1)
      .max(60),
    /** Only at these ages, in months; absent: at each. */
    only: z.array(months).min(1).max(60).optional(),
  })
  .superRefine(({ stages }, ctx) => {
    stages.forEach(({ fromMonths, toMonths }, i) => {
      if (toMonths >= fromMonths) return
      addMistake(
        ctx,
        {
          message: `月龄区间 ${String(fromMonths)}–${String(toMonths)} 写反了`,
          fix: '让 fromMonths 不大于 toMonths',
          messageEn: `the ages ${String(fromMonths)}-${String(toMonths)} are the wrong way round`,
          fixEn: 'make fromMonths no larger than toMonths',
        },
        { path: ['stages', i, 'toMonths'] },
      )
    })
  })
type Settings = z.infer<typeof settings>

const stageOf = ({ stages }: Settings, age: number): Settings['stages'][number] | undefined =>
  stages.find(({ fromMonths, toMonths }) => age >= fromMonths && age <= toMonths)

/** 每月成长测评: on the day a child turns another month old; only with the guardian's consent. */
export const growthCheck = defineTouchpoint<Settings>({
  kind: 'growth-check',
  title: '每月成长测评',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 68,
  settings,
  looksFor: ({ stages }) => ({
    find: 'children',
    fromMonths: Math.min(...stages.map(({ fromMonths }) => fromMonths)),
    toMonths: Math.max(...stages.map(({ toMonths }) => toMonths)),
  }),
  sample({ stages, only }) {
    const months = only?.[0] ?? stages[0]?.fromMonths ?? 0
    return { key: 'sample', number: months, words: `宝宝 ${String(months)} 个月` }
  },
  due(settings, moment, _member, { key, number = 0 }) {
    if (!stageOf(settings, number) || settings.only?.includes(number) === false) return null
    return noteDue(settings, moment, key)
  },
  compose: (settings, _moment, _member, view, { number = 0, words = '' }) => ({
    text: noteText(settings, stageOf(settings, number)?.wording ?? '', view),
    why: `${words}：聊聊这个月的变化和下个月要准备的`,
  }),
})
