/**
 * What a callback of WeCom becomes in the log: verify, decrypt, scan, judge its age, record. Nothing else happens here;
 * followers react after the commit (DESIGN.md §1). The key is the hash of the whole inner body, because WeCom's own
 * advice (sender and second) loses events of the same second.
 */
import type { Happening, Who } from '../base/act.ts'
import { hours, minutes } from '../base/clock.ts'
import type { Instant } from '../base/clock.ts'
import { sha256 } from '../base/ids.ts'
import type { Kind } from '../interaction/index.ts'
import type { Fields } from './protocol/scan.ts'
import { scanFields } from './protocol/scan.ts'

export interface Inbox {
  readonly corpId: string
  readonly agentId: string
}

/** Older than this and never seen before: a replay, not a late delivery (WeCom gives up after seconds). */
export const refuseAfterMs = hours(24)
/** Beyond this the clocks or the delivery are odd: stored, and flagged. */
const oddMs = minutes(10)

export interface Received {
  readonly happening: Happening
  /** Too old to be taken unless it is known already. */
  readonly old: boolean
}

/** The happening of an inner body, or null when it is not a callback for us. */
export function receive(inbox: Inbox, body: string, now: Instant): Received | null {
  const fields = scanFields(body)
  if (fields === null || fields.get('ToUserName') !== inbox.corpId) return null
  const createTime = fields.get('CreateTime') ?? ''
  if (!/^\d{9,11}$/.test(createTime)) return null
  const at = Number(createTime) * 1000
  const offMs = now - at
  const said = fields.get('MsgType') === 'text' ? fields.get('Content') : undefined
  return {
    old: offMs > refuseAfterMs,
    happening: {
      kind: kindOf(fields),
      at,
      source: `wecom:${inbox.corpId}:${inbox.agentId}`,
      sourceKey: `${Number(createTime).toString(36)}.${sha256(`${inbox.corpId}|${inbox.agentId}|${body}`)}`,
      who: whoOf(fields),
      detail: {
        ...detailOf(fields),
        ...(Math.abs(offMs) > oddMs ? { offSeconds: Math.round(offMs / 1000) } : {}),
      },
      ...(said === undefined ? {} : { said }),
    },
  }
}

/**
 * Callbacks of a third-party app or a provider have another envelope and another receiver (WECOM.md §2.4). Nothing of them
 * is for a self-built app, and whoever entered our address in the wrong console should hear so.
 */
export function thirdParty(body: string): { readonly suiteId: string; readonly infoType: string } | null {
  const fields = scanFields(body)
  const suiteId = fields?.get('SuiteId')
  const infoType = fields?.get('InfoType')
  return suiteId === undefined || infoType === undefined
    ? null
    : { suiteId: suiteId.slice(0, 64), infoType: infoType.slice(0, 64) }
}

const contactKinds: Readonly<Record<string, Kind>> = {
  add_external_contact: 'contact-added',
  // The staff member has not confirmed yet, but the welcome is due now.
  add_half_external_contact: 'contact-added',
  edit_external_contact: 'contact-edited',
  del_external_contact: 'contact-removed',
  del_follow_user: 'contact-removed',
}
const groupKinds: Readonly<Record<string, Kind>> = {
  create: 'group-created',
  dismiss: 'group-dismissed',
  add_member: 'group-joined',
  del_member: 'group-left',
}

/** Of 获客助手 (WECOM.md §2.8). */
const acquisitionKinds: Readonly<Record<string, Kind>> = {
  balance_low: 'acquisition-told',
  balance_exhausted: 'acquisition-told',
  balance_increased: 'acquisition-told',
  link_unavailable: 'acquisition-told',
  delete_link: 'acquisition-told',
  customer_start_chat: 'acquired-said',
}

function kindOf(fields: Fields): Kind {
  if (fields.get('MsgType') !== 'event') return 'staff-said'
  const change = fields.get('ChangeType') ?? ''
  switch (fields.get('Event')) {
    case 'change_external_contact':
      return contactKinds[change] ?? 'wecom-event'
    case 'change_external_chat':
      return groupKinds[change === 'update' ? (fields.get('UpdateDetail') ?? '') : change] ?? 'group-changed'
    case 'change_external_tag':
      return 'corp-tag-changed'
    case 'template_card_event':
    case 'template_card_menu_event':
      return 'card-clicked'
    case 'kf_msg_or_event':
    case 'kf_account_auth_change':
      return 'kf-changed'
    case 'customer_acquisition':
      return acquisitionKinds[change] ?? 'wecom-event'
    default:
      return 'wecom-event'
  }
}

function whoOf(fields: Fields): Who {
  const external = fields.get('ExternalUserID') ?? onlyCustomer(fields.get('MemChangeList'))
  const from = fields.get('FromUserName')
  const staff = fields.get('UserID') ?? (from === 'sys' ? undefined : from)
  const chat = fields.get('ChatId')
  return {
    ...(external ? { external } : {}),
    ...(staff ? { staff } : {}),
    ...(chat ? { chat } : {}),
  }
}

/** When exactly one customer came or went, the row is hers; of several, the list in the detail tells. */
function onlyCustomer(list: string | undefined): string | undefined {
  const found = list?.match(/w[mo][A-Za-z0-9_-]+/g)
  return found?.length === 1 ? found[0] : undefined
}

/** Ids and facts. Names, phones and words of a person stay out of the log, so this is a list of what may enter. */
const facts = [
  'MsgType',
  'Event',
  'ChangeType',
  'UpdateDetail',
  'UserID',
  'NewUserID',
  'ExternalUserID',
  'State',
  'WelcomeCode',
  'Source',
  'FailReason',
  'ChatId',
  'JoinScene',
  'QuitScene',
  'MemChangeCnt',
  'MemChangeList',
  'LastMemVer',
  'CurMemVer',
  'Id',
  'TagType',
  'StrategyId',
  'EventKey',
  'TaskId',
  'CardType',
  'ResponseCode',
  'SelectedItems',
  'AgentID',
  'MsgId',
  'MediaId',
  'LinkId',
  'ChatKey',
  'Token',
  'OpenKfId',
  'BatchJob',
] as const

function detailOf(fields: Fields): Record<string, string> {
  const detail: Record<string, string> = {}
  for (const name of facts) {
    const value = fields.get(name)
    if (value !== undefined && value !== '') detail[name] = value
  }
  return detail
}
