import { describe, expect, it } from 'vitest'
import { formatOf, pixelsOf, secondsOf } from '../../content/media-file.ts'
import type { MediaUse } from '../../content/media-file.ts'
import { refusalOf } from './media-file.ts'
import { formOf } from './multipart.ts'
import { amr, jpg, mp4, png, sized } from '../../content/media-samples.ts'

const kilobyte = 1024
const megabyte = 1024 * kilobyte

const refused = (bytes: Buffer, use: MediaUse): number | null => {
  const refusal = refusalOf({ name: 'a', bytes }, use)
  if (refusal === null) return null
  if (refusal.kind !== 'error') throw new Error(refusal.why)
  expect(refusal.reaction).toBe('bug')
  expect(refusal.words).not.toBe('')
  return refusal.code
}

describe('a file', () => {
  it('is known by its first bytes', () => {
    expect([png(1, 1), jpg(1, 1), amr(1), mp4(1)].map(formatOf)).toEqual(['png', 'jpg', 'amr', 'mp4'])
    expect(formatOf(Buffer.from('%PDF-1.7'))).toBeNull()
  })

  it('tells how large and how long it is', () => {
    expect(pixelsOf(png(640, 480))).toEqual([640, 480])
    expect(pixelsOf(jpg(1_440, 1_080))).toEqual([1_440, 1_080])
    expect(secondsOf(amr(61))).toBe(61)
    expect(secondsOf(mp4(29.5))).toBe(29.5)
    expect(secondsOf(mp4(31, true))).toBe(31)
    expect([pixelsOf(amr(1)), secondsOf(png(1, 1))]).toEqual([null, null])
  })

  it('that is cut short anywhere is no trouble', () => {
    for (const whole of [png(9, 9), jpg(9, 9), amr(2), mp4(2), mp4(2, true)])
      for (let length = 0; length <= whole.length; length += 1) {
        const data = whole.subarray(0, length)
        expect(() => [pixelsOf(data), secondsOf(data)]).not.toThrow()
      }
  })
})

describe('what WeCom would refuse is refused here', () => {
  const rows: readonly (readonly [MediaUse, Buffer, number | null])[] = [
    ['image', Buffer.alloc(5), 44001],
    ['image', sized(png(9, 9), 10 * megabyte), null],
    ['image', sized(png(9, 9), 10 * megabyte + 1), 45001],
    ['image', amr(1), 41065],
    ['voice', amr(60), null],
    ['voice', amr(60.02), 41082],
    ['voice', sized(amr(1), 2 * megabyte + 1), 45001],
    ['voice', mp4(1), 41065],
    ['video', sized(mp4(90), 10 * megabyte), null],
    ['video', sized(mp4(1), 10 * megabyte + 1), 45001],
    ['video', png(9, 9), 41065],
    ['file', Buffer.alloc(5), 44001],
    ['file', Buffer.alloc(6), null],
    ['file', Buffer.alloc(20 * megabyte), null],
    ['file', Buffer.alloc(20 * megabyte + 1), 45001],
    ['picture', sized(jpg(9, 9), 2 * megabyte), null],
    ['picture', sized(jpg(9, 9), 2 * megabyte + 1), 45001],
    ['picture', mp4(1), 41065],
    ['moment-image', png(10_800, 1_080), null],
    ['moment-image', jpg(1_080, 10_801), 41081],
    ['moment-image', png(1_081, 1_081), 41081],
    ['moment-video', mp4(30), null],
    ['moment-video', mp4(30.1), 41082],
    ['moment-file', Buffer.alloc(10 * megabyte + 1), 45001],
    ['album-image', png(4_000, 4_000), null],
    ['album-video', mp4(31), 41082],
    ['album-file', Buffer.alloc(9), null],
    ['robot-file', Buffer.alloc(20 * megabyte + 1), 45001],
    ['robot-voice', amr(61), 41082],
    ['robot-image', sized(png(9, 9), 2 * megabyte + 1), 45001],
  ]
  it.each(rows.map(([use, bytes, code]) => [use, bytes.length, code, bytes] as const))(
    '%s of %d bytes: %s',
    (use, _, code, bytes) => expect(refused(bytes, use)).toBe(code),
  )
})

it('a form tells name and length, and its file is byte for byte the same', () => {
  const bytes = Buffer.from([0, 13, 10, 255, 45, 45])
  const { body, contentType } = formOf({ name: '春"茶\r\n.png', bytes, type: 'image/png' })
  const boundary = contentType.replace('multipart/form-data; boundary=', '')
  const head =
    `--${boundary}\r\nContent-Disposition: form-data; name="media"; filename="春%22茶%0D%0A.png"; filelength=6\r\n` +
    'Content-Type: image/png\r\n\r\n'
  expect(body).toEqual(Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]))
})
