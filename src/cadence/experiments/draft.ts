/** The winner's settings as a draft of the cadence: a person reads it, and publishes it like any other edit. */
import { parseDocument } from 'yaml'
import { changesBetween } from '../changes.ts'
import { isRecord } from '../lines.ts'
import { merged } from './read.ts'
import type { Arm, Experiment } from './shape.ts'

export interface ArmDraft {
  readonly words: readonly string[]
  readonly yaml: string
}

/** What an arm changes, in words: 每周一对一：时间由 10:00 改为 14:30. */
export function armWords({ touchpoint }: Experiment, { set }: Pick<Arm, 'set'>, settings: unknown): string[] {
  const base = isRecord(settings) ? settings : {}
  return changesBetween(
    { touchpoints: { [touchpoint]: base } },
    { touchpoints: { [touchpoint]: merged(base, set) } },
  ).map(({ words }) => words)
}

/** Comments and order of the text stay; the arm's settings go into the touchpoint, and the experiment goes. */
export function draftWith(yaml: string, experiment: Experiment, arm: Arm): ArmDraft {
  const document = parseDocument(yaml, { version: '1.2', schema: 'core' })
  const before: unknown = document.toJS()
  const write = (path: readonly string[], value: unknown): void => {
    if (isRecord(value) && isRecord(document.getIn(path) === undefined ? undefined : valueOf(path)))
      for (const [key, inner] of Object.entries(value)) write([...path, key], inner)
    else document.setIn(path, document.createNode(value))
  }
  const valueOf = (path: readonly string[]): unknown =>
    path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), before)
  for (const [key, value] of Object.entries(arm.set))
    write(['touchpoints', experiment.touchpoint, key], value)
  document.deleteIn(['experiments', experiment.name])
  if (Object.keys(recordAt(document.toJS(), 'experiments')).length === 0) document.deleteIn(['experiments'])
  return {
    words: armWords(experiment, arm, valueOf(['touchpoints', experiment.touchpoint])),
    yaml: document.toString({ lineWidth: 0 }),
  }
}

const recordAt = (value: unknown, key: string): Readonly<Record<string, unknown>> => {
  const found = isRecord(value) ? value[key] : undefined
  return isRecord(found) ? found : {}
}
