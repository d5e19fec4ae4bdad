import { z } from 'zod'
import { defineField } from '../field.ts'
import type { AudienceField, Use } from '../field.ts'

const settings = z.strictObject({
  /** As declared in config/attributes.yaml. */
  name: z.string('请选择属性').regex(/^[a-z][A-Za-z0-9_]{0,39}$/, '属性名是英文单词'),
})
type Settings = z.infer<typeof settings>

/** A list is kept as JSON: an entry stands there in quotes. */
const holds = ({ wanted, param }: Use<Settings>): string =>
  wanted
    .map(
      (value) =>
        `a.value = ${param(value)} or (substr(a.value, 1, 1) = '[' and replace(a.value, ${param(JSON.stringify(value))}, '') <> a.value)`,
    )
    .join(' or ')

export const attributeFields: readonly AudienceField[] = [
  defineField({
    name: 'attribute',
    title: '客户属性',
    group: '客户属性',
    kind: 'set',
    settings,
    sql: (use: Use<Settings>) =>
      `case when exists (select 1 from attribute a where a.customer = c.id and a.name = ${use.param(use.settings.name)} and (${holds(use)})) then 1 else 0 end`,
  }),
  defineField({
    name: 'attribute-number',
    title: '客户属性（数值）',
    group: '客户属性',
    kind: 'number',
    settings,
    sql: ({ settings: { name }, param }: Use<Settings>) =>
      `(select a.number from attribute a where a.customer = c.id and a.name = ${param(name)})`,
  }),
]
