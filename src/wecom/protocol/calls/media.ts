/**
 * Files up and down (WECOM.md §8). Each is looked into first, and one that WeCom would refuse never leaves. Uploads may be
 * repeated: the same bytes twice make two ids, and harm nobody.
 */
import { z } from 'zod'
import type { Downloaded, WecomClient } from '../client.ts'
import { refusalOf } from '../media-file.ts'
import type { MediaUse } from '../../../content/index.ts'
import type { FormFile } from '../multipart.ts'
import type { Result } from '../result.ts'
import { number, text, verbs } from './call.ts'
import type { Signal } from './call.ts'

export type MediaType = 'image' | 'voice' | 'video' | 'file'
export type AttachmentUse = 'moment' | 'album'

const attachmentTypes: Readonly<Record<AttachmentUse, string>> = { moment: '1', album: '2' }

/** Up to 200 MB, fetched by WeCom from an address that serves ranges; for group welcomes. */
export interface UploadByUrl {
  readonly scene: 1
  readonly type: 'video' | 'file'
  readonly filename: string
  readonly url: string
  readonly md5: string
}

/** Twenty megabytes over a slow line. */
export const uploadTimeoutMs = 60_000

/** `created_at` is a number or text; good for three days from then. */
const uploaded = z.object({ type: text, media_id: z.string().min(1), created_at: number.default(0) })
const picture = z.object({ url: z.string().min(1) })
const byUrl = z.object({
  /** 1 under way, 2 done, 3 failed. */
  status: number,
  detail: z.object({ errcode: number.default(0), media_id: text, created_at: number.default(0) }).optional(),
})

export type Uploaded = z.output<typeof uploaded>

export function mediaCalls(client: WecomClient) {
  const { read, set, make } = verbs(client)
  async function upload<S extends z.ZodType>(
    api: string,
    use: MediaUse,
    answer: S,
    query: Readonly<Record<string, string>>,
    file: FormFile,
    signal: Signal,
  ): Promise<Result<z.output<S>>> {
    return refusalOf(file, use) ?? set(api, answer, { query, file, timeoutMs: uploadTimeoutMs, signal })
  }
  const download = (
    api: string,
    mediaId: string,
    range: readonly [number, number] | undefined,
    signal: Signal,
  ): Promise<Result<Downloaded>> =>
    client.download(api, {
      query: { media_id: mediaId },
      timeoutMs: uploadTimeoutMs,
      ...(range === undefined ? {} : { range }),
      signal,
    })
  return {
    /** Good for three days, for every app of the corp. */
    uploadMedia: (type: MediaType, file: FormFile, signal?: Signal) =>
      upload('media/upload', type, uploaded, { type }, file, signal),
    /** An address that stays: 1,000 a day and 3,000 a month for the corp. */
    uploadPicture: (file: FormFile, signal?: Signal) =>
      upload('media/uploadimg', 'picture', picture, {}, file, signal),
    uploadAttachment: (
      use: AttachmentUse,
      type: 'image' | 'video' | 'file',
      file: FormFile,
      signal?: Signal,
    ) =>
      upload(
        'media/upload_attachment',
        `${use}-${type}`,
        uploaded,
        { media_type: type, attachment_type: attachmentTypes[use] },
        file,
        signal,
      ),
    uploadByUrl: (body: UploadByUrl, signal?: Signal) =>
      make('media/upload_by_url', z.object({ jobid: z.string().min(1) }), { body, signal }),
    uploadByUrlResult: (jobid: string, signal?: Signal) =>
      read('media/get_upload_by_url_result', byUrl, { body: { jobid }, signal }),
    /** `range`: first and last byte, for large files. */
    media: (mediaId: string, range?: readonly [number, number], signal?: Signal) =>
      download('media/get', mediaId, range, signal),
    /** Voices recorded on a page, in their better quality. */
    mediaOfPage: (mediaId: string, range?: readonly [number, number], signal?: Signal) =>
      download('media/get/jssdk', mediaId, range, signal),
  }
}
