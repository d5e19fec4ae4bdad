/** Text of a cell to a value, without a float for money and without a guess for dates. */
import { DateTime } from 'luxon'
import { shopZone } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'

export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly why: string }

const bad = (why: string): { readonly ok: false; readonly why: string } => ({ ok: false, why })

/** One order may cost at most this, as everywhere in the API. */
export const maxFen = 1_000_000_000

/** `29.33`, `¥1,299.00`, `29.330000000000002` (a spreadsheet's float): rounded to whole fen, half up. */
export function readFen(text: string): Parsed<number> {
  const plain = text.replace(/[¥￥$,，\s]|元$/g, '')
  const match = /^(-?)(\d{1,12})(?:\.(\d{1,20}))?$/.exec(plain)
  if (!match) return bad(text === '' ? 'the amount is empty' : `"${text.slice(0, 40)}" is not an amount`)
  const [, sign, whole = '0', fraction = ''] = match
  const fen = Number(whole) * 100 + Number(fraction.slice(0, 2).padEnd(2, '0'))
  const rounded = fen + (Number(fraction[2] ?? '0') >= 5 ? 1 : 0)
  if (sign === '-' && rounded > 0)
    return bad('the amount is negative; refunds come in through POST /api/v1/events')
  return rounded > maxFen ? bad(`the amount is over ${String(maxFen / 100)}`) : { ok: true, value: rounded }
}

const formats = [
  'yyyy-MM-dd HH:mm:ss',
  'yyyy-MM-dd',
  'yyyy/M/d HH:mm:ss',
  'yyyy/M/d HH:mm',
  'yyyy/M/d',
  'yyyy-MM-dd HH:mm',
  'yyyyMMdd',
  'yyyyMMddHHmmss',
  'yyyy年M月d日',
]

const earliest = DateTime.fromISO('1970-01-02', { zone: shopZone }).toMillis()
const maxRemembered = 50_000

/** Reads dates in the shop's zone; a day without a time is its midnight. Remembers, since dates repeat. */
export function createDateReader(
  format: string | null,
  notAfter: Instant,
): (text: string) => Parsed<Instant> {
  const known = new Map<string, Parsed<Instant>>()
  const read = (text: string): Parsed<Instant> => {
    if (text === '') return bad('the date is empty')
    const at = format === null ? readAny(text) : DateTime.fromFormat(text, format, { zone: shopZone })
    if (!at?.isValid)
      return bad(
        `"${text.slice(0, 40)}" is not a date${format === null ? '; say how dates are written with --date-format' : ` written as ${format}`}`,
      )
    const value = at.toMillis()
    if (value < earliest) return bad(`${text.slice(0, 40)} is before 1970`)
    return value > notAfter ? bad(`${text.slice(0, 40)} lies in the future`) : { ok: true, value }
  }
  return (text) => {
    const before = known.get(text)
    if (before) return before
    if (known.size >= maxRemembered) known.clear()
    const parsed = read(text)
    known.set(text, parsed)
    return parsed
  }
}

function readAny(text: string): DateTime | null {
  if (/T\d{2}:/.test(text)) return DateTime.fromISO(text, { zone: shopZone })
  for (const format of formats) {
    const at = DateTime.fromFormat(text, format, { zone: shopZone })
    if (at.isValid) return at
  }
  return null
}

export interface Item {
  readonly sku: string
  readonly quantity: number
  readonly amountFen?: number
}

const maxItems = 200

/** `SKU1*2;SKU2`, or `SKU1:2:59.00;SKU2:1:12.50` with what was paid for the line; separated by `;` or `|`. */
export function readItems(text: string): Parsed<Item[]> {
  const items: Item[] = []
  for (const part of text.split(/[;；|]/).map((one) => one.trim())) {
    if (part === '') continue
    const [sku = '', quantity = '1', paid, ...more] = part.split(/[*×:]/).map((one) => one.trim())
    const n = Number(quantity)
    const amount = paid === undefined ? null : readFen(paid)
    const sound = sku !== '' && sku.length <= 64 && more.length === 0 && Number.isInteger(n)
    if (!sound || n < 1 || n > 10_000 || amount?.ok === false)
      return bad(`"${part.slice(0, 40)}" is not SKU, SKU*QUANTITY or SKU:QUANTITY:AMOUNT`)
    items.push({ sku, quantity: n, ...(amount?.ok === true ? { amountFen: amount.value } : {}) })
  }
  return items.length > maxItems ? bad(`more than ${String(maxItems)} items`) : { ok: true, value: items }
}

/** Ids are kept as written; only what no id can hold is refused. */
export function readId(text: string, what: string): Parsed<string> {
  if (text === '') return bad(`the ${what} is empty`)
  if (text.length > 64) return bad(`the ${what} is longer than 64 characters`)
  return /[\u0000-\u001f]/.test(text)
    ? bad(`the ${what} holds a control character`)
    : { ok: true, value: text }
}
