import { createHash } from 'node:crypto'
import type { Context } from '../context.ts'
import type { WantedUpload } from '../plan.ts'
import type { UploadJob } from '../records.ts'

const mostBytes = 200 * 1024 * 1024
/** On the wall clock: the network does not know the simulator's. */
const patienceMs = 30_000
const tooBig = 45001
const badSource = 40058

/** The platform fetches the file itself, a little later; the server behind the address must serve ranges. */
export function startUpload(ctx: Context, wanted: WantedUpload): UploadJob {
  const job: UploadJob = { jobid: `job${ctx.rng.text(40)}`, status: 1, errcode: 0, mediaId: '', doneAt: 0 }
  ctx.state.uploadJobs.set(job.jobid, job)
  const at = ctx.clock.now() + ctx.settings.dispatchMs
  ctx.clock.plan(at, { deed: 'fetch-upload', jobid: job.jobid, wanted })
  return job
}

export async function fetchUpload(ctx: Context, jobid: string, wanted: WantedUpload): Promise<void> {
  const { state } = ctx
  const job = state.uploadJobs.get(jobid)
  if (!job) return
  const found = await download(wanted)
  job.doneAt = ctx.clock.now()
  if (typeof found === 'number') {
    job.status = 3
    job.errcode = found
    return
  }
  const { type, filename } = wanted
  job.status = 2
  job.mediaId = `3${ctx.rng.text(86)}`
  state.media.set(job.mediaId, {
    id: job.mediaId,
    type,
    filename,
    bytes: found,
    createdAt: job.doneAt,
    attachmentType: null,
    robot: null,
  })
}

/** The bytes, or the code of what is wrong with them. */
async function download({ url, md5 }: WantedUpload): Promise<Buffer | number> {
  try {
    const answer = await fetch(url, {
      headers: { range: `bytes=0-${mostBytes}` },
      signal: AbortSignal.timeout(patienceMs),
    })
    if (answer.status !== 206) return badSource
    const bytes = Buffer.from(await answer.arrayBuffer())
    if (bytes.length > mostBytes) return tooBig
    const isSame = createHash('md5').update(bytes).digest('hex') === md5.toLowerCase()
    return isSame && bytes.length > 0 ? bytes : badSource
  } catch (error) {
    // An address nobody answers at is the caller's trouble, told in the job.
    if (error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError'))
      return badSource
    throw error
  }
}
