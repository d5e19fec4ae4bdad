import type { Context } from '../context.ts'
import { WorldError } from '../errors.ts'
import { linksIn } from '../ledger.ts'
import type { Moment, MomentJob, MomentRange, MomentTask } from '../records.ts'
import { areFriends, followOf, staffOf } from '../state.ts'
import type { LedgerRow } from '../types.ts'
import { mustStaff } from './contacts.ts'
import { arrived, arrivedAtStaff } from './deliver.ts'

export interface NewMoment {
  readonly text: string
  readonly content: Record<string, unknown>
  readonly range: MomentRange
  readonly invalidUsers: readonly string[]
  readonly invalidDepartments: readonly number[]
  readonly invalidTags: readonly string[]
}

/** The moment itself, and with it the tasks of the staff, come into being a little later (WECOM.md §3.7). */
export function startMomentJob(ctx: Context, wanted: NewMoment): MomentJob {
  const { text, content, range, ...invalid } = wanted
  const job: MomentJob = {
    jobid: `job${ctx.rng.text(40)}`,
    createdAt: ctx.clock.now(),
    ...invalid,
    done: false,
    moment: null,
  }
  ctx.state.momentJobs.set(job.jobid, job)
  const at = job.createdAt + ctx.settings.dispatchMs
  ctx.clock.plan(at, { deed: 'make-moment', jobid: job.jobid, text, content, range })
  return job
}

export function makeMoment(ctx: Context, jobid: string, wanted: Omit<MadeMoment, 'audiences'>): void {
  const job = ctx.state.momentJobs.get(jobid)
  if (!job) return
  job.done = true
  const audiences = audiencesOf(ctx, wanted.range)
  if (audiences.size > 0) job.moment = createMoment(ctx, { ...wanted, audiences })
}

/**
 * Who publishes to whom. Only senders: all their customers. Only tags: whoever follows such customers, to them.
 * Both: what is in both. Neither: everybody to everybody.
 */
function audiencesOf(ctx: Context, range: MomentRange): Map<string, string[]> {
  const audiences = new Map<string, string[]>()
  for (const staff of ctx.state.staff.values()) {
    if (!staff.serves || (range.senders && !range.senders.includes(staff.userid))) continue
    const customers = [...(ctx.state.servedBy.get(staff.userid) ?? [])].filter((id) => {
      const worn = followOf(ctx.state, staff.userid, id)?.tagIds
      return !range.tags || range.tags.some((tag) => worn?.has(tag))
    })
    if (customers.length > 0 || !range.tags) audiences.set(staff.userid, customers)
  }
  return audiences
}

interface MadeMoment extends Pick<NewMoment, 'text' | 'content' | 'range'> {
  readonly audiences: ReadonlyMap<string, readonly string[]>
}

const newTask = (userid: string, audience: readonly string[], rows: readonly LedgerRow[]): MomentTask => ({
  userid,
  audience,
  rows,
  publishedAt: null,
  seenBy: new Set(),
  likes: [],
  comments: [],
  due: null,
})

function createMoment(ctx: Context, wanted: MadeMoment): Moment {
  const { text, content, audiences } = wanted
  const moment: Moment = {
    momentId: `mom${ctx.rng.text(29)}`,
    createdAt: ctx.clock.now(),
    creator: null,
    visibleType: wanted.range.tags ? 0 : 1,
    text,
    content,
    tasks: new Map(),
    cancelled: false,
  }
  const links = linksIn(content)
  for (const [userid, audience] of audiences) {
    const rows = audience.map((recipient) =>
      ctx.ledger.add({
        api: 'add_moment_task',
        via: 'api',
        msgid: moment.momentId,
        sender: userid,
        recipientKind: 'customer',
        recipient,
        text,
        links,
        body: content,
        acceptedAt: moment.createdAt,
        status: 'accepted',
        resultStatus: 0,
      }),
    )
    moment.tasks.set(userid, newTask(userid, audience, rows))
  }
  ctx.state.moments.set(moment.momentId, moment)
  for (const task of moment.tasks.values()) handToStaff(ctx, moment, task, links)
  return moment
}

function handToStaff(ctx: Context, moment: Moment, task: MomentTask, links: readonly string[]): void {
  const { momentId: msgid, text, content: body, createdAt: at } = moment
  arrivedAtStaff(ctx, { userid: task.userid, kind: 'task', msgid, at, text, links, body })
  const confirm = staffOf(ctx.state, task.userid)?.confirm
  if (!confirm || confirm.mode === 'never' || task.publishedAt !== null) return
  const plan = { deed: 'publish', momentId: msgid, userid: task.userid } as const
  task.due = ctx.clock.plan(at + (confirm.afterMs ?? 0), plan)
}

export function publishPlanned(ctx: Context, momentId: string, userid: string): void {
  const moment = ctx.state.moments.get(momentId)
  const task = moment?.tasks.get(userid)
  if (moment && task) publish(ctx, moment, task)
}

/** The staff member presses "publish": who is a friend at this moment sees it. */
function publish(ctx: Context, moment: Moment, task: MomentTask): void {
  if (moment.cancelled || task.publishedAt !== null) return
  ctx.clock.unplan(task.due)
  const now = ctx.clock.now()
  task.publishedAt = now
  for (const id of task.audience) if (areFriends(ctx.state, task.userid, id)) task.seenBy.add(id)
  const seen = task.rows.filter((row) => task.seenBy.has(row.recipient))
  for (const row of task.rows) {
    if (task.seenBy.has(row.recipient)) ctx.ledger.settle(row, 'sent', now, 1)
    else ctx.ledger.settle(row, 'failed', now, 2)
  }
  // Listeners run after the whole task is settled, so that what they do sees a finished moment.
  for (const row of seen) arrived(ctx, row)
}

export function publishMoment(ctx: Context, userid: string, momentId: string): void {
  const staff = mustStaff(ctx, userid)
  const moment = ctx.state.moments.get(momentId)
  const task = moment?.tasks.get(staff.userid)
  if (!moment || !task) throw new WorldError(`${userid} has no moment ${momentId}`)
  if (moment.cancelled) throw new WorldError(`moment ${momentId} was cancelled`)
  if (task.publishedAt !== null) throw new WorldError(`${userid} already published ${momentId}`)
  publish(ctx, moment, task)
}

/** Stops what is not published yet; what is published stays. */
export function cancelMoment(ctx: Context, moment: Moment): void {
  moment.cancelled = true
  const now = ctx.clock.now()
  for (const task of moment.tasks.values()) {
    ctx.clock.unplan(task.due)
    if (task.publishedAt !== null) continue
    for (const row of task.rows) ctx.ledger.settle(row, 'cancelled', now)
  }
}

/** A moment the staff member made alone in the client: published at once, to all friends, without ledger rows. */
export function staffMoment(ctx: Context, userid: string, text: string): Moment {
  const staff = mustStaff(ctx, userid)
  const moment: Moment = {
    momentId: `mom${ctx.rng.text(29)}`,
    createdAt: ctx.clock.now(),
    creator: staff.userid,
    visibleType: 1,
    text,
    content: { text: { content: text } },
    tasks: new Map(),
    cancelled: false,
  }
  const task = newTask(staff.userid, [...(ctx.state.servedBy.get(staff.userid) ?? [])], [])
  moment.tasks.set(staff.userid, task)
  ctx.state.moments.set(moment.momentId, moment)
  publish(ctx, moment, task)
  return moment
}

/** Who sees a published moment, or the staff member who published it, may like it once and comment on it. */
export function reactToMoment(
  ctx: Context,
  kind: 'like' | 'comment',
  momentId: string,
  userid: string,
  by: string,
): void {
  const staff = mustStaff(ctx, userid)
  const task = ctx.state.moments.get(momentId)?.tasks.get(staff.userid)
  if (!task || task.publishedAt === null) throw new WorldError(`${userid} published no moment ${momentId}`)
  const person = staffOf(ctx.state, by)?.userid ?? by
  if (person !== staff.userid && !task.seenBy.has(person))
    throw new WorldError(`${by} does not see ${momentId}`)
  if (kind === 'like' && task.likes.some((one) => one.by === person))
    throw new WorldError(`${by} already likes ${momentId}`)
  const reactions = kind === 'like' ? task.likes : task.comments
  reactions.push({ by: person, at: ctx.clock.now() })
}
