/** Why one customer is in an audience, or is not: every condition with what she has, and the ones that decide. */
import { LogicEngine } from 'json-logic-engine'
import type { Row } from '../../base/db.ts'
import type { Compiled } from './compile.ts'
import type { BoundCondition, BoundGroup } from './rule.ts'
import { isGroup } from './rule.ts'
import { actualWords, wantedWords } from './words.ts'
import type { Titles } from './words.ts'

export interface ConditionWhy {
  /** Chinese: what the rule asks. */
  readonly wanted: string
  /** Chinese: what she has. */
  readonly actual: string
  readonly met: boolean
}

export interface GroupWhy {
  readonly combinator: 'and' | 'or'
  readonly not: boolean
  readonly met: boolean
  readonly parts: readonly (ConditionWhy | GroupWhy)[]
}

export interface Why {
  readonly in: boolean
  /** The conditions that decide, in one sentence. */
  readonly words: string
  readonly tree: GroupWhy
}

const engine = new LogicEngine()
engine.addMethod('startsWith', (given: unknown) => {
  const [text, start] = given as [unknown, unknown]
  return typeof text === 'string' && text.startsWith(String(start))
})

/** The verdict of the whole rule over a row of `member`. */
export const isMet = (compiled: Compiled, row: Row): boolean => Boolean(engine.run(compiled.logic, row))

export function explain(rule: BoundGroup, compiled: Compiled, row: Row, titles: Titles): Why {
  const columns = new Map(compiled.conditions.map(({ condition, column }) => [condition, column]))

  const one = (condition: BoundCondition): ConditionWhy => {
    const column = columns.get(condition) ?? ''
    return {
      wanted: wantedWords(condition, titles),
      actual: actualWords(condition, row[column] ?? null, titles),
      met: Boolean(engine.run(compiled.logicOf.get(column), row)),
    }
  }
  const walk = (group: BoundGroup): GroupWhy => {
    const parts = group.rules.map((part) => (isGroup<BoundGroup>(part) ? walk(part) : one(part)))
    const inside =
      group.combinator === 'and' || parts.length === 0
        ? parts.every(({ met }) => met)
        : parts.some(({ met }) => met)
    return { combinator: group.combinator, not: group.not, met: inside !== group.not, parts }
  }
  const tree = walk(rule)
  const verdict = isMet(compiled, row)
  if (tree.met !== verdict) throw new Error('The rule and its explanation disagree.')
  return { in: verdict, words: deciding(tree), tree }
}

const isGroupWhy = (part: ConditionWhy | GroupWhy): part is GroupWhy => 'parts' in part

function deciding(tree: GroupWhy): string {
  const decisive = decisiveOf(tree).map(({ wanted, actual }) => `${wanted}（实际：${actual}）`)
  const head = tree.met ? '符合' : '不符合'
  if (decisive.length === 0) return `${head}：规则没有条件，包含所有客户`
  return `${head}：${decisive.slice(0, 5).join('；')}${decisive.length > 5 ? `；等${String(decisive.length)}项` : ''}`
}

/** Of an `and` that fails the failing ones, of an `or` that holds the holding ones, else all of them. */
function decisiveOf({ combinator, not, met, parts }: GroupWhy): ConditionWhy[] {
  const inside = met !== not
  const deciders = (combinator === 'and') === inside ? parts : parts.filter((part) => part.met === inside)
  return deciders.flatMap((part) => (isGroupWhy(part) ? decisiveOf(part) : [part]))
}
