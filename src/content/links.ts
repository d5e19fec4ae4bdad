/**
 * Links in messages. A wording only says `[[link:game/poll-2026-W47]]`; which address that becomes is settled when the
 * words are about to leave: a personal one (signed, for one promise, so for one person) in a 1v1 chat, a batch one
 * (impersonal, the page learns who by OAuth) in whatever several people can read.
 *
 * A personal token is `p.<promise>.<mac>.<target>`: the promise id as 16 bytes in base64url, then 128 bits of HMAC over
 * promise and target. Whose it is and until when it lives is looked up by the promise, so nothing of the person is in it.
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** `game/<id>`, `subscription`, `me`, `coupon/<code>`: the part behind `/h5/#/`. */
export type LinkTarget = string

export interface LinkParts {
  /** Without a trailing slash. */
  readonly publicUrl: string
  /** From `linkKey`. */
  readonly key: Buffer
}

export type LinkRead =
  | { readonly kind: 'personal'; readonly promise: string; readonly target: LinkTarget }
  | { readonly kind: 'batch'; readonly batchToken: string; readonly target: LinkTarget }

const targetShape = /^[A-Za-z0-9_-]{1,32}(\/[A-Za-z0-9_-]{1,64})?$/
const batchShape = /^[A-Za-z0-9_-]{1,64}$/
const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const slot = /\[\[link:([^\][]{0,120})\]\]/g
/** 128 bits: enough that nobody guesses one, short enough for a chat bubble. */
const macBytes = 16

export const isLinkTarget = (text: string): boolean => targetShape.test(text)

/** One key per purpose, so that a token made here means nothing elsewhere. */
export const linkKey = (masterKey: Buffer): Buffer =>
  createHmac('sha256', masterKey).update('siyu personal links v1').digest()

const macOf = (key: Buffer, promise: Buffer, target: LinkTarget): Buffer =>
  createHmac('sha256', key).update(promise).update(target).digest().subarray(0, macBytes)

const toBytes = (uuid: string): Buffer => {
  if (!uuidShape.test(uuid)) throw new TypeError(`A link needs the id of a promise, not "${uuid}".`)
  return Buffer.from(uuid.replaceAll('-', ''), 'hex')
}
const toUuid = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

const checkedTarget = (target: LinkTarget): LinkTarget => {
  if (!isLinkTarget(target)) throw new TypeError(`"${target}" is not a place a link can lead to.`)
  return target
}
const asPath = (target: LinkTarget): string => checkedTarget(target).replace('/', '~')

/** For the eyes of one person only: whoever opens it is taken for the customer of this promise. */
export function personalLink(
  { publicUrl, key }: LinkParts,
  link: { readonly promise: string; readonly target: LinkTarget },
): string {
  const promise = toBytes(link.promise)
  const mac = macOf(key, promise, checkedTarget(link.target))
  return `${publicUrl}/h5/l/p.${promise.toString('base64url')}.${mac.toString('base64url')}.${asPath(link.target)}`
}

/** The same for every reader of one broadcast; says nothing about who reads. */
export function batchLink(publicUrl: string, batchToken: string, target: LinkTarget): string {
  if (!batchShape.test(batchToken)) throw new TypeError(`"${batchToken}" is not a batch token.`)
  return `${publicUrl}/h5/l/b.${batchToken}.${asPath(target)}`
}

/** Null for everything that this server has not made. Only the address is checked; the promise's expiry is the caller's. */
export function readLink(key: Buffer, token: string): LinkRead | null {
  const [kind, first = '', second = '', third = '', ...rest] = token.split('.')
  if (rest.length > 0) return null
  if (kind === 'b') {
    const target = second.replace('~', '/')
    return third === '' && batchShape.test(first) && isLinkTarget(target)
      ? { kind: 'batch', batchToken: first, target }
      : null
  }
  const target = third.replace('~', '/')
  if (kind !== 'p' || !isLinkTarget(target) || !isBytes(first) || !isBytes(second)) return null
  const promise = Buffer.from(first, 'base64url')
  const mac = Buffer.from(second, 'base64url')
  return timingSafeEqual(mac, macOf(key, promise, target))
    ? { kind: 'personal', promise: toUuid(promise), target }
    : null
}

/** Exactly 16 bytes, and the one spelling of them: a second spelling of a valid token would be a second token. */
const isBytes = (text: string): boolean =>
  /^[A-Za-z0-9_-]{22}$/.test(text) && Buffer.from(text, 'base64url').toString('base64url') === text

/** The targets named in a wording, in order, as written (perhaps wrongly). */
export const linksIn = (text: string): LinkTarget[] => [...text.matchAll(slot)].map((match) => match[1] ?? '')

export const fillLinks = (text: string, addressOf: (target: LinkTarget) => string): string =>
  text.replace(slot, (_whole, target: string) => addressOf(target))
