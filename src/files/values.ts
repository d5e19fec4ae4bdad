/** Text of a cell to a value, without a float for money. Each refusal says what is wrong and what to write instead. */

export interface Bad {
  readonly ok: false
  readonly why: string
  readonly fix: string
}
export type Parsed<T> = { readonly ok: true; readonly value: T } | Bad

export const bad = (why: string, fix: string): Bad => ({ ok: false, why, fix })

/** One order may cost at most this, as everywhere in the API. */
export const maxFen = 1_000_000_000

export type MoneyUnit = 'yuan' | 'fen'

/** `4.440892e-16`, as statistics programs write nearly nothing: the same number with its point moved. */
function withoutExponent(text: string): string {
  const match = /^(\d)(?:\.(\d{1,20}))?e([+-]?\d{1,2})$/i.exec(text)
  if (!match) return text
  const [, whole = '', fraction = '', exponent = '0'] = match
  const place = 1 + Number(exponent)
  const digits = whole + fraction
  if (place <= 0) return `0.${'0'.repeat(-place)}${digits}`.slice(0, 22)
  return digits.length <= place
    ? digits.padEnd(place, '0')
    : `${digits.slice(0, place)}.${digits.slice(place)}`
}

const grouped = /^(\d{1,3}(?:,\d{3})+|\d{1,12})(?:\.(\d{1,20}))?$/

/**
 * `29.33`, `¥1,299.00`, `-12`, `(12.00)`, `29.330000000000002` (a spreadsheet's float): rounded to whole fen, half up,
 * away from zero.
 */
export function readFen(text: string, unit: MoneyUnit = 'yuan'): Parsed<number> {
  if (text === '') return bad('the amount is empty', 'fill in the amount; 0 is an amount')
  const shown = `"${text.slice(0, 40)}"`
  let plain = (/[^\u0020-\u007e]/.test(text) ? text.normalize('NFKC') : text)
    .replace(/\s|[¥￥$€£]|元$|^(?:CNY|RMB|USD)|(?:CNY|RMB|USD)$/gi, '')
    .replace(/^\u2212/, '-')
  const inBrackets = /^\((.+)\)$/.exec(plain)
  if (inBrackets) plain = `-${inBrackets[1] ?? ''}`
  const negative = plain.startsWith('-')
  if (negative || plain.startsWith('+')) plain = plain.slice(1)
  plain = withoutExponent(plain)
  const match = grouped.exec(plain)
  if (!match)
    return /^\d+,\d{1,2}$/.test(plain)
      ? bad(`${shown} has a comma where the decimal point belongs`, 'write 12.50')
      : bad(`${shown} is not an amount`, 'write it as 1299.00')
  const whole = Number((match[1] ?? '0').replaceAll(',', ''))
  const fraction = match[2] ?? ''
  if (unit === 'fen' && /[1-9]/.test(fraction))
    return bad(`${shown} is not a whole number of fen`, 'leave --unit fen out when amounts are in yuan')
  const rounded =
    unit === 'fen'
      ? whole
      : whole * 100 + Number(fraction.slice(0, 2).padEnd(2, '0')) + (Number(fraction[2] ?? '0') >= 5 ? 1 : 0)
  if (rounded > maxFen)
    return bad(`the amount is over ${String(maxFen / 100)}`, 'use --unit fen when amounts are in fen')
  return { ok: true, value: negative && rounded > 0 ? -rounded : rounded }
}

export interface Item {
  readonly sku: string
  readonly quantity: number
  readonly amountFen?: number
}

export const maxItems = 200
export const maxQuantity = 10_000

/** `SKU1*2;SKU2`, or `SKU1:2:59.00;SKU2:1:12.50` with what was paid for the line; separated by `;` or `|`. */
export function readItems(text: string, unit: MoneyUnit = 'yuan'): Parsed<Item[]> {
  const items: Item[] = []
  for (const part of text.split(/[;；|]/).map((one) => one.trim())) {
    if (part === '') continue
    const [sku = '', quantity = '1', paid, ...more] = part.split(/[*×:]/).map((one) => one.trim())
    const n = Number(quantity)
    const amount = paid === undefined ? null : readFen(paid, unit)
    const sound = sku !== '' && sku.length <= 64 && more.length === 0 && Number.isInteger(n)
    const refused = amount !== null && (!amount.ok || amount.value < 0)
    if (!sound || n < 1 || n > maxQuantity || refused)
      return bad(
        `"${part.slice(0, 40)}" is not SKU, SKU*QUANTITY or SKU:QUANTITY:AMOUNT`,
        'separate items by ; and write each as SKU:2:59.00',
      )
    items.push({ sku, quantity: n, ...(amount?.ok === true ? { amountFen: amount.value } : {}) })
  }
  return items.length > maxItems
    ? bad(`more than ${String(maxItems)} items`, 'split the order')
    : { ok: true, value: items }
}

/** Ids are kept as written; only what no id can hold is refused. */
export function readId(text: string, what: string): Parsed<string> {
  if (text === '') return bad(`the ${what} is empty`, `fill in the ${what}`)
  if (text.length > 64)
    return bad(`the ${what} is longer than 64 characters`, `check the column of the ${what}`)
  return /[\u0000-\u001f\u007f]/.test(text)
    ? bad(`the ${what} holds a control character`, `type the ${what} again`)
    : { ok: true, value: text }
}

/** A number of pieces; negative where something came back. */
export function readQuantity(text: string): Parsed<number> {
  if (text === '') return { ok: true, value: 1 }
  const match = /^(-?)(\d{1,9})(?:\.0+)?$/.exec(text)
  if (!match) return bad(`"${text.slice(0, 40)}" is not a number of pieces`, 'write a whole number such as 2')
  const n = Number(match[2]) * (match[1] === '-' ? -1 : 1)
  return Math.abs(n) > 1_000_000
    ? bad(`the quantity ${text.slice(0, 20)} is too large`, 'check the column of the quantity')
    : { ok: true, value: n }
}
