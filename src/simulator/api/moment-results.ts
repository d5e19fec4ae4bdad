import { seconds, type Context } from '../context.ts'
import { ApiError, invalid } from '../errors.ts'
import { integer, isBody, optionalInteger, optionalText, page, text, type Body } from '../params.ts'
import type { Moment, MomentReaction, MomentTask } from '../records.ts'
import { staffOf } from '../state.ts'
import type { Api, Reply } from './call.ts'
import { servingStaff } from './customers.ts'

const mostSpanSeconds = 30 * 86_400

/** 41079 while the moment is still being handed out to the staff. */
export function mustMoment(ctx: Context, id: string): Moment {
  const moment = ctx.state.moments.get(id)
  if (!moment) throw invalid('moment_id')
  if (moment.creator === null && ctx.clock.now() < moment.createdAt + ctx.settings.dispatchMs)
    throw new ApiError(41079)
  return moment
}

function mustTask(
  ctx: Context,
  body: Body,
): { moment: Moment; task: MomentTask | undefined; userid: string } {
  const { userid } = servingStaff(ctx, text(body, 'userid'))
  const moment = mustMoment(ctx, text(body, 'moment_id'))
  return { moment, task: moment.tasks.get(userid), userid }
}

/** Attachments come back under the name of their kind. */
function contentOf(moment: Moment): Reply {
  const given = moment.content['attachments']
  const attachments = Array.isArray(given) ? given.filter(isBody) : []
  const of = (kind: string): Body[] =>
    attachments.flatMap((one) => {
      const inner = one[kind]
      return one['msgtype'] === kind && isBody(inner) ? [inner] : []
    })
  const [images, [video], [link]] = [of('image'), of('video'), of('link')]
  return {
    ...(moment.text === '' ? {} : { text: { content: moment.text } }),
    ...(images.length === 0 ? {} : { image: images.map((one) => ({ media_id: one['media_id'] })) }),
    ...(video ? { video: { media_id: video['media_id'], thumb_media_id: '' } } : {}),
    ...(link ? { link: { title: link['title'] ?? '', url: link['url'] } } : {}),
  }
}

const getMomentList: Api = {
  path: 'externalcontact/get_moment_list',
  method: 'POST',
  run({ ctx, body }) {
    const start = integer(body, 'start_time', 0, Number.MAX_SAFE_INTEGER)
    const end = integer(body, 'end_time', 0, Number.MAX_SAFE_INTEGER)
    if (end < start || end - start > mostSpanSeconds) throw invalid('end_time: at most 30 days')
    const filter = optionalInteger(body, 'filter_type', 0, 2) ?? 2
    const limit = optionalInteger(body, 'limit', 1, 20) ?? 20
    const wanted = optionalText(body, 'creator')
    const creator = wanted ? servingStaff(ctx, wanted).userid : null
    const found = [...ctx.state.moments.values()].filter((moment) => {
      const at = seconds(moment.createdAt)
      const type = moment.creator === null ? 0 : 1
      return (
        at >= start &&
        at <= end &&
        (filter === 2 || filter === type) &&
        (!creator || creator === moment.creator)
      )
    })
    const list = `moments ${start} ${end} ${filter} ${creator ?? ''}`
    const shown = page(found, list, optionalText(body, 'cursor'), limit)
    return {
      next_cursor: shown.next,
      moment_list: shown.items.map((moment) => ({
        moment_id: moment.momentId,
        ...(moment.creator === null ? {} : { creator: moment.creator }),
        create_time: String(seconds(moment.createdAt)),
        create_type: moment.creator === null ? 0 : 1,
        visible_type: moment.visibleType,
        ...contentOf(moment),
      })),
    }
  },
}

/** Only for moments of the corp: what staff make alone has no tasks. */
const getMomentTask: Api = {
  path: 'externalcontact/get_moment_task',
  method: 'POST',
  run({ ctx, body }) {
    const limit = optionalInteger(body, 'limit', 1, 1_000) ?? 500
    const moment = mustMoment(ctx, text(body, 'moment_id'))
    if (moment.creator !== null) throw invalid('moment_id')
    const list = `moment task ${moment.momentId}`
    const shown = page([...moment.tasks.values()], list, optionalText(body, 'cursor'), limit)
    return {
      next_cursor: shown.next,
      task_list: shown.items.map((task) => ({
        userid: task.userid,
        publish_status: task.publishedAt === null ? 0 : 1,
      })),
    }
  },
}

/** Who was chosen to see it. */
const getMomentCustomerList: Api = {
  path: 'externalcontact/get_moment_customer_list',
  method: 'POST',
  run({ ctx, body }) {
    const limit = optionalInteger(body, 'limit', 1, 1_000) ?? 500
    const { moment, task, userid } = mustTask(ctx, body)
    const list = `moment customers ${moment.momentId} ${userid}`
    const shown = page(task?.audience ?? [], list, optionalText(body, 'cursor'), limit)
    return {
      next_cursor: shown.next,
      customer_list: shown.items.map((id) => ({ userid, external_userid: id })),
    }
  },
}

/** Who really sees it, once it is published. */
const getMomentSendResult: Api = {
  path: 'externalcontact/get_moment_send_result',
  method: 'POST',
  run({ ctx, body }) {
    const limit = optionalInteger(body, 'limit', 1, 5_000) ?? 3_000
    const { moment, task, userid } = mustTask(ctx, body)
    const list = `moment result ${moment.momentId} ${userid}`
    const shown = page([...(task?.seenBy ?? [])], list, optionalText(body, 'cursor'), limit)
    return { next_cursor: shown.next, customer_list: shown.items.map((id) => ({ external_userid: id })) }
  },
}

const getMomentComments: Api = {
  path: 'externalcontact/get_moment_comments',
  method: 'POST',
  run({ ctx, body }) {
    const { task } = mustTask(ctx, body)
    const present = (one: MomentReaction): Reply => ({
      ...(staffOf(ctx.state, one.by) ? { userid: one.by } : { external_userid: one.by }),
      create_time: seconds(one.at),
    })
    return {
      comment_list: (task?.comments ?? []).map(present),
      like_list: (task?.likes ?? []).map(present),
    }
  },
}

export const momentResultApis: readonly Api[] = [
  getMomentList,
  getMomentTask,
  getMomentCustomerList,
  getMomentSendResult,
  getMomentComments,
]
