/** `siyu clv …`: customer lifetime value. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { dayOf } from '../base/calendar.ts'
import { Refusal, messageOf } from '../base/errors.ts'
import type { Core } from '../core.ts'
import { nameAdvisors, namedList } from '../desk/index.ts'
import type { NamedList, NamingDone } from '../desk/index.ts'
import {
  alive,
  alivePlot,
  applyClv,
  checkDay,
  clvModels,
  explainClv,
  fitStore,
  fitSummaries,
  frequencies,
  frequencyPlot,
  holdout,
  holdoutPlot,
  isClvPeriod,
  languages,
  plotKinds,
  plottable,
  retellClv,
  topByClv,
  track,
  trackingPlot,
} from '../segment/index.ts'
import type {
  Alive,
  ClvApplied,
  ClvEstimate,
  ClvExplained,
  ClvFit,
  ClvModel,
  ClvPeriod,
  Frequencies,
  Holdout,
  Language,
  PlotKind,
  Plottable,
  Tracking,
} from '../segment/index.ts'
import { readSummaries } from './clv-file.ts'
import { withCore } from './data.ts'
import { findCustomer } from '../customer/index.ts'

type Parts = Pick<Core, 'db'>

export interface ClvFitOptions {
  readonly model?: string
  readonly calibrationEnd?: string
  readonly file?: string
  readonly map?: string
  readonly period?: string
}

const oneOf = <T extends string>(option: string, value: string | undefined, all: readonly T[]): T => {
  const found = all.find((one) => one === value)
  if (found !== undefined) return found
  throw new Refusal('usage', `${option} ${value ?? ''} is none of ours.`, 400, {
    fix: `One of ${all.join(', ')}.`,
  })
}

function periodOf({ period = 'week' }: ClvFitOptions): ClvPeriod {
  if (isClvPeriod(period)) return period
  throw new Refusal('usage', `--period ${period} is not one.`, 400, { fix: 'One of week, month, 28d.' })
}

export async function runClvFit({ db }: Parts, options: ClvFitOptions): Promise<ClvFit> {
  const model = oneOf<ClvModel>('--model', options.model, clvModels)
  return fitStore(db.reader, model, checkDay('--calibration-end', options.calibrationEnd), periodOf(options))
}

export async function clvFitVerb(
  options: ClvFitOptions,
): Promise<ClvFit | { readonly fits: readonly ClvFit[] }> {
  const model = oneOf('--model', options.model, [...clvModels, 'all'] as const)
  if (options.file === undefined && options.calibrationEnd === undefined)
    throw new Refusal('usage', 'Either --calibration-end or --file is needed.', 400, {
      fix: 'siyu clv fit --model pareto-nbd --calibration-end 2026-05-20',
    })
  // A file needs no database, and must not make one.
  if (options.file !== undefined && model !== 'all')
    return fitSummaries(model, await readSummaries(options.file, model, options.map))
  if (options.file !== undefined)
    throw new Refusal('usage', '--model all reads the store; a file fits one model.', 400, {
      fix: 'Name the model.',
    })
  return withCore(async (core) => {
    if (model !== 'all') return runClvFit(core, options)
    const fits: ClvFit[] = []
    for (const each of clvModels) fits.push(await runClvFit(core, { ...options, model: each }))
    return { fits }
  })
}

// ------------------------------------------------------------------ looking

export interface ClvLookOptions {
  readonly model?: string
  readonly calibrationEnd?: string
  readonly until?: string
}

const askedOf = ({ db }: Parts, options: ClvLookOptions) => ({
  reader: db.reader,
  model: oneOf<Plottable>('--model', options.model, plottable),
  end: checkDay('--calibration-end', options.calibrationEnd),
  ...(options.until === undefined ? {} : { until: checkDay('--until', options.until) }),
})

export const runClvTrack = (parts: Parts, options: ClvLookOptions): Promise<Tracking> =>
  track(askedOf(parts, options))
export const runClvHoldout = (parts: Parts, options: ClvLookOptions): Promise<Holdout> =>
  holdout(askedOf(parts, options))

export interface ClvPlotOptions extends ClvLookOptions {
  readonly kind?: string
  readonly out?: string
  readonly lang?: string
}

export type Plotted = (Tracking | Holdout | Frequencies | Alive) & {
  readonly kind: PlotKind
  readonly out: string
}

export async function runClvPlot(parts: Parts, options: ClvPlotOptions): Promise<Plotted> {
  const kind = oneOf('--kind', options.kind, plotKinds)
  const lang = oneOf('--lang', options.lang ?? 'en', languages)
  if (options.out === undefined || options.out === '')
    throw new Refusal('usage', 'Where to? --out is missing.', 400, { fix: '--out tracking.svg' })
  const { svg, data } = await draw(kind, lang, askedOf(parts, options))
  const out = resolve(options.out)
  try {
    writeFileSync(out, svg)
  } catch (error) {
    throw new Refusal('out', `${out} cannot be written: ${messageOf(error)}`, 400, {
      fix: 'Name a file in a folder that exists and that you may write to.',
    })
  }
  return { kind, out, ...data }
}

async function draw(
  kind: PlotKind,
  lang: Language,
  asked: ReturnType<typeof askedOf>,
): Promise<{ svg: string; data: Tracking | Holdout | Frequencies | Alive }> {
  switch (kind) {
    case 'tracking': {
      const data = await track(asked)
      return { svg: trackingPlot(data, lang), data }
    }
    case 'holdout': {
      const data = await holdout(asked)
      return { svg: holdoutPlot(data, lang), data }
    }
    case 'frequency': {
      const data = await frequencies(asked)
      return { svg: frequencyPlot(data, lang), data }
    }
    case 'alive': {
      const data = await alive(asked)
      return { svg: alivePlot(data, lang), data }
    }
  }
}

// ------------------------------------------------------------------ applying

export interface ClvApplyOptions {
  readonly lastFit?: boolean
  /** Default: today. */
  readonly calibrationEnd?: string
}

type ApplyParts = Pick<Core, 'db' | 'act' | 'clv' | 'clock'>

export interface ClvAppliedHere extends ClvApplied {
  /** Who got a named advisor by it, and who has her no longer: as the night would. */
  readonly advisors: NamingDone
}

/** Fits on today's data and tells every customer's value; with `lastFit` tells them again from the fit in force. */
export async function runClvApply(parts: ApplyParts, options: ClvApplyOptions): Promise<ClvAppliedHere> {
  const applied = await fitOrRetell(parts, options)
  return { ...applied, advisors: await nameAdvisors(parts) }
}

async function fitOrRetell(parts: ApplyParts, options: ClvApplyOptions): Promise<ClvApplied> {
  const now = parts.clock.now()
  if (options.lastFit === true) {
    const told = await retellClv(parts)
    if (told !== null) return told
    throw new Refusal('clv-no-fit', 'Nothing has been fitted yet.', 400, {
      fix: 'Run `siyu clv apply` first.',
    })
  }
  const end =
    options.calibrationEnd === undefined ? dayOf(now) : checkDay('--calibration-end', options.calibrationEnd)
  if (end > dayOf(now))
    throw new Refusal('usage', `--calibration-end ${end} is still to come.`, 400, {
      fix: 'Leave it out to fit up to today.',
    })
  return applyClv(parts, end, now)
}

export async function runClvShow(
  { db }: Parts,
  customer: string,
  options: { readonly lang?: string },
): Promise<ClvExplained> {
  const lang = oneOf('--lang', options.lang ?? 'en', languages)
  const explained = await explainClv(db.reader, customer, lang)
  if (explained !== null) return explained
  throw new Refusal('clv-no-estimate', `There is no estimate of ${customer}.`, 404, {
    fix: 'She had not bought by the last fit, or there is none: run `siyu clv apply`.',
  })
}

export interface ClvTopOptions {
  readonly percent?: string
}

function shareOf({ clv }: Pick<Core, 'clv'>, { percent }: ClvTopOptions): number {
  const share = percent === undefined ? clv.advisorPercent : Number(percent)
  if (share >= 0 && share <= 100) return share
  throw new Refusal('usage', `--percent ${percent ?? ''} is not between 0 and 100.`, 400, {
    fix: 'Leave it out for the share of config/clv.yaml.',
  })
}

export async function runClvTop(
  parts: Pick<Core, 'db' | 'clv'>,
  options: ClvTopOptions,
): Promise<{ readonly percent: number; readonly customers: readonly ClvEstimate[] }> {
  const share = shareOf(parts, options)
  return { percent: share, customers: await topByClv(parts.db.reader, share) }
}

export type ClvAdvisors = NamedList & {
  /** How many have a named advisor, by whom, and how many of the share have nobody. */
  readonly counts: { readonly clv: number; readonly person: number; readonly nobody: number }
}

/** Who is named for whom, by whom, and who at the top has nobody and why. Names nobody: the night does. */
export async function runClvAdvisors(
  parts: Pick<Core, 'db' | 'clv'>,
  options: ClvTopOptions,
): Promise<ClvAdvisors> {
  const found = await namedList(parts.db.reader, shareOf(parts, options))
  const person = found.named.filter(({ by }) => by === 'person').length
  return {
    ...found,
    counts: { clv: found.named.length - person, person, nobody: found.nobody.length },
  }
}

const peakMemoryMb = (): number => Math.round(process.resourceUsage().maxRSS / 1024)

export const clvApplyVerb = (options: ClvApplyOptions): Promise<object> =>
  withCore(async (core) => ({ ...(await runClvApply(core, options)), peakMemoryMb: peakMemoryMb() }))
export const clvShowVerb = (who: string, options: { lang?: string }): Promise<ClvExplained> =>
  withCore(async (core) => {
    const customer = await findCustomer(core.db.reader, who)
    if (customer !== null) return runClvShow(core, customer, options)
    throw new Refusal('not-found', `There is no customer ${who.slice(0, 80)}.`, 404, {
      fix: 'Give a customer id, an external_userid or an id in the shop; `siyu log` shows them.',
    })
  })
export const clvTopVerb = (options: ClvTopOptions): Promise<object> =>
  withCore((core) => runClvTop(core, options))
export const clvAdvisorsVerb = (options: ClvTopOptions): Promise<object> =>
  withCore((core) => runClvAdvisors(core, options))
export const clvTrackVerb = (options: ClvLookOptions): Promise<Tracking> =>
  withCore((core) => runClvTrack(core, options))
export const clvHoldoutVerb = (options: ClvLookOptions): Promise<Holdout> =>
  withCore((core) => runClvHoldout(core, options))
export const clvPlotVerb = (options: ClvPlotOptions): Promise<Plotted> =>
  withCore((core) => runClvPlot(core, options))
