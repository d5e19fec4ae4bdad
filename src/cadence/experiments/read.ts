/** Experiments out of the cadence's text: checked whole, every arm with the schema of its touchpoint's kind. */
import { isRecord, mistakesOf, valueAt } from '../lines.ts'
import { unknownWord, wordsOf } from '../mistake.ts'
import type { Mistake, MistakeWords } from '../mistake.ts'
import { slugField } from '../fields.ts'
import type { TouchpointKind } from '../touchpoint.ts'
import { touchpointKinds } from '../touchpoints/index.ts'
import type { YamlRead } from '../yaml.ts'
import { mostPerTreatment } from './assign.ts'
import { experimentShape } from './shape.ts'
import type { Arm, Experiment, Written } from './shape.ts'
import * as words from './mistakes.ts'

const maxExperiments = 40

export function readExperiments(read: YamlRead, mistakes: Mistake[]): Experiment[] {
  const written = valueAt(read.value, ['experiments'])
  if (!isRecord(written)) return []
  const names = Object.keys(written)
  if (names.length > maxExperiments)
    mistakes.push(
      read.at(['experiments'], words.tooMany(maxExperiments), { key: names[maxExperiments] ?? '' }),
    )
  const experiments = Object.entries(written)
    .slice(0, maxExperiments)
    .flatMap(([name, settings]) => readExperiment(read, name, settings, mistakes) ?? [])
  mistakes.push(...overlaps(read, experiments))
  return experiments
}

function readExperiment(
  read: YamlRead,
  name: string,
  settings: unknown,
  mistakes: Mistake[],
): Experiment | null {
  const path = ['experiments', name]
  const slug = slugField.safeParse(name)
  if (!slug.success)
    mistakes.push(
      ...slug.error.issues.map((issue) => read.at(['experiments'], wordsOf(issue, name), { key: name })),
    )
  const parsed = experimentShape.safeParse(settings)
  if (!parsed.success) {
    mistakes.push(...mistakesOf(read, experimentShape, parsed.error, path))
    return null
  }
  const before = mistakes.length
  mistakes.push(...inconsistencies(read, path, parsed.data))
  const base = baseOf(read, path, parsed.data, mistakes)
  if (!base) return null
  const arms = parsed.data.arms.flatMap(
    (arm, i) => readArm(read, [...path, 'arms', i], arm, base, mistakes) ?? [],
  )
  if (mistakes.length > before || !base.enabled) return null
  const { title, until, smallRange, plan, minimumPerArm, ...rest } = parsed.data
  const unit = base.kind.audience === 'customer' ? 'customer' : 'group'
  return {
    ...rest,
    name,
    title: title ?? name,
    touchpointTitle: base.title,
    unit,
    arms,
    until: until ?? null,
    minimumPerArm: minimumPerArm ?? (unit === 'customer' ? 200 : 5),
    smallRange: smallRange ?? null,
    plan: plan ?? null,
    decided: null,
  }
}

// ---------------------------------------------------------------- the touchpoint

interface Base {
  readonly kind: TouchpointKind
  readonly title: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly enabled: boolean
}

/** Null: named and reported already, or wrong by itself and reported there. */
function baseOf(
  read: YamlRead,
  path: readonly string[],
  { touchpoint }: Written,
  mistakes: Mistake[],
): Base | null {
  const all = valueAt(read.value, ['touchpoints'])
  const settings = valueAt(all, [touchpoint])
  if (!isRecord(settings)) {
    const known = isRecord(all) ? Object.keys(all) : []
    mistakes.push(
      read.at([...path, 'touchpoint'], unknownWord(touchpoint, known, { zh: '触点', en: 'touchpoint' })),
    )
    return null
  }
  const own = settings['kind']
  const kind = touchpointKinds.find((one) => one.kind === (typeof own === 'string' ? own : touchpoint))
  const parsed = kind?.settings.safeParse(settings)
  if (!kind || !parsed?.success) return null
  if (kind.audience === 'group-piece') {
    mistakes.push(read.at([...path, 'touchpoint'], words.piece))
    return null
  }
  return { kind, title: parsed.data.title ?? kind.title, settings, enabled: parsed.data.enabled }
}

// ---------------------------------------------------------------- arms

/** These decide who takes part, which must not depend on the arm; or what the touchpoint is. */
const fixedKeys: readonly string[] = ['kind', 'enabled', 'title', 'tiers', 'topic', 'days', 'audience']

function readArm(
  read: YamlRead,
  path: readonly PropertyKey[],
  written: Written['arms'][number],
  base: Base,
  mistakes: Mistake[],
): Arm | null {
  const setPath = [...path, 'set']
  for (const key of Object.keys(written.set))
    if (fixedKeys.includes(key)) mistakes.push(read.at(setPath, words.fixedKey(key), { key }))
  const settings = merged(base.settings, written.set)
  const parsed = base.kind.settings.safeParse(settings)
  if (!parsed.success) {
    mistakes.push(...mistakesOf(atSet(read, setPath, settings), base.kind.settings, parsed.error, []))
    return null
  }
  return { ...written, title: written.title ?? written.name, rules: base.kind.bind(settings) }
}

/** Objects key by key; anything else, lists too, takes the place of what was there. */
export function merged(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const both: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(over)) {
    const known = both[key]
    both[key] = isRecord(known) && isRecord(value) ? merged(known, value) : value
  }
  return both
}

/** A mistake of the merged settings stands where the arm wrote it: the touchpoint by itself has none. */
function atSet(read: YamlRead, setPath: readonly PropertyKey[], value: unknown): YamlRead {
  return {
    ...read,
    value,
    at: (path, said, more = {}) => read.at([...setPath, ...path], said, more),
  }
}

// ---------------------------------------------------------------- what does not go together

function inconsistencies(read: YamlRead, path: readonly string[], written: Written): Mistake[] {
  const { arms, from, until, plan } = written
  const found: Mistake[] = []
  const say = (at: readonly PropertyKey[], said: MistakeWords): void => {
    found.push(read.at([...path, ...at], said))
  }
  const sum = arms.reduce((all, { share }) => all + share, 0)
  if (Math.abs(sum - 100) > 0.001) say(['arms'], words.shares(sum))
  if (Object.keys(arms[0]?.set ?? {}).length > 0) say(['arms', 0, 'set'], words.controlSets)
  const names = arms.map(({ name }) => name)
  const most = mostPerTreatment(arms.length - 1)
  for (const [i, { name, share, set }] of arms.entries()) {
    if (names.indexOf(name) < i) say(['arms', i, 'name'], words.twice(name))
    if (i > 0 && Object.keys(set).length === 0) say(['arms', i], words.nothingSet(name))
    if (i > 0 && share > most + 1e-9) say(['arms', i, 'share'], words.tooWide(share, most))
  }
  if (until !== undefined && until < from) say(['until'], words.endsBefore(from))
  if (written.read === 'fixed' && !plan) say(['read'], words.needsPlan)
  if (plan && plan.baseline + plan.difference > 100) say(['plan', 'difference'], words.beyond)
  return found
}

/** Two tests of one touchpoint at a time would each be a part of the other's noise, and who writes the words? */
function overlaps(read: YamlRead, experiments: readonly Experiment[]): Mistake[] {
  const last = '9999-12-31'
  return experiments.flatMap((one, i) =>
    experiments
      .slice(0, i)
      .filter(
        (other) =>
          other.touchpoint === one.touchpoint &&
          other.from <= (one.until ?? last) &&
          one.from <= (other.until ?? last),
      )
      .slice(0, 1)
      .map((other) => read.at(['experiments', one.name, 'touchpoint'], words.overlap(other.name))),
  )
}
