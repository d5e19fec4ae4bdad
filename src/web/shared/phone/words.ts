/** Times, days and money as people say them. Instants carry the shop's offset, so their own digits are shop time. */

const chinaOffsetMs = 8 * 3_600_000
const dayMs = 86_400_000

interface LocalTime {
  readonly day: string
  readonly time: string
}

/** Some instants arrive in UTC (`Z`); every shop of ours lives on Beijing time. */
export const localTime = (instant: string): LocalTime => {
  const shown = instant.endsWith('Z') ? new Date(Date.parse(instant) + chinaOffsetMs).toISOString() : instant
  return { day: shown.slice(0, 10), time: shown.slice(11, 16) }
}

const dayNumber = (day: string): number => Math.round(Date.parse(`${day}T00:00:00Z`) / dayMs)

/** Whole days from `earlier` to `later`. */
export const daysBetween = (earlier: string, later: string): number => dayNumber(later) - dayNumber(earlier)

export const dayWords = (day: string, today: string): string => {
  const ahead = daysBetween(today, day)
  if (ahead === 0) return '今天'
  if (ahead === 1) return '明天'
  if (ahead === -1) return '昨天'
  const [year, month, date] = day.split('-').map(Number)
  const short = `${String(month)}月${String(date)}日`
  return day.slice(0, 4) === today.slice(0, 4) ? short : `${String(year)}年${short}`
}

export const momentWords = (instant: string, now: string): string => {
  const { day, time } = localTime(instant)
  return `${dayWords(day, localTime(now).day)} ${time}`
}

/** `上次购买` as a distance: what an advisor wants to know is how long ago. */
export const agoWords = (day: string, today: string): string => {
  const ago = daysBetween(day, today)
  if (ago <= 0) return '今天'
  if (ago === 1) return '昨天'
  if (ago < 60) return `${String(ago)} 天前`
  if (ago < 730) return `${String(Math.floor(ago / 30))} 个月前`
  return `${String(Math.floor(ago / 365))} 年前`
}

/** Empty when the instant has passed. */
export const leftWords = (instant: string, nowMs: number): string => {
  const minutes = Math.floor((Date.parse(instant) - nowMs) / 60_000)
  if (minutes < 0) return ''
  if (minutes < 60) return `还剩 ${String(Math.max(1, minutes))} 分钟`
  if (minutes < 48 * 60) return `还剩 ${String(Math.floor(minutes / 60))} 小时`
  return `还剩 ${String(Math.floor(minutes / 1440))} 天`
}

/** 1234567 as 1,234,567; old web views have no number formatting worth trusting. */
export const grouped = (whole: number): string => String(whole).replace(/\B(?=(\d{3})+$)/g, ',')

export const yuan = (fen: number): string => {
  const cents = Math.abs(fen) % 100
  const whole = grouped(Math.floor(Math.abs(fen) / 100))
  return `${fen < 0 ? '-' : ''}¥${whole}${cents === 0 ? '' : `.${String(cents).padStart(2, '0')}`}`
}

/** The first visible letter of a name; a nickname may begin with an emoji or be blank. */
export const initialOf = (name: string): string => Array.from(name.trim())[0] ?? '客'
