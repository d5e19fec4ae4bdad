/**
 * The ids by which WeCom knows our files. An id lives for three days and is shared by all messages that name the file
 * (WECOM.md §8), so a file is uploaded when it is first needed, and those that the cadence in force names are uploaded
 * again in good time: a welcome has seconds, and must not spend them on an upload. An upload may be repeated, so several
 * servers need no lock; within one, whoever wants the same file waits for the same upload.
 */
import type { Clock } from '../base/clock.ts'
import { hours, minutes } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import type { Job } from '../base/jobs.ts'
import type { Log } from '../base/log.ts'
import { mediaNamed } from '../cadence/index.ts'
import { fileOf, mediaFile, readMedia } from '../content/index.ts'
import type { Attachment, FileWanted, MediaUse, Scene } from '../content/index.ts'
import type { Prepared } from '../delivery/index.ts'
import { fileKey } from './attachments.ts'
import { forgetOld, forgetUpload, storeUpload, uploadOf } from './media.store.ts'
import { outcomeOf } from './outcome.ts'
import type { WecomApi } from './protocol/api.ts'
import { failureWords } from './protocol/result.ts'
import type { Result } from './protocol/result.ts'

const lifeMs = hours(72)
/** What is in use is uploaded again at this age. */
const renewAfterMs = hours(60)
/** Younger than this an id is used: whoever confirms the task needs it for a while yet. */
const usedWithinMs = lifeMs - hours(4)
const retryMs = minutes(1)

export interface MediaParts {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly api: Pick<WecomApi, 'uploadMedia' | 'uploadPicture' | 'uploadAttachment'>
}

/** What channels need of it. */
export interface MediaIds {
  /** All files of a message, or of a moment. */
  prepare(attachments: readonly Attachment[], scene?: Scene): Promise<Prepared>
  /** Those that can be had within so long: for words that must not wait for a file. */
  prepareWithin(attachments: readonly Attachment[], withinMs: number): Promise<Prepared>
  /** WeCom does not know these ids any more (40007). */
  forget(mediaIds: readonly string[]): Promise<void>
}

export interface Media extends MediaIds {
  /** An id that is good for some hours at least. */
  ensure(name: string, use: MediaUse): Promise<Ensured>
  readonly jobs: readonly Job[]
}

export type Ensured =
  { readonly kind: 'ready'; readonly mediaId: string } | Exclude<Prepared, { readonly kind: 'ready' }>

export function createMedia(parts: MediaParts): Media {
  const { db, clock, log } = parts
  const underWay = new Map<string, Promise<Ensured>>()

  async function ensure(name: string, use: MediaUse, withinMs = usedWithinMs): Promise<Ensured> {
    const file = await mediaFile(db.reader, name)
    if (!file) return gone(name)
    const known = await uploadOf(db.reader, file.sha256, use)
    if (known && (use === 'picture' || clock.now() - known.uploaded_at < withinMs))
      return { kind: 'ready', mediaId: known.media_id }
    const key = `${use} ${file.sha256}`
    const upload = underWay.get(key) ?? uploadNow(parts, name, use).finally(() => void underWay.delete(key))
    underWay.set(key, upload)
    return upload
  }

  async function prepare(attachments: readonly Attachment[], scene?: Scene): Promise<Prepared> {
    const files = new Map<string, string>()
    for (const wanted of wantedBy(attachments, scene)) {
      const ensured = await ensure(wanted.name, wanted.use)
      if (ensured.kind !== 'ready') return ensured
      files.set(fileKey(wanted), ensured.mediaId)
    }
    return { kind: 'ready', files }
  }

  async function prepareWithin(attachments: readonly Attachment[], withinMs: number): Promise<Prepared> {
    const files = new Map<string, string>()
    const late = AbortSignal.timeout(withinMs)
    const tooLate = new Promise<Ensured>((ok) =>
      late.addEventListener('abort', () =>
        ok({ kind: 'retry', afterMs: 0, why: 'the upload took too long' }),
      ),
    )
    const found = wantedBy(attachments).map(async (wanted) => {
      const ensured = await Promise.race([ensure(wanted.name, wanted.use), tooLate])
      if (ensured.kind === 'ready') files.set(fileKey(wanted), ensured.mediaId)
      else log.warn({ file: wanted.name, why: ensured.why }, 'a welcome goes out without this file')
    })
    await Promise.all(found)
    return { kind: 'ready', files }
  }

  return {
    ensure,
    prepare,
    prepareWithin,
    forget: (mediaIds) =>
      db.tx(async (tx) => {
        for (const id of mediaIds) await forgetUpload(tx, id)
      }),
    jobs: [
      {
        name: 'renew-media',
        schedule: { every: 'minutes', minutes: 10 },
        catchUpMs: minutes(10),
        async run() {
          const named = await mediaNamed(db.reader)
          for (const { name, use } of named) {
            const ensured = await ensure(name, use, renewAfterMs)
            if (ensured.kind !== 'ready')
              log.warn({ file: name, why: ensured.why }, 'a file could not be uploaded yet')
          }
          if (named.length > 0) await db.tx((tx) => forgetOld(tx, clock.now() - lifeMs))
        },
      },
    ],
  }
}

const wantedBy = (attachments: readonly Attachment[], scene?: Scene): FileWanted[] =>
  attachments.flatMap((one) => fileOf(one, scene) ?? [])

const gone = (name: string): Ensured => ({
  kind: 'refused',
  code: 'no-media',
  why: `素材“${name}”已从素材库删除`,
})

async function uploadNow(parts: MediaParts, name: string, use: MediaUse): Promise<Ensured> {
  const { db, clock } = parts
  const found = await readMedia(db.reader, name)
  if (!found) return gone(name)
  const { file, bytes } = found
  // Its three days begin no earlier than this.
  const at = clock.now()
  const result = await upload(parts, use, { name: file.filename, bytes })
  if (result.kind !== 'ok') return failed(name, result)
  await db.tx((tx) => storeUpload(tx, { sha256: file.sha256, use }, result.value, at))
  return { kind: 'ready', mediaId: result.value }
}

async function upload(
  { api }: MediaParts,
  use: MediaUse,
  file: { readonly name: string; readonly bytes: Buffer },
): Promise<Result<string>> {
  switch (use) {
    case 'picture': {
      const result = await api.uploadPicture(file)
      return result.kind === 'ok' ? { ...result, value: result.value.url } : result
    }
    case 'image':
    case 'voice':
    case 'video':
    case 'file':
      return idOf(await api.uploadMedia(use, file))
    case 'moment-image':
    case 'moment-video':
    case 'moment-file':
    case 'album-image':
    case 'album-video':
    case 'album-file': {
      const [scene, type] = use.split('-') as ['moment' | 'album', 'image' | 'video' | 'file']
      return idOf(await api.uploadAttachment(scene, type, file))
    }
    case 'robot-file':
    case 'robot-voice':
    case 'robot-image':
      throw new Error('What a robot sends belongs to that robot and is uploaded there.')
  }
}

const idOf = (result: Result<{ readonly media_id: string }>): Result<string> =>
  result.kind === 'ok' ? { ...result, value: result.value.media_id } : result

/** An upload whose answer was lost has done no harm: it is made again. */
function failed(name: string, failure: Exclude<Result<string>, { readonly kind: 'ok' }>): Ensured {
  const outcome = outcomeOf(failure)
  const why = `素材“${name}”上传失败：${failureWords(failure)}`
  if (outcome.kind === 'refused') return { kind: 'refused', code: 'bad-media', why }
  return { kind: 'retry', afterMs: outcome.kind === 'retry' ? outcome.afterMs : retryMs, why }
}
