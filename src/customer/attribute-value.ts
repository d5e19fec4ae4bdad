/** From what somebody wrote to the value of an attribute. Pure. */
import { dayNumber, isDay } from '../base/calendar.ts'
import type { AttributeSpec } from './attribute-schema.ts'

/** `words`: lies beside the log. `fact`: stands in it, with a number where values can be compared. */
export type AttributeValue =
  | { readonly kind: 'words'; readonly text: string }
  | { readonly kind: 'fact'; readonly value: string | number | readonly string[] }

export type ReadValue =
  | { readonly ok: true; readonly value: AttributeValue }
  | { readonly ok: false; readonly why: string; readonly fix: string }

const maxWords = 500
const maxShort = 60
const maxEntries = 50

const bad = (why: string, fix: string): ReadValue => ({ ok: false, why, fix })
const fact = (value: string | number | readonly string[]): ReadValue => ({
  ok: true,
  value: { kind: 'fact', value },
})

const genders: Readonly<Record<string, string>> = {
  '1': '男',
  '2': '女',
  '0': '未知',
  m: '男',
  f: '女',
  male: '男',
  female: '女',
  unknown: '未知',
  男性: '男',
  女性: '女',
  男士: '男',
  女士: '女',
  保密: '未知',
}
const answers: Readonly<Record<string, string>> = {
  y: '是',
  yes: '是',
  true: '是',
  '1': '是',
  已同意: '是',
  同意: '是',
  n: '否',
  no: '否',
  false: '否',
  '0': '否',
  未同意: '否',
  不同意: '否',
}
const synonyms: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  gender: genders,
  guardianConsent: answers,
}

export function readAttribute(spec: AttributeSpec, text: string): ReadValue {
  const shown = `${spec.title} "${text.slice(0, 40)}"`
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/.test(text))
    return bad(`${spec.title} holds a control character`, 'type it again')
  switch (spec.kind) {
    case 'text':
      return text.length > maxWords
        ? bad(`${spec.title} is longer than ${String(maxWords)} characters`, 'shorten it')
        : { ok: true, value: { kind: 'words', text } }
    case 'number': {
      const plain = text.replaceAll(',', '')
      return /^-?\d{1,12}(\.\d{1,6})?$/.test(plain)
        ? fact(Number(plain))
        : bad(`${shown} is not a number`, 'write digits, such as 31')
    }
    case 'date': {
      const day = readDay(text)
      return day === null
        ? bad(`${shown} is not a day`, 'write it as 1990-05-20, or as 05-20 without the year')
        : fact(day)
    }
    case 'lunar': {
      const day = readLunarDay(text)
      return day === null
        ? bad(
            `${shown} is not a day of the lunar calendar`,
            'write it as 八月十五, 1990-08-15 or 08-15; a leap month as 闰四月初一',
          )
        : fact(day)
    }
    case 'choice':
      return readChoice(spec, synonyms[spec.name]?.[text.toLowerCase()] ?? text, shown)
    case 'list':
      return readList(text, shown)
  }
}

function readChoice(spec: AttributeSpec, value: string, shown: string): ReadValue {
  if (value.length > maxShort)
    return bad(
      `${shown} is longer than ${String(maxShort)} characters`,
      'a choice is a short word; declare long words as kind: text',
    )
  if (!spec.choices || spec.choices.includes(value)) return fact(value)
  return bad(
    `${shown} is not a choice`,
    `use one of ${spec.choices.join(', ').slice(0, 300)}, or add it to choices in config/attributes.yaml`,
  )
}

function readList(text: string, shown: string): ReadValue {
  const entries = [...new Set(text.split(/[,，、;；|]/).map((one) => one.trim()))]
    .filter((one) => one !== '')
    .sort()
  if (entries.length > maxEntries || entries.some((one) => one.length > maxShort))
    return bad(
      `${shown} has too many entries or a long one`,
      `at most ${String(maxEntries)} of ${String(maxShort)} characters`,
    )
  return fact(entries)
}

/** `1990-05-20`, or `--05-20` when the year is not told. */
export function readDay(text: string): string | null {
  const full =
    /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})[日号]?(?:[ T].*)?$/.exec(text) ??
    /^(\d{4})(\d{2})(\d{2})$/.exec(text)
  const two = (part: string | undefined): string => (part ?? '').padStart(2, '0')
  if (full) {
    const day = `${full[1] ?? ''}-${two(full[2])}-${two(full[3])}`
    return isDay(day) && day >= '1880-01-01' ? day : null
  }
  const short = /^(?:--)?(\d{1,2})[-/.月](\d{1,2})[日号]?$/.exec(text)
  if (!short) return null
  // 2000 was a leap year: the 29th of February is a birthday.
  return isDay(`2000-${two(short[1])}-${two(short[2])}`) ? `--${two(short[1])}-${two(short[2])}` : null
}

/** What a statement says about a child without saying that the guardian agreed; null when all is well. */
export function childWithoutConsent(
  attributes: readonly AttributeSpec[],
  says: ReadonlyMap<string, AttributeValue | null>,
): AttributeSpec | null {
  const consent = says.get('guardianConsent')
  if (consent?.kind === 'fact' && consent.value === '是') return null
  return attributes.find(({ name, child }) => child && (says.get(name) ?? null) !== null) ?? null
}

const months = ['正', '二', '三', '四', '五', '六', '七', '八', '九', '十', '冬', '腊']
const digits = ['一', '二', '三', '四', '五', '六', '七', '八', '九']

function chineseNumber(text: string): number {
  const plain = text.replace(/^初/, '').replace('廿', '二十').replace('卅', '三十')
  const [tens, ones] = plain.includes('十') ? plain.split('十') : [null, plain]
  const digit = (one: string | undefined): number => (one ? digits.indexOf(one) + 1 : 0)
  if (tens === null) return digit(ones)
  return (tens === '' ? 1 : digit(tens)) * 10 + digit(ones)
}

/** `1990-08-15`, `--08-15`; a leap month as `2020-L04-01`. */
export function readLunarDay(text: string): string | null {
  const plain = text.replace(/^(农历|阴历)/, '').trim()
  const written =
    /^(?:(\d{4})年?)?\s*(闰)?(十一|十二|[正一二三四五六七八九十冬腊])月(初[一二三四五六七八九十]|[一二三四五六七八九十廿卅]{1,3})日?$/.exec(
      plain,
    )
  const two = (n: number): string => String(n).padStart(2, '0')
  if (written) {
    const [, year, leap, monthWord = '', dayWord = ''] = written
    const month = months.indexOf(monthWord) + 1 || chineseNumber(monthWord)
    const day = chineseNumber(dayWord)
    return day < 1 || day > 30 || month < 1 || month > 12
      ? null
      : `${year === undefined ? '-' : year}-${leap ? 'L' : ''}${two(month)}-${two(day)}`
  }
  const figures = /^(?:(\d{4})[-/.年]|--)?(L|闰)?(\d{1,2})[-/.月](\d{1,2})[日号]?$/.exec(plain)
  if (!figures) return null
  const month = Number(figures[3])
  const day = Number(figures[4])
  if (month < 1 || month > 12 || day < 1 || day > 30) return null
  return `${figures[1] ?? '-'}-${figures[2] ? 'L' : ''}${two(month)}-${two(day)}`
}

/** How a fact is stored: as text, and as a number where it can be compared (a full date as its day number). */
export function storedFact(
  value: unknown,
): { readonly value: string; readonly number: number | null } | null {
  if (typeof value === 'number' && Number.isFinite(value)) return { value: String(value), number: value }
  if (typeof value === 'string' && value !== '')
    return { value, number: /^\d{4}-\d{2}-\d{2}$/.test(value) && isDay(value) ? dayNumber(value) : null }
  if (Array.isArray(value)) return { value: JSON.stringify(value), number: value.length }
  return null
}
