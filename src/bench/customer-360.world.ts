/** What a customer's card reads beyond the generated orders: interactions, moves, promises, offers. */
import { dayNumber, instantOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { loadRecommendSettings, refreshCoPurchase } from '../order/index.ts'
import { packageRoot } from '../base/env.ts'
import { join } from 'node:path'
import { loadRadarSettings, refreshRadar } from '../report/index.ts'
import type { Place } from './place.ts'
import { makeWorld } from './world.ts'
import type { World } from './world.ts'

export const interactionsEach = 5
const promisesEach = 4
const slice = 20_000

export interface CardWorld {
  readonly world: World
  readonly interactions: number
  readonly coPurchaseSeconds: number
  readonly radarSeconds: number
}

export async function makeCardWorld(
  place: Place,
  {
    customers,
    today,
    followers,
  }: { readonly customers: number; readonly today: Day; readonly followers: readonly string[] },
): Promise<CardWorld> {
  const world = await makeWorld(place, { customers, today, detail: 'full', contactPercent: 60, followers })
  const [head] = await place.db.reader.rows<{ seq: number }>('select seq from log_head where id = 1')
  const base = head?.seq ?? 0
  const now = instantOf(today, '09:00')
  for (let from = 0; from < customers; from += slice) {
    const ids = [world.customer(from).id, world.customer(Math.min(customers, from + slice) - 1).id]
    await fill(place, ids, { now, dayNo: dayNumber(today), seq: base + from * interactionsEach })
  }
  await place.db.tx((tx) =>
    tx.run('UPDATE log_head SET seq = $1 WHERE id = 1', [base + customers * interactionsEach]),
  )
  await place.db.tx((tx) =>
    tx.run('UPDATE follower SET position = $1', [base + customers * interactionsEach]),
  )
  await place.db.source.query('analyze')
  const config = join(packageRoot, 'config')
  const seconds = async (work: () => Promise<unknown>): Promise<number> => {
    const startedAt = performance.now()
    await work()
    return Math.round(performance.now() - startedAt) / 1000
  }
  return {
    world,
    interactions: customers * interactionsEach,
    coPurchaseSeconds: await seconds(() =>
      refreshCoPurchase(place.db, loadRecommendSettings(config), dayNumber(today)),
    ),
    radarSeconds: await seconds(() =>
      refreshRadar(place.db, { rules: place.rules, settings: loadRadarSettings(config) }, dayNumber(today)),
    ),
  }
}

const counted = (n: number): string =>
  Array.from({ length: n }, (_, k) => `select ${String(k)} as k`).join(' union all ')

async function fill(
  { db }: Place,
  ids: readonly string[],
  { now, dayNo, seq }: { readonly now: number; readonly dayNo: number; readonly seq: number },
): Promise<void> {
  const people = `identity e cross join`
  const whose = `e.kind = 'external' and e.customer >= $1 and e.customer <= $2`
  await db.tx(async (tx) => {
    await tx.run(
      `INSERT INTO log (seq, id, at, recorded_at, kind, source, source_key, external, detail)
       select n, 'i' || cast(n as text), ${String(now)} - k * 86400000, ${String(now)}, 'link-clicked', 'bench', 'i' || cast(n as text),
         value, '{"title":"每周专属内容","sku":"S1001"}'
       from (select ${String(seq)} + row_number() over (order by e.customer, o.k) as n, e.value, o.k
         from ${people} (${counted(interactionsEach)}) o where ${whose}) x`,
      ids,
    )
    await tx.run(
      `INSERT INTO activity_day (customer, day_no, activity, acts)
       select e.customer, ${String(dayNo)} - o.k, 'click', 1 from ${people} (${counted(interactionsEach)}) o where ${whose}`,
      ids,
    )
    await tx.run(
      `INSERT INTO tier_move (seq, customer, at, day_no, from_tier, to_tier, cause, reason)
       select ${String(seq)} + row_number() over (order by e.customer), e.customer, ${String(now)}, ${String(dayNo)}, 'lead', 'mid', 'order', '180 天内购买过'
       from identity e where ${whose}`,
      ids,
    )
    await tx.run(
      `INSERT INTO promise (id, dedupe_key, touchpoint, title, cadence_version, purpose, personal, channel, subject_kind, subject,
         customer, sender, day, wanted_at, due_at, expires_at, decision, reason_code, reason_words, state, content, priority,
         attempts, epoch, crashes, ready_at, created_at, sent_at)
       select 'p' || o.k || e.customer, 'weekly:' || e.customer || ':' || o.k, 'weekly-note', '每周专属内容', 1, 'marketing', 0, 'broadcast',
         'customer', e.value, e.customer, 'advisor10', '2026-05-01', d, d, d, 'queued', 'ok', '', 'sent',
         '{"text":"本周为您准备了三个小办法，点开看看：[[link:subscription]]"}', 0, 1, 3, 0, d, d, d
       from ${people} (select k, ${String(now)} - k * 604800000 as d from (${counted(promisesEach)}) q) o where ${whose}`,
      ids,
    )
  }, 'bulk')
}
