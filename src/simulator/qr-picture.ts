import { createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

/** Modules along an edge, with the quiet zone around them. */
const size = 29
const quiet = 4
const pixels = 10
const edge = size + 2 * quiet

/** A picture where WeCom has the code: it looks like one, differs for each id, and cannot be scanned by a phone. */
export function qrPicture(configId: string): Buffer {
  const bits = createHash('sha512').update(configId).digest()
  const isDark = (x: number, y: number): boolean => {
    const eye = eyeAt(x, y) ?? eyeAt(size - 1 - x, y) ?? eyeAt(x, size - 1 - y)
    if (eye !== undefined) return eye
    const n = (y * size + x) % (bits.length * 8)
    return (((bits[n >> 3] ?? 0) >> (n & 7)) & 1) === ((x * y) % 3 === 0 ? 1 : 0)
  }
  const rows: Buffer[] = []
  for (let y = 0; y < edge; y += 1) {
    // Each line begins with its filter: none.
    const row = Buffer.alloc(1 + edge * pixels, 255)
    row[0] = 0
    for (let x = 0; x < edge; x += 1) {
      const [mx, my] = [x - quiet, y - quiet]
      if (mx >= 0 && my >= 0 && mx < size && my < size && isDark(mx, my))
        row.fill(0, 1 + x * pixels, 1 + (x + 1) * pixels)
    }
    for (let line = 0; line < pixels; line += 1) rows.push(row)
  }
  return png(edge * pixels, Buffer.concat(rows))
}

/** The three squares by which a code is found; undefined outside of one. */
function eyeAt(x: number, y: number): boolean | undefined {
  if (x > 7 || y > 7) return undefined
  if (x === 7 || y === 7) return false
  const ring = Math.max(Math.abs(x - 3), Math.abs(y - 3))
  return ring !== 2
}

/** Grey, eight bits, one pixel a byte. */
function png(edgePixels: number, lines: Buffer): Buffer {
  const head = Buffer.alloc(13)
  head.writeUInt32BE(edgePixels, 0)
  head.writeUInt32BE(edgePixels, 4)
  head[8] = 8
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', head),
    chunk('IDAT', deflateSync(lines)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type), data])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}
