import { clickCard, sendChatMessage, staffSays } from './deeds/chat.ts'
import { addContact, addStaff, customerSays, removeContact, removeStaff } from './deeds/contacts.ts'
import { staffBroadcast } from './deeds/broadcasts.ts'
import { chooseWelcome } from './deeds/group-welcome.ts'
import {
  changeGroup,
  createGroup,
  dismissGroup,
  groupSays,
  joinGroup,
  leaveGroup,
  openGidOf,
} from './deeds/groups.ts'
import { takeUpgrade } from './deeds/kf-upgrade.ts'
import { kfAnswers, kfEnds, kfEnter, kfRecalls, kfSays, kfTakes } from './deeds/kf.ts'
import { createTag, deleteTag, markByHand, renameTag } from './deeds/tags.ts'
import { refuseTransfer } from './deeds/transfer.ts'
import type { Control } from './control.ts'
import { ApiError } from './errors.ts'
import { optionalInteger, optionalText, optionalTexts, text, texts, type Body } from './params.ts'
import type { Confirm } from './types.ts'

type Route = (control: Control) => unknown

const many = 10_000
const done = (_nothing: void): object => ({ ok: true })

/** The deeds of people over HTTP, so that a test in another process can play them too. */
export const worldRoutes: Readonly<Record<string, Route>> = {
  'POST staff/add': ({ ctx, body }) => {
    const alias = optionalText(body, 'alias')
    const staff = { userid: text(body, 'userid'), name: optionalText(body, 'name') ?? text(body, 'userid') }
    return addStaff(ctx, { ...staff, ...(alias === undefined ? {} : { alias }), confirm: confirmOf(body) })
  },
  'POST staff/remove': ({ ctx, body }) => done(removeStaff(ctx, text(body, 'userid'))),
  'POST contacts/add': ({ ctx, body }) =>
    addContact(ctx, {
      userid: text(body, 'userid'),
      ...given(body, ['external_userid', 'name', 'state', 'unionid']),
      ...(body['welcome'] === false ? { welcome: false } : {}),
      ...(body['silent'] === true ? { silent: true } : {}),
    }),
  'POST contacts/remove': ({ ctx, body }) => {
    const by = body['by'] === 'staff' ? 'staff' : 'customer'
    return done(removeContact(ctx, text(body, 'userid'), text(body, 'external_userid'), by))
  },
  'POST contacts/mark': ({ ctx, body }) =>
    done(
      markByHand(ctx, text(body, 'userid'), text(body, 'external_userid'), {
        add: optionalTexts(body, 'add', many) ?? [],
        remove: optionalTexts(body, 'remove', many) ?? [],
        ...given(body, ['remark']),
      }),
    ),
  'POST contacts/refuse-transfer': ({ ctx, body }) => ({
    ok: refuseTransfer(ctx, text(body, 'external_userid')),
  }),
  'POST contacts/says': ({ ctx, body }) =>
    done(customerSays(ctx, text(body, 'external_userid'), text(body, 'userid'), optionalText(body, 'text'))),
  'POST groups/create': ({ ctx, body }) => {
    const members = optionalTexts(body, 'members', many)
    const group = createGroup(ctx, {
      owner: text(body, 'owner'),
      name: text(body, 'name'),
      ...(members === undefined ? {} : { members }),
      ...given(body, ['chat_id']),
    })
    return { chat_id: group.chatId }
  },
  'POST groups/join': ({ ctx, body }) => {
    const scene = optionalInteger(body, 'scene', 1, 3) as 1 | 2 | 3 | undefined
    const options = { ...(scene === undefined ? {} : { scene }), ...given(body, ['state']) }
    return done(joinGroup(ctx, text(body, 'chat_id'), texts(body, 'members', many), options))
  },
  'POST groups/leave': ({ ctx, body }) =>
    done(leaveGroup(ctx, text(body, 'chat_id'), texts(body, 'members', many), body['removed'] === true)),
  'POST groups/change': ({ ctx, body }) =>
    done(changeGroup(ctx, text(body, 'chat_id'), given(body, ['name', 'owner', 'notice']))),
  'POST groups/dismiss': ({ ctx, body }) => done(dismissGroup(ctx, text(body, 'chat_id'))),
  'POST groups/says': ({ ctx, body }) =>
    done(groupSays(ctx, text(body, 'chat_id'), text(body, 'member'), optionalText(body, 'text'))),
  'POST groups/opengid': ({ ctx, body }) => ({ opengid: openGidOf(ctx, text(body, 'chat_id')) }),
  'POST groups/welcome': ({ ctx, body }) =>
    done(chooseWelcome(ctx, text(body, 'chat_id'), text(body, 'template_id'))),
  'POST tags/create': ({ ctx, body }) => createTag(ctx, text(body, 'group'), text(body, 'name')),
  'POST tags/rename': ({ ctx, body }) => done(renameTag(ctx, text(body, 'id'), text(body, 'name'))),
  'POST tags/delete': ({ ctx, body }) => done(deleteTag(ctx, text(body, 'id'))),
  'POST staff/says': ({ ctx, body }) => ({ msgid: staffSays(ctx, text(body, 'userid'), text(body, 'text')) }),
  'POST staff/broadcast': ({ ctx, body }) =>
    done(staffBroadcast(ctx, text(body, 'userid'), texts(body, 'external_userid', many))),
  'POST cards/click': ({ ctx, body }) => {
    const selected = body['selected'] as Record<string, string[]> | undefined
    const click = {
      userid: text(body, 'userid'),
      key: text(body, 'key'),
      ...given(body, ['taskId', 'msgid']),
    }
    return { responseCode: clickCard(ctx, { ...click, ...(selected === undefined ? {} : { selected }) }) }
  },
  'POST kf/enter': ({ ctx, body }) =>
    kfEnter(ctx, text(body, 'open_kfid'), text(body, 'external_userid'), optionalText(body, 'scene_param')),
  'POST kf/says': ({ ctx, body }) => {
    const menuId = optionalText(body, 'menu_id')
    return {
      msgid: kfSays(ctx, text(body, 'open_kfid'), text(body, 'external_userid'), text(body, 'text'), menuId),
    }
  },
  'POST kf/answers': ({ ctx, body }) => {
    const [kf, id] = [text(body, 'open_kfid'), text(body, 'external_userid')]
    return { msgid: kfAnswers(ctx, kf, id, text(body, 'userid'), text(body, 'text')) }
  },
  'POST kf/takes': ({ ctx, body }) =>
    done(kfTakes(ctx, text(body, 'open_kfid'), text(body, 'external_userid'), text(body, 'userid'))),
  'POST kf/ends': ({ ctx, body }) =>
    done(kfEnds(ctx, text(body, 'open_kfid'), text(body, 'external_userid'))),
  'POST kf/recalls': ({ ctx, body }) =>
    done(kfRecalls(ctx, text(body, 'open_kfid'), text(body, 'external_userid'), text(body, 'msgid'))),
  'POST kf/take-upgrade': ({ ctx, body }) =>
    takeUpgrade(ctx, text(body, 'open_kfid'), text(body, 'external_userid')),
  'POST chat/send': ({ ctx, body }) => {
    const sent = sendChatMessage(ctx, {
      ...body,
      userid: text(body, 'userid'),
      msgtype: text(body, 'msgtype'),
    })
    // The words the JS-SDK hands to the page's callback.
    return { ...sent, errMsg: sent.ok ? 'sendChatMessage:ok' : (sent.reason ?? 'sendChatMessage:fail') }
  },
}

/** The named optional texts that are really there. */
function given<Name extends string>(body: Body, names: readonly Name[]): { [name in Name]?: string } {
  const found: { [name in Name]?: string } = {}
  for (const name of names) {
    const value = optionalText(body, name)
    if (value !== undefined) found[name] = value
  }
  return found
}

function confirmOf(body: Body): Confirm {
  const confirm = body['confirm']
  if (confirm === undefined) return { mode: 'never' }
  if (confirm === null || typeof confirm !== 'object' || !('mode' in confirm))
    throw new ApiError(40058, 'confirm')
  const { mode } = confirm
  if (mode !== 'at-once' && mode !== 'late' && mode !== 'never') throw new ApiError(40058, 'confirm.mode')
  const afterMs =
    'afterMs' in confirm && typeof confirm.afterMs === 'number' ? { afterMs: confirm.afterMs } : {}
  return { mode, ...afterMs }
}
