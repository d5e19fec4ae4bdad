/**
 * The one transition table of a promise. Nothing moves a promise but `settle.ts`, and `settle.ts` moves it only along
 * these arrows.
 */
export const promiseStates = [
  'queued',
  'claimed',
  'intent',
  'waiting',
  'sent',
  'refused',
  'expired',
  'cancelled',
  'unknown',
  'held',
] as const
export type PromiseState = (typeof promiseStates)[number]

const arrows: Readonly<Record<PromiseState, readonly PromiseState[]>> = {
  queued: ['claimed', 'expired', 'cancelled', 'held'],
  // `refused`: a file that goes with the words can never be had, so no call is written.
  claimed: ['queued', 'intent', 'refused', 'expired', 'cancelled', 'held'],
  intent: ['sent', 'waiting', 'refused', 'queued', 'unknown', 'expired', 'held'],
  unknown: ['intent', 'sent', 'waiting', 'refused', 'queued', 'expired', 'cancelled', 'held'],
  // `queued`: its parcel was taken back for somebody else's sake and is issued again.
  waiting: ['sent', 'refused', 'expired', 'cancelled', 'queued'],
  // `refused`: WeCom told of it later after all.
  held: ['queued', 'sent', 'cancelled', 'expired', 'refused'],
  // An advisor may have pressed a moment before we gave up: what really happened wins.
  expired: ['sent'],
  cancelled: ['sent'],
  // 微信客服 takes a message and may tell later that it did not reach her (msg_send_fail).
  sent: ['refused'],
  refused: ['sent'],
}

export const mayMove = (from: PromiseState, to: PromiseState): boolean => arrows[from].includes(to)

/** Nothing more will be done for it by the machine. */
export const isSettled = (state: PromiseState): boolean =>
  ['sent', 'refused', 'expired', 'cancelled'].includes(state)

/** States that use up a cap: what is promised or said counts, what failed does not. */
export const reservingStates: readonly PromiseState[] = [
  'queued',
  'claimed',
  'intent',
  'unknown',
  'waiting',
  'held',
  'sent',
]
