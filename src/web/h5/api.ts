import type {
  Coupon,
  Donated,
  GameView,
  PlayResult,
  Player,
  Referral,
  SignedIn,
  Subscription,
} from '../../http/contract.ts'
import { makeApi } from '../shared/phone/api.ts'

const api = makeApi('/api/public/login')
const gamePath = (id: string): string => `/api/public/games/${encodeURIComponent(id)}`

export type Play =
  { readonly choices: readonly string[] } | { readonly clue: string; readonly answer: string }
export interface SubscriptionChange {
  readonly marketing: boolean
  readonly service: boolean
  readonly topics: readonly { readonly name: string; readonly on: boolean }[]
}

export const fetchPlayer = (): Promise<Player> => api.get('/api/public/me')
export const postSignIn = (): Promise<SignedIn> => api.send('POST', '/api/public/sign-in', {})
export const postFreeShipping = (key: string): Promise<Coupon> =>
  api.send('POST', '/api/public/free-shipping', { key })
export const postDonation = (points: number, key: string): Promise<Donated> =>
  api.send('POST', '/api/public/donations', { points, key })
export const fetchReferral = (): Promise<Referral> => api.get('/api/public/referral')
export const fetchGame = (id: string): Promise<GameView> => api.get(gamePath(id))
export const postPlay = (id: string, play: Play): Promise<PlayResult> =>
  api.send('POST', `${gamePath(id)}/play`, play)
export const fetchSubscription = (): Promise<Subscription> => api.get('/api/public/subscription')
export const putSubscription = (change: SubscriptionChange): Promise<Subscription> =>
  api.send('PUT', '/api/public/subscription', change)
