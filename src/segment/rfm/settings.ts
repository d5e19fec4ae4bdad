/** The `rfm:` section of tiers.yaml: what is measured, how it is scored, and what the scores are called. */
import { z } from 'zod'

/** The eight value types in the order of the matrix: R before F before M, high first, 重要 = much money. */
export const valueTypes = [
  '重要价值',
  '重要发展',
  '重要保持',
  '重要挽留',
  '一般价值',
  '一般发展',
  '一般保持',
  '一般挽留',
] as const
export type ValueType = (typeof valueTypes)[number]

const rising = (edges: readonly number[]): boolean =>
  edges.every((edge, i) => i === 0 || edge > (edges[i - 1] ?? 0))
const edges = (most: number) =>
  z
    .array(z.int().min(1).max(most))
    .min(1)
    .max(9)
    .refine(rising, 'each edge must be larger than the one before it')

const quantiles = z.strictObject({
  method: z.literal('quantiles'),
  percents: z
    .array(z.int().min(1).max(99))
    .min(1)
    .max(9)
    .refine(rising, 'each percent must be larger than the one before it')
    .default([20, 40, 60, 80]),
  /** Added to each edge: one day, one order, one yuan. */
  plus: z.int().min(0).max(1).default(0),
  /** Which bin a value that equals an edge falls into: `lower` = the one that ends there, as pandas' qcut does. */
  tie: z.enum(['upper', 'lower']).default('lower'),
})

const thresholds = z.strictObject({
  method: z.literal('thresholds'),
  /** Quiet days: up to the first edge (it excluded) is the best score. */
  recencyDays: edges(36_500),
  frequency: edges(1_000_000),
  monetaryYuan: edges(1_000_000_000),
})

const split = z.union([
  z.enum(['average', 'median']),
  z.strictObject({ atLeastScore: z.int().min(2).max(10) }),
  z.strictObject({
    /** High = bought within so many days, so often, for so much. */
    recencyDays: z.int().min(1).max(36_500),
    frequency: z.int().min(1).max(1_000_000),
    monetaryYuan: z.int().min(0).max(1_000_000_000),
  }),
])

export interface Range {
  readonly from: number
  readonly to: number
}

const maxScore = 10
/** `5` or `3-5`. */
const range = z
  .union([
    z.int().min(1).max(maxScore),
    z.string().regex(/^\d{1,2}(-\d{1,2})?$/, 'write a score (5) or scores (3-5)'),
  ])
  .transform((written, context): Range => {
    const [from = 0, to = from] = String(written).split('-').map(Number)
    if (from < 1 || to < from) {
      context.addIssue({ code: 'custom', message: 'from the lower score to the higher one, such as 3-5' })
      return z.NEVER
    }
    return { from, to }
  })

const words = z.string().min(1).max(40)
const actions = z.array(z.string().min(1).max(80)).max(10).default([])
const byScores = {
  r: range.default({ from: 1, to: maxScore }),
  f: range.default({ from: 1, to: maxScore }),
  m: range.default({ from: 1, to: maxScore }),
}

const named = z.strictObject({ name: words, title: words.optional(), ...byScores, actions })

const valueClass = z.strictObject({
  name: words,
  /** Of these value types; all of them when absent. */
  types: z.array(z.enum(valueTypes)).min(1).max(8).optional(),
  ...byScores,
  actions,
})

const typeActions: Readonly<Record<ValueType, readonly string[]>> = {
  重要价值: ['专属顾问一对一', '新品与限量优先', '季度权益回顾'],
  重要发展: ['提高复购频次：搭配与补货提醒', '会员等级升级邀请'],
  重要保持: ['顾问主动联系，了解近况', '回归礼与专属优惠'],
  重要挽留: ['顾问电话或一对一挽回', '调查离开原因', '大额唤醒券'],
  一般价值: ['组合与满减，提高客单', '社群互动与积分'],
  一般发展: ['新客引导与第二单优惠', '社群每日内容'],
  一般保持: ['兴趣内容重新吸引', '小额优惠券'],
  一般挽留: ['低成本唤醒：群发与问卷', '长期不回应则减少打扰'],
}

const defaultClasses: readonly z.input<typeof valueClass>[] = [
  {
    name: '高价值忠诚',
    types: ['重要价值'],
    actions: ['专属顾问', '生日与季度权益', '新品内测与共创邀请'],
  },
  {
    name: '潜力培育',
    types: ['重要发展', '一般价值'],
    actions: ['个性化推荐与组合优惠', '升级任务与等级权益'],
  },
  { name: '普通活跃', types: ['一般发展'], actions: ['社群日常内容与轻互动', '复购提醒与小额优惠'] },
  { name: '流失预警', actions: ['流失原因问卷', '唤醒优惠阶梯', '顾问回访'] },
]

/** The published table of the R package rfm; scores of five bins. */
const defaultNamed: readonly z.input<typeof named>[] = [
  { name: 'Champions', title: '冠军客户', r: 5, f: 5, m: 5 },
  { name: 'Potential Loyalist', title: '潜在忠诚', r: '3-5', f: '3-5', m: '2-5' },
  { name: 'Loyal Customers', title: '忠诚客户', r: '2-4', f: '2-4', m: '2-4' },
  { name: 'Promising', title: '有望客户', r: '3-4', f: '1-3', m: '3-5' },
  { name: 'New Customers', title: '新近客户', r: '4-5', f: '1-3', m: '1-5' },
  { name: "Can't Lose Them", title: '不能流失', r: '1-2', f: '3-4', m: '4-5' },
  { name: 'At Risk', title: '有流失风险', r: '1-2', f: '2-5', m: '4-5' },
  { name: 'Need Attention', title: '需要关注', r: '1-3', f: '3-5', m: '3-5' },
  { name: 'About To Sleep', title: '即将沉睡', r: '2-3', f: '1-3', m: '1-4' },
  { name: 'Lost', title: '已流失', r: 1, f: '1-5', m: '1-5' },
]

const binsOf = (scores: z.infer<typeof quantiles> | z.infer<typeof thresholds>) =>
  scores.method === 'quantiles'
    ? { r: scores.percents.length + 1, f: scores.percents.length + 1, m: scores.percents.length + 1 }
    : {
        r: scores.recencyDays.length + 1,
        f: scores.frequency.length + 1,
        m: scores.monetaryYuan.length + 1,
      }

export const rfmShape = z
  .strictObject({
    /** What is counted: everything, or the last so many days. */
    window: z.union([z.literal('lifetime'), z.int().min(1).max(3650)]).default('lifetime'),
    /** Two orders of one day are two orders and one customer-day. */
    frequency: z.enum(['customer-days', 'orders']).default('customer-days'),
    /** The sum, or the sum per order (or customer-day) in whole fen, rounded down. */
    monetary: z.enum(['total', 'average']).default('total'),
    scores: z.discriminatedUnion('method', [quantiles, thresholds]).prefault({ method: 'quantiles' }),
    /** Where high begins for the eight types. */
    split: split.default('average'),
    /** First match wins. */
    named: z.array(named).max(30).optional(),
    others: words.default('Others'),
    types: z.partialRecord(z.enum(valueTypes), z.strictObject({ actions })).default({}),
    /** First match wins; the last one takes whoever is left. */
    classes: z
      .array(valueClass)
      .min(1)
      .max(12)
      .prefault([...defaultClasses]),
    /** What `segments` of the summary counts. */
    report: z.enum(['types', 'named', 'classes']).default('types'),
  })
  .superRefine((shape, context) => {
    const bins = binsOf(shape.scores)
    const list = [
      ...(shape.named ?? []).map((one, i) => ({ one, path: ['named', i] })),
      ...shape.classes.map((one, i) => ({ one, path: ['classes', i] })),
    ]
    for (const { one, path } of list)
      for (const key of ['r', 'f', 'm'] as const)
        if (one[key].to > bins[key] && one[key].to !== maxScore)
          context.addIssue({
            code: 'custom',
            message: `asks for score ${String(one[key].to)}, but there are only ${String(bins[key])}`,
            path: [...path, key],
          })
    const twice = (names: readonly string[]): number =>
      names.findIndex((name, i) => names.indexOf(name) !== i)
    const again = twice([...(shape.named ?? []).map(({ name }) => name), shape.others])
    if (again >= 0)
      context.addIssue({
        code: 'custom',
        message: 'a segment of this name stands above',
        path: ['named', again],
      })
    const sameClass = twice(shape.classes.map(({ name }) => name))
    if (sameClass >= 0)
      context.addIssue({
        code: 'custom',
        message: 'a class of this name stands above',
        path: ['classes', sameClass],
      })
    if (typeof shape.split === 'object' && 'atLeastScore' in shape.split) {
      const { atLeastScore } = shape.split
      if (atLeastScore > Math.min(bins.r, bins.f, bins.m))
        context.addIssue({
          code: 'custom',
          message: `asks for score ${String(atLeastScore)}, but there are fewer`,
          path: ['split', 'atLeastScore'],
        })
    }
    const last = shape.classes.at(-1)
    if (last && (last.types !== undefined || !takesAll(last, bins)))
      context.addIssue({
        code: 'custom',
        message: 'the last class takes whoever is left, so it has no conditions',
        path: ['classes', shape.classes.length - 1],
      })
  })
  .transform((shape) => {
    const bins = binsOf(shape.scores)
    const five = bins.r === 5 && bins.f === 5 && bins.m === 5
    return {
      ...shape,
      bins,
      named: shape.named ?? (five ? z.array(named).parse(defaultNamed) : []),
      actionsOf: Object.fromEntries(
        valueTypes.map((type) => [type, shape.types[type]?.actions ?? typeActions[type]]),
      ) as Readonly<Record<ValueType, readonly string[]>>,
    }
  })

const takesAll = (
  one: { readonly r: Range; readonly f: Range; readonly m: Range },
  bins: { readonly r: number; readonly f: number; readonly m: number },
): boolean => (['r', 'f', 'm'] as const).every((key) => one[key].from === 1 && one[key].to >= bins[key])

export type RfmRules = z.infer<typeof rfmShape>
export type NamedSegment = RfmRules['named'][number]
export type ValueClass = RfmRules['classes'][number]
