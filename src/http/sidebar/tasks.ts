/** The advisor's page beside a chat. Every route acts as the signed-in advisor, on her own customers only. */
import type { Act, Actor, Ctx } from '../../base/act.ts'
import { isoOf } from '../../base/calendar.ts'
import type { Db } from '../../base/db.ts'
import { attachmentWords, fileOf, noSuchMedia, readMedia } from '../../content/index.ts'
import type { Attachment } from '../../content/index.ts'
import { customerOfExternal } from '../../customer/index.ts'
import {
  beginSend,
  mustOwn,
  notFound,
  personalAttachments,
  present,
  recordCall,
  seeTask,
  setOptOut,
  settleSend,
  skipTask,
  tasksOf,
  today,
} from '../../desk/index.ts'
import type { DeskParts, Task } from '../../desk/index.ts'
import type { PromiseRow } from '../../outbox/index.ts'
import { callBody, intentBody, settleBody, sidebarOptOutBody, skipBody } from '../contract.ts'
import type {
  CustomerCard,
  Paged,
  SidebarCustomer,
  SidebarMessage,
  SidebarMessages,
  SidebarTask,
  TaskAttachment,
} from '../contract.ts'
import { parse } from '../parse.ts'
import { pictureAnswer } from '../picture.ts'
import type { Call, Route } from '../route.ts'

export interface SidebarTaskParts extends DeskParts {
  readonly act: Act
  readonly db: Db
  readonly card: (customer: string) => Promise<CustomerCard>
  /** Fetches the ids of files that WeCom does not know, or no longer. */
  readonly messages: (attachments: readonly Attachment[]) => Promise<readonly SidebarMessage[]>
}

const toSidebar = (task: Task): SidebarTask => ({
  promiseId: task.promise.id,
  externalUserId: task.promise.subject,
  name: task.name,
  tier: task.tier,
  tierTitle: task.tierTitle,
  touchpoint: task.promise.touchpoint,
  title: task.promise.title,
  why: task.why,
  text: task.text,
  dueAt: isoOf(task.promise.due_at),
  expiresAt: isoOf(task.promise.expires_at),
  // A task that ended otherwise is shown like one that was passed over: nothing is left to do.
  state: task.state === 'over' ? 'skipped' : task.state,
  warnings: task.warnings,
  ...(task.call === undefined
    ? {}
    : {
        call: task.call.last ? { last: { words: task.call.last.words, at: isoOf(task.call.last.at) } } : {},
      }),
  ...(task.attachments.length === 0
    ? {}
    : { attachments: task.attachments.map((one) => shownAttachment(task.promise.id, one)) }),
})

function shownAttachment(promise: string, attachment: Attachment): TaskAttachment {
  const [kind] = Object.keys(attachment) as [TaskAttachment['kind']]
  const words = attachmentWords(attachment)
  const file = fileOf(attachment)
  if (!file || kind === 'video' || kind === 'file') return { kind, words }
  const path = `/api/sidebar/promises/${promise}/pictures/${encodeURIComponent(file.name)}`
  return { kind, words, picture: path }
}

const staffOf = (call: Call): string => {
  if (!call.staff) throw notFound()
  return call.staff.userid
}
const param = (call: Call, name: string): string => call.params[name] ?? ''

export function sidebarTaskRoutes(parts: SidebarTaskParts): Route[] {
  const { act, db } = parts
  const access = { kind: 'staff' } as const

  /** Does it as this advisor and shows the task as it is then. */
  async function deed(call: Call, work: (ctx: Ctx, staff: string, id: string) => Promise<PromiseRow>) {
    const staff = staffOf(call)
    const actor: Actor = { kind: 'staff', userid: staff }
    const row = await act(actor, (ctx) => work(ctx, staff, param(call, 'id')))
    const [task] = await present(parts, db.reader, [row], call.now)
    if (!task) throw notFound()
    return { json: toSidebar(task) }
  }

  async function wish(call: Call, optedOut: boolean) {
    const staff = staffOf(call)
    const { said } = parse(sidebarOptOutBody, call.body ?? {})
    await act({ kind: 'staff', userid: staff }, (ctx) =>
      setOptOut(ctx, staff, param(call, 'external'), { optedOut, said }),
    )
    return { json: { optedOut } }
  }

  return [
    {
      method: 'GET',
      path: '/api/sidebar/today',
      access,
      async handle(call) {
        const { total, items } = await today(parts, db.reader, staffOf(call), call.now)
        return { json: { total, items: items.map(toSidebar) } satisfies Paged<SidebarTask> }
      },
    },
    {
      method: 'GET',
      path: '/api/sidebar/customers/:external',
      access,
      async handle(call) {
        const external = param(call, 'external')
        await mustOwn(db.reader, staffOf(call), external)
        const customer = await customerOfExternal(db.reader, external)
        if (customer === null) throw notFound()
        const tasks = await tasksOf(parts, db.reader, staffOf(call), external, call.now)
        const answer: SidebarCustomer = {
          customer: await parts.card(customer),
          tasks: tasks.map(toSidebar),
        }
        return { json: answer }
      },
    },
    {
      method: 'GET',
      path: '/api/sidebar/promises/:id/messages',
      access,
      async handle(call) {
        const row = await seeTask(db.reader, staffOf(call), param(call, 'id'))
        const items = await parts.messages(personalAttachments(parts.links, row))
        return { json: { items } satisfies SidebarMessages }
      },
    },
    {
      method: 'GET',
      path: '/api/sidebar/promises/:id/pictures/:name',
      access,
      async handle(call) {
        const name = param(call, 'name')
        const row = await seeTask(db.reader, staffOf(call), param(call, 'id'))
        const isHers = personalAttachments(parts.links, row).some((one) => fileOf(one)?.name === name)
        const found = isHers ? await readMedia(db.reader, name) : null
        if (found?.file.type !== 'image') throw noSuchMedia(name)
        return pictureAnswer(found.bytes)
      },
    },
    {
      method: 'POST',
      path: '/api/sidebar/promises/:id/intent',
      access,
      handle(call) {
        const { text } = parse(intentBody, call.body)
        return deed(call, (ctx, staff, id) => beginSend(ctx, staff, id, text))
      },
    },
    {
      method: 'POST',
      path: '/api/sidebar/promises/:id/settle',
      access,
      handle(call) {
        const { result } = parse(settleBody, call.body)
        return deed(call, (ctx, staff, id) => settleSend(ctx, staff, id, result))
      },
    },
    {
      method: 'POST',
      path: '/api/sidebar/promises/:id/call',
      access,
      handle(call) {
        const note = parse(callBody, call.body)
        return deed(call, (ctx, staff, id) => recordCall(ctx, staff, id, note))
      },
    },
    {
      method: 'POST',
      path: '/api/sidebar/promises/:id/skip',
      access,
      handle(call) {
        const { reason } = parse(skipBody, call.body)
        return deed(call, (ctx, staff, id) => skipTask(ctx, staff, id, reason))
      },
    },
    {
      method: 'POST',
      path: '/api/sidebar/customers/:external/opt-out',
      access,
      handle: (call) => wish(call, true),
    },
    {
      method: 'POST',
      path: '/api/sidebar/customers/:external/opt-in',
      access,
      handle: (call) => wish(call, false),
    },
  ]
}
