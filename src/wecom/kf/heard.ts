/**
 * What a message of sync_msg becomes in the log (WECOM.md §5). Facts and ids go into the row, words beside it. What she
 * asks the machine for in so many words is told at once, in the same transaction as her message: an opt-out holds from
 * that commit on. Pure.
 */
import type { Happening, Who } from '../../base/act.ts'
import { seconds } from '../../base/clock.ts'
import type { Kind } from '../../interaction/index.ts'
import type { KfHeard } from '../protocol/calls/kf-messages.ts'
import { meaningOf } from './meaning.ts'

export interface Heard {
  readonly happenings: readonly Happening[]
  /** Taken back: words of these messages are not kept. */
  readonly recalled: string | null
  /** A customer who speaks or comes, whom we may not know by name. */
  readonly external: string | null
}

/** PostgreSQL keeps no such character in a text. */
const plain = (words: string): string => words.replaceAll('\u0000', '')

type Row = Pick<Happening, 'kind' | 'who' | 'detail'> & { readonly said?: string; readonly kind: Kind }

export function heardIn(source: string, kfid: string, message: KfHeard): Heard {
  const row = rowOf(message)
  const common = { at: seconds(message.send_time), source }
  const told = { ...row, ...common, sourceKey: message.msgid, detail: { kfid, ...row.detail } }
  const asked = row.kind === 'kf-said' ? row.detail['meaning'] : undefined
  const wishes: Happening[] =
    asked === 'opt-out' || asked === 'opt-in'
      ? [
          {
            ...common,
            kind: asked === 'opt-out' ? 'opted-out' : 'opted-in',
            sourceKey: `${asked}:${message.msgid}`,
            who: row.who,
            detail: { purpose: 'marketing', via: 'kf', kfid, asked: message.msgid },
          },
        ]
      : []
  return {
    happenings: [told, ...wishes],
    recalled: row.kind === 'kf-recalled' ? String(row.detail['msgid']) : null,
    external: row.kind === 'kf-said' || row.kind === 'kf-entered' ? (row.who.external ?? null) : null,
  }
}

const whoOf = (external: string, staff = ''): Who => ({
  ...(external === '' ? {} : { external }),
  ...(staff === '' ? {} : { staff }),
})

function rowOf(message: KfHeard): Row {
  const { origin, msgtype, external_userid: external, servicer_userid: staff } = message
  if (message.event !== undefined) return eventRow(message.event, external)
  const said = plain(message.text?.content ?? '')
  switch (origin) {
    case 3: {
      const meaning = meaningOf(said)
      const menu = message.text?.menu_id ?? ''
      return {
        kind: 'kf-said',
        who: whoOf(external),
        detail: { msgtype, ...(menu === '' ? {} : { menu }), ...(meaning === null ? {} : { meaning }) },
        said,
      }
    }
    case 5:
      return { kind: 'kf-answered', who: whoOf(external, staff), detail: { msgtype }, said }
    default:
      return { kind: 'kf-event', who: whoOf(external, staff), detail: { msgtype, origin } }
  }
}

type Told = NonNullable<KfHeard['event']>

function eventRow(event: Told, outside: string): Row {
  const who = whoOf(event.external_userid === '' ? outside : event.external_userid)
  const code = (given: string | undefined) => (given === undefined ? {} : { code: given })
  switch (event.event_type) {
    case 'enter_session': {
      const { scene, scene_param: param, welcome_code: welcome } = event
      return {
        kind: 'kf-entered',
        who,
        detail: { scene, ...(param === '' ? {} : { param }), ...code(welcome) },
      }
    }
    case 'msg_send_fail':
      return {
        kind: 'kf-send-failed',
        who,
        detail: { msgid: event.fail_msgid ?? '', type: event.fail_type ?? 0 },
      }
    case 'session_status_change': {
      const { change_type: change = 0, old_servicer_userid: from, new_servicer_userid: to, msg_code } = event
      return {
        kind: 'kf-session-changed',
        who: { ...who, ...whoOf('', to) },
        detail: { change, ...(from === '' ? {} : { from }), ...code(msg_code) },
      }
    }
    case 'user_recall_msg':
    case 'servicer_recall_msg':
      return {
        kind: 'kf-recalled',
        who: { ...who, ...whoOf('', event.servicer_userid) },
        detail: { msgid: event.recall_msgid ?? '' },
      }
    default:
      return {
        kind: 'kf-event',
        who: { ...who, ...whoOf('', event.servicer_userid) },
        detail: {
          event: event.event_type,
          ...(event.status === undefined ? {} : { status: event.status }),
          ...(event.reject_switch === undefined ? {} : { rejects: event.reject_switch }),
        },
      }
  }
}
