/** Ready-made touchpoints of a trade: `config/presets/<name>.cadence.yaml`, each a whole cadence for the tiers of its preset. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { isMap, parseDocument } from 'yaml'
import { Refusal } from '../base/errors.ts'
import type { TierRules } from '../segment/index.ts'
import { isRecord } from './lines.ts'
import { tierNames } from './names.ts'

const folderOf = (configDir: string): string => join(configDir, 'presets')
const ending = '.cadence.yaml'

export function cadencePresets(configDir: string): string[] {
  const folder = folderOf(configDir)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => /^[a-z][a-z0-9-]*\.cadence\.yaml$/.test(file))
    .map((file) => file.slice(0, -ending.length))
    .sort()
}

/** The file of a preset by one of the names that exist; nothing else of the disk can be asked for. */
export function cadencePresetPath(configDir: string, name: string): string {
  const names = cadencePresets(configDir)
  if (names.includes(name)) return join(folderOf(configDir), `${name}${ending}`)
  throw new Refusal('usage', `There is no preset "${name}" with touchpoints.`, 400, {
    fix:
      names.length === 0
        ? `${folderOf(configDir)} holds none; restore it from the release.`
        : `Use one of ${names.join(', ')}.`,
  })
}

/**
 * The cadence in force with the touchpoints of the preset: the shop's name, its manners, campaigns and experiments stay
 * as they are written, comments included.
 */
export function adoptPreset(
  current: string,
  preset: { readonly name: string; readonly yaml: string },
  rules: TierRules,
): string {
  const mine = parseDocument(current)
  const theirs = parseDocument(preset.yaml)
  const touchpoints = theirs.get('touchpoints', true)
  if (!isMap(touchpoints) || !isMap(mine.contents))
    throw new Error(`The cadence or its preset ${preset.name} has no touchpoints.`)
  refuseOtherTiers(preset.name, touchpoints.toJSON(), rules)
  mine.set('touchpoints', touchpoints)
  return mine.toString({ lineWidth: 0 })
}

/** Said at once and as one thing: they would be a mistake in each touchpoint. */
function refuseOtherTiers(name: string, touchpoints: unknown, rules: TierRules): void {
  const known = tierNames(rules)
  const named = Object.values(isRecord(touchpoints) ? touchpoints : {}).flatMap((settings) =>
    isRecord(settings) && Array.isArray(settings['tiers']) ? settings['tiers'].map(String) : [],
  )
  const missing = [...new Set(named)].filter((tier) => !known.includes(tier))
  if (missing.length === 0) return
  throw new Refusal(
    'tiers-differ',
    `The preset ${name} speaks to tiers that do not exist here: ${missing.join(', ')}.`,
    409,
    {
      fix: `Adopt its tiers first: copy config/presets/${name}.yaml to config/tiers.yaml, restart, and run this again. Look before: siyu segment --preset ${name}`,
    },
  )
}
