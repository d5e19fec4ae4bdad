/**
 * 客户朋友圈: one task for many advisors, each of whom confirms in the client and then shows it to her own customers
 * (WECOM.md §3.7). The call only starts a job; the moment has its id when that is done. Neither has a key of ours, so a
 * lost answer is looked up by the batch token that words or card carry.
 */
import type { Clock } from '../base/clock.ts'
import { days, hours, minutes } from '../base/clock.ts'
import { OutsideFailure } from '../base/errors.ts'
import type { Attachment } from '../content/index.ts'
import { fileOf } from '../content/index.ts'
import type { Channel, Found, Made, Parcel, ParcelDraft, RecipientResult } from '../delivery/index.ts'
import { attachmentsOf, expiredMedia, fileKey } from './attachments.ts'
import type { MediaIds } from './media.ts'
import { outcomeOf, unreadable } from './outcome.ts'
import { pages } from './pages.ts'
import type { WecomApi } from './protocol/api.ts'
import type { MomentAttachment, MomentJob, MomentSeen } from './protocol/calls/moments.ts'
import { meaningOf } from './protocol/errors.ts'
import { textTo } from './staff-note.ts'

export interface MomentParts {
  readonly api: Pick<
    WecomApi,
    'addMoment' | 'momentJob' | 'moments' | 'momentTasks' | 'momentResults' | 'cancelMoment' | 'sendMessage'
  >
  readonly media: MediaIds
  readonly clock: Pick<Clock, 'now'>
  readonly agentId: string
}

/** WeCom takes 100,000; nobody is reminded beyond a thousand (WECOM.md §4.1). */
const maxRecipients = 1_000
/** Our clock and WeCom's may differ a little; the token decides, this only bounds the search. */
const slackMs = minutes(1)
/** The list takes at most a month. */
const longestSearchMs = days(30)
/** A job is told about for so long. */
const jobMs = hours(24)
/**
 * How long a job takes is nowhere said. What is not in the list after a quarter of an hour will not come, and should it
 * come all the same, the twin is found with the results.
 */
const jobEndsMs = minutes(15)
/** The call answers a job's id; the moment's own does not look like this. */
const jobMark = 'job:'
const jobDone = 3
const published = 1
const reminder = '有一条客户朋友圈等您发表：请打开企业微信“客户朋友圈”，查看后发表。'

export const createMomentsChannel = (parts: MomentParts): Channel => {
  const { api, media } = parts
  return {
    name: 'moments',
    maxRecipients,
    // WECOM.md §3.7: ten creations a minute for the corp, the burst among them.
    rate: { perMinute: 8, burst: 2 },
    prepare: (attachments) => media.prepare(attachments, 'moment'),
    compose: (draft) => JSON.stringify(bodyOf(draft)),
    async send(parcel, signal) {
      if (parcel.sender === null) return { kind: 'refused', code: 'no-advisor', why: '没有顾问可以发表' }
      const result = await api.addMoment(parcel.body, signal)
      if (result.kind !== 'ok') return (await expiredMedia(media, parcel, result)) ?? outcomeOf(result)
      return {
        kind: 'waiting',
        remoteId: `${jobMark}${result.value.jobid}`,
        why: 'advisor-must-confirm',
      }
    },
    made: (parcel, signal) => made(parts, parcel, signal),
    results: (parcel, signal) => results(parts, parcel, signal),
    find: (parcel, signal) => find(parts, parcel, signal),
    async cancel(remoteId, signal) {
      const moment = await momentOf(parts, remoteId, signal)
      const result = await api.cancelMoment(moment, signal)
      if (result.kind === 'ok' || (result.kind === 'error' && result.reaction === 'done')) return
      throw unreadable('the moment could not be cancelled', result)
    },
    async remind(remoteId, signal) {
      // WeCom has no reminder of its own for moments.
      const waiting: string[] = []
      for await (const { userid, publish_status } of tasksOf(parts, remoteId, signal))
        if (publish_status !== published) waiting.push(userid)
      if (waiting.length === 0) return 'reminded'
      const note = textTo(parts.agentId, waiting.slice(0, maxRecipients), reminder)
      const result = await api.sendMessage(JSON.stringify(note), signal)
      if (result.kind === 'ok') return 'reminded'
      throw unreadable('the advisors could not be reminded', result)
    },
  }
}

// ------------------------------------------------------------------ the body

function bodyOf(draft: ParcelDraft): object {
  const { text, attachments = [], files = new Map<string, string>() } = draft
  const idOf = (attachment: Attachment): string => {
    const wanted = fileOf(attachment, 'moment')
    const id = wanted && files.get(fileKey(wanted))
    if (typeof id !== 'string') throw new Error(`There is no id for ${JSON.stringify(wanted)}.`)
    return id
  }
  return {
    text: { content: text },
    ...(attachments.length === 0 ? {} : { attachments: attachments.map((one) => wireOf(one, idOf(one))) }),
    visible_range: { sender_list: { user_list: draft.recipients.map(({ subject }) => subject) } },
  }
}

function wireOf(attachment: Attachment, mediaId: string): MomentAttachment {
  if ('image' in attachment) return { msgtype: 'image', image: { media_id: mediaId } }
  if ('video' in attachment) return { msgtype: 'video', video: { media_id: mediaId } }
  if (!('link' in attachment)) throw new Error('A moment carries pictures, a film or a link.')
  const { title, url } = attachment.link
  return { msgtype: 'link', link: { title, url, media_id: mediaId } }
}

// ------------------------------------------------------------------ what the job has made

const jobOf = (remoteId: string): string | null =>
  remoteId.startsWith(jobMark) ? remoteId.slice(jobMark.length) : null

async function made(parts: MomentParts, parcel: Parcel, signal: AbortSignal): Promise<Made> {
  const remoteId = parcel.remoteId ?? ''
  const jobid = jobOf(remoteId)
  if (jobid === null) return { kind: 'made', remoteId }
  const result = await parts.api.momentJob(jobid, signal)
  if (result.kind === 'ok') return madeBy(result.value)
  // Nobody asked within the day, and the job is forgotten: what it made is still in the list.
  if (result.kind !== 'error' || parts.clock.now() < parcel.calledAt + jobMs)
    throw unreadable('the job of a moment', result)
  const found = await find(parts, parcel, signal)
  if (found === 'unsure') throw unreadable('the job of a moment', result)
  const [first] = found
  return first
    ? { kind: 'made', remoteId: first.remoteId }
    : { kind: 'refused', code: 'moment-lost', why: '发表任务已过期，没有找到它创建的朋友圈' }
}

function madeBy({ status, result }: MomentJob): Made {
  if (status !== jobDone || result === undefined) return { kind: 'not-yet' }
  if (result.errcode === 0 && result.moment_id !== '') return { kind: 'made', remoteId: result.moment_id }
  const { name, words } = meaningOf(result.errcode)
  return { kind: 'refused', code: name, why: `${words} (${String(result.errcode)})` }
}

/** The moment to take back; a job that is still at work cannot be. */
async function momentOf(parts: MomentParts, remoteId: string, signal: AbortSignal): Promise<string> {
  const jobid = jobOf(remoteId)
  if (jobid === null) return remoteId
  const result = await parts.api.momentJob(jobid, signal)
  if (result.kind !== 'ok') throw unreadable('the job of a moment', result)
  const { moment_id: moment = '' } = result.value.result ?? {}
  if (moment === '') throw new OutsideFailure('the moment is not there yet')
  return moment
}

// ------------------------------------------------------------------ who has published

async function* tasksOf({ api }: MomentParts, moment: string, signal: AbortSignal) {
  for await (const { task_list: tasks } of pages('the tasks of a moment', (cursor) =>
    api.momentTasks(moment, cursor, signal),
  ))
    yield* tasks
}

/** Userids are the same whatever their case. */
const sameUser = (userid: string): string => userid.toLowerCase()

async function* results(
  parts: MomentParts,
  parcel: Parcel,
  signal: AbortSignal,
): AsyncGenerator<RecipientResult> {
  const moment = parcel.remoteId
  if (moment === undefined) return
  const asked = new Map(parcel.recipients.map(({ subject }) => [sameUser(subject), subject]))
  for await (const { userid, publish_status } of tasksOf(parts, moment, signal)) {
    const subject = asked.get(sameUser(userid))
    if (subject === undefined) continue
    asked.delete(sameUser(userid))
    if (publish_status !== published) yield { subject, status: 'waiting' }
    else yield { subject, status: 'sent', seenBy: await seenBy(parts, moment, userid, signal) }
  }
  for (const subject of asked.values())
    yield { subject, status: 'refused', code: 'no-task', words: '企业微信没有把这条朋友圈交给这位顾问' }
}

async function seenBy(
  { api }: MomentParts,
  moment: string,
  userid: string,
  signal: AbortSignal,
): Promise<number> {
  let customers = 0
  for await (const { customer_list: list } of pages('who sees a moment', (cursor) =>
    api.momentResults(moment, userid, cursor, signal),
  ))
    customers += list.length
  return customers
}

// ------------------------------------------------------------------ answering an unknown

async function find(
  parts: MomentParts,
  parcel: Parcel,
  signal: AbortSignal,
): Promise<readonly Found[] | 'unsure'> {
  const sent = attachmentsOf(parcel)
  // Words and a card without a token look like anybody's: a person has to judge.
  if (!`${parcel.text} ${JSON.stringify(sent)}`.includes(parcel.batchToken)) return 'unsure'
  const now = parts.clock.now()
  const from = Math.floor((parcel.intentAt - slackMs) / 1000)
  const until = Math.min(now, parcel.intentAt + longestSearchMs - 2 * slackMs) + slackMs
  const span = { start_time: from, end_time: Math.floor(until / 1000), filter_type: 0 } as const
  const found: Found[] = []
  for await (const { moment_list: list } of pages('the list of moments', (cursor) =>
    parts.api.moments(span, cursor, signal),
  )) {
    for (const seen of list.filter((one) => carries(one, parcel, sent))) {
      const confirmed = await isPublished(parts, seen.moment_id, signal)
      if (confirmed === 'unsure') return 'unsure'
      found.push({ remoteId: seen.moment_id, confirmed })
    }
  }
  // Its job may be at work.
  return found.length === 0 && now < parcel.calledAt + jobEndsMs ? 'unsure' : found
}

/** The same words, pictures, film and card; the list may name files as it likes. */
function carries(
  seen: MomentSeen,
  parcel: Parcel,
  sent: readonly Readonly<Record<string, unknown>>[],
): boolean {
  if (seen.create_time * 1000 < parcel.intentAt - slackMs) return false
  const of = (kind: string): number => sent.filter(({ msgtype }) => msgtype === kind).length
  const [card] = sent.flatMap(({ link }) => (link === undefined ? [] : [link as { url: string }]))
  return (
    (seen.text?.content ?? '') === parcel.text &&
    seen.image.length === of('image') &&
    (seen.video === undefined ? 0 : 1) === of('video') &&
    seen.link?.url === card?.url
  )
}

/** Whether anybody has pressed; `unsure`: still being handed out. */
async function isPublished(
  { api }: MomentParts,
  moment: string,
  signal: AbortSignal,
): Promise<boolean | 'unsure'> {
  const tasks = await api.momentTasks(moment, '', signal)
  if (tasks.kind === 'error' && tasks.reaction === 'later') return 'unsure'
  if (tasks.kind !== 'ok') throw unreadable('the tasks of a moment', tasks)
  return tasks.value.task_list.some(({ publish_status }) => publish_status === published)
}
