/** `siyu clv …`: customer lifetime value. */
import { Refusal } from '../base/errors.ts'
import type { Core } from '../core.ts'
import { checkDay, clvModels, fitStore } from '../segment/index.ts'
import type { ClvFit, ClvModel } from '../segment/index.ts'
import { withCore } from './data.ts'

export interface ClvFitOptions {
  readonly model?: string
  readonly calibrationEnd?: string
}

const isModel = (name: string): name is ClvModel => (clvModels as readonly string[]).includes(name)

function modelOf(name: string | undefined): ClvModel {
  if (name === undefined || !isModel(name))
    throw new Refusal('usage', `--model ${name ?? ''} is not a model.`, 400, {
      fix: `One of ${clvModels.join(', ')}.`,
    })
  return name
}

export const runClvFit = ({ db }: Pick<Core, 'db'>, options: ClvFitOptions): Promise<ClvFit> =>
  fitStore(db.reader, modelOf(options.model), checkDay('--calibration-end', options.calibrationEnd))

export const clvFitVerb = (options: ClvFitOptions): Promise<ClvFit> =>
  withCore((core) => runClvFit(core, options))
