/** Sensitive words that staff may not write to customers: up to 100 rules (WECOM.md §3.11). */
import { z } from 'zod'
import type { WecomClient } from '../client.ts'
import { contact, done, id, ids, list, number, numbers, range, text, verbs } from './call.ts'
import type { Range, Signal } from './call.ts'

/** 1 phone numbers, 2 mail addresses, 3 red packets. */
export type Semantics = 1 | 2 | 3
/** 1 warn and block, 2 warn. */
export type InterceptType = 1 | 2

export interface NewInterceptRule {
  /** Up to 20 characters. */
  readonly rule_name: string
  /** Up to 300 of at most 32 characters. */
  readonly word_list: readonly string[]
  readonly semantics_list?: readonly Semantics[]
  readonly intercept_type: InterceptType
  readonly applicable_range: Range
}
export interface InterceptRuleChange {
  readonly rule_id: string
  readonly rule_name?: string
  readonly word_list?: readonly string[]
  /** An empty list takes all of them away. */
  readonly extra_rule?: { readonly semantics_list: readonly Semantics[] }
  readonly intercept_type?: InterceptType
  readonly add_applicable_range?: Range
  readonly remove_applicable_range?: Range
}

const semantics = z.object({ semantics_list: numbers })
const rule = z.object({
  rule: z
    .object({
      rule_id: id,
      rule_name: text,
      word_list: ids,
      extra_rule: semantics.optional(),
      semantics_list: numbers,
      intercept_type: number,
      applicable_range: range,
    })
    .transform(({ extra_rule, ...seen }) => ({
      ...seen,
      semantics_list: extra_rule?.semantics_list ?? seen.semantics_list,
    })),
})

export type InterceptRule = z.output<typeof rule>['rule']

export function interceptCalls(client: WecomClient) {
  const { read, set, make } = verbs(client)
  return {
    addInterceptRule: (body: NewInterceptRule, signal?: Signal) =>
      make(`${contact}/add_intercept_rule`, z.object({ rule_id: id }), { body, signal }),
    interceptRules: (signal?: Signal) =>
      read(
        `${contact}/get_intercept_rule_list`,
        z.object({ rule_list: list(z.object({ rule_id: id, rule_name: text, create_time: number })) }),
        { signal },
      ),
    interceptRule: (ruleId: string, signal?: Signal) =>
      read(`${contact}/get_intercept_rule`, rule, { body: { rule_id: ruleId }, signal }),
    updateInterceptRule: (body: InterceptRuleChange, signal?: Signal) =>
      set(`${contact}/update_intercept_rule`, done, { body, signal }),
    deleteInterceptRule: (ruleId: string, signal?: Signal) =>
      make(`${contact}/del_intercept_rule`, done, { body: { rule_id: ruleId }, signal }),
  }
}
