/** For tests: the smallest files that tell their size or length. */

const u32 = (n: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(n)
  return bytes
}
const u16 = (n: number): Buffer => u32(n).subarray(2)

export const png = (width: number, height: number): Buffer =>
  Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    u32(13),
    Buffer.from('IHDR'),
    u32(width),
    u32(height),
    Buffer.alloc(9),
  ])

/** With a segment of another kind, and a filling byte, before the one that tells. */
export const jpg = (width: number, height: number): Buffer =>
  Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
    u16(16),
    Buffer.alloc(14),
    Buffer.from([0xff, 0xff, 0xc2]),
    u16(17),
    Buffer.from([8]),
    u16(height),
    u16(width),
    Buffer.alloc(12),
  ])

/** Fifty frames a second, in turn of every kind. */
export const amr = (seconds: number): Buffer => {
  const lengths = [12, 13, 15, 17, 19, 20, 26, 31, 5]
  const frames = Array.from({ length: Math.round(seconds * 50) }, (_, n) => {
    const type = n % lengths.length
    const frame = Buffer.alloc(1 + (lengths[type] ?? 0))
    frame.writeUInt8((type << 3) | 4)
    return frame
  })
  return Buffer.concat([Buffer.from('#!AMR\n'), ...frames])
}

const box = (name: string, ...parts: readonly Buffer[]): Buffer => {
  const content = Buffer.concat(parts)
  return Buffer.concat([u32(8 + content.length), Buffer.from(name), content])
}

export const mp4 = (seconds: number, isLong = false): Buffer => {
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(BigInt(Math.round(seconds * 600)))
  const header = isLong
    ? [Buffer.from([1, 0, 0, 0]), Buffer.alloc(16), u32(600), length]
    : [Buffer.alloc(12), u32(600), length.subarray(4)]
  const brand = box('ftyp', Buffer.from('isom'), Buffer.alloc(4))
  return Buffer.concat([brand, box('free', Buffer.alloc(16)), box('moov', box('mvhd', ...header))])
}
/** Filled with zeros behind. */
export const sized = (file: Buffer, bytes: number): Buffer =>
  Buffer.concat([file, Buffer.alloc(bytes - file.length)])
