import { takeUse } from '../ceilings.ts'
import { seconds } from '../context.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import type { Media } from '../state.ts'
import type { Api, Call, Reply } from './call.ts'
import { mustMedia } from './content.ts'
import { movieSeconds, pictureSize } from './picture.ts'

const megabyte = 1024 * 1024
/** Largest size by kind (WECOM.md §8). */
const mostBytes: Readonly<Record<string, number>> = {
  image: 10 * megabyte,
  voice: 2 * megabyte,
  video: 10 * megabyte,
  file: 20 * megabyte,
}
/** Attachments of moments (1) and of the product album (2, pictures only). */
const attachmentBytes: Readonly<Record<string, number>> = {
  image: 10 * megabyte,
  video: 10 * megabyte,
  file: 10 * megabyte,
}

/** Of uploadimg (WECOM.md §1.1). */
const mostPicturesPerDay = 1_000
const mostPicturesPerMonth = 3_000

const mostShortSide = 1_080
const mostLongSide = 10_800
const mostMovieSeconds = 30

interface Upload {
  readonly filename: string
  readonly contentType: string
  readonly bytes: Buffer
}

/** The part called `media` of a multipart body. */
export function readUpload({ headers, raw }: Call): Upload {
  const boundary = /boundary="?([^";]+)"?/.exec(headers['content-type'] ?? '')?.[1]
  if (boundary === undefined) throw new ApiError(40035, 'use multipart/form-data')
  const fence = Buffer.from(`--${boundary}`)
  for (let at = raw.indexOf(fence); at >= 0;) {
    const next = raw.indexOf(fence, at + fence.length)
    if (next < 0) break
    const headEnd = raw.indexOf('\r\n\r\n', at)
    const head = raw.subarray(at, headEnd).toString('utf8')
    if (headEnd > 0 && headEnd < next && /name="?(media|file|fieldNameHere)"?/.test(head)) {
      return {
        filename: /filename="?([^";\r\n]+)"?/.exec(head)?.[1] ?? 'file',
        contentType: /content-type:\s*([^\r\n]+)/i.exec(head)?.[1] ?? 'application/octet-stream',
        // The line break before the next fence belongs to the fence.
        bytes: raw.subarray(headEnd + 4, next - 2),
      }
    }
    at = next
  }
  throw missing('media')
}

export function keep(
  call: Call,
  type: string,
  upload: Upload,
  kept: Partial<Pick<Media, 'attachmentType' | 'robot'>> = {},
): Media {
  const { attachmentType = null, robot = null } = kept
  if (upload.bytes.length <= 5) throw new ApiError(44001)
  if (upload.bytes.length > ((attachmentType ? attachmentBytes : mostBytes)[type] ?? 0))
    throw new ApiError(45001)
  const { ctx } = call
  const id = `3${ctx.rng.text(86)}`
  const media: Media = {
    id,
    type,
    filename: upload.filename,
    bytes: Buffer.from(upload.bytes),
    createdAt: ctx.clock.now(),
    attachmentType,
    robot,
  }
  ctx.state.media.set(id, media)
  return media
}

function readScene(value: string | null): 1 | 2 {
  if (!value) throw missing('attachment_type')
  if (value !== '1' && value !== '2') throw invalid('attachment_type')
  return value === '1' ? 1 : 2
}

/** Pictures and films of moments; what is neither is judged by its bytes alone. */
function checkMoment(type: string, bytes: Buffer): void {
  const size = type === 'image' ? pictureSize(bytes) : null
  if (size) {
    const [short, long] = [Math.min(size.width, size.height), Math.max(size.width, size.height)]
    if (short > mostShortSide || long > mostLongSide) throw new ApiError(41081)
  }
  if (type === 'video' && (movieSeconds(bytes) ?? 0) > mostMovieSeconds) throw new ApiError(41082)
}

const fileOf = (media: Media): Reply => ({
  file: media.bytes,
  contentType: 'application/octet-stream',
  filename: media.filename,
})

export const mediaApis: readonly Api[] = [
  {
    path: 'media/upload',
    method: 'POST',
    run(call) {
      const type = call.query.get('type') ?? ''
      if (!(type in mostBytes)) throw invalid('type')
      const media = keep(call, type, readUpload(call))
      // A text here, a number elsewhere: both are seen in the wild (WECOM.md §0.1).
      return { type, media_id: media.id, created_at: String(seconds(media.createdAt)) }
    },
  },
  {
    path: 'media/upload_attachment',
    method: 'POST',
    run(call) {
      const type = call.query.get('media_type') ?? ''
      if (!(type in attachmentBytes)) throw invalid('media_type')
      const scene = readScene(call.query.get('attachment_type'))
      if (scene === 2 && type !== 'image') throw new ApiError(41065)
      const upload = readUpload(call)
      if (scene === 1) checkMoment(type, upload.bytes)
      const media = keep(call, type, upload, { attachmentType: scene })
      return { type, media_id: media.id, created_at: seconds(media.createdAt) }
    },
  },
  {
    path: 'media/uploadimg',
    method: 'POST',
    run(call) {
      const upload = readUpload(call)
      if (upload.bytes.length > 2 * megabyte) throw new ApiError(45001)
      takeUse(call.ctx, 'uploadimg day', mostPicturesPerDay, 'day')
      takeUse(call.ctx, 'uploadimg month', mostPicturesPerMonth, 'month')
      return { url: `${call.ctx.url}/sim/media/${keep(call, 'image', upload).id}` }
    },
  },
  {
    path: 'media/get',
    method: 'GET',
    run: ({ ctx, query }) => fileOf(mustMedia(ctx, query.get('media_id') ?? '')),
  },
  {
    // The clear form of what the JS-SDK recorded: voices only.
    path: 'media/get/jssdk',
    method: 'GET',
    run({ ctx, query }) {
      const media = mustMedia(ctx, query.get('media_id') ?? '')
      if (media.type !== 'voice') throw new ApiError(40007)
      return fileOf(media)
    },
  },
]
