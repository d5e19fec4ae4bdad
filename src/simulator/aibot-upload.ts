import { createHash } from 'node:crypto'
import type { BotUpload } from './aibot-state.ts'
import type { Context } from './context.ts'
import { seconds } from './context.ts'
import { ApiError, invalid } from './errors.ts'
import { integer, optionalText, text, type Body } from './params.ts'

const mostChunkBytes = 512 * 1024
const mostChunks = 100
const types = new Set(['file', 'image', 'voice', 'video'])

/** A file comes in parts of at most 512 KB, a hundred of them, in any order (WECOM.md §4.4). */
export function uploadInit(ctx: Context, _reqId: string, body: Body): Body {
  const type = text(body, 'type')
  if (!types.has(type)) throw invalid('type')
  const upload: BotUpload = {
    id: ctx.rng.text(32),
    type,
    filename: text(body, 'filename'),
    size: integer(body, 'total_size', 6, mostChunkBytes * mostChunks),
    chunks: integer(body, 'total_chunks', 1, mostChunks),
    md5: optionalText(body, 'md5') ?? null,
    parts: new Map(),
  }
  ctx.state.bot.uploads.set(upload.id, upload)
  return { upload_id: upload.id }
}

export function uploadChunk(ctx: Context, _reqId: string, body: Body): undefined {
  const upload = mustUpload(ctx, body)
  const bytes = Buffer.from(text(body, 'base64_data'), 'base64')
  if (bytes.length > mostChunkBytes) throw new ApiError(45001)
  upload.parts.set(integer(body, 'chunk_index', 0, upload.chunks - 1), bytes)
}

export function uploadFinish(ctx: Context, _reqId: string, body: Body): Body {
  const upload = mustUpload(ctx, body)
  const parts = Array.from(
    { length: upload.chunks },
    (_none, index) => upload.parts.get(index) ?? Buffer.alloc(0),
  )
  const bytes = Buffer.concat(parts)
  if (parts.some((one) => one.length === 0) || bytes.length !== upload.size) throw new ApiError(44001)
  const md5 = createHash('md5').update(bytes).digest('hex')
  if (upload.md5 !== null && upload.md5 !== md5) throw invalid('md5')
  const id = `3${ctx.rng.text(86)}`
  const { type, filename } = upload
  const createdAt = ctx.clock.now()
  ctx.state.media.set(id, {
    id,
    type,
    filename,
    bytes,
    createdAt,
    attachmentType: null,
    robot: ctx.bot.botId,
  })
  ctx.state.bot.uploads.delete(upload.id)
  return { type, media_id: id, created_at: String(seconds(createdAt)) }
}

function mustUpload(ctx: Context, body: Body): BotUpload {
  const upload = ctx.state.bot.uploads.get(text(body, 'upload_id'))
  if (!upload) throw invalid('upload_id')
  return upload
}
