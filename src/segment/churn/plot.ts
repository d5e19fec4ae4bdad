/** The precision-recall curves of an evaluation as one SVG: three rules, where each decides, and the base rate. */
import type { EvaluationDocument } from './report.ts'

const [width, height] = [760, 560]
const [left, top, right, bottom] = [70, 84, 30, 60]
const plotWidth = width - left - right
const plotHeight = height - top - bottom

const x = (recall: number): number => left + recall * plotWidth
const y = (precision: number): number => top + (1 - precision) * plotHeight
const fixed = (n: number): string => n.toFixed(1)
const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c)

const drawn = [
  { name: 'ours', title: 'ours', colour: '#c2410c' },
  { name: 'twiceRhythm', title: '2 × own mean interval', colour: '#0369a1' },
  { name: 'fixedSilence', title: 'days since last purchase', colour: '#4d7c0f' },
] as const

function frame(): string[] {
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
  return [
    ...ticks.flatMap((share) => [
      `<line x1="${fixed(left)}" x2="${fixed(left + plotWidth)}" y1="${fixed(y(share))}" y2="${fixed(y(share))}" stroke="#e5e7eb"/>`,
      `<text x="${fixed(left - 8)}" y="${fixed(y(share) + 4)}" text-anchor="end">${share.toFixed(1)}</text>`,
      `<text x="${fixed(x(share))}" y="${fixed(top + plotHeight + 18)}" text-anchor="middle">${share.toFixed(1)}</text>`,
    ]),
    `<line x1="${fixed(left)}" x2="${fixed(left)}" y1="${fixed(top)}" y2="${fixed(top + plotHeight)}" stroke="#6b7280"/>`,
    `<line x1="${fixed(left)}" x2="${fixed(left + plotWidth)}" y1="${fixed(top + plotHeight)}" y2="${fixed(top + plotHeight)}" stroke="#6b7280"/>`,
    `<text x="${fixed(left + plotWidth / 2)}" y="${fixed(height - 16)}" text-anchor="middle">recall: of those who churned, how many were warned about</text>`,
    `<text transform="translate(18 ${fixed(top + plotHeight / 2)}) rotate(-90)" text-anchor="middle">precision: of the warnings, how many were right</text>`,
  ]
}

export function curvePlot(found: EvaluationDocument): string {
  const { laterTime, window } = found
  const base = laterTime.baseRate ?? 0
  const curves = drawn.flatMap(({ name, title, colour }, n) => {
    const points = laterTime.curves[name].map((p) => `${fixed(x(p.recall))},${fixed(y(p.precision))}`)
    const { precision, recall, auc } = laterTime.rules[name]
    const label = `${title}: AUC ${auc === null ? '–' : auc.toFixed(3)}; as used: precision ${shown(precision.value)}, recall ${shown(recall.value)}`
    const legend = fixed(top + plotHeight - 16 - 18 * (drawn.length - 1 - n))
    return [
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(' ')}"/>`,
      ...(precision.value === null || recall.value === null
        ? []
        : [
            `<circle cx="${fixed(x(recall.value))}" cy="${fixed(y(precision.value))}" r="6" fill="#ffffff" stroke="${colour}" stroke-width="3"/>`,
          ]),
      `<rect x="${fixed(left + 14)}" y="${legend}" width="14" height="4" fill="${colour}"/>`,
      `<text x="${fixed(left + 36)}" y="${fixed(Number(legend) + 6)}">${escape(label)}</text>`,
    ]
  })
  const title = `Churn warning on ${found.simulated ? 'SIMULATED data' : 'the data of this store'}, ${String(laterTime.cases)} held-out cases of ${String(laterTime.customers)} customers`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(width)} ${String(height)}" width="${String(width)}" height="${String(height)}" font-family="sans-serif" font-size="12" fill="#111827">`,
    `<rect width="${String(width)}" height="${String(height)}" fill="#ffffff"/>`,
    `<text x="${fixed(left)}" y="30" font-size="16" font-weight="bold">${escape(title)}</text>`,
    `<text x="${fixed(left)}" y="50" fill="#4b5563">${escape(`origins ${String(window['split'])} to ${String(window['to'])}; circles: where each rule decides; dashed: base rate ${base.toFixed(3)}`)}</text>`,
    ...(found.note === ''
      ? []
      : [`<text x="${fixed(left)}" y="68" fill="#b91c1c">${escape(found.note)}</text>`]),
    ...frame(),
    `<line x1="${fixed(left)}" x2="${fixed(left + plotWidth)}" y1="${fixed(y(base))}" y2="${fixed(y(base))}" stroke="#6b7280" stroke-dasharray="5 5"/>`,
    ...curves,
    '</svg>',
    '',
  ].join('\n')
}

const shown = (share: number | null): string => (share === null ? '–' : share.toFixed(3))
