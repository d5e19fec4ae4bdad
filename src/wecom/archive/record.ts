/** One decrypted record of the archive as what it means to us, or why it cannot be read. Pure. WECOM.md §7. */
import type { Instant } from '../../base/clock.ts'
import { contentOf, nested, textOf, wholeOf } from './content.ts'
import type { Content } from './content.ts'

/** In which conversation: with one member of staff, or in a group. */
export type Scope = { readonly staff: string } | { readonly chat: string }

export type ArchiveRecord =
  | {
      readonly kind: 'said'
      readonly msgid: string
      readonly at: Instant
      readonly from: string
      readonly to: readonly string[]
      readonly room: string | null
      readonly content: Content
    }
  | { readonly kind: 'revoked'; readonly msgid: string; readonly at: Instant; readonly revokes: string }
  | {
      readonly kind: 'consent'
      readonly msgid: string
      readonly at: Instant
      readonly external: string
      readonly scope: Scope
      readonly agreed: boolean
    }
  /** A member changed to another of her companies. */
  | { readonly kind: 'switched' }

export type ReadRecord =
  | { readonly ok: true; readonly value: ArchiveRecord }
  | { readonly ok: false; readonly why: string; readonly fix: string }

const bad = (why: string, fix: string): ReadRecord => ({ ok: false, why, fix })
const asWritten = 'write the record as the SDK decrypted it'

/** 2001-09-09 in milliseconds: what is smaller are seconds. */
const leastMs = 1_000_000_000_000

export function instantIn(value: unknown): Instant | null {
  const number = wholeOf(value)
  if (number === null || number === 0) return null
  return number < leastMs ? number * 1000 : number
}

const isId = (text: string): boolean => /^[\x21-\x7e]{1,128}$/.test(text)

type Fields = Readonly<Record<string, unknown>>
const fieldsOf = (value: unknown): Fields =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Fields) : {}

export function readRecord(given: unknown, notAfter: Instant): ReadRecord {
  const value = nested(given)
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return bad('the record is no object', asWritten)
  const record = value as Fields
  const action = textOf(record['action'])
  const msgid = textOf(record['msgid'])
  if (!isId(msgid)) return bad('msgid is missing or no id', asWritten)
  if (action === 'switch') return { ok: true, value: { kind: 'switched' } }
  if (action !== 'send' && action !== 'recall')
    return bad(`the action "${action.slice(0, 20)}" is not send, recall or switch`, asWritten)
  const at = instantIn(record['msgtime'])
  if (at === null) return bad('msgtime is missing or no number', 'write milliseconds since 1970')
  if (at > notAfter) return bad('msgtime lies in the future', 'write milliseconds since 1970')
  const msgtype = textOf(record['msgtype'])
  if (msgtype === '') return bad('msgtype is missing', asWritten)
  if (action === 'recall' || msgtype === 'revoke') {
    const revokes = textOf(fieldsOf(nested(record['revoke']))['pre_msgid'])
    return isId(revokes)
      ? { ok: true, value: { kind: 'revoked', msgid, at, revokes } }
      : bad('the revoke does not say of what (pre_msgid)', asWritten)
  }
  return readSent(record, { msgid, at, msgtype })
}

function readSent(record: Fields, head: { msgid: string; at: Instant; msgtype: string }): ReadRecord {
  const { msgid, at, msgtype } = head
  const from = textOf(record['from'])
  // One receiver may stand without the brackets, and may be called by digits only.
  const given = record['tolist']
  const tolist: unknown = textOf(given).startsWith('[') ? nested(given) : given
  const to = (Array.isArray(tolist) ? tolist : [tolist]).map(textOf).filter((one) => one !== '')
  const room = textOf(record['roomid']) || null
  if (!isId(from)) return bad('from is missing or no id', asWritten)
  if (![...to, ...(room === null ? [] : [room])].every(isId))
    return bad('tolist or roomid holds no id', asWritten)
  if (room === null && to.length === 0) return bad('neither tolist nor roomid says to whom', asWritten)
  if (msgtype !== 'agree' && msgtype !== 'disagree')
    return {
      ok: true,
      value: {
        kind: 'said',
        msgid,
        at,
        from,
        to,
        room,
        content: contentOf(msgtype, record[msgtype]),
      },
    }
  const inner = fieldsOf(nested(record[msgtype]))
  const external = spelled(inner) || from
  const other = to.find((one) => one !== external) ?? (from === external ? undefined : from)
  if (room === null && other === undefined) return bad('the agreement names only one side', asWritten)
  return {
    ok: true,
    value: {
      kind: 'consent',
      msgid,
      at: instantIn(inner[`${msgtype}_time`]) ?? at,
      external,
      scope: room === null ? { staff: other ?? '' } : { chat: room },
      agreed: msgtype === 'agree',
    },
  }
}

/** WeCom spells the customer's id in several ways, one of them wrong; the wrong one is the usual one. */
const spelled = (inner: Fields): string =>
  ['userid', 'exteranalopenid', 'externalopenid', 'external_userid']
    .map((name) => textOf(inner[name]))
    .find(isId) ?? ''
