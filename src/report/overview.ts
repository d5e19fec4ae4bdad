/** The shop at a glance: who is there, and what the last seven days brought. */
import { addDays, dayOf, instantOf, isoOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { quarantineOf } from '../base/quarantine.ts'
import { campaignsIn, currentCadence } from '../cadence/index.ts'
import { pausesNow, pauseTitle, quotaDoubt } from '../outbox/index.ts'
import type { Pause } from '../outbox/index.ts'
import type { ReportParts } from './customers.ts'
import {
  kindCounts,
  newestCadenceVersion,
  ordersSince,
  promiseCounts,
  sentByTouchpoint,
  tierCounts,
} from './report.store.ts'

export async function overview({ reader, rules }: ReportParts, now: Instant) {
  // Seven whole days with today, in the shop's zone.
  const sinceDay = addDays(dayOf(now), -6)
  const since = instantOf(sinceDay)
  const counts = await tierCounts(reader, rules.lead.name)
  const kinds = await kindCounts(reader, ['poll-voted', 'clue-found', 'tier-moved', 'opted-out'], since)
  const orders = await ordersSince(reader, since)
  const promises = await promiseCounts(reader, since, sinceDay)
  const pauses = await pausesNow(reader)
  const titleOf = await pauseTitles(reader, pauses)
  return {
    customers: [...counts.values()].reduce((sum, n) => sum + n, 0),
    tiers: [...rules.tiers, rules.lead].map(({ name, title }) => ({
      tier: name,
      title,
      count: counts.get(name) ?? 0,
    })),
    last7Days: {
      ...promises,
      votes: kinds.get('poll-voted') ?? 0,
      finds: kinds.get('clue-found') ?? 0,
      orders: orders.n,
      orderFen: orders.fen,
      tierMoves: kinds.get('tier-moved') ?? 0,
      optOuts: kinds.get('opted-out') ?? 0,
    },
    paused: pauses.some(({ scope }) => scope === 'global'),
    pauses: pauses.map((pause) => ({ ...pause, title: titleOf(pause), at: isoOf(pause.at) })),
    quotaDoubted: (await quotaDoubt(reader)) !== null,
    ...(await restored(reader)),
    cadenceVersion: await newestCadenceVersion(reader),
  }
}

/** What went out today, by touchpoint, and what stands still. */
export async function todaysFigures(reader: Reader, now: Instant) {
  const day = dayOf(now)
  const since = instantOf(day)
  const pauses = await pausesNow(reader)
  const titleOf = await pauseTitles(reader, pauses)
  return {
    ...(await promiseCounts(reader, since, day)),
    touchpoints: await sentByTouchpoint(reader, since, shownTouchpoints),
    pauses: pauses.map((pause) => ({ title: titleOf(pause), by: pause.by, reason: pause.reason })),
  }
}

const shownTouchpoints = 12

/** A campaign is called by its title, not by its name in the cadence. */
async function pauseTitles(reader: Reader, pauses: readonly Pause[]): Promise<(pause: Pause) => string> {
  const cadence = pauses.some(({ scope }) => scope === 'campaign') ? await currentCadence(reader) : null
  const titles = new Map(
    (cadence ? campaignsIn(cadence) : []).map(({ name, campaign }) => [name, campaign.title]),
  )
  return (pause) => pauseTitle(pause, pause.scope === 'campaign' ? titles.get(pause.name) : undefined)
}

async function restored(reader: Reader) {
  const found = await quarantineOf(reader)
  if (!found) return {}
  const { since, backupAt, cause } = found
  return {
    restored: { since: isoOf(since), cause, ...(backupAt === null ? {} : { backupAt: isoOf(backupAt) }) },
  }
}
