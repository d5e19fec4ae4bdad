/** Axes and marks for the plots, written by hand: no library, no script, readable in any browser. */

export interface Frame {
  readonly width: number
  readonly height: number
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}
export const frame: Frame = { width: 860, height: 500, left: 76, right: 28, top: 96, bottom: 64 }

export const colours = {
  actual: '#1f5f8b',
  expected: '#c2410c',
  second: '#9db8c9',
  grid: '#e3e6ea',
  ink: '#1f2933',
  faint: '#616e7c',
}

export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Round steps (1, 2, 5 times a power of ten) from 0 to at least `most`. */
export function ticks(most: number, wanted = 6): number[] {
  if (!(most > 0)) return [0, 1]
  const raw = most / wanted
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10) * power
  return Array.from({ length: Math.ceil(most / step - 1e-9) + 1 }, (_, i) => i * step)
}

export const numberWords = (value: number): string =>
  Math.abs(value) >= 1000
    ? Math.round(value).toLocaleString('en-US')
    : String(Math.round(value * 1000) / 1000)

const at = (value: number): string => (Math.round(value * 100) / 100).toString()

export interface Scale {
  x(value: number): number
  y(value: number): number
}

export function scale(maxX: number, maxY: number, minX = 0): Scale {
  const w = frame.width - frame.left - frame.right
  const h = frame.height - frame.top - frame.bottom
  return {
    x: (value) => frame.left + ((value - minX) / (maxX - minX)) * w,
    y: (value) => frame.top + h - (value / maxY) * h,
  }
}

export const text = (
  x: number,
  y: number,
  words: string,
  { size = 12, anchor = 'start', fill = colours.faint, weight = 400, turn = '' } = {},
): string =>
  `<text x="${at(x)}" y="${at(y)}" font-size="${String(size)}" text-anchor="${anchor}" fill="${fill}" font-weight="${String(weight)}"${turn === '' ? '' : ` transform="${turn}"`}>${escape(words)}</text>`

export const line = (
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  stroke: string,
  width = 1,
  dash = '',
): string =>
  `<line x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke="${stroke}" stroke-width="${String(width)}"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>`

export const path = (points: readonly (readonly [number, number])[], stroke: string, dash = ''): string =>
  points.length === 0
    ? ''
    : `<path d="M${points.map(([x, y]) => `${at(x)},${at(y)}`).join('L')}" fill="none" stroke="${stroke}" stroke-width="2.2" stroke-linejoin="round"${dash === '' ? '' : ` stroke-dasharray="${dash}"`}/>`

export const bar = (
  x: number,
  y: number,
  width: number,
  bottom: number,
  fill: string,
  words: string,
): string =>
  `<rect x="${at(x)}" y="${at(y)}" width="${at(Math.max(0, width))}" height="${at(Math.max(0, bottom - y))}" fill="${fill}"><title>${escape(words)}</title></rect>`

export interface Axes {
  readonly yTicks: readonly number[]
  readonly xTicks: readonly { readonly at: number; readonly words: string }[]
  readonly xTitle: string
  readonly yTitle: string
}

export function axes({ x, y }: Scale, { yTicks, xTicks, xTitle, yTitle }: Axes): string {
  const bottom = frame.height - frame.bottom
  const right = frame.width - frame.right
  const marks = [
    ...yTicks.map(
      (value) =>
        line(frame.left, y(value), right, y(value), value === 0 ? colours.faint : colours.grid) +
        text(frame.left - 8, y(value) + 4, numberWords(value), { anchor: 'end' }),
    ),
    ...xTicks.map(({ at: value, words }) => text(x(value), bottom + 20, words, { anchor: 'middle' })),
    text((frame.left + right) / 2, frame.height - 16, xTitle, { anchor: 'middle', size: 13 }),
    text(18, (frame.top + bottom) / 2, yTitle, {
      anchor: 'middle',
      size: 13,
      turn: `rotate(-90 18 ${at((frame.top + bottom) / 2)})`,
    }),
  ]
  return marks.join('\n')
}

export interface LegendEntry {
  readonly words: string
  readonly colour: string
  readonly kind: 'line' | 'dashed' | 'box'
}

/** Under the title, from the left; a wide (Chinese) character takes two places. */
export function legend(entries: readonly LegendEntry[]): string {
  let x = frame.left
  return entries
    .map(({ words, colour, kind }) => {
      const y = 80
      const mark =
        kind === 'box'
          ? `<rect x="${at(x)}" y="${at(y - 10)}" width="14" height="12" fill="${colour}"/>`
          : line(x, y - 4, x + 26, y - 4, colour, 2.4, kind === 'dashed' ? '7 4' : '')
      const start = x + (kind === 'box' ? 20 : 32)
      const width = [...words].reduce((sum, c) => sum + (c.charCodeAt(0) > 0x2e80 ? 13 : 7), 0)
      x = start + width + 26
      return mark + text(start, y, words, { size: 13, fill: colours.ink })
    })
    .join('\n')
}

export const document = (title: string, subtitle: string, body: readonly string[]): string =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${String(frame.width)} ${String(frame.height)}" width="${String(frame.width)}" height="${String(frame.height)}" role="img" aria-label="${escape(title)}" font-family="system-ui, 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif">`,
    `<title>${escape(title)}</title>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(frame.left, 32, title, { size: 19, fill: colours.ink, weight: 600 }),
    text(frame.left, 54, subtitle, { size: 12.5 }),
    ...body,
    '</svg>',
    '',
  ].join('\n')
