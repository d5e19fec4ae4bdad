import { act, ask, button, composer, customerPicker, el, face, keyed, part, timeOf } from './dom.js'
import { fill } from './inbox.js'
import { bubble, keepAtEnd } from './said.js'

const stateWords = ['未处理', '智能助手', '待接入池', '人工接待', '已结束']

/** 微信客服: the customer's side of each conversation, and the human's answer. */
export function kf(root, { argument, open }) {
  const [openKfId, id] = argument().split(' ')
  const accounts = el('select', { 'aria-label': '客服账号' })
  const list = el('div', { class: 'list rows' })
  const { input, list: names } = customerPicker('客户（姓名或 ID）')
  const account = () => openKfId || accounts.value
  const enter = button(
    '进入会话',
    async () => {
      const who = input.value.trim()
      if (who === '' || account() === '') throw new Error('先选客服账号和客户')
      const { welcomeCode } = await ask('POST', 'kf/enter', { open_kfid: account(), external_userid: who })
      open(`${account()} ${who}`)
      return welcomeCode ? '已进入（带欢迎语 code）' : '已进入（48 小时内聊过，无欢迎语）'
    },
    undefined,
    'primary small',
  )
  accounts.addEventListener('change', () => open(accounts.value))
  const chat = el('section', { class: 'panel chat' })
  root.append(
    el('div', { class: 'bar' }, accounts),
    el(
      'div',
      { class: `split ${id ? 'open' : ''}` },
      el('section', { class: 'panel side' }, list, el('div', { class: 'actions' }, input, names, enter)),
      chat,
    ),
  )
  const conversation = id ? openSession(chat, openKfId, id, open) : null
  if (!conversation) chat.append(el('p', { class: 'empty' }, '选择一位客户，或让客户进入会话'))
  return async () => {
    const { accounts: all } = await ask('GET', 'kf')
    if (all.length === 0) fill(list, [], '还没有客服账号：用 kf/account/add 接口创建', () => null)
    keyed(
      accounts,
      all,
      (one) => one.open_kfid,
      (one) => el('option', { value: one.open_kfid }, one.name),
    )
    if (openKfId) accounts.value = openKfId
    const shown = all.find((one) => one.open_kfid === account())
    if (shown)
      fill(
        list,
        shown.sessions,
        '还没有会话',
        (one) =>
          row(one, one.external_userid === id, () => open(`${shown.open_kfid} ${one.external_userid}`)),
        (one) => one.external_userid,
      )
    if (conversation) await conversation()
  }
}

const row = (one, isOpen, open) =>
  el(
    'button',
    { type: 'button', class: `row ${isOpen ? 'current' : ''}`, onclick: open },
    face(one.name),
    el(
      'span',
      { class: 'row-text' },
      el('span', { class: 'name' }, one.name),
      el('span', { class: 'muted' }, `${stateWords[one.state]} · ${timeOf(one.lastAt)}`),
    ),
  )

function openSession(box, openKfId, id, open) {
  const head = el('div', { class: 'chat-head' })
  const said = el('div', { class: 'said-list', tabindex: '0', 'aria-label': '客服消息' })
  const as = el(
    'select',
    { 'aria-label': '以谁的身份' },
    el('option', { value: 'customer' }, '客户说'),
    el('option', { value: 'servicer' }, '人工答'),
  )
  let servicer = ''
  const where = { open_kfid: openKfId, external_userid: id }
  const write = composer({
    label: '说点什么',
    submit: '发送',
    more: [as],
    deed: async (text) => {
      if (as.value === 'customer') await ask('POST', 'kf/says', { ...where, text })
      else if (servicer === '') throw new Error('现在没有人工接待')
      else await ask('POST', 'kf/answers', { ...where, userid: servicer, text })
    },
    after: () => refresh(),
  })
  box.append(
    el('button', { type: 'button', class: 'back', onclick: () => open(openKfId) }, '‹ 返回'),
    head,
    said,
    write,
  )
  const tap = (menuId, text) =>
    void act(
      said,
      async () => void (await ask('POST', 'kf/says', { ...where, text, menu_id: menuId })),
      () => refresh(),
    )

  const refresh = async () => {
    const chat = await ask('GET', `kf/${part(openKfId)}/${part(id)}`)
    servicer = chat.servicer
    head.replaceChildren(
      el('h2', {}, chat.name),
      el('span', { class: 'badge' }, stateWords[chat.state]),
      chat.servicer ? el('span', { class: 'badge' }, chat.servicer) : '',
      el('code', { class: 'muted' }, id),
    )
    keepAtEnd(said, () =>
      keyed(
        said,
        chat.said.map((one, number) => ({ ...one, number })),
        (one) => one.number,
        (one) => bubble(one, tap),
      ),
    )
  }
  return refresh
}
