import type { TagRules } from '../../tags/tag-rules.ts'
import { defineField } from '../field.ts'
import type { AudienceField } from '../field.ts'

/** The dynamic tags a customer carries at this moment; made from the configured rules, which know their titles. */
export const tagField = ({ tags }: TagRules): AudienceField =>
  defineField({
    name: 'tag',
    title: '动态标签',
    group: '互动',
    kind: 'set',
    sql: ({ now, values }) =>
      `case when exists (select 1 from dynamic_tag t where t.customer = c.id and t.since_at <= ${String(now)} and (t.expires_at is null or t.expires_at > ${String(now)}) and t.tag in (${values()})) then 1 else 0 end`,
    choices: () => tags.map(({ name, title }) => ({ value: name, title })),
  })
