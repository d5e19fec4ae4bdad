/** Looks into a file, so that one WeCom would refuse is neither kept nor sent (WECOM.md §8, §4.3). */

export type Format = 'jpg' | 'png' | 'amr' | 'mp4'

interface Rule {
  readonly what: string
  readonly mostMegabytes: number
  readonly formats?: readonly Format[]
  readonly mostSeconds?: number
  /** Pixels of the longer and the shorter side. */
  readonly mostPixels?: readonly [number, number]
}

const pictures: readonly Format[] = ['jpg', 'png']
const image: Rule = { what: '图片', mostMegabytes: 10, formats: pictures }
const voice: Rule = { what: '语音', mostMegabytes: 2, formats: ['amr'], mostSeconds: 60 }
const video: Rule = { what: '视频', mostMegabytes: 10, formats: ['mp4'] }
const file: Rule = { what: '文件', mostMegabytes: 20 }
const shortVideo: Rule = { ...video, mostSeconds: 30 }
const smallFile: Rule = { ...file, mostMegabytes: 10 }

/** What a file is for; each has its own limits. */
const rules = {
  image,
  voice,
  video,
  file,
  /** uploadimg: a picture with an address that stays. */
  picture: { ...image, mostMegabytes: 2 },
  'moment-image': { ...image, mostPixels: [10_800, 1_080] },
  'moment-video': shortVideo,
  'moment-file': smallFile,
  'album-image': image,
  'album-video': shortVideo,
  'album-file': smallFile,
  'robot-file': file,
  'robot-voice': voice,
  'robot-image': { ...image, mostMegabytes: 2 },
} as const satisfies Readonly<Record<string, Rule>>

export type MediaUse = keyof typeof rules

export const mostBytes = (use: MediaUse): number => rules[use].mostMegabytes * megabyte

const megabyte = 1024 * 1024
/** WeCom takes nothing of five bytes or less. */
const leastBytes = 6

export interface FileTrouble {
  readonly kind: 'tiny' | 'large' | 'format' | 'long' | 'pixels'
  /** Chinese, for people. */
  readonly words: string
}

/** Null when it may be sent. What cannot be read out of the file is left to WeCom to judge. */
export function troubleOf(bytes: Uint8Array, use: MediaUse): FileTrouble | null {
  const rule: Rule = rules[use]
  const { what, mostMegabytes, formats, mostSeconds, mostPixels } = rule
  const trouble = (kind: FileTrouble['kind'], words: string): FileTrouble => ({
    kind,
    words: `${what}${words}`,
  })
  if (bytes.length < leastBytes) return trouble('tiny', `不能小于 ${String(leastBytes)} 字节`)
  if (bytes.length > mostMegabytes * megabyte) return trouble('large', `超过 ${String(mostMegabytes)} MB`)
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const format = formatOf(data)
  if (formats !== undefined && (format === null || !formats.includes(format)))
    return trouble('format', `必须是 ${formats.join(' 或 ').toUpperCase()} 格式`)
  const seconds = mostSeconds === undefined ? null : secondsOf(data)
  if (mostSeconds !== undefined && seconds !== null && seconds > mostSeconds)
    return trouble('long', `超过 ${String(mostSeconds)} 秒`)
  const pixels = mostPixels === undefined ? null : pixelsOf(data)
  if (mostPixels !== undefined && pixels !== null) {
    const [long, short] = [Math.max(...pixels), Math.min(...pixels)]
    if (long > mostPixels[0] || short > mostPixels[1])
      return trouble('pixels', `长边超过 ${String(mostPixels[0])} 或短边超过 ${String(mostPixels[1])} 像素`)
  }
  return null
}

export function formatOf(data: Buffer): Format | null {
  if (data.subarray(0, 3).equals(Buffer.from([0xff, 0xd8, 0xff]))) return 'jpg'
  if (data.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))) return 'png'
  if (data.subarray(0, 5).toString('latin1') === '#!AMR') return 'amr'
  if (data.subarray(4, 8).toString('latin1') === 'ftyp') return 'mp4'
  return null
}

/** Width and height of a picture; null when the file does not tell. */
export function pixelsOf(data: Buffer): readonly [number, number] | null {
  const format = formatOf(data)
  if (format === 'png') return data.length < 24 ? null : [data.readUInt32BE(16), data.readUInt32BE(20)]
  return format === 'jpg' ? pixelsOfJpeg(data) : null
}

/** Markers that begin a frame and tell its size: SOF0 to SOF15 without DHT, JPG and DAC. */
const isFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)

function pixelsOfJpeg(data: Buffer): readonly [number, number] | null {
  for (let at = 2; at + 9 < data.length && data[at] === 0xff;) {
    const marker = data.readUInt8(at + 1)
    if (isFrame(marker)) return [data.readUInt16BE(at + 7), data.readUInt16BE(at + 5)]
    // A run of 0xff before a marker is filling.
    at += marker === 0xff ? 1 : 2 + data.readUInt16BE(at + 2)
  }
  return null
}

export function secondsOf(data: Buffer): number | null {
  const format = formatOf(data)
  if (format === 'amr') return secondsOfAmr(data)
  return format === 'mp4' ? secondsOfMp4(data) : null
}

const amrHead = '#!AMR\n'
/** Bytes of a narrow-band frame after its first, by its type (RFC 4867 §5); each frame lasts 20 ms. */
const amrFrames = [12, 13, 15, 17, 19, 20, 26, 31, 5]

function secondsOfAmr(data: Buffer): number | null {
  if (data.subarray(0, amrHead.length).toString('latin1') !== amrHead) return null
  let frames = 0
  for (let at = amrHead.length; at < data.length; frames += 1) {
    const type = (data.readUInt8(at) >> 3) & 0x0f
    at += 1 + (amrFrames[type] ?? 0)
  }
  return frames / 50
}

/** Where the contents of the first box of this name begin and end, among the boxes between `from` and `to`. */
function boxIn(data: Buffer, name: string, from: number, to: number): readonly [number, number] | null {
  for (let at = from; at + 16 <= to;) {
    const short = data.readUInt32BE(at)
    const [head, size] = short === 1 ? [16, Number(data.readBigUInt64BE(at + 8))] : [8, short]
    // 0: it reaches to the end of the file.
    const end = size === 0 ? to : at + size
    if (end < at + head || end > to) return null
    if (data.toString('latin1', at + 4, at + 8) === name) return [at + head, end]
    at = end
  }
  return null
}

function secondsOfMp4(data: Buffer): number | null {
  const movie = boxIn(data, 'moov', 0, data.length)
  const header = movie === null ? null : boxIn(data, 'mvhd', movie[0], movie[1])
  if (header === null) return null
  const [at, end] = header
  const isLong = data[at] === 1
  if (end < at + (isLong ? 32 : 20)) return null
  const scale = data.readUInt32BE(at + (isLong ? 20 : 12))
  const length = isLong ? Number(data.readBigUInt64BE(at + 24)) : data.readUInt32BE(at + 16)
  return scale === 0 ? null : length / scale
}
