/** Four plots of a fit, from the data of look.ts: each says actual beside expected, in Chinese or in English. */
import type { Alive, Frequencies, Holdout, Tracking } from './look.ts'
import {
  axes,
  bar,
  colours,
  document,
  frame,
  legend,
  line,
  numberWords,
  path,
  scale,
  text,
  ticks,
} from './svg.ts'
import type { LegendEntry } from './svg.ts'

export const languages = ['zh', 'en'] as const
export type Language = (typeof languages)[number]
export const plotKinds = ['tracking', 'holdout', 'frequency', 'alive'] as const
export type PlotKind = (typeof plotKinds)[number]

const words = {
  en: {
    tracking: 'Repeat purchases, tracked by week',
    holdout: 'Hold-out: purchases by what was bought before',
    frequency: 'How many customers bought again how often',
    alive: 'Customers by the probability of being alive',
    actual: 'actual',
    expected: 'expected',
    cumulative: 'repeat purchases, cumulative',
    week: 'week since the first purchase',
    end: 'calibration ends',
    bought: 'repeat purchases in the calibration',
    later: 'purchases per customer in the hold-out',
    customers: 'customers',
    chance: 'P(alive)',
    oneTime: 'bought once',
    repeat: 'bought again',
    people: (n: number) => `${numberWords(n)} customers`,
    error: (calibration: string, later: string) => `error: calibration ${calibration}, hold-out ${later}`,
    total: (actual: number, expected: number, weeks: number) =>
      `${numberWords(weeks)} weeks: ${numberWords(actual)} purchases, ${numberWords(expected)} expected`,
    alivePeople: (n: number) => `${numberWords(Math.round(n))} expected to be alive`,
  },
  zh: {
    tracking: '复购次数逐周追踪',
    holdout: '留出期检验：按校准期复购次数分组',
    frequency: '复购次数的人数分布',
    alive: '顾客按“仍活跃”概率分布',
    actual: '实际',
    expected: '模型预期',
    cumulative: '累计复购次数',
    week: '自首单起第几周',
    end: '校准期结束',
    bought: '校准期内的复购次数',
    later: '留出期人均购买次数',
    customers: '顾客数',
    chance: '仍活跃的概率',
    oneTime: '只买过一次',
    repeat: '有复购',
    people: (n: number) => `${numberWords(n)} 位顾客`,
    error: (calibration: string, later: string) => `误差：校准期 ${calibration}，留出期 ${later}`,
    total: (actual: number, expected: number, weeks: number) =>
      `${numberWords(weeks)} 周：实际 ${numberWords(actual)} 次，预期 ${numberWords(expected)} 次`,
    alivePeople: (n: number) => `预计 ${numberWords(Math.round(n))} 位仍活跃`,
  },
} as const

const signed = (share: number | null): string =>
  share === null ? '–' : `${share >= 0 ? '+' : '−'}${Math.abs(100 * share).toFixed(1)} %`

interface Made {
  readonly model: string
  readonly customers: number
  readonly calibrationEnd: string
}
const about = (made: Made, lang: Language, more: string): string =>
  [made.model, words[lang].people(made.customers), `${words[lang].end} ${made.calibrationEnd}`, more]
    .filter((part) => part !== '')
    .join(' · ')

const both = (lang: Language, kind: LegendEntry['kind']): LegendEntry[] => [
  { words: words[lang].actual, colour: colours.actual, kind },
  { words: words[lang].expected, colour: colours.expected, kind: kind === 'line' ? 'dashed' : kind },
]

export function trackingPlot(tracking: Tracking, lang: Language): string {
  const w = words[lang]
  const { weeks } = tracking
  const most = weeks.reduce((max, one) => Math.max(max, one.cumulativeActual, one.cumulativeExpected), 1)
  const yTicks = ticks(most)
  const xTicks = ticks(weeks.length, 8).filter((week) => week <= weeks.length)
  const s = scale(Math.max(1, weeks.length), yTicks.at(-1) ?? 1)
  const border = weeks.filter(({ calibration }) => calibration).length
  const top = frame.top
  return document(
    w.tracking,
    about(tracking, lang, w.error(signed(tracking.calibrationError), signed(tracking.holdoutError))),
    [
      axes(s, {
        yTicks,
        xTicks: xTicks.map((week) => ({ at: week, words: String(week) })),
        xTitle: w.week,
        yTitle: w.cumulative,
      }),
      ...(border < weeks.length
        ? [
            line(s.x(border), top, s.x(border), frame.height - frame.bottom, colours.faint, 1.2, '3 4'),
            text(s.x(border) + 6, top + 14, w.end),
          ]
        : []),
      path(
        [
          [s.x(0), s.y(0)],
          ...weeks.map((one): [number, number] => [s.x(one.week), s.y(one.cumulativeActual)]),
        ],
        colours.actual,
      ),
      path(
        [
          [s.x(0), s.y(0)],
          ...weeks.map((one): [number, number] => [s.x(one.week), s.y(one.cumulativeExpected)]),
        ],
        colours.expected,
        '7 4',
      ),
      legend(both(lang, 'line')),
    ],
  )
}

interface Pair {
  readonly words: string
  readonly first: number
  readonly second: number
  readonly under?: string
}

/** Two bars side by side per class. */
function pairs(
  of: readonly Pair[],
  titles: { title: string; subtitle: string; x: string; y: string },
  entries: readonly [LegendEntry, LegendEntry],
): string {
  const most = of.reduce((max, pair) => Math.max(max, pair.first, pair.second), 0)
  const yTicks = ticks(most)
  const s = scale(of.length, yTicks.at(-1) ?? 1)
  const bottom = frame.height - frame.bottom
  const width = (s.x(1) - s.x(0)) * 0.36
  return document(titles.title, titles.subtitle, [
    axes(s, {
      yTicks,
      xTicks: of.map((pair, i) => ({ at: i + 0.5, words: pair.words })),
      xTitle: titles.x,
      yTitle: titles.y,
    }),
    ...of.flatMap((pair, i) => [
      bar(
        s.x(i + 0.5) - width - 1,
        s.y(pair.first),
        width,
        bottom,
        entries[0].colour,
        `${entries[0].words}: ${numberWords(pair.first)}`,
      ),
      bar(
        s.x(i + 0.5) + 1,
        s.y(pair.second),
        width,
        bottom,
        entries[1].colour,
        `${entries[1].words}: ${numberWords(pair.second)}`,
      ),
      text(s.x(i + 0.5) - 1 - width / 2, s.y(pair.first) - 5, numberWords(round3(pair.first)), {
        anchor: 'middle',
        size: 10,
      }),
      text(s.x(i + 0.5) + 1 + width / 2, s.y(pair.second) - 5, numberWords(round3(pair.second)), {
        anchor: 'middle',
        size: 10,
      }),
      ...(pair.under === undefined
        ? []
        : [text(s.x(i + 0.5), bottom + 33, pair.under, { anchor: 'middle', size: 10 })]),
    ]),
    legend(entries),
  ])
}

const round3 = (value: number): number => (value >= 100 ? Math.round(value) : Number(value.toPrecision(3)))
const openAt = (i: number, length: number): string => (i === length - 1 ? `${String(i)}+` : String(i))

export function holdoutPlot(held: Holdout, lang: Language): string {
  const w = words[lang]
  const [actual, expected] = both(lang, 'box') as [LegendEntry, LegendEntry]
  return pairs(
    held.groups.map((group, i) => ({
      words: openAt(i, held.groups.length),
      first: group.actual,
      second: group.expected,
      under: `n=${String(group.customers)}`,
    })),
    {
      title: w.holdout,
      subtitle: about(held, lang, w.total(held.actual, held.expected, held.weeks)),
      x: w.bought,
      y: w.later,
    },
    [actual, expected],
  )
}

export function frequencyPlot(found: Frequencies, lang: Language): string {
  const w = words[lang]
  const [actual, expected] = both(lang, 'box') as [LegendEntry, LegendEntry]
  return pairs(
    found.classes.map((one, i) => ({
      words: openAt(i, found.classes.length),
      first: one.actual,
      second: one.expected,
    })),
    { title: w.frequency, subtitle: about(found, lang, ''), x: w.bought, y: w.customers },
    [actual, expected],
  )
}

export function alivePlot(found: Alive, lang: Language): string {
  const w = words[lang]
  return pairs(
    found.bins.map((bin) => ({
      words: `${bin.from.toFixed(1)}–${(bin.from + 0.1).toFixed(1)}`,
      first: bin.oneTime,
      second: bin.repeat,
    })),
    {
      title: w.alive,
      subtitle: about(found, lang, w.alivePeople(found.expectedAlive)),
      x: w.chance,
      y: w.customers,
    },
    [
      { words: w.oneTime, colour: colours.second, kind: 'box' },
      { words: w.repeat, colour: colours.actual, kind: 'box' },
    ],
  )
}
