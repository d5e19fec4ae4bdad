import { seconds } from '../context.ts'
import { startUpload } from '../deeds/fetch-upload.ts'
import { ApiError, invalid } from '../errors.ts'
import { integer, limitedText, text } from '../params.ts'
import type { Api } from './call.ts'

const mostUrlBytes = 2_048
const mostFilenameBytes = 128

/** Files of up to 200 MB for group welcomes, fetched by the platform (WECOM.md §8). */
const uploadByUrl: Api = {
  path: 'media/upload_by_url',
  method: 'POST',
  run({ ctx, body }) {
    integer(body, 'scene', 1, 1)
    const type = text(body, 'type')
    if (type !== 'video' && type !== 'file') throw invalid('type')
    const filename = limitedText(body, 'filename', mostFilenameBytes)
    const url = limitedText(body, 'url', mostUrlBytes)
    if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw invalid('url')
    const md5 = text(body, 'md5')
    if (!/^[0-9a-fA-F]{32}$/.test(md5)) throw invalid('md5')
    return { jobid: startUpload(ctx, { type, filename, url, md5 }).jobid }
  },
}

const getResult: Api = {
  path: 'media/get_upload_by_url_result',
  method: 'POST',
  run({ ctx, body }) {
    const job = ctx.state.uploadJobs.get(text(body, 'jobid'))
    if (!job) throw invalid('jobid')
    switch (job.status) {
      case 1:
        return { status: 1 }
      case 2:
        return {
          status: 2,
          detail: {
            errcode: 0,
            errmsg: 'ok',
            media_id: job.mediaId,
            created_at: String(seconds(job.doneAt)),
          },
        }
      case 3:
        return { status: 3, detail: { errcode: job.errcode, errmsg: new ApiError(job.errcode).message } }
    }
  },
}

export const uploadByUrlApis: readonly Api[] = [uploadByUrl, getResult]
