import { el, face, timeOf } from './dom.js'

const apiWords = {
  add_msg_template: '群发',
  send_welcome_msg: '欢迎语',
  sendChatMessage: '侧边栏',
  'kf/send_msg': '接口',
  'kf/send_msg_on_event': '接口',
  group_welcome_template: '入群欢迎语',
}
const kindWords = {
  image: '图片',
  video: '视频',
  file: '文件',
  link: '链接',
  miniprogram: '小程序',
  news: '图文',
  voice: '语音',
  location: '位置',
}

const isObject = (value) => value !== null && typeof value === 'object'

function attachmentOf(kind, value) {
  const title = isObject(value) ? (value.title ?? value.link ?? value.url ?? value.filename ?? '') : ''
  return `[${kindWords[kind] ?? kind}] ${title}`.trim()
}

/** What a message carries beside its text, in words. */
export function partsOf(body) {
  if (!isObject(body)) return []
  const parts = []
  for (const one of body.attachments ?? []) parts.push(attachmentOf(one.msgtype, one[one.msgtype]))
  for (const kind of Object.keys(kindWords))
    if (isObject(body[kind])) parts.push(attachmentOf(kind, body[kind]))
  return parts
}

/** Menu entries a customer may tap, in 微信客服. */
function menuOf(body, onTap) {
  const menu = body?.msgmenu
  if (!isObject(menu)) return []
  const entries = (menu.list ?? []).map((entry) => {
    const { id, content } = entry[entry.type] ?? {}
    if (entry.type !== 'click' || !onTap) return el('span', { class: 'menu-entry' }, content ?? entry.type)
    return el('button', { type: 'button', class: 'menu-entry', onclick: () => onTap(id, content) }, content)
  })
  return [
    el('div', {}, menu.head_content ?? ''),
    el('div', { class: 'menu' }, entries),
    el('div', { class: 'muted' }, menu.tail_content ?? ''),
  ]
}

/** One bubble: ours on the right, the customer's on the left. */
export function bubble(said, onTap) {
  const { at, side, by, text, body, api, status } = said
  if (side === 'system') return el('div', { class: 'said system' }, `${timeOf(at)} · ${text}`)
  const failed = status === 'failed'
  const about = [by, api ? (apiWords[api] ?? api) : null, timeOf(at), failed ? '未送达' : null]
  return el(
    'div',
    { class: `said ${side} ${failed ? 'failed' : ''}` },
    face(by),
    el(
      'div',
      { class: 'stack' },
      el('div', { class: 'about' }, about.filter(Boolean).join(' · ')),
      el(
        'div',
        { class: 'bubble' },
        text ? el('div', { class: 'words' }, text) : null,
        ...partsOf(body).map((words) => el('div', { class: 'attachment' }, words)),
        ...menuOf(body, onTap),
      ),
    ),
  )
}

/** The newest words are in sight unless somebody has scrolled up. */
export function keepAtEnd(box, change) {
  const near = box.scrollHeight - box.scrollTop - box.clientHeight < 60
  change()
  if (near) box.scrollTop = box.scrollHeight
}
