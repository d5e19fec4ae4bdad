import { z } from 'zod'
import { defineSignal } from '../signal.ts'

const settings = z.strictObject({
  /** A dynamic tag of config/tags.yaml. */
  tag: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'the name of a tag such as price-sensitive'),
  /** What it says of her, in words. */
  words: z.string().min(1).max(40),
})

/** Only the tags in force today are kept: of a past day only those that have lasted since. */
export const tagged = defineSignal({
  name: 'tagged',
  title: '带有动态标签',
  settings,
  source: ({ tag }, { endsAt, whose }) =>
    `select customer, 1 as value from dynamic_tag where tag = '${tag}' and since_at < ${String(endsAt)}
       and (expires_at is null or expires_at >= ${String(endsAt)})${whose()}`,
  sql: (_, { value }) => `${value} = 1`,
  met: (_, value) => value === 1,
  words: ({ words }) => `标签：${words}`,
})
