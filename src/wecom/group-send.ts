/**
 * What 客户群发 and 社群群发 share: add_msg_template makes a task that the advisor must confirm (WECOM.md §3.6). The API
 * has no key of ours, so a lost answer is looked up by the batch token that every link of the words carries.
 */
import type { Clock } from '../base/clock.ts'
import { days } from '../base/clock.ts'
import type { Channel, Found, Parcel, ParcelDraft, RecipientResult } from '../delivery/index.ts'
import { attachmentsOf, attachmentsPart, expiredMedia, sameAttachments } from './attachments.ts'
import type { MediaIds } from './media.ts'
import { notFriends, outcomeOf, unreadable } from './outcome.ts'
import { pages } from './pages.ts'
import type { BroadcastSeen, WecomApi } from './protocol/api.ts'

export interface GroupSendParts {
  readonly api: Pick<
    WecomApi,
    | 'addBroadcast'
    | 'broadcasts'
    | 'broadcastTasks'
    | 'broadcastResults'
    | 'remindBroadcast'
    | 'cancelBroadcast'
  >
  readonly media: MediaIds
  readonly clock: Clock
}

interface Kind {
  readonly name: 'broadcast' | 'group-broadcast'
  readonly chatType: 'single' | 'group'
  readonly maxRecipients: number
  recipients(draft: ParcelDraft): Readonly<Record<string, unknown>>
}

/** Our clock and WeCom's may differ a little; the token decides, this only bounds the search. */
const slackMs = 60_000
/** The list takes at most a month. */
const longestSearchMs = days(30)

export function createGroupSend(parts: GroupSendParts, kind: Kind): Channel {
  const { api } = parts
  const madeBetween = createListing(parts, kind)
  return {
    name: kind.name,
    maxRecipients: kind.maxRecipients,
    rate: { perMinute: 600, burst: 10 },
    prepare: (attachments) => parts.media.prepare(attachments),
    compose: (draft) =>
      JSON.stringify({
        chat_type: kind.chatType,
        ...kind.recipients(draft),
        sender: draft.sender ?? '',
        text: { content: draft.text },
        ...attachmentsPart(draft),
      }),
    async send(parcel, signal) {
      if (parcel.sender === null) return { kind: 'refused', code: 'no-advisor', why: '没有顾问可以发送' }
      const result = await api.addBroadcast(parcel.body, signal)
      if (result.kind !== 'ok') return (await expiredMedia(parts.media, parcel, result)) ?? outcomeOf(result)
      const { msgid, fail_list: failed } = result.value
      return { kind: 'waiting', remoteId: msgid, why: 'advisor-must-confirm', failed: notFriends(failed) }
    },
    results: (parcel, signal) => results(parts, kind, parcel, signal),
    find: (parcel, signal) => find({ ...parts, madeBetween }, parcel, signal),
    async cancel(remoteId, signal) {
      const result = await api.cancelBroadcast(remoteId, signal)
      if (result.kind === 'ok' || (result.kind === 'error' && result.reaction === 'done')) return
      throw unreadable('the broadcast could not be cancelled', result)
    },
    async remind(remoteId, signal) {
      const result = await api.remindBroadcast(remoteId, signal)
      if (result.kind === 'ok') return 'reminded'
      // 41094: three in 24 h; 41093: cancelled, so there is nothing left to remind of.
      if (result.kind === 'error' && ['reminded-too-often', 'cancelled'].includes(result.name))
        return 'too-often'
      throw unreadable('the advisor could not be reminded', result)
    },
  }
}

// ------------------------------------------------------------------ who got it

const statusOf: Readonly<Record<number, Pick<RecipientResult, 'status' | 'code' | 'words'>>> = {
  0: { status: 'waiting' },
  1: { status: 'sent' },
  2: { status: 'refused', code: 'not-a-friend', words: '已不是好友' },
  3: { status: 'refused', code: 'quota-used', words: '客户接收群发次数已达上限' },
}

/** Of a task: its member has pressed. */
const pressed = 2
const notDelivered = {
  status: 'refused',
  code: 'not-delivered',
  words: '群主已发送，但这个社群没有收到',
} as const

async function* results(
  { api }: GroupSendParts,
  kind: Kind,
  parcel: Parcel,
  signal: AbortSignal,
): AsyncGenerator<RecipientResult> {
  const msgid = parcel.remoteId
  if (msgid === undefined) return
  for await (const { task_list: tasks } of pages('the tasks of a broadcast', (cursor) =>
    api.broadcastTasks(msgid, cursor, signal),
  )) {
    for (const { userid, status: taskStatus } of tasks) {
      const seen = new Set<string>()
      for await (const { send_list: rows } of pages('the results of a broadcast', (cursor) =>
        api.broadcastResults(msgid, userid, cursor, signal),
      )) {
        for (const row of rows) {
          const subject = kind.chatType === 'group' ? row.chat_id : row.external_userid
          const status = statusOf[row.status]
          if (subject === undefined || status === undefined) continue
          seen.add(subject)
          yield {
            subject,
            ...status,
            ...(row.send_time === undefined || row.send_time === 0 ? {} : { at: row.send_time * 1000 }),
          }
        }
      }
      // Of groups only those that got it are listed: once the owner has pressed, the others did not.
      if (kind.chatType === 'group' && taskStatus === pressed)
        for (const { subject } of parcel.recipients)
          if (!seen.has(subject)) yield { subject, ...notDelivered }
    }
  }
}

// ------------------------------------------------------------------ answering an unknown

/** By their words: what was made in a span of time. */
type Made = ReadonlyMap<string, readonly BroadcastSeen[]>

interface Asked {
  readonly from: number
  readonly to: number
  readonly signal: AbortSignal
  ok(made: Made): void
  fail(error: unknown): void
}

type Listing = (from: number, to: number, signal: AbortSignal) => Promise<Made>

/**
 * Whoever asks while the list is being read shares the next reading with all who wait: after a fall there are many
 * lost calls of the same minutes, and each would read the same hundreds of pages.
 */
function createListing({ api }: GroupSendParts, { chatType }: Kind): Listing {
  let waiting: Asked[] = []
  let reading = false

  async function read(from: number, to: number, signal: AbortSignal): Promise<Made> {
    const made = new Map<string, BroadcastSeen[]>()
    for await (const { group_msg_list: list } of pages('the list of broadcasts', (cursor) =>
      api.broadcasts(chatType, from, to, cursor, signal),
    )) {
      for (const seen of list) {
        const words = seen.text?.content ?? ''
        const same = made.get(words)
        if (same) same.push(seen)
        else made.set(words, [seen])
      }
    }
    return made
  }

  /** The first, and all whose span fits into one list with hers. */
  function nextOnes(): Asked[] {
    const [first] = waiting
    if (!first) return []
    const fits = (one: Asked): boolean =>
      Math.max(one.to, first.to) - Math.min(one.from, first.from) <= longestSearchMs / 2_000
    const taken = waiting.filter((one) => one === first || fits(one))
    waiting = waiting.filter((one) => !taken.includes(one))
    return taken
  }

  async function readAll(): Promise<void> {
    reading = true
    for (let some = nextOnes(); some.length > 0; some = nextOnes()) {
      const from = Math.min(...some.map((one) => one.from))
      const to = Math.max(...some.map((one) => one.to))
      const last = some.at(-1)
      try {
        const made = await read(from, to, last?.signal ?? AbortSignal.timeout(0))
        for (const one of some) one.ok(made)
      } catch (error) {
        for (const one of some) one.fail(error)
      }
    }
    reading = false
  }

  return (from, to, signal) =>
    new Promise((ok, fail) => {
      waiting.push({ from, to, signal, ok, fail })
      if (!reading) void readAll()
    })
}

async function find(
  parts: GroupSendParts & { readonly madeBetween: Listing },
  parcel: Parcel,
  signal: AbortSignal,
): Promise<readonly Found[] | 'unsure'> {
  // Words and cards without a token look like anybody's: a person has to judge.
  if (!`${parcel.text} ${JSON.stringify(attachmentsOf(parcel))}`.includes(parcel.batchToken)) return 'unsure'
  const from = Math.floor((parcel.intentAt - slackMs) / 1000)
  const to = Math.floor(
    (Math.min(parts.clock.now(), parcel.intentAt + longestSearchMs - 2 * slackMs) + slackMs) / 1000,
  )
  const made = await parts.madeBetween(from, to, signal)
  const found: Found[] = []
  for (const seen of (made.get(parcel.text) ?? []).filter((one) => carries(one, parcel))) {
    const confirmed = await confirmedBy(parts, seen.msgid, parcel.sender, signal)
    if (confirmed === 'unsure') return 'unsure'
    if (confirmed !== 'another') found.push({ remoteId: seen.msgid, confirmed })
  }
  return found
}

/** It has the same words and cards. What was made before the call was meant cannot be ours, whatever it says. */
const carries = (seen: BroadcastSeen, parcel: Parcel): boolean =>
  seen.create_time * 1000 >= parcel.intentAt - slackMs &&
  sameAttachments(seen.attachments, attachmentsOf(parcel))

/** Whether this sender has pressed; `another`: it is not his task; `unsure`: still being handed out. */
async function confirmedBy(
  { api }: GroupSendParts,
  msgid: string,
  sender: string | null,
  signal: AbortSignal,
): Promise<boolean | 'another' | 'unsure'> {
  const tasks = await api.broadcastTasks(msgid, '', signal)
  if (tasks.kind === 'error' && tasks.reaction === 'later') return 'unsure'
  if (tasks.kind !== 'ok') throw unreadable('the tasks of a broadcast', tasks)
  const mine = tasks.value.task_list.find(({ userid }) => userid.toLowerCase() === sender?.toLowerCase())
  return mine === undefined ? 'another' : mine.status === pressed
}
