/**
 * A rule to SQL. Every condition becomes a column k0, k1 … of one row per customer; the rule itself is then written over
 * these columns by React Query Builder's formatter, in SQL with parameters for the list and in JSON Logic for one row.
 * Unknown values meet nothing but `null`, also inside a reversed group: SQL's third truth value never shows.
 */
import {
  defaultRuleProcessorJsonLogic,
  defaultRuleProcessorParameterized,
  formatQuery,
} from '@react-querybuilder/core'
import type { RuleGroupType, RuleProcessor } from '@react-querybuilder/core'
import type { Instant } from '../../base/clock.ts'
import type { Value } from '../../base/db.ts'
import type { TierRules } from '../tier-rules.ts'
import type { AudienceField } from './field.ts'
import type { BoundCondition, BoundGroup, RuleValue } from './rule.ts'
import { isGroup } from './rule.ts'

export interface CompileParts {
  readonly rules: TierRules
  /** The SQL of each relation that a field of the rule wants, by its name. */
  readonly relations: ReadonlyMap<string, string>
  readonly today: number
  readonly now: Instant
}

export interface CompiledCondition {
  readonly condition: BoundCondition
  /** Its column. */
  readonly column: string
}

export interface Compiled {
  /** `with member as (…)`: one row per customer in scope, columns `customer, k0 …`. `scope` is a condition on `c`. */
  member(scope?: string): string
  readonly memberParams: readonly Value[]
  /** Over the columns of `member`; its placeholders come after those of `member`. */
  readonly where: string
  readonly whereParams: readonly Value[]
  /** The same over a row of `member`, for json-logic-engine. */
  readonly logic: unknown
  readonly conditions: readonly CompiledCondition[]
  /** JSON Logic of each condition alone, by column. */
  readonly logicOf: ReadonlyMap<string, unknown>
}

export function compile(rule: BoundGroup, { rules, relations, today, now }: CompileParts): Compiled {
  const params: Value[] = []
  const columns: string[] = []
  const joins = new Set<string>()
  const conditions: CompiledCondition[] = []
  const logicOf = new Map<string, unknown>()

  const plan = (group: BoundGroup): RuleGroupType => ({
    combinator: group.combinator,
    not: group.not,
    rules: group.rules.map((part) => {
      if (isGroup<BoundGroup>(part)) return plan(part)
      const column = `k${String(columns.length)}`
      columns.push(`${expressionOf(part)} as ${column}`)
      for (const join of joinsOf(part.field)) joins.add(join)
      conditions.push({ condition: part, column })
      const asked = askedOf(part)
      const single = { field: column, operator: asked.operator, value: asked.value }
      logicOf.set(column, logicOfRule({ combinator: 'and', rules: [single] }))
      return single
    }),
  })

  function joinsOf({ joins, relation }: AudienceField): readonly string[] {
    if (!relation) return joins
    const { name } = relation
    return [...joins, `(${relations.get(name) ?? ''}) ${name} on ${name}.customer = c.id`]
  }

  function expressionOf(condition: BoundCondition): string {
    const param = (value: Value): string => `$${String(params.push(value))}`
    const wanted = Array.isArray(condition.value) ? condition.value.map(String) : []
    return condition.field.sql({
      settings: condition.settings,
      param,
      values: () => wanted.map(param).join(', '),
      wanted,
      today,
      now,
      rules,
    })
  }

  const query = plan(rule)
  const formatted = formatQuery(query, {
    format: 'parameterized',
    ruleProcessor: sqlOfRule,
    parseNumbers: false,
  })
  const whereParams = formatted.params as Value[]
  let n = 0
  // Said with its type, since PostgreSQL guesses a whole number where 2.5 may stand.
  const where = formatted.sql.replaceAll('?', () => {
    const type = typeof whereParams[n] === 'number' ? 'double precision' : 'text'
    n += 1
    return `cast($${String(params.length + n)} as ${type})`
  })
  return {
    member: (scope = '1 = 1') =>
      `with member as (select c.id as customer${columns.map((column) => `, ${column}`).join('')} from customer c${[...joins].map((join) => ` left join ${join}`).join('')} where ${scope})`,
    memberParams: params,
    // A rule without conditions is everybody; the formatter has no word for that.
    where: conditions.length === 0 ? (rule.not ? '1 = 0' : '1 = 1') : where,
    whereParams,
    logic: conditions.length === 0 ? !rule.not : logicOfRule(query),
    conditions,
    logicOf,
  }
}

/** A set is asked for membership, a flag for 1 or 0. */
function askedOf({ field, operator, value }: BoundCondition): { operator: string; value: RuleValue } {
  if (field.kind === 'set') return { operator: '=', value: operator === 'in' ? 1 : 0 }
  if (field.kind === 'flag') return { operator: '=', value: value === true ? 1 : 0 }
  return { operator, value }
}

const never = { sql: '(1 = 0)', params: [] as unknown[] }

/** `?` never stands in what we write ourselves, so each one is a parameter. */
const sqlOfRule: RuleProcessor = (rule, options, meta) => {
  const whole = (sql: string, params: unknown[]): { sql: string; params: unknown[] } => ({
    sql: `(case when ${sql} then 1 else 0 end = 1)`,
    params,
  })
  if (rule.operator === 'contains')
    return whole(`replace(${rule.field}, ?, '') <> ${rule.field}`, [rule.value])
  if (rule.operator === 'beginsWith')
    return whole(`substr(${rule.field}, 1, ${String(Array.from(String(rule.value)).length)}) = ?`, [
      rule.value,
    ])
  const made = defaultRuleProcessorParameterized(rule, options, meta) as { sql: string; params?: unknown[] }
  return made.sql === '' ? never : whole(made.sql, made.params ?? [])
}

const logicOfRule = (query: RuleGroupType): unknown =>
  formatQuery(query, { format: 'jsonlogic', ruleProcessor: guardedLogic, parseNumbers: false })

/** The engine's `==` takes 0 for null, so whether a value is known is asked strictly. */
const guardedLogic: RuleProcessor = (rule, options, meta) => {
  const isKnown = { '!==': [{ var: rule.field }, null] }
  if (rule.operator === 'null') return { '!': isKnown }
  if (rule.operator === 'notNull') return isKnown
  const logic: unknown = defaultRuleProcessorJsonLogic(rule, options, meta)
  return { and: [isKnown, logic] }
}
