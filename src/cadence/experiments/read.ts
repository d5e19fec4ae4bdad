/** Experiments out of the cadence's text: checked whole, every arm with the schema of its touchpoint's kind. */
import { campaignShape, partPlaces } from '../campaigns/campaign.ts'
import { campaignTouchpoints } from '../campaigns/parts.ts'
import { isRecord, mistakesOf, valueAt } from '../lines.ts'
import { unknownWord, wordsOf } from '../mistake.ts'
import type { Mistake, MistakeWords } from '../mistake.ts'
import { slugField } from '../fields.ts'
import type { KnownNames } from '../names.ts'
import { nonsenseOf } from '../sense.ts'
import type { Bound } from '../touchpoint.ts'
import { touchpointKinds } from '../touchpoints/index.ts'
import type { YamlRead } from '../yaml.ts'
import type { z } from 'zod'
import { mostPerTreatment } from './assign.ts'
import { experimentShape } from './shape.ts'
import type { Arm, Experiment, Written } from './shape.ts'
import * as words from './mistakes.ts'

const maxExperiments = 40

export function readExperiments(read: YamlRead, known: KnownNames | null, mistakes: Mistake[]): Experiment[] {
  const written = valueAt(read.value, ['experiments'])
  if (!isRecord(written)) return []
  const names = Object.keys(written)
  if (names.length > maxExperiments)
    mistakes.push(
      read.at(['experiments'], words.tooMany(maxExperiments), { key: names[maxExperiments] ?? '' }),
    )
  const experiments = Object.entries(written)
    .slice(0, maxExperiments)
    .flatMap(([name, settings]) => readExperiment(read, name, settings, known, mistakes) ?? [])
  mistakes.push(...overlaps(read, experiments))
  return experiments
}

function readExperiment(
  read: YamlRead,
  name: string,
  settings: unknown,
  known: KnownNames | null,
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
    (arm, i) => readArm(read, [...path, 'arms', i], arm, base, known, mistakes) ?? [],
  )
  if (mistakes.length > before || !base.enabled) return null
  const { title, until, smallRange, plan, minimumPerArm, ...rest } = parsed.data
  const { unit } = base
  return {
    ...rest,
    name,
    title: title ?? name,
    touchpointTitle: base.title,
    place: base.place,
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
  /** Null for a part of a campaign. */
  readonly kind: string | null
  readonly unit: Experiment['unit']
  readonly title: string
  /** Where the settings stand in the text. */
  readonly place: readonly string[]
  readonly shape: z.ZodType
  /** What no arm may set, and why. */
  readonly fixed: (key: string) => MistakeWords | null
  /** The rules with settings that fit the shape. */
  readonly bind: (settings: unknown) => Bound
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
    const part = partNamed(read, touchpoint)
    if (part) return baseOfPart(read, path, part, mistakes)
    const known = [...(isRecord(all) ? Object.keys(all) : []), ...partNames(read)]
    mistakes.push(
      read.at([...path, 'touchpoint'], unknownWord(touchpoint, known, { zh: '触点', en: 'touchpoint' })),
    )
    return null
  }
  const own = settings['kind']
  const kind = touchpointKinds.find((one) => one.kind === (typeof own === 'string' ? own : touchpoint))
  const parsed = kind?.settings.safeParse(settings)
  if (!kind || !parsed?.success) return null
  if (kind.audience !== 'customer' && kind.audience !== 'group') {
    const why = kind.audience === 'group-piece' ? words.piece : words.staff
    mistakes.push(read.at([...path, 'touchpoint'], why))
    return null
  }
  return {
    kind: kind.kind,
    unit: kind.audience === 'customer' ? 'customer' : 'group',
    title: parsed.data.title ?? kind.title,
    place: ['touchpoints', touchpoint],
    shape: kind.settings,
    fixed: (key) => (fixedKeys.includes(key) ? words.fixedKey(key) : null),
    bind: (written) => kind.bind(written),
    settings,
    enabled: parsed.data.enabled,
  }
}

// ---------------------------------------------------------------- a part of a campaign

interface PartNamed {
  readonly campaign: string
  readonly part: string
}

/** Every part that the text writes, by the name of its touchpoint; `live` among them. */
function partsIn(read: YamlRead): Map<string, PartNamed> {
  const campaigns = valueAt(read.value, ['campaigns'])
  const parts = new Map<string, PartNamed>()
  for (const [campaign, settings] of Object.entries(isRecord(campaigns) ? campaigns : {})) {
    for (const [part, { path }] of Object.entries(partPlaces))
      if (isRecord(valueAt(settings, path))) parts.set(`${campaign}-${part}`, { campaign, part })
    if (isRecord(valueAt(settings, ['groups']))) parts.set(`${campaign}-live`, { campaign, part: 'live' })
  }
  return parts
}

const partNamed = (read: YamlRead, touchpoint: string): PartNamed | undefined => partsIn(read).get(touchpoint)

const partNames = (read: YamlRead): string[] =>
  [...partsIn(read)].filter(([, { part }]) => part !== 'live').map(([name]) => name)

function baseOfPart(
  read: YamlRead,
  path: readonly string[],
  { campaign: name, part }: PartNamed,
  mistakes: Mistake[],
): Base | null {
  const place = partPlaces[part]
  if (!place) {
    mistakes.push(read.at([...path, 'touchpoint'], words.live))
    return null
  }
  const all = valueAt(read.value, ['campaigns', name])
  const parsed = campaignShape.safeParse(all)
  const settings = valueAt(all, place.path)
  if (!parsed.success || !isRecord(settings)) return null
  const touchpoint = (written: unknown) => {
    const whole = campaignShape.parse(replaced(all, place.path, written))
    const found = campaignTouchpoints({ name, campaign: whole }).find((one) => one.name === `${name}-${part}`)
    if (!found) throw new Error(`The campaign ${name} has a part ${part}: it was looked up before.`)
    return found
  }
  return {
    kind: null,
    unit: 'customer',
    title: touchpoint(settings).title,
    place: ['campaigns', name, ...place.path],
    shape: place.shape,
    fixed: fixedOfPart(`${name}-`),
    bind: (written) => touchpoint(written).rules,
    settings,
    enabled: parsed.data.enabled,
  }
}

/** Its days decide who is found, and its question is one for everybody; a part inside it is tested by its own name. */
const fixedOfPart =
  (prefix: string) =>
  (key: string): MistakeWords | null => {
    if (key === 'early' || key === 'reminder') return words.otherPart(key, `${prefix}${key}`)
    return ['tiers', 'days', 'daysBefore', 'question'].includes(key) ? words.fixedInPart(key) : null
  }

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by
  const known = isRecord(value) ? value : {}
  return { ...known, [key]: replaced(known[key], rest, by) }
}

// ---------------------------------------------------------------- arms

/** These decide who takes part, which must not depend on the arm; or what the touchpoint is. */
const fixedKeys: readonly string[] = ['kind', 'enabled', 'title', 'tiers', 'topic', 'days', 'audience']

function readArm(
  read: YamlRead,
  path: readonly PropertyKey[],
  written: Written['arms'][number],
  base: Base,
  known: KnownNames | null,
  mistakes: Mistake[],
): Arm | null {
  const setPath = [...path, 'set']
  for (const key of Object.keys(written.set)) {
    const fixed = base.fixed(key)
    if (fixed) mistakes.push(read.at(setPath, fixed, { key }))
  }
  const settings = merged(base.settings, written.set)
  const parsed = base.shape.safeParse(settings)
  if (!parsed.success) {
    mistakes.push(...mistakesOf(atSet(read, setPath, settings), base.shape, parsed.error, []))
    return null
  }
  if (known && base.kind !== null) {
    const { kind } = base
    const before = new Set(
      nonsenseOf(kind, base.shape.parse(base.settings), known).map(({ words: said }) => said.messageEn),
    )
    for (const { path: at, words: said } of nonsenseOf(kind, parsed.data, known))
      if (!before.has(said.messageEn)) mistakes.push(read.at([...setPath, ...at], said))
  }
  return { ...written, title: written.title ?? written.name, rules: base.bind(settings) }
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
