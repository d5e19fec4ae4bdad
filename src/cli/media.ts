/** `siyu media add|list|remove`: the catalogue of files that messages may carry. */
import { readFileSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import type { Act, Actor } from '../base/act.ts'
import { isoOf } from '../base/calendar.ts'
import type { Db } from '../base/db.ts'
import { Refusal, messageOf } from '../base/errors.ts'
import { mediaPlaces, removeUnusedMedia } from '../cadence/index.ts'
import { addMedia, mediaFiles, mediaTypes, mostMediaBytes } from '../content/index.ts'
import type { MediaFile, MediaType } from '../content/index.ts'
import { withCore } from './data.ts'

interface Parts {
  readonly db: Db
  readonly act: Act
}

export interface MediaDocument {
  readonly name: string
  readonly type: MediaType
  readonly filename: string
  readonly bytes: number
  readonly sha256: string
  readonly addedBy: string
  readonly addedAt: string
}

const actor = (verb: string): Actor => ({ kind: 'cli', verb: `media ${verb}` })

const documentOf = (file: MediaFile): MediaDocument => ({ ...file, addedAt: isoOf(file.addedAt) })

export async function mediaAdd(
  { act }: Parts,
  path: string,
  options: { readonly name?: string | undefined; readonly type?: string | undefined },
): Promise<MediaDocument> {
  const type = typeFor(options.type)
  const bytes = readFile(path)
  return documentOf(
    await act(actor('add'), (ctx) =>
      addMedia(ctx, { name: options.name, filename: basename(path), type, bytes }),
    ),
  )
}

function typeFor(written: string | undefined): MediaType | undefined {
  if (written === undefined) return undefined
  const type = mediaTypes.find((one) => one === written)
  if (type !== undefined) return type
  throw new Refusal('usage', `--type ${written} is no type of file.`, 400, {
    fix: `Choose from ${mediaTypes.join(', ')}.`,
  })
}

function readFile(path: string): Buffer {
  try {
    const { size } = statSync(path)
    if (size <= mostMediaBytes) return readFileSync(path)
  } catch (error) {
    throw new Refusal('usage', `${path} cannot be read: ${messageOf(error)}`, 400, {
      fix: 'Give the path of a file.',
    })
  }
  throw new Refusal('invalid', `${path} is larger than ${String(mostMediaBytes)} bytes.`, 400, {
    fix: 'WeCom takes files of up to 20 MB; give a smaller one.',
  })
}

/** `usedBy`: `welcome`, or `draft <id>: welcome`. */
export async function mediaList({ db }: Parts): Promise<{
  readonly media: readonly (MediaDocument & { readonly usedBy: readonly string[] })[]
}> {
  const places = await mediaPlaces(db.reader)
  return {
    media: (await mediaFiles(db.reader)).map((file) => ({
      ...documentOf(file),
      usedBy: places
        .filter((place) => place.file === file.name)
        .map(({ draft, touchpoint }) => (draft === null ? touchpoint : `draft ${draft}: ${touchpoint}`)),
    })),
  }
}

export const mediaRemove = async ({ act }: Parts, name: string): Promise<{ readonly removed: string }> => ({
  removed: (await act(actor('remove'), (ctx) => removeUnusedMedia(ctx, name))).name,
})

export const mediaAddVerb = (
  path: string,
  options: { name?: string | undefined; type?: string | undefined },
): Promise<unknown> => withCore((core) => mediaAdd(core, path, options))
export const mediaListVerb = (): Promise<unknown> => withCore((core) => mediaList(core))
export const mediaRemoveVerb = (name: string): Promise<unknown> => withCore((core) => mediaRemove(core, name))
