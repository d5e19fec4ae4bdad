import { cardView } from './cards.js'
import { ask, button, composer, el, empty, keyed, part, timeOf } from './dom.js'
import { partsOf } from './said.js'

const statusWords = { unsent: '待确认', sent: '已完成', cancelled: '已取消' }
const taskWords = { single: '客户群发', group: '客户群群发', moment: '朋友圈' }

/** 收件箱: what waits for this staff member to press it, and what the apps sent her. */
export function inbox(root, { staff, pickStaff }) {
  const tasks = el('div', { class: 'list' })
  const messages = el('div', { class: 'list' })
  const says = composer({
    label: '以该成员的身份给应用发消息',
    submit: '发给应用',
    deed: async (text) => {
      await ask('POST', 'staff/says', { userid: staff(), text })
      return '已发给应用（产生一次回调）'
    },
  })
  root.append(
    el('div', { class: 'bar' }, pickStaff()),
    el('div', { class: 'columns' }, section('任务', tasks), section('应用消息', messages, says)),
  )

  const refresh = async () => {
    const box = await ask('GET', `inbox/${part(staff())}`)
    fill(tasks, box.tasks.toReversed(), '没有任务', (task) => taskView(box.userid, task, refresh))
    fill(messages, box.messages.toReversed(), '没有消息', (one) => messageView(box.userid, one, refresh))
  }
  return refresh
}

const section = (title, ...inner) => el('section', { class: 'panel' }, el('h2', {}, title), ...inner)

/** The list, or a word that it is empty. */
export function fill(box, items, words, make, keyOf = (item) => item.msgid) {
  if (items.length === 0) box.replaceChildren(empty(words))
  else {
    if (box.firstElementChild?.classList.contains('empty')) box.replaceChildren()
    keyed(box, items, keyOf, make)
  }
}

function taskView(userid, task, refresh) {
  const isMoment = task.chatType === 'moment'
  const press = button(
    isMoment ? '发表' : '确认发送',
    async () => {
      await ask('POST', `inbox/${part(userid)}/confirm`, { msgid: task.msgid })
      return isMoment ? '已发表' : '已发送'
    },
    refresh,
    'primary small',
  )
  return el(
    'article',
    { class: 'item' },
    el(
      'div',
      { class: 'item-head' },
      el('span', { class: `badge ${task.chatType}` }, taskWords[task.chatType] ?? task.chatType),
      el('span', { class: `badge ${task.status}` }, statusWords[task.status] ?? task.status),
      task.reminded > 0 ? el('span', { class: 'badge' }, `提醒 ${task.reminded} 次`) : null,
      el('time', { class: 'muted' }, timeOf(task.createdAt)),
    ),
    el('p', { class: 'words' }, task.text || '（无文字）'),
    el(
      'div',
      { class: 'item-foot' },
      el('span', { class: 'muted' }, `${task.recipients.length} 个接收方`),
      task.status === 'unsent' ? press : null,
    ),
  )
}

function messageView(userid, message, refresh) {
  const inner = message.body[message.msgtype] ?? {}
  const isCard = message.msgtype === 'template_card'
  return el(
    'article',
    { class: 'item' },
    el(
      'div',
      { class: 'item-head' },
      el('span', { class: 'badge' }, message.msgtype),
      el('time', { class: 'muted' }, timeOf(message.at)),
    ),
    isCard
      ? cardView(userid, message, refresh)
      : el(
          'div',
          {},
          inner.title ? el('div', { class: 'strong' }, inner.title) : null,
          el('p', { class: 'words' }, message.text || inner.description || ''),
          ...partsOf(message.body).map((words) => el('div', { class: 'attachment' }, words)),
          ...message.links.map((link) => el('div', { class: 'link muted' }, link)),
        ),
  )
}
