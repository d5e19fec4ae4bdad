/** The shape of config/tiers.yaml, and its reader: every mistake with its line, and what to write instead. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import { z } from 'zod'
import { sha256 } from '../base/ids.ts'
import { ConfigMistakes } from '../base/errors.ts'
import { slotCount } from './compute.ts'
import { causesShape } from './causes/settings.ts'
import { nextStageShape } from './next-stage.ts'
import { rfmShape } from './rfm/settings.ts'
import type { BoundRule, CutNeed } from './rule.ts'
import { ruleKinds } from './rules/index.ts'

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name is a short English word such as high or vip-gold')
const title = z.string().min(1).max(20)
const days = z.int().min(1).max(3650)

/** `{ kind: settings }`, one key. */
const condition = z.record(z.string(), z.unknown()).transform((entry, context): BoundRule => {
  const [[kind, settings] = ['', {}], ...more] = Object.entries(entry)
  const rule = ruleKinds.find((one) => one.name === kind)
  const kinds = ruleKinds.map((one) => one.name).join(', ')
  if (!rule || more.length > 0) {
    const message =
      more.length > 0
        ? `one condition per line: write "- ${more[0]?.[0] ?? ''}: …" as a line of its own`
        : `"${kind}" is not a condition; use one of ${kinds}`
    context.addIssue({ code: 'custom', message, path: more.length > 0 ? [more[0]?.[0] ?? ''] : [kind] })
    return z.NEVER
  }
  const parsed = rule.settings.safeParse(settings)
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      context.addIssue({ code: 'custom', message: issue.message, path: [kind, ...issue.path] })
    return z.NEVER
  }
  return rule.bind(parsed.data)
})

const rhythm = z.strictObject({
  purchases: z.int().min(2).max(100).default(3),
  leastDays: days.default(14),
  short: z.number().min(1).max(100).default(2),
  medium: z.number().min(1).max(100).default(3),
  long: z.number().min(1).max(100).default(6),
})

const rising = (a: number, b: number, c: number): boolean => a < b && b < c

export const tierRulesShape = z
  .strictObject({
    /** Which preset this was copied from. */
    preset: z
      .strictObject({
        name,
        title: z.string().min(1).max(40),
        /** Usual tier names and what stands for them here: touchpoints that name the left ones are to name the right ones. */
        replaces: z.record(name, name).default({}),
      })
      .optional(),
    tiers: z
      .array(
        z.strictObject({
          name,
          title,
          /** What to do for them, in words. */
          actions: z.array(z.string().min(1).max(80)).max(10).optional(),
          when: z.array(condition).max(12),
        }),
      )
      .min(1)
      .max(20),
    lead: z.strictObject({ name, title }).default({ name: 'lead', title: '潜在客户' }),
    dormancy: z
      .strictObject({
        shortDays: days.default(90),
        mediumDays: days.default(180),
        longDays: days.default(360),
        rhythm: rhythm.prefault({}),
      })
      .refine((d) => rising(d.shortDays, d.mediumDays, d.longDays), 'shortDays < mediumDays < longDays')
      .refine((d) => rising(d.rhythm.short, d.rhythm.medium, d.rhythm.long), 'rhythm: short < medium < long')
      .prefault({}),
    stages: z
      .strictObject({
        maturityPurchases: z.int().min(2).max(1000).default(5),
        declineDays: days.default(180),
      })
      .prefault({}),
    rfm: rfmShape.prefault({}),
    causes: causesShape,
    nextStage: nextStageShape,
    offers: z
      .undefined({
        error:
          'the numbers of offers stand in cadence.yaml, rewards.yaml and levels.yaml; delete this section, nothing reads it',
      })
      .optional(),
    tagGroup: z.string().min(1).max(15).default('分层'),
  })
  .superRefine(({ tiers, lead }, context) => {
    const names = [...tiers.map((tier) => tier.name), lead.name]
    tiers.forEach((tier, i) => {
      if (names.indexOf(tier.name) !== i || tier.name === lead.name)
        context.addIssue({
          code: 'custom',
          message: `"${tier.name}" is used twice`,
          path: ['tiers', i, 'name'],
        })
      if (i < tiers.length - 1 && tier.when.length === 0)
        context.addIssue({
          code: 'custom',
          message:
            'takes everybody, so the tiers below are never reached; give it a condition or move it down',
          path: ['tiers', i, 'when'],
        })
    })
    const windows = new Set(tiers.flatMap(({ when }) => when.flatMap((rule) => rule.windows)))
    if (windows.size > slotCount)
      context.addIssue({
        code: 'custom',
        message: `conditions look at ${String(windows.size)} different windows of days; at most ${String(slotCount)} are kept per customer, so let some share a length`,
        path: ['tiers'],
      })
    if (tiers.at(-1)?.when.length !== 0)
      context.addIssue({
        code: 'custom',
        message: 'the last tier takes whoever is left, so it has no conditions: write when: []',
        path: ['tiers', tiers.length - 1, 'when'],
      })
  })

type Shape = z.infer<typeof tierRulesShape>

export interface TierRules extends Shape {
  /** Changes when the meaning does: then everybody is looked at again. */
  readonly hash: string
  /** Window lengths in days that some rule looks at. */
  readonly windows: readonly number[]
  readonly cutNeeds: readonly CutNeed[]
}

export interface RulesProblem {
  readonly line: number
  readonly column: number
  readonly path: string
  readonly message: string
}

export type RulesCheck =
  | { readonly ok: true; readonly rules: TierRules }
  | { readonly ok: false; readonly problems: readonly RulesProblem[] }

export function checkTierRules(yaml: string): RulesCheck {
  const lines = new LineCounter()
  const document = parseDocument(yaml, { lineCounter: lines })
  const at = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset)
    return { line, column: col }
  }
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      ...at(error.pos[0]),
      path: '',
      message: error.message.split('\n')[0] ?? error.code,
    }))
    return { ok: false, problems }
  }
  const raw: unknown = document.toJS({ maxAliasCount: 100 })
  const parsed = tierRulesShape.safeParse(raw)
  if (parsed.success) return { ok: true, rules: completed(parsed.data, JSON.stringify(raw)) }
  const problems = parsed.error.issues.map((issue) => ({
    ...at(offsetOf(document, issue.path)),
    path: issue.path.map(String).join('.'),
    message: issue.message,
  }))
  return { ok: false, problems }
}

const completed = (shape: Shape, meaning: string): TierRules => {
  const rules = shape.tiers.flatMap((tier) => tier.when)
  return {
    ...shape,
    hash: sha256(meaning).slice(0, 16),
    windows: [...new Set(rules.flatMap((rule) => rule.windows))].sort((a, b) => a - b),
    cutNeeds: [...new Map(rules.flatMap((rule) => rule.cuts).map((need) => [need.name, need])).values()],
  }
}

/** Where the value stands, or the nearest thing around it that exists. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length -= 1) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      const [start] = node.range as [number]
      return start
    }
  }
  return 0
}

/** Reads `tiers.yaml` of the configuration folder; exit code 3 with every mistake when it cannot be used. */
export function loadTierRules(configDir: string): TierRules {
  const path = join(configDir, 'tiers.yaml')
  if (!existsSync(path))
    throw new ConfigMistakes('The tier rules are missing:', [
      `${path} does not exist; restore it from the release, or point SIYU_CONFIG_DIR at your configuration`,
    ])
  const check = checkTierRules(readFileSync(path, 'utf8'))
  if (check.ok) return check.rules
  throw new ConfigMistakes(
    'The tier rules cannot be used:',
    check.problems.map(
      ({ line, column, path: where, message }) =>
        `${path}:${String(line)}:${String(column)}${where === '' ? '' : ` ${where}`}: ${message}`,
    ),
  )
}
