import type { Control } from './control.ts'
import { answerArchiving, answerInRoom, giveSeats, noticeArchive, takeSeats } from './deeds/archive.ts'
import { mustStaff } from './deeds/contacts.ts'
import { invalid } from './errors.ts'
import { optionalInteger, optionalText, text, texts, type Body } from './params.ts'
import type { ArchiveEdition, Consent } from './records.ts'

const statuses: readonly Consent['status'][] = ['Agree', 'Disagree', 'Default_Agree']

function statusOf(body: Body): Consent['status'] {
  const wanted = optionalText(body, 'status') ?? 'Agree'
  const status = statuses.find((one) => one === wanted)
  if (!status) throw invalid(`status is one of ${statuses.join(', ')}`)
  return status
}

/** 会话内容存档: seats and robots of the console, what customers answer, and the notice that there is something new. */
export const archiveRoutes: Readonly<Record<string, (control: Control) => unknown>> = {
  'POST archive/seats': ({ ctx, body }) => {
    const edition = optionalInteger(body, 'type', 0, 3) ?? 2
    const userids = texts(body, 'userid_list', 1_000)
    if (edition === 0) takeSeats(ctx, userids)
    else giveSeats(ctx, userids, edition as ArchiveEdition)
    return { seats: Object.fromEntries(ctx.state.archiveSeats) }
  },
  'POST archive/answer': ({ ctx, body }) => {
    const [id, chatId] = [text(body, 'external_userid'), optionalText(body, 'chat_id')]
    if (chatId === undefined) return answerArchiving(ctx, text(body, 'userid'), id, statusOf(body))
    answerInRoom(ctx, chatId, id, statusOf(body))
    return { ok: true }
  },
  'POST archive/notify': ({ ctx }) => {
    noticeArchive(ctx)
    return { ok: true }
  },
  'POST archive/robot': ({ ctx, body }) => {
    const robotId = `wb${ctx.rng.text(30)}`
    const creator = mustStaff(ctx, text(body, 'creator_userid')).userid
    ctx.state.archiveRobots.set(robotId, { name: text(body, 'name'), creator })
    return { robot_id: robotId }
  },
}
