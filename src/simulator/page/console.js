import { act, ask, button, composer, el, part, timeOf } from './dom.js'
import { fill } from './inbox.js'

const minute = 60_000
const steps = [
  ['+1 分钟', minute],
  ['+1 小时', 60 * minute],
  ['+1 天', 24 * 60 * minute],
]

const faults = {
  '系统繁忙 -1（3 次）': { kind: 'errcode', errcode: -1, times: 3 },
  '频率限制 45009（60 秒）': { kind: 'errcode', errcode: 45009, ms: 60_000 },
  '并发限制 45033（1 次）': { kind: 'errcode', errcode: 45033, times: 1 },
  '受理前断开（1 次）': { kind: 'reset-before', times: 1 },
  '受理后断开（1 次）': { kind: 'reset-after', times: 1 },
  '受理后不应答 10 秒（1 次）': { kind: 'timeout-after', ms: 10_000, times: 1 },
  '拒绝连接（1 次）': { kind: 'refuse', times: 1 },
  '变慢 2 秒': { kind: 'slow', ms: 2_000 },
  '502 网页（1 次）': { kind: 'http-502-html', times: 1 },
  '坏 JSON（1 次）': { kind: 'bad-json', times: 1 },
  '应答只有一半（1 次）': { kind: 'truncate', times: 1 },
  '成功但没有 errcode（1 次）': { kind: 'missing-errcode', times: 1 },
  '令牌立即失效 40014': { kind: 'invalidate-token' },
  '令牌立即过期 42001': { kind: 'expire-token' },
  '回调重复（1 次）': { kind: 'duplicate', api: 'callback', times: 1 },
  '回调变慢 2 秒': { kind: 'slow', api: 'callback', ms: 2_000 },
}

const panel = (title, ...inner) => el('section', { class: 'panel' }, el('h2', {}, title), ...inner)

/** 控制: time, faults, snapshots, and where events go. */
export function control(root) {
  const refresh = async () => {
    for (const one of parts) await one()
  }
  const parts = []
  root.append(
    el(
      'div',
      { class: 'columns' },
      clockPanel(parts, refresh),
      faultPanel(parts, refresh),
      snapshotPanel(parts, refresh),
      callbackPanel(parts, refresh),
    ),
  )
  return refresh
}

/** Shanghai's wall clock in a field is eight hours ahead of UTC. */
const shanghai = 8 * 60 * minute
const toField = (ms) => new Date(ms + shanghai).toISOString().slice(0, 16)
const fromField = (text) => Date.parse(`${text}:00+08:00`)

function clockPanel(parts, refresh) {
  const now = el('p', { class: 'big' })
  const next = el('p', { class: 'muted' })
  const until = el('input', { type: 'datetime-local', 'aria-label': '前进到（北京时间）' })
  const move = (words, body, kind = 'small') =>
    button(words, async () => void (await ask('POST', 'clock', await body())), refresh, kind)
  parts.push(async () => {
    const clock = await ask('GET', 'clock')
    now.textContent = `${timeOf(clock.now)}${clock.mode === 'virtual' ? '（虚拟，静止）' : '（跟随真实时间）'}`
    next.textContent =
      clock.nextEventAt === null ? '没有待发生的事' : `下一件事：${timeOf(clock.nextEventAt)}`
    if (until.value === '') until.value = toField(clock.now + 60 * minute)
  })
  return panel(
    '时钟',
    now,
    next,
    el(
      'div',
      { class: 'actions' },
      ...steps.map(([words, ms]) => move(words, () => ({ advanceMs: ms }))),
      move('到下一件事', async () => {
        const { nextEventAt } = await ask('GET', 'clock')
        if (nextEventAt === null) throw new Error('没有待发生的事')
        return { to: nextEventAt }
      }),
    ),
    el(
      'div',
      { class: 'actions' },
      until,
      move('前进到此刻', () => ({ to: fromField(until.value) }), 'primary small'),
    ),
  )
}

function faultPanel(parts, refresh) {
  const list = el('div', { class: 'list' })
  const kind = el(
    'select',
    { 'aria-label': '故障' },
    ...Object.keys(faults).map((name) => el('option', { value: name }, name)),
  )
  const api = el('input', {
    type: 'text',
    'aria-label': '接口',
    placeholder: '接口（留空为全部），如 message/send',
  })
  const add = button(
    '添加故障',
    async () => {
      const wanted = faults[kind.value]
      await ask('POST', 'faults', api.value.trim() === '' ? wanted : { api: api.value.trim(), ...wanted })
      return '已添加'
    },
    refresh,
    'primary small',
  )
  const clear = button('全部清除', async () => void (await ask('DELETE', 'faults')), refresh, 'small')
  parts.push(async () => {
    const { faults: all } = await ask('GET', 'faults')
    fill(
      list,
      all,
      '没有故障',
      (one) =>
        el(
          'article',
          { class: 'item' },
          el(
            'div',
            { class: 'item-head' },
            el('span', { class: 'strong' }, one.kind),
            one.errcode === undefined ? null : el('span', { class: 'badge' }, String(one.errcode)),
            el('span', { class: 'muted' }, one.api ?? '全部接口'),
          ),
          el(
            'div',
            { class: 'item-foot' },
            el(
              'span',
              { class: 'muted' },
              `已发生 ${one.struck}${one.times === undefined ? '' : ` / ${one.times}`} 次`,
            ),
            button('移除', async () => void (await ask('DELETE', `faults/${part(one.id)}`)), refresh, 'tiny'),
          ),
        ),
      (one) => one.id,
    )
  })
  return panel('故障', el('div', { class: 'actions' }, kind, api, add, clear), list)
}

function snapshotPanel(parts, refresh) {
  const list = el('div', { class: 'list' })
  const take = composer({
    label: '快照的名称',
    submit: '保存快照',
    deed: async (name) => {
      await ask('POST', 'snapshot', { name })
      return '已保存'
    },
    after: refresh,
  })
  const load = async (input) => {
    const [file] = input.files
    if (!file) return undefined
    const document = JSON.parse(await file.text())
    input.value = ''
    await ask('POST', 'snapshot', document)
    return '已导入'
  }
  const file = el('input', {
    type: 'file',
    class: 'unseen',
    accept: 'application/json',
    onchange: (event) => act(event.currentTarget, () => load(event.target), refresh),
  })
  const reset = button(
    '回到最初',
    async () => {
      await ask('POST', 'reset')
      return '已重置'
    },
    refresh,
    'small danger',
  )
  parts.push(async () => {
    const { snapshots } = await ask('GET', 'snapshots')
    fill(
      list,
      snapshots,
      '没有快照',
      (one) =>
        el(
          'article',
          { class: 'item' },
          el(
            'div',
            { class: 'item-head' },
            el('span', { class: 'strong' }, one.name || one.id),
            el('span', { class: 'muted' }, `${one.id} · ${timeOf(one.takenAt)}`),
          ),
          el(
            'div',
            { class: 'item-foot' },
            button(
              '恢复',
              async () => {
                await ask('POST', 'restore', { id: one.id })
                return `已回到「${one.name || one.id}」`
              },
              refresh,
              'primary small',
            ),
            el(
              'a',
              { class: 'button small', href: `/sim/snapshot/${part(one.id)}`, download: `${one.id}.json` },
              '导出',
            ),
            button(
              '删除',
              async () => void (await ask('DELETE', `snapshot/${part(one.id)}`)),
              refresh,
              'tiny',
            ),
          ),
        ),
      (one) => one.id,
    )
  })
  return panel(
    '快照',
    take,
    list,
    el('div', { class: 'actions' }, el('label', { class: 'button small' }, '从文件导入', file), reset),
  )
}

function callbackPanel(parts, refresh) {
  const now = el('p', { class: 'link' })
  const save = composer({
    label: '回调地址，如 http://127.0.0.1:3000/wecom/callback',
    submit: '验证并保存',
    deed: async (url) => {
      await ask('POST', 'callback-url', { url })
      return '验证通过，已保存'
    },
    after: refresh,
  })
  parts.push(async () => {
    const { callback, corpId } = await ask('GET', 'state')
    now.textContent = `${corpId} → ${callback.url ?? '未设置：事件只记录，不发送'}`
  })
  return panel('回调', now, save)
}
