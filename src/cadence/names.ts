/**
 * The names that a cadence may use and that stand elsewhere: tiers, saved audiences, member levels, dynamic tags, files,
 * group robots. */
import type { Ctx } from '../base/act.ts'
import type { Reader } from '../base/db.ts'
import { readMeta, writeMeta } from '../base/meta.ts'
import { mediaFiles } from '../content/index.ts'
import { currentLevelRules, loadLevelRules } from '../reward/index.ts'
import type { LevelRules } from '../reward/index.ts'
import { loadTagRules, savedAudiences, tagsInForce, tagsToKeep } from '../segment/index.ts'
import type { TagInForce, TierRules } from '../segment/index.ts'
import type { MediaSeen } from './attachments.ts'

/** Null, or left out, where it is not known which there are: then nothing is called unknown. */
export interface KnownNames {
  readonly tiers: readonly string[]
  readonly audiences?: readonly string[] | null
  readonly levels?: readonly string[] | null
  readonly tags?: readonly TagInForce[] | null
  readonly media?: readonly MediaSeen[] | null
  readonly robots?: readonly string[] | null
}

export const tierNames = (rules: TierRules): string[] => [
  ...rules.tiers.map(({ name }) => name),
  rules.lead.name,
]

const levelNames = ({ levels }: LevelRules): string[] => levels.map(({ name }) => name)

export const audienceNames = async (reader: Reader): Promise<string[]> =>
  (await savedAudiences(reader)).map(({ name }) => name)

/** Said by whoever puts the server together: the group robots of its environment, by name. */
export async function rememberRobots(ctx: Ctx, names: readonly string[]): Promise<void> {
  const text = JSON.stringify([...names].sort())
  if ((await readMeta(ctx.tx, robotsMeta)) !== text) await writeMeta(ctx.tx, robotsMeta, text)
}
const robotsMeta = 'robots-known'

async function robotNames(reader: Reader): Promise<string[] | null> {
  const text = await readMeta(reader, robotsMeta)
  return text === null ? null : (JSON.parse(text) as string[])
}

/** As the files of the configuration folder name them, where there is no database to ask. */
export function namesInFiles(configDir: string, rules: TierRules): KnownNames {
  return {
    tiers: tierNames(rules),
    levels: levelNames(loadLevelRules(configDir)),
    tags: tagsToKeep(loadTagRules(configDir, rules.tagGroup)),
  }
}

/** As the last start, or the last verb, put them in force. */
export async function knownNames(reader: Reader, rules: TierRules): Promise<KnownNames> {
  return {
    tiers: tierNames(rules),
    audiences: await audienceNames(reader),
    levels: levelNames(await currentLevelRules(reader)),
    tags: await tagsInForce(reader),
    media: (await mediaFiles(reader)).map(({ name, type, bytes }) => ({ name, type, bytes })),
    robots: await robotNames(reader),
  }
}
