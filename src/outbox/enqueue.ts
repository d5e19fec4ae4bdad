/**
 * The only place that decides whether now is a good moment for this person. A whole staged set is decided together: what
 * is accepted early in the set counts against the rest (who comes first: judge.ts). The dry run (`decide`) and the deed
 * (`enqueue`) are the same code; the deed also locks, writes and is final. Deciding the same set twice writes nothing.
 */
import { setImmediate as breathe } from 'node:timers/promises'
import type { Ctx } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { readMeta, writeMeta } from '../base/meta.ts'
import { lockBudgets, mannersRow, writeManners } from './facts.store.ts'
import type { MannersRow } from './facts.store.ts'
import { channelsMeta, createGatherer } from './gather.ts'
import { createDecider, ownerOf } from './judge.ts'
import type { Places } from './judge.ts'
import { defaultManners, mannersShape } from './manners.ts'
import type { Manners } from './manners.ts'
import { insertPromises, reopenPromises } from './promise.store.ts'
import type { Candidate, ChannelName, Decided } from './promise.ts'
import { stricterOf } from './quota-period.ts'

/** The manners in force: those of the published cadence, or the defaults before the first one. */
export async function currentManners(reader: Reader): Promise<Manners> {
  const row = await mannersRow(reader)
  return doubting(mannersFrom(row?.body), row)
}

/** While the quota rule that is written down is doubted, the stricter one holds; see quota.ts. */
export function doubting(manners: Manners, row: Pick<MannersRow, 'body' | 'quota_mode'> | null): Manners {
  if (row === null || row.quota_mode === null || mannersFrom(row.body).quotaMode !== manners.quotaMode)
    return manners
  const quotaMode = stricterOf(manners.quotaMode, row.quota_mode)
  const known = doubted.get(manners)
  if (known?.quotaMode === quotaMode) return known
  const stricter = { ...manners, quotaMode }
  doubted.set(manners, stricter)
  return stricter
}
/** The same manners stay the same object: what was read out of them is kept by it. */
const doubted = new WeakMap<Manners, Manners>()

/** From the stored text; nothing stored = the defaults. */
export function mannersFrom(body: string | undefined): Manners {
  if (body === undefined) return defaultManners
  if (parsed?.body !== body) parsed = { body, manners: mannersShape.parse(JSON.parse(body)) }
  return parsed.manners
}
/** The last text that was parsed, and what it said: delivery asks before every call. */
let parsed: { readonly body: string; readonly manners: Manners } | null = null

/** Publishing a cadence copies its manners here. Another quota rule than before is a person's answer to any doubt. */
export async function publishManners(ctx: Ctx, version: number, manners: Manners): Promise<void> {
  const before = await mannersRow(ctx.tx)
  const kept = before !== null && mannersFrom(before.body).quotaMode === manners.quotaMode
  await writeManners(ctx.tx, {
    version,
    body: JSON.stringify(mannersShape.parse(manners)),
    quota_mode: kept ? before.quota_mode : null,
    doubted_at: kept ? before.doubted_at : null,
  })
}

/** Said by whoever puts the server together: the channels that have an adapter. */
export async function rememberChannels(ctx: Ctx, channels: readonly ChannelName[]): Promise<void> {
  const text = [...channels].sort().join(',')
  if ((await readMeta(ctx.tx, channelsMeta)) !== text) await writeMeta(ctx.tx, channelsMeta, text)
}

export interface DecideOptions {
  /** Manners of a draft, for the dry run of an edit. */
  readonly manners?: Manners
  /** The candidates are a part of a plan that was decided as a whole. */
  readonly places?: Places | undefined
}

/** What would be decided now, set after set in order of day; writes nothing. */
export async function openDryRun(reader: Reader, now: Instant, options: DecideOptions = {}): Promise<DryRun> {
  const row = await mannersRow(reader)
  const manners = doubting(options.manners ?? mannersFrom(row?.body), row)
  const places = options.places ?? null
  const decider = createDecider(manners, now, places)
  const gatherMore = createGatherer(reader, now, { loads: places === null })
  return {
    async decide(candidates) {
      const turns = decider.decideInTurns(candidates, await gatherMore(candidates))
      for (;;) {
        const turn = turns.next()
        if (turn.done === true) return turn.value
        await breathe()
      }
    },
    places: () => decider.places(),
  }
}

export interface DryRun {
  decide(candidates: readonly Candidate[]): Promise<Decided[]>
  /** What the plan so far takes of the advisors' days: for `enqueue` of its parts. */
  places(): Places
}

/** What would be decided now; writes nothing. */
export async function decide(
  reader: Reader,
  candidates: readonly Candidate[],
  now: Instant,
  options: DecideOptions = {},
): Promise<Decided[]> {
  return (await openDryRun(reader, now, options)).decide(candidates)
}

/**
 * Decides and writes, declined ones too, in the deed's transaction. A customer's candidates belong into one call: give
 * big sets in parts (≤ 500 customers), so that no transaction is long, with the places of the whole.
 */
export async function enqueue(
  ctx: Ctx,
  candidates: readonly Candidate[],
  places?: Places,
): Promise<Decided[]> {
  if (candidates.length === 0) return []
  await lockBudgets(ctx.tx, candidates.map(ownerOf))
  const decided = await decide(ctx.tx, candidates, ctx.now, { places })
  const fresh = decided.filter((one) => !one.known)
  await insertPromises(
    ctx.tx,
    fresh.flatMap((one) => (one.reopened ? [] : [{ ...one, id: ctx.newId() }])),
    ctx.now,
  )
  await reopenPromises(
    ctx.tx,
    fresh.filter((one) => one.reopened),
  )
  return decided
}
