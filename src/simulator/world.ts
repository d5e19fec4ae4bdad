import type { Context } from './context.ts'
import { staffBroadcast } from './deeds/broadcasts.ts'
import { clickCard, sendChatMessage, staffSays } from './deeds/chat.ts'
import { confirm } from './deeds/confirm.ts'
import {
  addContact,
  addStaff,
  customerSays,
  mustStaff,
  newChatId,
  newExternalUserId,
  newOpenId,
  removeContact,
  removeStaff,
} from './deeds/contacts.ts'
import { changeGroup, createGroup, dismissGroup, groupSays, joinGroup, leaveGroup } from './deeds/groups.ts'
import { botSays } from './deeds/bot.ts'
import { kfAnswers, kfEnds, kfEnter, kfFails, kfMessage, kfRecalls, kfSays, kfTakes } from './deeds/kf.ts'
import { reactToMoment } from './deeds/moments.ts'
import { createTag, deleteTag, markByHand, renameTag } from './deeds/tags.ts'
import type { World } from './types.ts'

/** The world as seen by those who live in it: the deeds of people, bound to one simulator. */
export function createWorld(ctx: Context): World {
  return {
    now: () => ctx.clock.now(),
    random: () => ctx.rng.next(),
    schedule: (atMs, fn) => ctx.clock.schedule(atMs, fn),

    staff: () => [...ctx.state.staff.values()],
    customers: () => [...ctx.state.customers.values()],
    groups: () => [...ctx.state.groups.values()],
    customer: (id) => ctx.state.customers.get(id),
    group: (id) => ctx.state.groups.get(id),
    tagGroups: () => [...ctx.state.tagGroups.values()],
    shop: () => ctx.state.shop,

    newExternalUserId: () => newExternalUserId(ctx),
    newChatId: () => newChatId(ctx),
    newOpenId: () => newOpenId(ctx),

    onDelivered: (listener) => subscribe(ctx.delivered, listener),
    onStaffMessage: (listener) => subscribe(ctx.staffMessages, listener),

    addStaff: (staff) => addStaff(ctx, staff),
    setConfirm: (userid, confirm) => {
      mustStaff(ctx, userid).confirm = confirm
    },
    removeStaff: (userid) => removeStaff(ctx, userid),
    addContact: (contact) => addContact(ctx, contact),
    removeContact: (userid, id, by) => removeContact(ctx, userid, id, by),
    createGroup: (group) => createGroup(ctx, group),
    joinGroup: (chatId, members, options) => joinGroup(ctx, chatId, members, options),
    leaveGroup: (chatId, members, removed) => leaveGroup(ctx, chatId, members, removed),
    groupSays: (chatId, member, text) => groupSays(ctx, chatId, member, text),
    changeGroup: (chatId, change) => changeGroup(ctx, chatId, change),
    dismissGroup: (chatId) => dismissGroup(ctx, chatId),
    createTag: (groupName, name) => createTag(ctx, groupName, name),
    renameTag: (id, name) => renameTag(ctx, id, name),
    deleteTag: (id) => deleteTag(ctx, id),
    markByHand: (userid, id, change) => markByHand(ctx, userid, id, change),

    staffSays: (userid, text) => staffSays(ctx, userid, text),
    customerSays: (id, userid, text) => customerSays(ctx, id, userid, text),
    clickCard: (click) => clickCard(ctx, click),
    confirm: (userid, msgid) => confirm(ctx, userid, msgid),
    reactToMoment: (kind, momentId, userid, by) => reactToMoment(ctx, kind, momentId, userid, by),
    staffBroadcast: (userid, ids) => staffBroadcast(ctx, userid, ids),
    kfEnter: (openKfId, id, sceneParam) => kfEnter(ctx, openKfId, id, sceneParam),
    kfSays: (openKfId, id, text, menuId) => kfSays(ctx, openKfId, id, text, menuId),
    kfTakes: (openKfId, id, userid) => kfTakes(ctx, openKfId, id, userid),
    kfEnds: (openKfId, id) => kfEnds(ctx, openKfId, id),
    kfAnswers: (openKfId, id, userid, text) => kfAnswers(ctx, openKfId, id, userid, text),
    kfRecalls: (openKfId, id, msgid) => kfRecalls(ctx, openKfId, id, msgid),
    kfFails: (msgid, failType) => kfFails(ctx, msgid, failType),
    kfMessage: (openKfId, body) => kfMessage(ctx, openKfId, body),
    sendChatMessage: (message) => sendChatMessage(ctx, message),
    botSays: (says) => botSays(ctx, says),
    callback: (innerXml) => {
      ctx.callbacks.send(innerXml)
    },
  }
}

function subscribe<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
  }
}
