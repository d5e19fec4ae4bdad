import type { Context } from '../context.ts'
import type { InterceptRule } from '../records.ts'

/** What the meanings look like in a text; a red packet is no text. */
const patterns: Readonly<Record<number, RegExp>> = {
  1: /(?<!\d)1[3-9]\d{9}(?!\d)/,
  2: /[\w.+-]+@[\w-]+\.[\w.-]+/,
}

const catches = (rule: InterceptRule, text: string): boolean =>
  rule.words.some((word) => text.includes(word)) ||
  rule.semantics.some((meaning) => patterns[meaning]?.test(text))

/** Whether a rule for this staff member blocks these words to a customer; a warning lets them pass. */
export function isBlocked(ctx: Context, userid: string, text: string): boolean {
  return [...ctx.state.interceptRules.values()].some(
    (rule) =>
      rule.interceptType === 1 &&
      (rule.departments.size > 0 || rule.users.has(userid)) &&
      catches(rule, text),
  )
}
