/** Who names a file of the catalogue: the cadence in force, and drafts that may still become one. */
import type { Ctx } from '../base/act.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { fileOf, removeMedia } from '../content/index.ts'
import type { FileWanted, MediaFile } from '../content/index.ts'
import { attachmentsOf, attachmentsField, sceneOf } from './attachments.ts'
import type { Cadence, Touchpoint } from './config.ts'
import { draftList } from './drafts.store.ts'
import { isRecord, valueAt } from './lines.ts'
import { currentCadence } from './versions.ts'
import { readYaml } from './yaml.ts'

export interface MediaPlace {
  readonly file: string
  /** Null: the cadence in force. */
  readonly draft: string | null
  /** `welcome` */
  readonly touchpoint: string
  /** 新客欢迎语 */
  readonly title: string
}

const carriedBy = ({ rules }: Pick<Touchpoint, 'rules'>) => ({
  attachments: [
    ...(rules.attachments ?? []),
    ...('mayCarry' in rules && rules.mayCarry ? rules.mayCarry() : []),
  ],
  scene: sceneOf(rules.kind),
})

/** Of every touchpoint, and of every arm of a test. */
const carryingIn = ({ touchpoints, experiments }: Cadence) => [
  ...touchpoints.map((one) => ({ ...carriedBy(one), touchpoint: one.name, title: one.title })),
  ...experiments.flatMap(({ touchpoint, title, arms }) =>
    arms.map((arm) => ({ ...carriedBy(arm), touchpoint, title })),
  ),
]

/** Each file that the cadence in force wants, once for each use. */
export async function mediaNamed(reader: Reader): Promise<FileWanted[]> {
  const cadence = await currentCadence(reader)
  const all = (cadence ? carryingIn(cadence) : []).flatMap(({ attachments, scene }) =>
    attachments.flatMap((one) => fileOf(one, scene) ?? []),
  )
  return [...new Map(all.map((one) => [`${one.use} ${one.name}`, one])).values()]
}

/** Where files are named, whichever. */
export async function mediaPlaces(reader: Reader): Promise<MediaPlace[]> {
  const cadence = await currentCadence(reader)
  const drafts = (await draftList(reader)).filter(
    ({ state }) => state !== 'published' && state !== 'withdrawn',
  )
  return [
    ...(cadence ? placesIn(namedIn(cadence.raw), null) : []),
    ...drafts.flatMap(({ id, yaml }) => placesIn(namedIn(readYaml(yaml).value), id)),
  ]
}

interface Named {
  readonly touchpoint: string
  readonly title: string
  readonly files: readonly string[]
}

/** As written: what is switched off, and a draft with mistakes, name their files as well. */
function namedIn(raw: unknown): Named[] {
  return ['touchpoints', 'campaigns', 'experiments'].flatMap((section) => {
    const entries = valueAt(raw, [section])
    return isRecord(entries)
      ? Object.entries(entries).map(([touchpoint, settings]) => {
          const title = valueAt(settings, ['title'])
          return {
            touchpoint,
            title: typeof title === 'string' ? title : touchpoint,
            files: filesBelow(settings),
          }
        })
      : []
  })
}

function filesBelow(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(filesBelow)
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([key, one]) =>
    key === 'attachments'
      ? attachmentsOf(attachmentsField.safeParse(one).data).flatMap((each) => fileOf(each)?.name ?? [])
      : filesBelow(one),
  )
}

const placesIn = (named: readonly Named[], draft: string | null): MediaPlace[] =>
  named.flatMap(({ touchpoint, title, files }) =>
    [...new Set(files)].map((file) => ({ file, draft, touchpoint, title })),
  )

/** Refused while anything names it. */
export async function removeUnusedMedia(ctx: Ctx, name: string): Promise<MediaFile> {
  const places = (await mediaPlaces(ctx.tx)).filter(({ file }) => file === name)
  if (places.length > 0) throw inUse(name, places)
  return removeMedia(ctx, name)
}

function inUse(name: string, places: readonly MediaPlace[]): Refusal {
  const where = places.map(({ draft, title }) => (draft === null ? `节奏“${title}”` : `草稿里的“${title}”`))
  const whereEn = places.map(({ draft, touchpoint }) =>
    draft === null ? `the cadence in force (${touchpoint})` : `the draft ${draft} (${touchpoint})`,
  )
  return new Refusal('media-in-use', `素材“${name}”还在使用：${[...new Set(where)].join('、')}`, 409, {
    fix: '先从这些地方去掉它并发布，再删除',
    english: {
      message: `"${name}" is still named by ${[...new Set(whereEn)].join(', ')}.`,
      fix: 'Take it out of there and publish, then remove it.',
    },
    detail: { places },
  })
}
