/** 老带新: a member's own link, and what happens when a friend opens it. */
import type { Act, Actor } from '../../base/act.ts'
import type { Reader } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import {
  currentRewardSettings,
  joinReferral,
  referralCode,
  referralFigures,
  termsOfSetting,
  termsWords,
} from '../../reward/index.ts'
import type { RewardSettings } from '../../reward/index.ts'
import type { Referral } from '../contract.ts'
import type { Answer, Call, Route } from '../route.ts'

export interface ReferralParts {
  readonly act: Act
  readonly reader: Reader
  readonly publicUrl: string
  playerKey(external: string): Promise<string>
}

const codeShape = /^[A-Z0-9]{8}$/

export const referralRoutes = (parts: ReferralParts): Route[] => [
  {
    method: 'GET',
    path: '/h5/r/:code',
    access: { kind: 'open' },
    handle: (call) => openReferral(parts, call),
  },
  {
    method: 'GET',
    path: '/api/public/referral',
    access: { kind: 'player' },
    handle: (call) => mine(parts, call),
  },
]

/** Who opens it is learnt by OAuth; the page then says what it means for her. */
async function openReferral(parts: ReferralParts, call: Call): Promise<Answer> {
  const code = call.params['code'] ?? ''
  if (!codeShape.test(code))
    throw new Refusal('bad-link', '邀请链接不完整', 404, { fix: '请让朋友重新发一次邀请链接' })
  const { player } = call
  if (player === null) return { redirect: `/api/public/login?to=${encodeURIComponent(`/h5/r/${code}`)}` }
  const actor: Actor = { kind: 'player', external: player }
  const friend = await parts.playerKey(player)
  const joined = await parts.act(actor, (ctx) =>
    joinReferral(ctx, { code, friend, who: { external: player }, via: 'h5' }),
  )
  return { redirect: `/h5/#/invited/${joined}` }
}

const giftWords = ({ title, terms }: RewardSettings['referral']['inviter']): string =>
  `${title}（${termsWords(termsOfSetting(terms))}）`

async function mine(parts: ReferralParts, call: Call): Promise<Answer> {
  if (call.player === null) throw new Error('A player route was called without a player.')
  const key = await parts.playerKey(call.player)
  const { referral } = await currentRewardSettings(parts.reader)
  const code = await parts.act({ kind: 'player', external: call.player }, (ctx) => referralCode(ctx, key))
  const answer: Referral = {
    on: referral.on,
    link: `${parts.publicUrl}/h5/r/${code}`,
    mine: giftWords(referral.inviter),
    theirs: giftWords(referral.friend),
    afterDays: referral.afterDays,
    ...(await referralFigures(parts.reader, key)),
  }
  return { json: answer }
}
