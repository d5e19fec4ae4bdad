/** What an edit changes: the settings in words, and the next seven days by the dry run before and after. */
import { dayOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import type { TierRules } from '../segment/index.ts'
import { newestVersion } from './cadence.store.ts'
import { changesBetween } from './changes.ts'
import type { Change, Naming } from './changes.ts'
import { readCadence } from './config.ts'
import type { Cadence } from './config.ts'
import { knownNames } from './names.ts'
import { openPreview } from './preview.ts'
import type { Foreseen } from './preview.ts'
import { currentCadence, invalidCadence } from './versions.ts'

export interface Effect {
  readonly day: string
  readonly touchpoint: string
  readonly title: string
  readonly before: { readonly queued: number; readonly declined: number }
  readonly after: { readonly queued: number; readonly declined: number }
}

export interface CadenceDifference {
  readonly baseVersion: number
  /** The text in force. */
  readonly before: string
  readonly changes: readonly Change[]
  readonly effect: readonly Effect[]
}

const effectDays = 7

export async function diffCadence(
  { reader, tierRules }: { readonly reader: Reader; readonly tierRules: TierRules },
  yaml: string,
  now: Instant,
): Promise<CadenceDifference> {
  const { cadence: draft, mistakes } = readCadence(yaml, await knownNames(reader, tierRules))
  if (!draft) throw invalidCadence(mistakes)
  const newest = await newestVersion(reader)
  const current = await currentCadence(reader)
  const tallyOf = async (cadence: Cadence): Promise<Tallies> => {
    const span = { from: dayOf(now), days: effectDays, now, words: 'groups' } as const
    const { days } = await openPreview({ reader, tierRules, cadence }, span)
    const tallies = new Map<string, Tally>()
    for await (const part of days()) addTo(tallies, part)
    return tallies
  }
  const changes = changesBetween(current?.raw ?? {}, draft.raw, namingOf(tierRules))
  const effect =
    changes.length === 0 ? [] : effectOf(current ? await tallyOf(current) : new Map(), await tallyOf(draft))
  return { baseVersion: newest?.version ?? 0, before: newest?.yaml ?? '', changes, effect }
}

// ---------------------------------------------------------------- somebody published in between

/** Why a draft of an older version cannot simply be published: what she changed, what others changed meanwhile. */
export interface ThreeWay {
  readonly base: number
  readonly newest: number
  readonly yours: readonly Change[]
  readonly theirs: readonly Change[]
  /** Settings that both changed, and not to the same. */
  readonly both: readonly { readonly path: string; readonly yours: string; readonly theirs: string }[]
}

export function threeWay(
  base: { readonly version: number; readonly raw: unknown },
  newest: { readonly version: number; readonly raw: unknown },
  draft: unknown,
  naming: Naming = {},
): ThreeWay {
  const yours = changesBetween(base.raw, draft, naming)
  const theirs = changesBetween(base.raw, newest.raw, naming)
  const overlaps = (a: string, b: string): boolean =>
    a === b || a.startsWith(`${b}.`) || a.startsWith(`${b}[`)
  const both = yours.flatMap((mine) => {
    const other = theirs.find(({ path }) => overlaps(mine.path, path) || overlaps(path, mine.path))
    if (!other || (other.path === mine.path && other.after === mine.after)) return []
    return [{ path: mine.path, yours: mine.words, theirs: other.words }]
  })
  return { base: base.version, newest: newest.version, yours, theirs, both }
}

export const namingOf = (rules: TierRules): Naming => ({
  tiers: new Map([...rules.tiers, rules.lead].map(({ name, title }) => [name, title])),
})

// ---------------------------------------------------------------- effect

interface Tally {
  readonly title: string
  queued: number
  declined: number
}

/** By day and touchpoint. */
type Tallies = ReadonlyMap<string, Readonly<Tally>>

function addTo(tallies: Map<string, Tally>, promises: readonly Foreseen[]): void {
  for (const { day, touchpoint, title, decision } of promises) {
    const key = `${day} ${touchpoint}`
    const cell = tallies.get(key) ?? { title, queued: 0, declined: 0 }
    if (decision === 'declined') cell.declined += 1
    else cell.queued += 1
    tallies.set(key, cell)
  }
}

function effectOf(old: Tallies, fresh: Tallies): Effect[] {
  const count = (cell: Tally | undefined): Effect['before'] => ({
    queued: cell?.queued ?? 0,
    declined: cell?.declined ?? 0,
  })
  return [...new Set([...old.keys(), ...fresh.keys()])].sort().flatMap((key) => {
    const [was, is] = [count(old.get(key)), count(fresh.get(key))]
    if (was.queued === is.queued && was.declined === is.declined) return []
    const [day = '', touchpoint = ''] = key.split(' ')
    return [
      {
        day,
        touchpoint,
        title: (fresh.get(key) ?? old.get(key))?.title ?? touchpoint,
        before: was,
        after: is,
      },
    ]
  })
}
