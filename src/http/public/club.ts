/** What a member does on her own page with points and benefits: signs in, takes a free delivery, gives points away. */
import type { Act, Actor } from '../../base/act.ts'
import { donate, signIn, takeFreeShipping } from '../../reward/index.ts'
import { donationBody, freeShippingBody } from '../contract.ts'
import type { Coupon, Donated, SignedIn } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Answer, Call, Route } from '../route.ts'
import { couponFace } from './h5.ts'

export interface ClubParts {
  readonly act: Act
  playerKey(external: string): Promise<string>
}

interface Person {
  readonly actor: Actor
  readonly player: string
  readonly who: { readonly external: string }
}

async function personOf({ playerKey }: ClubParts, { player: external }: Call): Promise<Person> {
  if (external === null) throw new Error('A player route was called without a player.')
  return { actor: { kind: 'player', external }, player: await playerKey(external), who: { external } }
}

export const clubRoutes = (parts: ClubParts): Route[] => [
  {
    method: 'POST',
    path: '/api/public/sign-in',
    access: { kind: 'player' },
    handle: (call) => sign(parts, call),
  },
  {
    method: 'POST',
    path: '/api/public/free-shipping',
    access: { kind: 'player' },
    handle: (call) => ship(parts, call),
  },
  {
    method: 'POST',
    path: '/api/public/donations',
    access: { kind: 'player' },
    handle: (call) => give(parts, call),
  },
]

async function sign(parts: ClubParts, call: Call): Promise<Answer> {
  const { actor, player, who } = await personOf(parts, call)
  const signed: SignedIn = { points: await parts.act(actor, (ctx) => signIn(ctx, player, who)) }
  return { json: signed }
}

async function ship(parts: ClubParts, call: Call): Promise<Answer> {
  const { key } = parse(freeShippingBody, call.body)
  const { actor, player, who } = await personOf(parts, call)
  const coupon: Coupon = couponFace(
    await parts.act(actor, (ctx) => takeFreeShipping(ctx, { player, who, key })),
  )
  return { json: coupon }
}

async function give(parts: ClubParts, call: Call): Promise<Answer> {
  const { points, key } = parse(donationBody, call.body)
  const { actor, player, who } = await personOf(parts, call)
  const donated: Donated = await parts.act(actor, (ctx) =>
    donate(ctx, { player, who, points, key: `donation:${player}:${key}` }),
  )
  return { json: donated }
}
