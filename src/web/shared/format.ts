/**
 * Instants arrive as ISO 8601 with the shop's offset; pages show the shop's wall time, whatever zone the browser is in.
 * So the words are cut out of the string, and only an instant in UTC is moved, to the zone of every shop we know.
 */
const shopOffset = '+08:00'
const dayMs = 86_400_000

const pad = (value: number): string => String(value).padStart(2, '0')

interface Wall {
  readonly day: string
  readonly clock: string
}

export const wallOf = (iso: string): Wall => {
  if (!iso.endsWith('Z')) return { day: iso.slice(0, 10), clock: iso.slice(11, 16) }
  const [hours, minutes] = [Number(shopOffset.slice(1, 3)), Number(shopOffset.slice(4, 6))]
  const moved = new Date(Date.parse(iso) + (hours * 60 + minutes) * 60_000).toISOString()
  return { day: moved.slice(0, 10), clock: moved.slice(11, 16) }
}

const utcOf = (day: string): number => Date.parse(`${day}T00:00:00Z`)

export const addDays = (day: string, days: number): string =>
  new Date(utcOf(day) + days * dayMs).toISOString().slice(0, 10)

export const daysBetween = (from: string, to: string): number => Math.round((utcOf(to) - utcOf(from)) / dayMs)

/** 1 = Monday … 7 = Sunday. */
export const weekdayOf = (day: string): number => new Date(utcOf(day)).getUTCDay() || 7

export const mondayOf = (day: string): string => addDays(day, 1 - weekdayOf(day))

export const monthDay = (day: string): string => `${Number(day.slice(5, 7))}月${Number(day.slice(8, 10))}日`

export const numericDay = (day: string): string =>
  `${Number(day.slice(5, 7))}/${pad(Number(day.slice(8, 10)))}`

/** ¥1,280 or ¥12.50: fen are shown only when there are any. */
export const yuan = (fen: number): string => {
  const whole = fen % 100 === 0
  return `¥${(fen / 100).toLocaleString('zh-CN', { minimumFractionDigits: whole ? 0 : 2, maximumFractionDigits: 2 })}`
}

export const amount = (count: number): string => count.toLocaleString('zh-CN')
