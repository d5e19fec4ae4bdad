import { computed, ref } from 'vue'
import { en } from './words/en.ts'
import { zh, type WordKey } from './words/zh.ts'
import { addDays, daysBetween, monthDay, wallOf } from '../shared/format.ts'

export type { WordKey } from './words/zh.ts'
export type Language = 'zh' | 'en'

const storageKey = 'siyu.language'
const stored = (): Language => (localStorage.getItem(storageKey) === 'en' ? 'en' : 'zh')

export const language = ref<Language>(stored())
export const isChinese = computed(() => language.value === 'zh')

export const speak = (chosen: Language): void => {
  language.value = chosen
  localStorage.setItem(storageKey, chosen)
  document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en'
}

type Values = Readonly<Record<string, string | number>>

const dictionaries: Record<Language, Record<WordKey, string>> = { zh, en }

/** The words for a key, `{n}` filled in. Reactive: a template that calls it follows the language. */
export const t = (key: WordKey, values: Values = {}): string =>
  dictionaries[language.value][key].replace(/\{(\w+)\}/g, (hole, name: string) =>
    String(values[name] ?? hole),
  )

const hasWord = (key: string): key is WordKey => key in zh

/** For keys that come from the server (`state.sent`): unknown ones show the bare name rather than break. */
export const tOr = (key: string, otherwise: string): string => (hasWord(key) ? t(key) : otherwise)

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export const dayWords = (day: string): string =>
  isChinese.value ? monthDay(day) : `${months[Number(day.slice(5, 7)) - 1] ?? ''} ${Number(day.slice(8, 10))}`

export const weekdayWords = (weekday: number): string => tOr(`weekday.${weekday}`, '')

const near = (day: string, today: string): string | undefined => {
  if (day === today) return t('time.today')
  if (day === addDays(today, -1)) return t('time.yesterday')
  if (day === addDays(today, 1)) return t('time.tomorrow')
  return undefined
}

/** `今天 09:30`, `5月20日 09:30`, and with the year once it is another one. */
export const momentWords = (iso: string, today: string): string => {
  const { day, clock } = wallOf(iso)
  return `${dateWords(day, today)} ${clock}`
}

export const dateWords = (day: string, today: string): string => {
  const close = near(day, today)
  if (close) return close
  return dayOfYear(day, today)
}

/** `5月20日`, and with the year once it is another one. */
const dayOfYear = (day: string, today: string): string => {
  if (day.slice(0, 4) === today.slice(0, 4)) return dayWords(day)
  return isChinese.value ? `${day.slice(0, 4)}年${monthDay(day)}` : `${dayWords(day)}, ${day.slice(0, 4)}`
}

/** `11月9日 – 11月15日，共 7 天`; `brief`: without their number. */
export const spanWords = (
  { from, until }: { readonly from: string; readonly until: string },
  today: string,
  brief = false,
): string => {
  // Dates on both ends: "today – 15 November" would read as if it began just now.
  const [first, last] = [dayOfYear(from, today), dayOfYear(until, today)]
  if (brief) return from === until ? first : t('campaigns.dates', { from: first, until: last })
  return from === until
    ? t('campaigns.oneDay', { from: first })
    : t('campaigns.span', { from: first, until: last, n: daysBetween(from, until) + 1 })
}
