/** The winner's settings as a draft of the cadence: a person reads it, and publishes it like any other edit. */
import { parseDocument } from 'yaml'
import { changesBetween } from '../changes.ts'
import { isRecord, valueAt } from '../lines.ts'
import { merged } from './read.ts'
import type { Arm, Experiment } from './shape.ts'

export interface ArmDraft {
  readonly words: readonly string[]
  readonly yaml: string
}

/** What an arm changes in the cadence as written, in words: 每周一对一：时间由 10:00 改为 14:30. */
export function armWords({ place }: Experiment, { set }: Pick<Arm, 'set'>, raw: unknown): string[] {
  const [section = '', name = ''] = place
  const entry = valueAt(raw, [section, name])
  const whole = (value: unknown) => ({ [section]: { [name]: value } })
  return changesBetween(whole(entry), whole(overlaid(entry, place.slice(2), set))).map(({ words }) => words)
}

/** The entry with this at its place, the rest as it was. */
function overlaid(
  entry: unknown,
  [key, ...rest]: readonly string[],
  set: Arm['set'],
): Record<string, unknown> {
  const known = isRecord(entry) ? entry : {}
  return key === undefined ? merged(known, set) : { ...known, [key]: overlaid(known[key], rest, set) }
}

/** Comments and order of the text stay; the arm's settings go into the touchpoint, and the experiment goes. */
export function draftWith(yaml: string, experiment: Experiment, arm: Arm): ArmDraft {
  const document = parseDocument(yaml, { version: '1.2', schema: 'core' })
  const before: unknown = document.toJS()
  const write = (path: readonly string[], value: unknown): void => {
    if (isRecord(value) && isRecord(document.getIn(path) === undefined ? undefined : valueAt(before, path)))
      for (const [key, inner] of Object.entries(value)) write([...path, key], inner)
    else document.setIn(path, document.createNode(value))
  }
  for (const [key, value] of Object.entries(arm.set)) write([...experiment.place, key], value)
  document.deleteIn(['experiments', experiment.name])
  if (Object.keys(recordAt(document.toJS(), 'experiments')).length === 0) document.deleteIn(['experiments'])
  return {
    words: armWords(experiment, arm, before),
    yaml: document.toString({ lineWidth: 0 }),
  }
}

const recordAt = (value: unknown, key: string): Readonly<Record<string, unknown>> => {
  const found = isRecord(value) ? value[key] : undefined
  return isRecord(found) ? found : {}
}
