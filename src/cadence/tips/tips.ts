/** Tips of spreadsheets: kept beside those of the cadence, and how long the lists last. */
import type { Ctx } from '../../base/act.ts'
import { addDays } from '../../base/calendar.ts'
import type { Day } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { plainWords } from '../../content/index.ts'
import { activeGroups } from '../cadence.store.ts'
import type { Cadence } from '../config.ts'
import { createTipMemory } from './rotation.ts'
import { heardSince, insertTips, sharedMembers, storedTips } from './tip.store.ts'
import type { TipRow } from './tip.store.ts'

/** So long a tip is remembered; after that it is new again. */
export const tipDays = 400
/** Fewer days than this are worth a warning. */
const scarceDays = 7

export async function saveTips(ctx: Ctx, rows: readonly TipRow[]): Promise<void> {
  if (rows.length === 0) return
  await insertTips(ctx.tx, rows)
  ctx.record({
    kind: 'tips-imported',
    at: ctx.now,
    source: 'cadence',
    sourceKey: `tips:${ctx.newId()}`,
    who: ctx.actor.kind === 'staff' ? { staff: ctx.actor.userid } : {},
    detail: { tips: rows.length, interests: [...new Set(rows.map(({ interest }) => interest))].sort() },
  })
}

export interface TipsLeft {
  readonly chat: string
  readonly group: string
  readonly interest: string
  /** Tips it has not heard yet; 0 = they come round again. */
  readonly days: number
}

/** Groups whose list lasts a week at most, the shortest first: time to write new ones. */
export async function scarceTips(reader: Reader, cadence: Cadence, today: Day): Promise<TipsLeft[]> {
  const [touchpoint] = cadence.touchpoints.filter(({ rules }) => rules.audience === 'group')
  if (touchpoint?.rules.audience !== 'group') return []
  const { rules } = touchpoint
  const memory = createTipMemory(
    await heardSince(reader, addDays(today, -tipDays)),
    await sharedMembers(reader),
  )
  const stored = await storedTips(reader)
  return (await activeGroups(reader))
    .flatMap((group) => {
      const list = rules.tips(group, stored)
      if (!list) return []
      const days = memory.left(group.chat, list.tips, today)
      return [{ chat: group.chat, group: plainWords(group.name), interest: list.interest, days }]
    })
    .filter(({ days }) => days <= scarceDays)
    .sort((a, b) => a.days - b.days || (a.chat < b.chat ? -1 : 1))
}

export const tipsLeftWords = ({ group, interest, days }: TipsLeft): string =>
  days === 0
    ? `“${group}”的${interest}干货已用完一轮，正在从头重复，请补充`
    : `“${group}”的${interest}干货只够 ${String(days)} 天了，请补充`
