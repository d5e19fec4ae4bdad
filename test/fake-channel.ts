/**
 * A stand-in for WeCom that remembers what it accepted. It can refuse, lose the answer before or after accepting, and
 * answer late; a test then asks it, not our tables, what customers would have got.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { OutsideFailure } from '../src/base/errors.ts'
import type { Channel, Outcome, Parcel, RecipientResult, SenderLimits } from '../src/delivery/index.ts'
import type { ChannelName } from '../src/outbox/index.ts'

const mostLetters = 4_000
const dayMs = 86_400_000

export interface Accepted {
  readonly remoteId: string
  readonly body: string
  readonly token: string
  readonly sender: string | null
  readonly recipients: readonly { promise: string; subject: string }[]
  readonly at: number
  cancelled: boolean
  /** Subjects whose advisor has pressed. */
  readonly sentTo: Set<string>
  readonly refusedTo: Map<string, string>
}

/** `lost`: not accepted, and the caller never hears; `deaf`: accepted, and the caller never hears. */
export type Behaviour = 'accept' | 'lost' | 'deaf' | 'throw' | Outcome

export interface FakeChannel extends Channel {
  readonly accepted: Accepted[]
  readonly calls: Parcel[]
  readonly reminded: string[]
  /** For the next calls, in order; then `accept`. */
  next: Behaviour[]
  otherwise: Behaviour
  latencyMs: number
  hidden: boolean
  confirm(accepted: Accepted | undefined, subjects?: readonly string[]): void
  /** Accepted and not cancelled, per promise. */
  livePer(promise: string): number
}

export interface FakeOptions {
  readonly maxRecipients?: number
  /** Like message/send: equal bodies are one message. */
  readonly resendWithinMs?: number
  readonly perSender?: SenderLimits
  readonly asks?: boolean
  readonly outcome?: 'sent' | 'waiting'
  readonly now?: () => number
  /** Subjects it names in its fail_list. */
  readonly strangers?: readonly string[]
}

export function fakeChannel(name: ChannelName, options: FakeOptions = {}): FakeChannel {
  const accepted: Accepted[] = []
  const asks = options.asks ?? name.endsWith('broadcast')
  const now = options.now ?? (() => 0)

  const isTask = name.endsWith('-task')
  const remindedAt = new Map<string, number[]>()

  function accept(parcel: Parcel): Outcome {
    if (parcel.sender === null && name !== 'welcome')
      return { kind: 'refused', code: 'no-advisor', why: '没有顾问可以发送' }
    if (parcel.text.length > mostLetters) return { kind: 'refused', code: 'too-long', why: '内容过长' }
    const failed = parcel.recipients
      .filter(({ subject }) => options.strangers?.includes(subject))
      .map(({ subject }) => ({ subject, code: 'not-a-friend', words: '已不是好友' }))
    const twin =
      options.resendWithinMs === undefined ? undefined : accepted.find(({ body }) => body === parcel.body)
    const row: Accepted = twin ?? {
      remoteId: `msg-${name}-${String(accepted.length + 1)}`,
      body: parcel.body,
      token: parcel.batchToken,
      sender: parcel.sender,
      recipients: parcel.recipients.map(({ promise, subject }) => ({ promise, subject })),
      at: now(),
      cancelled: false,
      sentTo: new Set(),
      refusedTo: new Map(),
    }
    if (!twin) accepted.push(row)
    if (options.outcome === 'sent') return { kind: 'sent', remoteId: row.remoteId }
    const why = asks ? 'advisor-must-confirm' : 'advisor-must-send'
    return { kind: 'waiting', remoteId: row.remoteId, why, ...(failed.length > 0 ? { failed } : {}) }
  }

  const channel: FakeChannel = {
    name,
    accepted,
    calls: [],
    reminded: [],
    next: [],
    otherwise: 'accept',
    latencyMs: 0,
    hidden: false,
    maxRecipients:
      options.maxRecipients ?? (name === 'broadcast' ? 10_000 : name === 'group-broadcast' ? 2_000 : 1),
    rate: { perMinute: 600_000, burst: 1_000 },
    ...(options.perSender === undefined ? {} : { perSender: options.perSender }),
    ...(options.resendWithinMs === undefined ? {} : { resendWithinMs: options.resendWithinMs }),
    compose: (draft) =>
      JSON.stringify({
        sender: draft.sender,
        text: draft.text,
        token: draft.batchToken,
        to: draft.recipients.map(({ promise, subject }) => (asks ? subject : `${subject} ${promise}`)),
      }),
    async send(parcel, signal) {
      if (signal.aborted) return { kind: 'retry', afterMs: 0, why: 'given up', channelWide: true }
      channel.calls.push(parcel)
      const behaviour = channel.next.shift() ?? channel.otherwise
      if (channel.latencyMs > 0) await pause(channel.latencyMs)
      switch (behaviour) {
        case 'accept':
          return accept(parcel)
        case 'deaf':
          accept(parcel)
          return { kind: 'unknown', why: 'reset' }
        case 'lost':
          return { kind: 'unknown', why: 'reset' }
        case 'throw':
          throw new Error('a bug in the adapter')
        default:
          return behaviour
      }
    },
    confirm(row, subjects) {
      if (!row || row.cancelled) return
      for (const { subject } of row.recipients)
        if (subjects === undefined || subjects.includes(subject)) row.sentTo.add(subject)
    },
    livePer: (promise) =>
      accepted.filter((row) => {
        const meant = row.recipients.find((one) => one.promise === promise)
        return meant !== undefined && (!row.cancelled || row.sentTo.has(meant.subject))
      }).length,
  }
  if (isTask) {
    channel.nudge = (sender) => {
      if (sender.startsWith('nobody')) return Promise.reject(new OutsideFailure('no such member'))
      channel.reminded.push(sender)
      return Promise.resolve()
    }
  }
  if (!asks) return channel
  return Object.assign(channel, {
    async *results(parcel: Parcel): AsyncIterable<RecipientResult> {
      await Promise.resolve()
      const row = accepted.find(({ remoteId }) => remoteId === parcel.remoteId)
      for (const { subject } of row?.recipients ?? []) {
        if (row?.sentTo.has(subject)) yield { subject, status: 'sent', at: now() }
        else if (row?.refusedTo.has(subject))
          yield {
            subject,
            status: 'refused',
            code: row.refusedTo.get(subject) ?? '',
            words: '企业微信未送达',
          }
        else yield { subject, status: 'waiting' }
      }
    },
    find(parcel: Parcel) {
      if (channel.hidden) return Promise.resolve('unsure' as const)
      return Promise.resolve(
        accepted
          .filter((row) => row.token === parcel.batchToken && row.at >= parcel.intentAt && !row.cancelled)
          .map((row) => ({ remoteId: row.remoteId, confirmed: row.sentTo.size > 0 })),
      )
    },
    cancel(remoteId: string) {
      const row = accepted.find((one) => one.remoteId === remoteId)
      if (!row) return Promise.reject(new OutsideFailure('no such broadcast'))
      row.cancelled = true
      return Promise.resolve()
    },
    remind(remoteId: string) {
      const past = (remindedAt.get(remoteId) ?? []).filter((at) => at > now() - dayMs)
      if (past.length >= 3) return Promise.resolve('too-often' as const)
      remindedAt.set(remoteId, [...past, now()])
      channel.reminded.push(remoteId)
      return Promise.resolve('reminded' as const)
    },
  } satisfies Partial<Channel>)
}
