import { z } from 'zod'
import { days } from '../../../base/clock.ts'
import { defineTagRule, literal } from '../rule.ts'

const word = /^[\p{L}\p{N}][\p{L}\p{N}:._-]{0,63}$/u

const settings = z.strictObject({
  /** The poll or survey question; `poll-*` = every one that begins with `poll-`. */
  question: z
    .string()
    .max(65)
    .refine(
      (text) => word.test(text.replace(/\*$/, '')) || text === '*',
      'the id of a poll or question, or poll-*',
    ),
  choices: z.array(z.string().regex(word, 'the id of an option')).min(1).max(20),
  days: z.int().min(1).max(3650).default(180),
})

export const pollAnswer = defineTagRule({
  name: 'poll-answer',
  title: '投票选择',
  settings,
  kinds: ['poll-voted'],
  sql(s, { at }) {
    const stem = s.question.replace(/\*$/, '')
    const asked =
      stem === s.question
        ? `x.question = ${literal(stem)}`
        : `substr(x.question, 1, ${String([...stem].length)}) = ${literal(stem)}`
    return {
      customer: 'x.customer',
      since: 'x.at',
      until: `x.at + ${String(days(s.days))}`,
      subject: 'x.choice',
      from: `touched t cross join answer x where x.customer = t.customer and ${asked}
        and x.choice in (${s.choices.map(literal).join(', ')}) and x.at > ${String(at - days(s.days))}`,
    }
  },
  explain: (_settings, { subject }) => `在投票或问卷里选了${subject}`,
})
