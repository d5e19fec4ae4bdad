import { seconds, type Context } from '../context.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import {
  integer,
  optionalChars,
  optionalInteger,
  optionalIntegers,
  optionalPart,
  optionalTexts,
  part,
  text,
  type Body,
} from '../params.ts'
import type { InterceptRule } from '../records.ts'
import type { Api } from './call.ts'
import { servingStaff } from './customers.ts'
import { root } from './users.ts'

const mostRules = 100
const mostWords = 300
const mostWordCharacters = 32
const mostNameCharacters = 20
const mostPeople = 1_000

/** Words and meanings that staff may not send to customers (WECOM.md §3.11). */
function readWords(body: Body): string[] | undefined {
  const words = optionalTexts(body, 'word_list', mostWords)
  if (words?.some((word) => word === '' || [...word].length > mostWordCharacters)) throw invalid('word_list')
  return words
}

function readSemantics(body: Body): number[] | undefined {
  const semantics = optionalIntegers(body, 'semantics_list', 3)
  if (semantics?.some((one) => one < 1 || one > 3)) throw invalid('semantics_list')
  return semantics
}

function readRange(ctx: Context, range: Body): { users: string[]; departments: number[] } {
  const users = (optionalTexts(range, 'user_list', mostPeople) ?? []).map(
    (id) => servingStaff(ctx, id).userid,
  )
  const departments = optionalIntegers(range, 'department_list', mostPeople) ?? []
  if (departments.some((id) => id !== root)) throw new ApiError(60123)
  if (users.length + departments.length === 0) throw missing('applicable_range')
  return { users, departments }
}

/** A rule id is accepted as a text and as a number. */
function mustRule(ctx: Context, body: Body): InterceptRule {
  const value = body['rule_id']
  const id = typeof value === 'number' ? String(value) : text(body, 'rule_id')
  const rule = ctx.state.interceptRules.get(id)
  if (!rule) throw invalid('rule_id')
  return rule
}

const addRule: Api = {
  path: 'externalcontact/add_intercept_rule',
  method: 'POST',
  run({ ctx, body }) {
    const name = optionalChars(body, 'rule_name', mostNameCharacters)
    if (!name) throw missing('rule_name')
    const words = readWords(body) ?? []
    const semantics = readSemantics(body) ?? []
    if (words.length + semantics.length === 0) throw missing('word_list')
    const interceptType = integer(body, 'intercept_type', 1, 2)
    const { users, departments } = readRange(ctx, part(body, 'applicable_range'))
    if (ctx.state.interceptRules.size >= mostRules) throw invalid('over 100 rules')
    const ruleId = ctx.rng.text(12, '123456789')
    ctx.state.interceptRules.set(ruleId, {
      ruleId,
      createdAt: ctx.clock.now(),
      name,
      words,
      semantics,
      interceptType,
      users: new Set(users),
      departments: new Set(departments),
    })
    return { rule_id: ruleId }
  },
}

const listRules: Api = {
  path: 'externalcontact/get_intercept_rule_list',
  method: 'GET',
  run: ({ ctx }) => ({
    rule_list: [...ctx.state.interceptRules.values()].map((rule) => ({
      rule_id: rule.ruleId,
      rule_name: rule.name,
      create_time: seconds(rule.createdAt),
    })),
  }),
}

const getRule: Api = {
  path: 'externalcontact/get_intercept_rule',
  method: 'POST',
  run({ ctx, body }) {
    const rule = mustRule(ctx, body)
    return {
      rule: {
        // A number here, a text in the answer to the creation: both are seen.
        rule_id: Number(rule.ruleId),
        rule_name: rule.name,
        word_list: rule.words,
        extra_rule: { semantics_list: rule.semantics },
        intercept_type: rule.interceptType,
        applicable_range: { user_list: [...rule.users], department_list: [...rule.departments] },
      },
    }
  },
}

const updateRule: Api = {
  path: 'externalcontact/update_intercept_rule',
  method: 'POST',
  run({ ctx, body }) {
    const rule = mustRule(ctx, body)
    const name = optionalChars(body, 'rule_name', mostNameCharacters)
    const words = readWords(body)
    const semantics = readSemantics(optionalPart(body, 'extra_rule') ?? {})
    const interceptType = optionalInteger(body, 'intercept_type', 1, 2)
    const add = optionalPart(body, 'add_applicable_range')
    const remove = optionalPart(body, 'remove_applicable_range')
    const added = add ? readRange(ctx, add) : null
    const removed = remove ? readRange(ctx, remove) : null
    if ((words ?? rule.words).length + (semantics ?? rule.semantics).length === 0) throw missing('word_list')
    if (name) rule.name = name
    if (words) rule.words = words
    if (semantics) rule.semantics = semantics
    if (interceptType) rule.interceptType = interceptType
    for (const id of removed?.users ?? []) rule.users.delete(id)
    for (const id of removed?.departments ?? []) rule.departments.delete(id)
    for (const id of added?.users ?? []) rule.users.add(id)
    for (const id of added?.departments ?? []) rule.departments.add(id)
    return {}
  },
}

const delRule: Api = {
  path: 'externalcontact/del_intercept_rule',
  method: 'POST',
  run({ ctx, body }) {
    ctx.state.interceptRules.delete(mustRule(ctx, body).ruleId)
    return {}
  },
}

export const interceptApis: readonly Api[] = [addRule, listRules, getRule, updateRule, delRule]
