import { ask, button, composer, customerPicker, el, face, keyed, part } from './dom.js'
import { fill } from './inbox.js'
import { bubble, keepAtEnd } from './said.js'

/** 客户群: who is in them, what was said, and coming and going. */
export function groups(root, { staff, pickStaff, argument, open }) {
  const list = el('div', { class: 'list rows' })
  const create = composer({
    label: '新群的名称',
    submit: '建群',
    deed: async (name) => {
      const { chat_id: id } = await ask('POST', 'groups/create', { owner: staff(), name })
      open(id)
    },
  })
  const chat = el('section', { class: 'panel chat' })
  root.append(
    el('div', { class: 'bar' }, el('span', { class: 'muted' }, '新群的群主'), pickStaff()),
    el(
      'div',
      { class: `split ${argument() ? 'open' : ''}` },
      el('section', { class: 'panel side' }, list, create),
      chat,
    ),
  )
  const room = argument() ? openRoom(chat, argument(), open) : null
  if (!room) chat.append(el('p', { class: 'empty' }, '选择一个群'))
  return async () => {
    const { groups: all } = await ask('GET', 'state')
    fill(
      list,
      all,
      '没有客户群',
      (one) => row(one, one.chatId === argument(), open),
      (one) => one.chatId,
    )
    if (room) await room()
  }
}

const row = (one, isOpen, open) =>
  el(
    'button',
    { type: 'button', class: `row ${isOpen ? 'current' : ''}`, onclick: () => open(one.chatId) },
    face(one.name),
    el(
      'span',
      { class: 'row-text' },
      el('span', { class: 'name' }, one.name),
      el('span', { class: 'muted' }, `${one.members} 人 · 群主 ${one.owner}`),
    ),
  )

function openRoom(box, chatId, open) {
  const head = el('div', { class: 'chat-head' })
  const members = el('div', { class: 'members' })
  const said = el('div', { class: 'said-list', tabindex: '0', 'aria-label': '群消息' })
  const speaker = el('select', { 'aria-label': '谁来说' })
  const write = composer({
    label: '在群里说点什么',
    submit: '发送',
    more: [speaker],
    deed: async (text) =>
      void (await ask('POST', 'groups/says', { chat_id: chatId, member: speaker.value, text })),
    after: () => refresh(),
  })
  const { input, list } = customerPicker('客户（姓名或 ID）')
  const join = button(
    '扫码入群',
    async () => {
      const id = input.value.trim()
      if (id === '') throw new Error('先选一位客户')
      await ask('POST', 'groups/join', { chat_id: chatId, members: [id], scene: 3 })
      input.value = ''
      return '已入群'
    },
    () => refresh(),
    'small',
  )
  const dismiss = button(
    '解散群',
    async () => {
      await ask('POST', 'groups/dismiss', { chat_id: chatId })
      open('')
    },
    undefined,
    'small danger',
  )
  box.append(
    el('button', { type: 'button', class: 'back', onclick: () => open('') }, '‹ 返回'),
    head,
    el(
      'details',
      {},
      el('summary', {}, '成员与进出'),
      members,
      el('div', { class: 'actions' }, input, list, join, dismiss),
    ),
    said,
    write,
  )
  const leave = (id) =>
    button(
      '退群',
      async () => {
        await ask('POST', 'groups/leave', { chat_id: chatId, members: [id] })
        return '已退群'
      },
      () => refresh(),
      'tiny',
    )

  const refresh = async () => {
    const group = await ask('GET', `group/${part(chatId)}`)
    head.replaceChildren(
      el('h2', {}, group.name),
      el('span', { class: 'badge' }, `${group.members.length} 人`),
      el('code', { class: 'muted' }, group.chat_id),
    )
    keyed(
      members,
      group.members,
      (one) => one.id,
      ({ id, type, name }) =>
        el(
          'div',
          { class: 'member' },
          face(name),
          el('span', { class: 'name' }, name),
          el('span', { class: 'badge' }, type === 1 ? '员工' : '客户'),
          leave(id),
        ),
    )
    keyed(
      speaker,
      group.members,
      (one) => one.id,
      ({ id, type, name }) => el('option', { value: id }, `${type === 1 ? '员工' : '客户'} ${name}`),
    )
    keepAtEnd(said, () =>
      keyed(
        said,
        group.said.map((one, number) => ({ ...one, number })),
        (one) => one.number,
        (one) => bubble(one),
      ),
    )
  }
  return refresh
}
