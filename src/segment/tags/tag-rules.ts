/** The shape of config/tags.yaml, and its reader: every mistake with its line, and what to write instead. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { packageRoot } from '../../base/env.ts'
import { ConfigMistakes } from '../../base/errors.ts'
import { sha256 } from '../../base/ids.ts'
import { readSettings } from '../../base/settings-file.ts'
import type { Kind } from '../../interaction/index.ts'
import type { BoundTagRule } from './rule.ts'
import { tagRuleKinds } from './rules/index.ts'

interface Condition {
  readonly rule: BoundTagRule
  readonly meaning: unknown
}

/** `{ kind: settings }`, one key. */
const condition = z.record(z.string(), z.unknown()).transform((entry, context): Condition => {
  const [[kind, settings] = ['', {}], ...more] = Object.entries(entry)
  const found = tagRuleKinds.find((one) => one.name === kind)
  if (!found || more.length > 0) {
    const names = tagRuleKinds.map((one) => one.name).join(', ')
    const message =
      more.length > 0
        ? 'a tag has one rule; for another rule write another tag'
        : `"${kind}" is not a rule; use one of ${names}`
    context.addIssue({ code: 'custom', message, path: more.length > 0 ? [more[0]?.[0] ?? ''] : [kind] })
    return z.NEVER
  }
  const parsed = found.settings.safeParse(settings ?? {})
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      context.addIssue({ code: 'custom', message: issue.message, path: [kind, ...issue.path] })
    return z.NEVER
  }
  return { rule: found.bind(parsed.data), meaning: [kind, parsed.data] }
})

const tag = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'a name is a short English word such as clicked-not-bought'),
  /** As customers' cards and WeCom show it. */
  title: z.string().min(1).max(15),
  /** What it is good for, in words. */
  purpose: z.string().min(1).max(100),
  /** The corp tag group it is written to; absent = it stays with us. */
  group: z.string().min(1).max(15).optional(),
  /** Whether gaining and losing it is recorded, so that touchpoints can follow. */
  announce: z.boolean().default(true),
  rule: condition,
})

export const tagRulesShape = z
  .strictObject({ tags: z.array(tag).max(60).default([]) })
  .superRefine(({ tags }, context) => {
    tags.forEach(({ name, title, group }, i) => {
      const before = tags.slice(0, i)
      if (before.some((one) => one.name === name))
        context.addIssue({ code: 'custom', message: `"${name}" is used twice`, path: ['tags', i, 'name'] })
      if (before.some((one) => one.title === title && one.group === group))
        context.addIssue({
          code: 'custom',
          message: `"${title}" is used twice in one group`,
          path: ['tags', i, 'title'],
        })
    })
  })

export interface TagRule {
  readonly name: string
  readonly title: string
  readonly purpose: string
  readonly group: string | null
  readonly announce: boolean
  readonly rule: BoundTagRule
}

export interface TagRules {
  readonly tags: readonly TagRule[]
  /** Everything that may change a tag. */
  readonly kinds: readonly Kind[]
  /** Changes when the meaning does: then everybody is looked at again. */
  readonly hash: string
}

const words = 'The rules of dynamic tags cannot be used:'

/** Reads `tags.yaml` of the configuration folder; where it has none, the one that is shipped. */
export function loadTagRules(configDir: string, tierGroup?: string): TagRules {
  const own = join(configDir, 'tags.yaml')
  const path = existsSync(own) ? own : join(packageRoot, 'config', 'tags.yaml')
  const shape = readSettings(path, tagRulesShape, words)
  const clash = shape.tags.find(({ group }) => group !== undefined && group === tierGroup)
  if (clash)
    throw new ConfigMistakes(words, [
      `${path} tags.${clash.name}.group: "${clash.group ?? ''}" is the group of the tiers (tagGroup in tiers.yaml), where a customer carries one tag only; choose another name`,
    ])
  return completed(shape)
}

export function completed({ tags }: z.infer<typeof tagRulesShape>): TagRules {
  return {
    tags: tags.map(({ rule, group, ...rest }) => ({ ...rest, group: group ?? null, rule: rule.rule })),
    kinds: [...new Set(tags.flatMap(({ rule }) => rule.rule.kinds))],
    hash: sha256(JSON.stringify(tags.map(({ rule, ...rest }) => [rest, rule.meaning]))).slice(0, 16),
  }
}
