import { ask, button, el } from './dom.js'

const questionsOf = (card) => [
  ...(card.checkbox ? [{ ...card.checkbox, many: card.checkbox.mode === 1 }] : []),
  ...(card.select_list ?? []),
  ...(card.button_selection ? [card.button_selection] : []),
]

/** A question's options, and how to read what was chosen. */
function question(asked) {
  const { question_key: key, title, option_list: options = [], many = false, selected_id: first } = asked
  if (many) {
    const boxes = options.map((option) => ({
      id: option.id,
      input: el('input', { type: 'checkbox', checked: option.is_checked === true }),
      text: option.text,
    }))
    const shown = boxes.map(({ input, text }) => el('label', { class: 'option' }, input, text))
    return {
      key,
      shown: el('fieldset', {}, el('legend', {}, title ?? '可多选'), ...shown),
      read: () => boxes.filter(({ input }) => input.checked).map(({ id }) => id),
    }
  }
  const select = el(
    'select',
    { 'aria-label': title ?? key },
    ...options.map(({ id, text }) => el('option', { value: id, selected: id === first }, text)),
  )
  return {
    key,
    shown: el('label', { class: 'question' }, title ? `${title} ` : '', select),
    read: () => [select.value],
  }
}

const line = (text, kind = '') => (text ? el('div', { class: kind }, text) : null)

/** A template card as the client shows it; its buttons press for this staff member. */
export function cardView(userid, message, after) {
  const card = message.body.template_card
  const replaced = message.card?.replaced
  const questions = questionsOf(card).map(question)
  const press = (key, words) =>
    button(
      words,
      async () => {
        const selected = Object.fromEntries(questions.map((one) => [one.key, one.read()]))
        await ask('POST', 'cards/click', { userid, msgid: message.msgid, key, selected })
        return `已点「${words}」`
      },
      after,
      'small',
    )
  const keys = [...(card.button_list ?? []), ...(card.submit_button ? [card.submit_button] : [])]
  const menu = card.action_menu?.action_list ?? []
  return el(
    'div',
    { class: 'card-body' },
    line(card.source?.desc, 'muted'),
    line(card.main_title?.title, 'strong'),
    line(card.main_title?.desc),
    line(card.emphasis_content?.title, 'emphasis'),
    line(card.emphasis_content?.desc, 'muted'),
    line(card.sub_title_text),
    ...(card.horizontal_content_list ?? []).map(({ keyname, value }) =>
      el('div', { class: 'pair' }, el('span', { class: 'muted' }, keyname), el('span', {}, value ?? '')),
    ),
    ...(card.vertical_content_list ?? []).map(({ title, desc }) => line(`${title ?? ''} ${desc ?? ''}`)),
    ...questions.map(({ shown }) => shown),
    replaced !== undefined
      ? el('div', { class: 'actions' }, el('span', { class: 'badge' }, replaced))
      : el(
          'div',
          { class: 'actions' },
          ...keys.map(({ key, text }) => (key ? press(key, text) : el('span', { class: 'badge' }, text))),
          ...menu.map(({ key, text }) => press(key, text)),
        ),
  )
}
