import { takeUse } from '../ceilings.ts'
import type { Context } from '../context.ts'
import { cancelMoment, startMomentJob } from '../deeds/moments.ts'
import { findTag } from '../deeds/tags.ts'
import { ApiError, invalid, missing } from '../errors.ts'
import { optionalIntegers, optionalPart, optionalTexts, text, type Body } from '../params.ts'
import type { Moment, MomentRange } from '../records.ts'
import { staffOf } from '../state.ts'
import type { Api } from './call.ts'
import { readMomentContent } from './moment-content.ts'
import { mustMoment } from './moment-results.ts'
import { root } from './users.ts'

const mostSenders = 100_000
const mostPerMinute = 10
const jobMs = 86_400_000

interface Range {
  readonly range: MomentRange
  readonly invalidUsers: string[]
  readonly invalidDepartments: number[]
  readonly invalidTags: string[]
}

/** Unknown people, departments and tags are left out; the result of the job names them. */
function readRange(ctx: Context, body: Body): Range {
  const range = optionalPart(body, 'visible_range') ?? {}
  const list = optionalPart(range, 'sender_list') ?? {}
  const users = optionalTexts(list, 'user_list', mostSenders) ?? []
  const departments = optionalIntegers(list, 'department_list', mostSenders) ?? []
  const contacts = optionalPart(range, 'external_contact_list') ?? {}
  const tags = optionalTexts(contacts, 'tag_list', 10_000) ?? []
  const known = users.flatMap((id) => staffOf(ctx.state, id)?.userid ?? [])
  const everybody = departments.includes(root)
  const senders = everybody ? [...ctx.state.staff.values()].map((staff) => staff.userid) : known
  return {
    range: {
      senders: users.length + departments.length > 0 ? senders : null,
      tags: tags.length > 0 ? tags.filter((id) => findTag(ctx, id)) : null,
    },
    invalidUsers: users.filter((id) => !staffOf(ctx.state, id)),
    invalidDepartments: departments.filter((id) => id !== root),
    invalidTags: tags.filter((id) => !findTag(ctx, id)),
  }
}

const isRunning = (moment: Moment): boolean =>
  !moment.cancelled && [...moment.tasks.values()].some((task) => task.publishedAt === null)

const addMomentTask: Api = {
  path: 'externalcontact/add_moment_task',
  method: 'POST',
  run({ ctx, body }) {
    const content = readMomentContent(ctx, body)
    const range = readRange(ctx, body)
    const { mostRunningMoments } = ctx.settings
    if (mostRunningMoments !== null) {
      const running = [...ctx.state.moments.values()].filter(isRunning).length
      if (running >= mostRunningMoments) throw new ApiError(41078)
    }
    takeUse(ctx, 'moment tasks', mostPerMinute, 'minute')
    const { visible_range: _range, ...shared } = body
    const job = startMomentJob(ctx, { text: content.text, content: shared, ...range })
    return { jobid: job.jobid }
  },
}

/** 1 created, 2 in progress, 3 done; a job is known for a day. */
const getMomentTaskResult: Api = {
  path: 'externalcontact/get_moment_task_result',
  method: 'GET',
  run({ ctx, query }) {
    const jobid = query.get('jobid')
    if (!jobid) throw missing('jobid')
    const job = ctx.state.momentJobs.get(jobid)
    const now = ctx.clock.now()
    if (!job || now > job.createdAt + jobMs) throw invalid('jobid')
    const type = 'add_moment_task'
    if (!job.done) return { status: now < job.createdAt + ctx.settings.dispatchMs / 2 ? 1 : 2, type }
    return {
      status: 3,
      type,
      result: {
        ...(job.moment
          ? { errcode: 0, errmsg: 'ok', moment_id: job.moment.momentId }
          : { errcode: 41048, errmsg: new ApiError(41048).message }),
        invalid_sender_list: { user_list: job.invalidUsers, department_list: job.invalidDepartments },
        invalid_external_contact_list: { tag_list: job.invalidTags },
      },
    }
  },
}

const cancelMomentTask: Api = {
  path: 'externalcontact/cancel_moment_task',
  method: 'POST',
  run({ ctx, body }) {
    const moment = mustMoment(ctx, text(body, 'moment_id'))
    if (moment.creator !== null) throw invalid('moment_id')
    if (moment.cancelled) throw new ApiError(41093)
    cancelMoment(ctx, moment)
    return {}
  },
}

export const momentApis: readonly Api[] = [addMomentTask, getMomentTaskResult, cancelMomentTask]
