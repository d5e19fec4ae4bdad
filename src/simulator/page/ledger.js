import { ask, el, timeOf } from './dom.js'
import { fill } from './inbox.js'

const shown = 100
const statusWords = { accepted: '已受理', sent: '已送达', failed: '失败', cancelled: '已取消' }

const since = (total) => Math.max(0, total - shown)

const views = {
  ledger: {
    title: '账本',
    read: async () => {
      const { ledger } = await ask('GET', 'state')
      return (await ask('GET', `ledger?since=${since(ledger.rows)}`)).rows
    },
    view: (row) =>
      item(
        [`#${row.seq}`, row.api, timeOf(row.acceptedAt)],
        [row.status, statusWords[row.status]],
        `${row.sender} → ${row.recipient}`,
        row.text,
      ),
  },
  calls: {
    title: '接口调用',
    read: async () => {
      const { calls } = await ask('GET', 'state')
      return (await ask('GET', `calls?since=${since(calls)}`)).rows
    },
    view: (row) =>
      item(
        [`#${row.seq}`, timeOf(row.at)],
        [row.errcode === 0 ? 'sent' : 'failed', row.errcode === null ? '无应答' : `errcode ${row.errcode}`],
        row.api,
        row.fault ? `故障 ${row.fault}` : '',
      ),
  },
  callbacks: {
    title: '回调',
    read: async () => (await ask('GET', 'callbacks')).rows.slice(-shown),
    view: (row) =>
      item(
        [`#${row.seq}`, timeOf(row.at)],
        [row.state === 'delivered' ? 'sent' : row.state === 'queued' ? 'accepted' : 'failed', row.state],
        [
          /<Event><!\[CDATA\[(.*?)\]\]>/.exec(row.xml)?.[1],
          /<ChangeType><!\[CDATA\[(.*?)\]\]>/.exec(row.xml)?.[1],
        ]
          .filter(Boolean)
          .join(' · ') || 'message',
        el('details', {}, el('summary', {}, '内容'), el('p', { class: 'words' }, row.xml)),
      ),
  },
}

const item = (about, [kind, state], title, words) =>
  el(
    'article',
    { class: 'item line' },
    el(
      'div',
      { class: 'item-head' },
      el('span', { class: `badge ${kind}` }, state),
      el('span', { class: 'strong' }, title),
      el('span', { class: 'muted' }, about.join(' · ')),
    ),
    typeof words === 'string' && words !== '' ? el('p', { class: 'words clipped' }, words) : words,
  )

/** 账本: every recipient of everything accepted, the calls and the events, the newest first. */
export function ledger(root, { argument, open }) {
  const name = argument() in views ? argument() : 'ledger'
  const list = el('div', { class: 'list' })
  root.append(
    el(
      'div',
      { class: 'bar', role: 'tablist' },
      ...Object.entries(views).map(([key, { title }]) =>
        el(
          'button',
          {
            type: 'button',
            role: 'tab',
            class: 'tab',
            'aria-selected': String(key === name),
            onclick: () => open(key),
          },
          title,
        ),
      ),
    ),
    el('section', { class: 'panel' }, list),
  )
  const { read, view } = views[name]
  return async () => fill(list, (await read()).toReversed(), '还没有记录', view, (row) => row.seq)
}
