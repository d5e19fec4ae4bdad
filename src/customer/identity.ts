/** Under which names a person is known, and how a customer's own id is made from the first of them. */
import type { Who } from '../base/act.ts'
import { sha256 } from '../base/ids.ts'

export const identityKinds = ['external', 'union', 'shop', 'phone'] as const
export type IdentityKind = (typeof identityKinds)[number]

export interface Identity {
  readonly kind: IdentityKind
  readonly value: string
}

export const keyOf = ({ kind, value }: Identity): string => `${kind}:${value}`

/** In order of trust: the first one names the customer when nobody is known yet. */
export function identitiesIn(who: Who): Identity[] {
  const found: Identity[] = []
  if (who.external) found.push({ kind: 'external', value: who.external })
  if (who.unionid) found.push({ kind: 'union', value: who.unionid })
  if (who.shopId) found.push({ kind: 'shop', value: who.shopId })
  if (who.phoneHash) found.push({ kind: 'phone', value: who.phoneHash })
  return found
}

/** The same person gets the same id in every rebuild. */
export const customerIdOf = (first: Identity): string => `c${sha256(keyOf(first)).slice(0, 24)}`

/** A player known to WeChat only, or heard by the puppet; a customer when she buys or decides about messages. */
export const isStranger = ({ kind, value }: Identity): boolean =>
  kind === 'external' && /^(openid|wechaty):/.test(value)
