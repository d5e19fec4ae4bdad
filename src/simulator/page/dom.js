/** Elements, requests and words that all views share. Text is always put in as text: names come from strangers. */

/** `props`: attributes, `class`, `on…` listeners; a value of null or false leaves the attribute out. */
export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value)
    else if (name === 'value') made.value = value
    else made.setAttribute(name, value === true ? '' : String(value))
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined))
  return made
}

export async function ask(method, path, body) {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
  const answer = await fetch(`/sim/${path}`, init)
  const value = await answer.json()
  if (!answer.ok) throw new Error(value.error ?? `HTTP ${answer.status}`)
  return value
}

export const part = encodeURIComponent

let hiding = 0
export function toast(words, isError = false) {
  const box = document.getElementById('toast')
  box.textContent = words
  box.classList.toggle('error', isError)
  box.hidden = false
  clearTimeout(hiding)
  hiding = setTimeout(() => (box.hidden = true), isError ? 6000 : 2500)
}

/** Runs what a button stands for: pressed once at a time, its failure is shown, and the view is told afterwards. */
export async function act(button, deed, after) {
  button.disabled = true
  try {
    const words = await deed()
    if (typeof words === 'string') toast(words)
    if (after) await after()
  } catch (error) {
    toast(error instanceof Error ? error.message : String(error), true)
  } finally {
    button.disabled = false
  }
}

export const button = (words, deed, after, kind = '') =>
  el(
    'button',
    { type: 'button', class: `button ${kind}`, onclick: (event) => act(event.currentTarget, deed, after) },
    words,
  )

/** A line to write in; Enter sends. The words stay when the deed fails. */
export function composer({ label, submit, deed, after, more = [] }) {
  const input = el('input', { type: 'text', 'aria-label': label, placeholder: label, autocomplete: 'off' })
  const send = el('button', { type: 'submit', class: 'button primary' }, submit)
  const form = el('form', { class: 'composer' }, ...more, input, send)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const words = input.value.trim()
    if (words === '') return input.focus()
    void act(
      send,
      () => deed(words),
      async () => {
        input.value = ''
        if (after) await after()
      },
    )
  })
  return form
}

/** Keeps the elements whose item did not change, so that what somebody is choosing in them is not lost. */
export function keyed(box, items, keyOf, make) {
  const old = new Map([...box.children].map((child) => [child.dataset.key, child]))
  const next = items.map((item) => {
    const key = String(keyOf(item))
    const image = JSON.stringify(item)
    const known = old.get(key)
    if (known && known.dataset.image === image) return known
    const made = make(item)
    made.dataset.key = key
    made.dataset.image = image
    return made
  })
  if (next.length !== box.children.length || next.some((child, i) => child !== box.children[i]))
    box.replaceChildren(...next)
}

const format = new Intl.DateTimeFormat('zh-CN', {
  timeZone: 'Asia/Shanghai',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
})
export const timeOf = (ms) => (ms > 0 ? format.format(ms) : '—')

export const empty = (words) => el('p', { class: 'empty' }, words)

/** One letter for a face, in a colour of the name's own. */
export function face(name) {
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 6, 7)
  return el('span', { class: `face tone${hue}`, 'aria-hidden': 'true' }, [...name][0] ?? '·')
}

/** A field that knows customers by name, remark or id; its value is the id. */
let pickers = 0
export function customerPicker(label, ofStaff = () => '') {
  const id = `picker${++pickers}`
  const list = el('datalist', { id })
  const input = el('input', {
    type: 'text',
    list: id,
    'aria-label': label,
    placeholder: label,
    autocomplete: 'off',
  })
  const fill = async () => {
    const staff = ofStaff()
    const query = `q=${part(input.value)}&limit=30`
    const { customers } = await ask('GET', `customers${staff ? `/${part(staff)}` : ''}?${query}`)
    list.replaceChildren(
      ...customers.map((one) => el('option', { value: one.external_userid }, one.remark || one.name)),
    )
  }
  input.addEventListener('focus', () => void fill())
  input.addEventListener('input', () => void fill())
  return { input, list }
}
