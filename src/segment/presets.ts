/** Ready-made rules of a trade: `config/presets/<name>.yaml`, each a whole tiers.yaml. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigMistakes, Refusal } from '../base/errors.ts'
import { checkTierRules } from './tier-rules.ts'
import type { TierRules } from './tier-rules.ts'

const folderOf = (configDir: string): string => join(configDir, 'presets')

export function presetNames(configDir: string): string[] {
  const folder = folderOf(configDir)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => /^[a-z][a-z0-9-]*\.yaml$/.test(file))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort()
}

/** The file of a preset by one of the names that exist; nothing else of the disk can be asked for. */
export function presetPath(configDir: string, name: string): string {
  const names = presetNames(configDir)
  if (!names.includes(name))
    throw new Refusal('usage', `There is no preset "${name}".`, 400, {
      fix:
        names.length === 0
          ? `${folderOf(configDir)} holds none; restore it from the release.`
          : `Use one of ${names.join(', ')}.`,
    })
  return join(folderOf(configDir), `${name}.yaml`)
}

export function loadPreset(configDir: string, name: string): TierRules {
  const path = presetPath(configDir, name)
  const check = checkTierRules(readFileSync(path, 'utf8'))
  if (check.ok) return check.rules
  throw new ConfigMistakes(
    `The preset ${name} cannot be used:`,
    check.problems.map(
      ({ line, column, path: where, message }) =>
        `${path}:${String(line)}:${String(column)}${where === '' ? '' : ` ${where}`}: ${message}`,
    ),
  )
}
