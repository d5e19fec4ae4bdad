import { seconds } from '../context.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import type { Media } from '../state.ts'
import type { Api, Call } from './call.ts'

const megabyte = 1024 * 1024
/** Largest size by kind (WECOM.md §8). */
const mostBytes: Readonly<Record<string, number>> = {
  image: 10 * megabyte,
  voice: 2 * megabyte,
  video: 10 * megabyte,
  file: 20 * megabyte,
}
const mediaMs = 3 * 86_400_000

interface Upload {
  readonly filename: string
  readonly contentType: string
  readonly bytes: Buffer
}

/** The part called `media` of a multipart body. */
function readUpload({ headers, raw }: Call): Upload {
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

function keep(call: Call, type: string, upload: Upload): Media {
  if (upload.bytes.length <= 5) throw new ApiError(44001)
  if (upload.bytes.length > (mostBytes[type] ?? 0)) throw new ApiError(45001)
  const { ctx } = call
  const id = `3${ctx.rng.text(86)}`
  const media: Media = {
    id,
    type,
    filename: upload.filename,
    bytes: Buffer.from(upload.bytes),
    createdAt: ctx.clock.now(),
  }
  ctx.state.media.set(id, media)
  return media
}

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
      if (!(type in mostBytes)) throw invalid('media_type')
      const media = keep(call, type, readUpload(call))
      return { type, media_id: media.id, created_at: seconds(media.createdAt) }
    },
  },
  {
    path: 'media/uploadimg',
    method: 'POST',
    run(call) {
      const upload = readUpload(call)
      if (upload.bytes.length > 2 * megabyte) throw new ApiError(45001)
      return { url: `${call.ctx.url}/sim/media/${keep(call, 'image', upload).id}` }
    },
  },
  {
    path: 'media/get',
    method: 'GET',
    run({ ctx, query }) {
      const media = ctx.state.media.get(query.get('media_id') ?? '')
      if (!media || ctx.clock.now() - media.createdAt > mediaMs) throw new ApiError(40007)
      return { file: media.bytes, contentType: 'application/octet-stream', filename: media.filename }
    },
  },
]
