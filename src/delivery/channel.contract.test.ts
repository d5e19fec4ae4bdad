/** The stand-in that other tests trust keeps the same contract as what it stands in for. */
import { channelTitles } from '../outbox/index.ts'
import type { ChannelName } from '../outbox/index.ts'
import { fakeChannel } from '../../test/fake-channel.ts'
import type { Behaviour, FakeChannel } from '../../test/fake-channel.ts'
import { hours } from '../base/clock.ts'
import { channelContract } from './channel.contract.ts'
import type { ChannelRig, Mishap } from './channel.contract.ts'
import type { Outcome } from './channel.ts'

const retry = (more: object = {}): Outcome => ({ kind: 'retry', afterMs: 60_000, why: '忙', ...more })
const behaviours: Readonly<Record<Mishap, Behaviour>> = {
  'lost-before': 'lost',
  'lost-after': 'deaf',
  late: 'deaf',
  cut: 'deaf',
  garbage: 'deaf',
  gone: retry({ channelWide: true }),
  busy: retry(),
  limit: retry({ channelWide: true }),
  'no-permission': retry({ channelWide: true }),
  forbidden: { kind: 'refused', code: 'forbidden-words', why: '含有违禁词' },
}

function make(name: ChannelName, now: () => number): FakeChannel {
  const isTask = name.endsWith('-task')
  return fakeChannel(name, {
    now,
    strangers: ['wm-stranger'],
    ...(isTask || name === 'welcome' ? { resendWithinMs: hours(4) } : {}),
    ...(isTask ? { perSender: { perMinute: 25, perHour: 900 } } : {}),
    ...(name === 'welcome' ? { outcome: 'sent' } : {}),
  })
}

function openRig(name: ChannelName): Promise<ChannelRig> {
  let now = Date.UTC(2026, 4, 20, 2)
  let count = 0
  const channel = make(name, () => now)
  return Promise.resolve({
    channel,
    now: () => now,
    pass(ms) {
      now += ms
      return Promise.resolve()
    },
    draft(subjects) {
      const batchToken = `token-${String((count += 1))}`
      return {
        id: `parcel-${batchToken}`,
        channel: name,
        sender: 'lin',
        batchToken,
        text: `来看看 ${batchToken}`,
        recipients: Array.from({ length: subjects }, (_, n) => ({
          promise: `promise-${batchToken}-${String(n)}`,
          subject: `wm-${batchToken}-${String(n)}`,
          title: '关怀',
          name: '',
          why: '',
        })),
      }
    },
    ...(channel.maxRecipients > 1 ? { stranger: 'wm-stranger' } : {}),
    next: (mishap) => void (channel.next = [behaviours[mishap]]),
    calm: () => void (channel.next = []),
    live: (parcel) =>
      channel.accepted.filter((row) => row.token === parcel.batchToken && !row.cancelled).length,
    ...(channel.results
      ? {
          press(remoteId, except) {
            const row = channel.accepted.find((one) => one.remoteId === remoteId)
            const reached = row?.recipients
              .map(({ subject }) => subject)
              .filter((one) => one !== except?.subject)
            if (except)
              row?.refusedTo.set(except.subject, except.reason === 2 ? 'not-a-friend' : 'quota-used')
            channel.confirm(row, reached)
          },
        }
      : {}),
    close: () => Promise.resolve(),
  })
}

for (const name of ['welcome', 'advisor-task', 'phone-task', 'broadcast', 'group-broadcast'] as const)
  channelContract(
    `stand-in for ${channelTitles[name]}`,
    make(name, () => 0),
    () => openRig(name),
  )
