/** Just enough of the formats to know what the ceilings of moments are about (WECOM.md §8). */
export interface Size {
  readonly width: number
  readonly height: number
}

/** Of a PNG or JPEG; null when it is neither, or broken. */
export function pictureSize(bytes: Buffer): Size | null {
  if (bytes.length >= 24 && bytes.readUInt32BE(0) === 0x89504e47)
    return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
  if (bytes.length >= 4 && bytes.readUInt16BE(0) === 0xffd8) return jpegSize(bytes)
  return null
}

/** The first frame header (SOF0-SOF15 without the tables DHT, JPG and DAC) holds the size. */
function jpegSize(bytes: Buffer): Size | null {
  const tables = [0xc4, 0xc8, 0xcc]
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes.readUInt8(at + 1)
    if (marker >= 0xc0 && marker <= 0xcf && !tables.includes(marker))
      return { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) }
    at += 2 + bytes.readUInt16BE(at + 2)
  }
  return null
}

/** Seconds an MP4 plays, from its movie header; null when there is none. */
export function movieSeconds(bytes: Buffer): number | null {
  const at = bytes.indexOf('mvhd')
  if (at < 0) return null
  // Version 1 has wide times.
  const isWide = bytes[at + 4] === 1
  const scaleAt = at + (isWide ? 24 : 16)
  if (scaleAt + (isWide ? 12 : 8) > bytes.length) return null
  const scale = bytes.readUInt32BE(scaleAt)
  const duration = isWide ? Number(bytes.readBigUInt64BE(scaleAt + 4)) : bytes.readUInt32BE(scaleAt + 4)
  return scale === 0 ? null : duration / scale
}
