import { expect, it } from 'vitest'
import { barcodeOf } from './barcode.ts'

/** Reads the bars back as a scanner does: widths of bars and gaps, six to a sign. */
function widthsOf(path: string): number[] {
  const bars = [...path.matchAll(/M(\d+) 0h(\d+)/g)].map(
    ([, at, width]) => [Number(at), Number(width)] as const,
  )
  return bars.flatMap(([at, width], i) => {
    const next = bars[i + 1]
    return next ? [width, next[0] - at - width] : [width]
  })
}

it('every sign is eleven modules wide, its bars an even number of them, and no two signs are alike', () => {
  const signs = new Set<string>()
  for (let code = 32; code < 127; code += 1) {
    const sign = widthsOf(barcodeOf(String.fromCharCode(code))?.path ?? '').slice(6, 12)
    expect(sign.reduce((sum, width) => sum + width, 0)).toBe(11)
    expect(sign.reduce((sum, width, i) => (i % 2 === 0 ? sum + width : sum), 0) % 2).toBe(0)
    signs.add(sign.join(''))
  }
  expect(signs.size).toBe(95)
})

it('a code begins with start B, ends with the check sign and the stop, and has white on both sides', () => {
  // "PJJ123C", worked out by hand in many a textbook: 104 + 48·1 + 42·2 + 42·3 + 17·4 + 18·5 + 19·6 + 35·7 = 879, 879 mod 103 = 55.
  const code = barcodeOf('PJJ123C')
  const widths = widthsOf(code?.path ?? '')
  expect(widths.slice(0, 6).join('')).toBe('211214')
  expect(widths.slice(-13).join('')).toBe('3113212331112')
  expect(code?.width).toBe(10 + 9 * 11 + 13 + 10)
  expect(code?.path.startsWith('M10 0')).toBe(true)
})

it('has no picture for what cannot be written', () => {
  expect(barcodeOf('')).toBeNull()
  expect(barcodeOf('券')).toBeNull()
})
