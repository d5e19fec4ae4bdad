/** `siyu clv …`: customer lifetime value. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Refusal, messageOf } from '../base/errors.ts'
import type { Core } from '../core.ts'
import {
  alive,
  alivePlot,
  checkDay,
  clvModels,
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
  track,
  trackingPlot,
} from '../segment/index.ts'
import type {
  Alive,
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

export function runClvFit({ db }: Parts, options: ClvFitOptions): Promise<ClvFit> {
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

export const clvTrackVerb = (options: ClvLookOptions): Promise<Tracking> =>
  withCore((core) => runClvTrack(core, options))
export const clvHoldoutVerb = (options: ClvLookOptions): Promise<Holdout> =>
  withCore((core) => runClvHoldout(core, options))
export const clvPlotVerb = (options: ClvPlotOptions): Promise<Plotted> =>
  withCore((core) => runClvPlot(core, options))
