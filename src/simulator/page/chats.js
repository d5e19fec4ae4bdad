import { ask, button, composer, el, face, keyed, part, timeOf } from './dom.js'
import { fill } from './inbox.js'
import { bubble, keepAtEnd } from './said.js'

const relationWords = { friends: '好友', 'deleted-by-customer': '已被客户删除', none: '不是好友' }

/** 会话: a staff member's customers, and what the two said. */
export function chats(root, { staff, pickStaff, argument, open }) {
  const search = el('input', { type: 'search', 'aria-label': '搜索客户', placeholder: '搜索姓名、备注、ID' })
  const list = el('div', { class: 'list rows' })
  const count = el('span', { class: 'muted' })
  const add = composer({
    label: '新客户的昵称',
    submit: '添加员工',
    deed: async (name) => {
      const { external_userid: id } = await ask('POST', 'contacts/add', { userid: staff(), name })
      open(id)
      return `${name} 添加了 ${staff()}`
    },
    after: () => refresh(),
  })
  const chat = el('section', { class: 'panel chat' })
  root.append(
    el('div', { class: 'bar' }, pickStaff(), search, count),
    el(
      'div',
      { class: `split ${argument() ? 'open' : ''}` },
      el('section', { class: 'panel side' }, list, add),
      chat,
    ),
  )
  search.addEventListener('input', () => void refresh())
  const conversation = argument() ? openChat(chat, staff(), argument(), open) : null
  if (!conversation) chat.append(el('p', { class: 'empty' }, '选择一位客户'))

  const refresh = async () => {
    const { total, customers } = await ask(
      'GET',
      `customers/${part(staff())}?q=${part(search.value)}&limit=100`,
    )
    count.textContent = `共 ${total} 位`
    fill(
      list,
      customers,
      '没有客户',
      (one) => row(one, one.external_userid === argument(), open),
      (one) => one.external_userid,
    )
    if (conversation) await conversation()
  }
  return refresh
}

const row = (one, isOpen, open) =>
  el(
    'button',
    { type: 'button', class: `row ${isOpen ? 'current' : ''}`, onclick: () => open(one.external_userid) },
    face(one.name),
    el(
      'span',
      { class: 'row-text' },
      el('span', { class: 'name' }, one.remark || one.name),
      el(
        'span',
        { class: 'muted' },
        one.deletedByCustomer
          ? '已被客户删除'
          : one.lastChatAt
            ? timeOf(one.lastChatAt)
            : one.remark
              ? one.name
              : '',
      ),
    ),
  )

function openChat(box, userid, id, open) {
  const head = el('div', { class: 'chat-head' })
  const acts = el('div', { class: 'actions' })
  const said = el('div', { class: 'said-list', tabindex: '0', 'aria-label': '聊天记录' })
  const as = el(
    'select',
    { 'aria-label': '以谁的身份' },
    el('option', { value: 'customer' }, '客户说'),
    el('option', { value: 'staff' }, '员工发'),
  )
  const write = composer({
    label: '说点什么',
    submit: '发送',
    more: [as],
    deed: async (text) => {
      if (as.value === 'customer')
        return void (await ask('POST', 'contacts/says', { userid, external_userid: id, text }))
      const message = { userid, external_userid: id, msgtype: 'text', text: { content: text } }
      const sent = await ask('POST', 'chat/send', message)
      if (!sent.ok) throw new Error(sent.errMsg)
    },
    after: () => refresh(),
  })
  box.append(
    el('button', { type: 'button', class: 'back', onclick: () => open('') }, '‹ 返回'),
    head,
    acts,
    said,
    write,
  )

  const remove = (by, words) =>
    button(
      words,
      async () => {
        await ask('POST', 'contacts/remove', { userid, external_userid: id, by })
        return '已删除'
      },
      () => refresh(),
      'small danger',
    )
  const addAgain = button(
    '客户添加员工',
    async () => {
      await ask('POST', 'contacts/add', { userid, external_userid: id })
      return '已添加（产生欢迎语回调）'
    },
    () => refresh(),
    'small',
  )
  const byCustomer = remove('customer', '客户删除员工')
  const byStaff = remove('staff', '员工删除客户')

  const refresh = async () => {
    const chat = await ask('GET', `chat/${part(userid)}/${part(id)}`)
    const title = chat.remark ? `${chat.remark}（${chat.name}）` : chat.name
    head.replaceChildren(
      el('h2', {}, title),
      el('span', { class: `badge ${chat.relation}` }, relationWords[chat.relation]),
      ...chat.tags.map((tag) => el('span', { class: 'badge' }, tag)),
      el('code', { class: 'muted' }, chat.external_userid),
    )
    const fitting = {
      friends: [byCustomer, byStaff],
      'deleted-by-customer': [addAgain, byStaff],
      none: [addAgain],
    }
    const wanted = fitting[chat.relation]
    if (wanted.some((one, i) => acts.children[i] !== one) || acts.children.length !== wanted.length)
      acts.replaceChildren(...wanted)
    keepAtEnd(said, () => {
      const numbered = chat.said.map((one, number) => ({ ...one, number }))
      keyed(
        said,
        numbered,
        (one) => one.number,
        (one) => bubble(one),
      )
    })
  }
  return refresh
}
