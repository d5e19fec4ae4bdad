/** The precision-recall curves of an evaluation as one SVG: everybody, and beside it who was still active. */
import type { Pooled } from './evaluate.ts'
import type { EvaluationDocument } from './report.ts'

const panel = { width: 560, left: 64, top: 112, right: 24, bottom: 60, plot: 400 } as const
const height = panel.top + panel.plot + panel.bottom
const plotWidth = panel.width - panel.left - panel.right

const fixed = (n: number): string => n.toFixed(1)
const shown = (share: number | null): string => (share === null ? '–' : share.toFixed(3))
const y = (precision: number): number => panel.top + (1 - precision) * panel.plot
const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c)
const text = (at: readonly [number, number], words: string, more = ''): string =>
  `<text x="${fixed(at[0])}" y="${fixed(at[1])}"${more === '' ? '' : ` ${more}`}>${escape(words)}</text>`
const line = (from: readonly [number, number], to: readonly [number, number], stroke: string): string =>
  `<line x1="${fixed(from[0])}" y1="${fixed(from[1])}" x2="${fixed(to[0])}" y2="${fixed(to[1])}" stroke=${stroke}/>`

const rules = [
  { name: 'ours', title: 'ours', colour: '#c2410c' },
  { name: 'rhythmOnly', title: 'ours without acts', colour: '#a21caf' },
  { name: 'twiceRhythm', title: '2 × own mean interval', colour: '#0369a1' },
  { name: 'fixedSilence', title: 'days since last purchase', colour: '#4d7c0f' },
] as const

function frame(from: number): string[] {
  const x = (share: number): number => from + panel.left + share * plotWidth
  const foot = panel.top + panel.plot
  return [
    ...[0, 0.2, 0.4, 0.6, 0.8, 1].flatMap((share) => [
      line([x(0), y(share)], [x(1), y(share)], '"#e5e7eb"'),
      text([x(0) - 8, y(share) + 4], share.toFixed(1), 'text-anchor="end"'),
      text([x(share), foot + 18], share.toFixed(1), 'text-anchor="middle"'),
    ]),
    line([x(0), panel.top], [x(0), foot], '"#6b7280"'),
    line([x(0), foot], [x(1), foot], '"#6b7280"'),
    text(
      [x(0.5), height - 16],
      'recall: of those who churned, how many were warned about',
      'text-anchor="middle"',
    ),
  ]
}

function panelOf(from: number, title: string, pooled: Pooled, acts: boolean): string[] {
  const x = (share: number): number => from + panel.left + share * plotWidth
  const base = pooled.baseRate ?? 0
  const drawn = rules.filter(({ name }) => acts || name !== 'rhythmOnly')
  return [
    text(
      [x(0), panel.top - 18],
      `${title}: ${String(pooled.cases)} cases of ${String(pooled.customers)} customers, base rate ${base.toFixed(3)}`,
      'font-weight="bold"',
    ),
    ...frame(from),
    line([x(0), y(base)], [x(1), y(base)], '"#6b7280" stroke-dasharray="5 5"'),
    ...drawn.flatMap(({ name, title: words, colour }, n) => {
      const points = pooled.curves[name].map((p) => `${fixed(x(p.recall))},${fixed(y(p.precision))}`)
      const { precision, recall, auc } = pooled.rules[name]
      const at = panel.top + panel.plot - 14 - 18 * (drawn.length - 1 - n)
      return [
        `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(' ')}"/>`,
        ...(precision.value === null || recall.value === null
          ? []
          : [
              `<circle cx="${fixed(x(recall.value))}" cy="${fixed(y(precision.value))}" r="6" fill="#ffffff" stroke="${colour}" stroke-width="3"/>`,
            ]),
        `<rect x="${fixed(x(0) + 10)}" y="${fixed(at - 5)}" width="14" height="4" fill="${colour}"/>`,
        text(
          [x(0) + 30, at],
          `${words}: AUC ${shown(auc)}; as used: precision ${shown(precision.value)}, recall ${shown(recall.value)}`,
          'paint-order="stroke" stroke="#ffffff" stroke-width="3"',
        ),
      ]
    }),
  ]
}

export function curvePlot(found: EvaluationDocument): string {
  const { window, simulated, note } = found
  const width = 2 * panel.width
  const of = simulated ? 'SIMULATED data' : 'the data of this store'
  const size = `${String(width)} ${String(height)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size}" width="${String(width)}" height="${String(height)}" font-family="sans-serif" font-size="12" fill="#111827">`,
    `<rect width="${String(width)}" height="${String(height)}" fill="#ffffff"/>`,
    text(
      [panel.left, 30],
      `Churn warning on ${of}: precision over recall, held-out origins`,
      'font-size="16" font-weight="bold"',
    ),
    text(
      [panel.left, 50],
      `${String(window['split'])} to ${String(window['to'])}; circles: where each rule decides; dashed: base rate`,
      'fill="#4b5563"',
    ),
    ...(note === '' ? [] : [text([panel.left, 68], note, 'fill="#b91c1c"')]),
    ...panelOf(0, 'Later time', found.laterTime, found.acts),
    ...panelOf(panel.width, 'Of these still active', found.stillActive, found.acts),
    `<text transform="translate(18 ${fixed(panel.top + panel.plot / 2)}) rotate(-90)" text-anchor="middle">precision: of the warnings, how many were right</text>`,
    '</svg>',
    '',
  ].join('\n')
}
