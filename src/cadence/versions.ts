/**
 * Versions: the shipped file is the first, each publishing makes the next, the newest is in force. A publisher names the
 * version she started from, so that two people never overwrite each other unseen.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../base/act.ts'
import type { Reader } from '../base/db.ts'
import { ConfigMistakes, Refusal } from '../base/errors.ts'
import { sha256 } from '../base/ids.ts'
import { publishManners, publishTouchpoints } from '../outbox/index.ts'
import type { TierRules } from '../segment/index.ts'
import { insertVersion, newestVersion, newestVersionNumber } from './cadence.store.ts'
import type { VersionRow } from './cadence.store.ts'
import { readCadence } from './config.ts'
import type { Cadence } from './config.ts'
import { withDecisions } from './experiments/decisions.ts'
import type { Mistake } from './mistake.ts'
import { knownNames } from './names.ts'
import type { KnownNames } from './names.ts'
import { decodeYaml } from './yaml.ts'

export function cadenceOf({ version, yaml }: VersionRow): Cadence {
  const { cadence, mistakes } = readCadence(yaml, { tiers: null, version })
  if (!cadence)
    throw new ConfigMistakes(
      `Cadence version ${String(version)} cannot be used by this version of Siyu:`,
      mistakes.map(
        ({ line, path, messageEn, fixEn }) => `line ${String(line)} ${path}: ${messageEn}; ${fixEn}`,
      ),
    )
  return cadence
}

/** The cadence in force; null before the first start. */
export async function currentCadence(reader: Reader): Promise<Cadence | null> {
  const row = await newestVersion(reader)
  return row && withDecisions(reader, cadenceOf(row))
}

export interface Publishing {
  readonly yaml: string
  readonly note: string
  /** Shown in the list of versions. */
  readonly by: string
  /** The version the author started from; null = whatever is newest. */
  readonly baseVersion: number | null
  /** The older version whose text this is. */
  readonly rolledBackTo?: number | null
  readonly draft?: string
  readonly approvedBy?: string | null
}

/** What an approval is tied to. */
export const textHash = (yaml: string): string => sha256(yaml)

/** Refused as a whole, with every mistake. */
export const invalidCadence = (mistakes: readonly Mistake[]): Refusal =>
  new Refusal('invalid-cadence', `配置有 ${String(mistakes.length)} 处错误，没有发布`, 422, {
    fix: '按提示逐条修改后再发布',
    english: {
      message: `The cadence has ${String(mistakes.length)} mistake(s); nothing was published.`,
      fix: 'Mend each as its line says, then publish again.',
    },
    detail: { problems: mistakes },
  })

/** Publishes a new version; the same text as the one in force changes nothing. */
export async function publish(ctx: Ctx, rules: TierRules, publishing: Publishing): Promise<VersionRow> {
  const { yaml, note, by, baseVersion } = publishing
  const newest = await newestVersion(ctx.tx)
  const isStale = baseVersion !== null && baseVersion !== (newest?.version ?? 0)
  // What is in force already is not judged anew: a rule that we learned since must not stop a shop from starting.
  if (newest?.yaml === yaml && !isStale) return newest
  const known = await (by === 'file' ? namesForFile : knownNames)(ctx.tx, rules)
  const { cadence, mistakes } = readCadence(yaml, known)
  if (!cadence) throw invalidCadence(mistakes)
  if (isStale) throw stale(newest)
  const row = {
    version: (newest?.version ?? 0) + 1,
    yaml,
    note,
    published_by: by,
    published_at: ctx.now,
    rolled_back_to: publishing.rolledBackTo ?? null,
    approved_by: publishing.approvedBy ?? null,
  }
  if (!(await insertVersion(ctx.tx, row))) throw stale(await newestVersion(ctx.tx))
  await publishManners(ctx, row.version, cadence.manners)
  await publishTouchpoints(
    ctx,
    cadence.touchpoints.map(({ name }) => name),
  )
  ctx.record({
    kind: 'cadence-published',
    at: ctx.now,
    source: 'cadence',
    sourceKey: `version:${String(row.version)}`,
    who: ctx.actor.kind === 'staff' ? { staff: ctx.actor.userid } : {},
    detail: {
      version: row.version,
      by,
      note,
      hash: textHash(yaml),
      ...(publishing.draft === undefined ? {} : { draft: publishing.draft }),
      ...(row.approved_by === null ? {} : { approvedBy: row.approved_by }),
      ...(row.rolled_back_to === null ? {} : { rolledBackTo: row.rolled_back_to }),
    },
  })
  return row
}

export const stale = (newest: VersionRow | null): Refusal =>
  new Refusal(
    'stale-version',
    `已有更新的版本 ${String(newest?.version ?? 0)}，由${newest?.published_by ?? ''}发布`,
    409,
    {
      fix: '重新打开最新版本，把修改合并进去再发布',
      english: {
        message: `Version ${String(newest?.version ?? 0)} is newer; ${newest?.published_by ?? 'somebody'} published it.`,
        fix: 'Merge your changes into it and publish again: siyu cadence diff FILE shows what differs.',
      },
      detail: { version: newest?.version ?? 0 },
    },
  )

/** `cadence.yaml` of the configuration folder; exit code 3 when it is not there. */
export function readCadenceFile(configDir: string): string {
  const path = join(configDir, 'cadence.yaml')
  if (existsSync(path)) {
    const { text, mistake } = decodeYaml(readFileSync(path))
    if (!mistake) return text
    const { line, column, messageEn, fixEn } = mistake
    throw new ConfigMistakes('The cadence cannot be used:', [
      `${path}:${String(line)}:${String(column)}: ${messageEn}; ${fixEn}`,
    ])
  }
  throw new ConfigMistakes('The cadence is missing:', [
    `${path} does not exist; restore it from the release, or point SIYU_CONFIG_DIR at your configuration`,
  ])
}

/** A file may come before what it names: until audiences are saved nobody is in them, and without its files nothing goes out. */
export const namesForFile = async (reader: Reader, rules: TierRules): Promise<KnownNames> => ({
  ...(await knownNames(reader, rules)),
  audiences: null,
  media: null,
})

/** Throws ConfigMistakes with every mistake of the file, its place and its fix. */
export function checkCadence(
  known: KnownNames,
  file: { readonly yaml: string; readonly path: string },
): void {
  const { mistakes } = readCadence(file.yaml, known)
  if (mistakes.length > 0)
    throw new ConfigMistakes(
      'The cadence cannot be used:',
      mistakes.map(
        ({ line, column, path, messageEn, fixEn }) =>
          `${file.path}:${String(line)}:${String(column)} ${path}: ${messageEn}; ${fixEn}`,
      ),
    )
}

/**
 * Called at every start. The file becomes version 1 of an empty database; with `source: 'file'` a changed file becomes
 * the next version. A file that cannot be used stops the start with every mistake (exit code 3).
 */
export async function seedCadence(
  ctx: Ctx,
  rules: TierRules,
  file: { readonly yaml: string; readonly path: string; readonly source: 'database' | 'file' },
): Promise<void> {
  const version = await newestVersionNumber(ctx.tx)
  if (version > 0 && file.source === 'database') return
  if (version > 0 && (await newestVersion(ctx.tx))?.yaml === file.yaml) return
  checkCadence(await namesForFile(ctx.tx, rules), file)
  await publish(ctx, rules, {
    yaml: file.yaml,
    note: version === 0 ? '初始配置' : '配置文件已更新',
    by: 'file',
    baseVersion: null,
  })
}
