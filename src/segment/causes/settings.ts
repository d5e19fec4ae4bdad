/** The `causes:` section of tiers.yaml: why customers fall asleep, told from signals, and what to do about it. */
import { z } from 'zod'
import type { BoundSignal } from './signal.ts'
import { signalKinds } from './signals/index.ts'

/** `{ kind: settings }`, one key. */
const signal = z.record(z.string(), z.unknown()).transform((entry, context): BoundSignal => {
  const [[kind, settings] = ['', {}], ...more] = Object.entries(entry)
  const found = signalKinds.find((one) => one.name === kind)
  if (!found || more.length > 0) {
    const message =
      more.length > 0
        ? `one signal per line: write "- ${more[0]?.[0] ?? ''}: …" as a line of its own`
        : `"${kind}" is not a signal; use one of ${signalKinds.map((one) => one.name).join(', ')}`
    context.addIssue({ code: 'custom', message, path: more.length > 0 ? [more[0]?.[0] ?? ''] : [kind] })
    return z.NEVER
  }
  const parsed = found.settings.safeParse(settings ?? {})
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      context.addIssue({ code: 'custom', message: issue.message, path: [kind, ...issue.path] })
    return z.NEVER
  }
  return found.bind(parsed.data)
})

const cause = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'a name is a short English word such as bad-experience'),
  title: z.string().min(1).max(20),
  actions: z.array(z.string().min(1).max(80)).max(10).default([]),
  /** Any of these is enough. */
  signals: z.array(signal).max(12),
})

/** Cause to action as trade handbooks have it; first match wins, so the gravest stands first. */
const defaultCauses: readonly z.input<typeof cause>[] = [
  {
    name: 'bad-experience',
    title: '体验不佳',
    actions: ['真人致歉并处理', '处理好之后再给优惠'],
    signals: [{ complained: {} }, { refunded: {} }, { 'low-satisfaction': {} }],
  },
  {
    name: 'need-changed',
    title: '需求变化',
    actions: ['提供新的价值：升级、延伸服务、回忆内容', '推荐下一阶段商品'],
    signals: [{ 'child-outgrew': {} }, { 'category-ended': {} }],
  },
  {
    name: 'competitor',
    title: '竞品或价格',
    actions: ['对比说明优势', '价格回应：会员价或试用装'],
    signals: [
      { 'browsed-not-bought': {} },
      { 'mostly-discounted': {} },
      { tagged: { tag: 'price-sensitive', words: '价格敏感' } },
    ],
  },
  { name: 'unknown', title: '原因不明', actions: ['发一份简短问卷了解原因'], signals: [] },
]

export const causesShape = z
  .array(cause)
  .min(1)
  .max(12)
  .prefault([...defaultCauses])
  .superRefine((causes, context) => {
    causes.forEach(({ name, signals }, i) => {
      if (causes.findIndex((one) => one.name === name) !== i)
        context.addIssue({ code: 'custom', message: `"${name}" is used twice`, path: [i, 'name'] })
      if ((signals.length === 0) !== (i === causes.length - 1))
        context.addIssue({
          code: 'custom',
          message:
            i === causes.length - 1
              ? 'the last cause takes whoever is left, so it has no signals: write signals: []'
              : 'has no signals, so the causes below are never reached',
          path: [i, 'signals'],
        })
    })
  })

export type Cause = z.infer<typeof causesShape>[number]
