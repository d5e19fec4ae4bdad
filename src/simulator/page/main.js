import { chats } from './chats.js'
import { control } from './console.js'
import { ask, el, part, timeOf, toast } from './dom.js'
import { groups } from './groups.js'
import { inbox } from './inbox.js'
import { kf } from './kf.js'
import { ledger } from './ledger.js'

const views = {
  inbox: ['收件箱', inbox],
  chats: ['会话', chats],
  groups: ['客户群', groups],
  kf: ['客服', kf],
  ledger: ['账本', ledger],
  control: ['控制', control],
}
const everyMs = 1_500

let people = []
let staff = ''
let refresh = async () => {}

/** The address says what is shown: `#view/staff/argument`. */
const place = () => {
  const [view = '', who = '', argument = ''] = location.hash.slice(1).split('/').map(decodeURIComponent)
  return { view: view in views ? view : 'inbox', who, argument }
}
const go = (view, argument = '') => {
  location.hash = [view, staff, argument].map(part).join('/')
}

function pickStaff() {
  const option = ({ userid, name, unsent }) =>
    el(
      'option',
      { value: userid, selected: userid === staff },
      `${name}（${userid}）${unsent > 0 ? ` · ${unsent} 项待办` : ''}`,
    )
  const select = el('select', { 'aria-label': '成员', class: 'staff' }, ...people.map(option))
  select.addEventListener('change', () => {
    staff = select.value
    go(place().view)
  })
  return select
}

async function show() {
  ;({ staff: people } = await ask('GET', 'staff'))
  const { view, who } = place()
  staff = (people.find(({ userid }) => userid === who) ?? people[0])?.userid ?? ''
  const root = document.getElementById('view')
  root.replaceChildren()
  document
    .getElementById('nav')
    .replaceChildren(
      ...Object.entries(views).map(([name, [title]]) =>
        el(
          'a',
          { href: `#${part(name)}/${part(staff)}/`, 'aria-current': name === view ? 'page' : null },
          title,
        ),
      ),
    )
  document.title = `${views[view][0]} · 企业微信模拟器`
  if (staff === '' && view !== 'ledger' && view !== 'control') return root.append(nobody())
  const argument = () => place().argument
  refresh = views[view][1](root, { staff: () => staff, pickStaff, argument, open: (id) => go(view, id) })
  await update()
}

const nobody = () => el('p', { class: 'empty' }, '这里还没有成员：POST /sim/staff/add')

/** One look at a time; what fails is tried again with the next. */
let looking = false
async function update() {
  if (looking) return
  looking = true
  try {
    const { shop, clock, callback } = await ask('GET', 'state')
    document.getElementById('shop').textContent = shop ?? ''
    const pending = callback.pending > 0 ? ` · ${callback.pending} 个回调在途` : ''
    document.getElementById('clock').textContent =
      `${timeOf(clock.now)} ${clock.mode === 'virtual' ? '虚拟' : '真实'}${pending}`
    await refresh()
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error), true)
  } finally {
    looking = false
  }
}

addEventListener('hashchange', () => void show().catch((error) => toast(String(error), true)))
setInterval(() => {
  if (!document.hidden) void update()
}, everyMs)
show().catch((error) => toast(String(error), true))
