/**
 * The catalogue of files that messages may carry. A name stands for one content for ever: whoever wants another picture
 * adds it by another name and publishes a cadence that says so. The same content under two names lies there once.
 */
import { basename } from 'node:path'
import type { Ctx } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { sha256 } from '../base/ids.ts'
import { formatOf, mostBytes, troubleOf } from './media-file.ts'
import type { MediaUse } from './media-file.ts'
import { deleteFile, insertBytes, insertFile, mediaFile, readBytes } from './media.store.ts'

export const mediaTypes = ['image', 'video', 'file', 'voice'] as const
export type MediaType = (typeof mediaTypes)[number]
export const mediaTypeWords: Readonly<Record<MediaType, string>> = {
  image: '图片',
  video: '视频',
  file: '文件',
  voice: '语音',
}

export interface MediaFile {
  readonly name: string
  readonly type: MediaType
  readonly filename: string
  readonly bytes: number
  readonly sha256: string
  readonly addedBy: string
  readonly addedAt: Instant
}

export interface NewMedia {
  /** The file's own name without its ending, when absent. */
  readonly name?: string | undefined
  readonly filename: string
  /** What it looks like, when absent. */
  readonly type?: MediaType | undefined
  readonly bytes: Buffer
}

/** The largest that is taken, whatever it is. */
export const mostMediaBytes = mostBytes('file')
const mostLetters = 60
const mostFilename = 120

/** Pictures are shown and films are played; whatever else there is goes out as a file. */
function typeOf(bytes: Buffer): MediaType {
  switch (formatOf(bytes)) {
    case 'jpg':
    case 'png':
      return 'image'
    case 'mp4':
      return 'video'
    case 'amr':
      return 'voice'
    case null:
      return 'file'
  }
}

/** Letters of any script, digits, spaces and a few marks; it stands in the cadence and in sentences. */
const isName = (text: string): boolean =>
  [...text].length <= mostLetters && /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._()（）·-]*$/u.test(text)

/** Adds a file; adding the same one again changes nothing. */
export async function addMedia(ctx: Ctx, wish: NewMedia): Promise<MediaFile> {
  const filename = basename(wish.filename.replaceAll('\\', '/')).trim()
  const name = (wish.name ?? filename.replace(/\.[^.]*$/, '')).trim()
  if (!isName(name)) throw badName(name)
  // Control letters would end the line of the upload's head.
  if (filename === '' || filename.length > mostFilename || /[\p{Cc}"]/u.test(filename)) throw badFilename()
  const type = wish.type ?? typeOf(wish.bytes)
  const trouble = troubleOf(wish.bytes, type)
  if (trouble) throw badFile(trouble.words, type)
  const file: MediaFile = {
    name,
    type,
    filename,
    bytes: wish.bytes.length,
    sha256: sha256(wish.bytes),
    addedBy: ctx.actor.kind === 'staff' ? ctx.actor.userid : ctx.actor.kind,
    addedAt: ctx.now,
  }
  if (!(await insertFile(ctx.tx, file))) {
    const known = await mediaFile(ctx.tx, name)
    if (known?.sha256 === file.sha256 && known.type === file.type) return known
    throw nameTaken(name)
  }
  await insertBytes(ctx.tx, file.sha256, wish.bytes)
  ctx.record({
    kind: 'media-added',
    at: ctx.now,
    source: 'media',
    sourceKey: `added:${ctx.newId()}`,
    who: {},
    detail: { name, type, bytes: file.bytes, sha256: file.sha256 },
  })
  return file
}

/** Whether anything still names it is the caller's to ask. */
export async function removeMedia(ctx: Ctx, name: string): Promise<MediaFile> {
  const file = await mediaFile(ctx.tx, name)
  if (!file) throw noSuchMedia(name)
  await deleteFile(ctx.tx, file)
  ctx.record({
    kind: 'media-removed',
    at: ctx.now,
    source: 'media',
    sourceKey: `removed:${ctx.newId()}`,
    who: {},
    detail: { name, sha256: file.sha256 },
  })
  return file
}

/** A file with its bytes; null when there is none of this name. */
export async function readMedia(
  reader: Reader,
  name: string,
): Promise<{ readonly file: MediaFile; readonly bytes: Buffer } | null> {
  const file = await mediaFile(reader, name)
  return file && { file, bytes: await readBytes(reader, file.sha256) }
}

export const useWords: Readonly<Partial<Record<MediaUse, string>>> = {
  ...mediaTypeWords,
  picture: '封面图片',
}

export const noSuchMedia = (name: string): Refusal =>
  new Refusal('not-found', `素材库里没有“${name}”`, 404, {
    fix: '刷新素材列表',
    english: { message: `There is no file "${name}" in the media catalogue.`, fix: 'Run: siyu media list' },
  })

const badName = (name: string): Refusal =>
  new Refusal('invalid', `“${name.slice(0, mostLetters)}”不能作为素材名`, 400, {
    fix: `用文字、数字、空格和 . _ - 组成的名字，最多 ${String(mostLetters)} 个字`,
    english: {
      message: `"${name.slice(0, mostLetters)}" cannot be the name of a file.`,
      fix: `Use letters, digits, spaces and . _ - , at most ${String(mostLetters)}: --name NAME`,
    },
  })

const badFilename = (): Refusal =>
  new Refusal('invalid', '文件名不能用', 400, {
    fix: `换一个不超过 ${String(mostFilename)} 个字符、没有引号和控制字符的文件名`,
    english: {
      message: 'The name of the file cannot be used.',
      fix: `Rename it: at most ${String(mostFilename)} characters, no quotes, no control characters.`,
    },
  })

const badFile = (words: string, type: MediaType): Refusal =>
  new Refusal('invalid', words, 400, {
    fix: '图片 ≤10 MB（JPG、PNG），视频 ≤10 MB（MP4），语音 ≤2 MB（AMR，60 秒内），文件 ≤20 MB',
    english: {
      message: `WeCom would not take it as ${type}: ${words}`,
      fix: 'Images up to 10 MB (JPG, PNG), videos up to 10 MB (MP4), voices up to 2 MB (AMR, a minute), files up to 20 MB.',
    },
  })

const nameTaken = (name: string): Refusal =>
  new Refusal('name-taken', `已有名为“${name}”的另一个素材`, 409, {
    fix: '换一个名字；旧的不再使用时可以删除',
    english: {
      message: `Another file is called "${name}".`,
      fix: 'Choose another name: --name NAME. The old one can be removed once nothing names it.',
    },
  })
