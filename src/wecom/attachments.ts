/** Attachments as welcomes and group sends take them (WECOM.md §3.5, §3.6). Pure. */
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { fileOf } from '../content/index.ts'
import type { Attachment, FileWanted } from '../content/index.ts'
import type { Outcome, Parcel, ParcelDraft } from '../delivery/index.ts'
import type { MediaIds } from './media.ts'
import type { Failure } from './protocol/result.ts'

/** The same file may be shown as a picture and sent as a file. */
export const fileKey = ({ use, name }: Pick<FileWanted, 'use' | 'name'>): string => `${use} ${name}`

/** Without what needs a file that could not be had; a link goes without its picture. */
export function withoutMissing(draft: ParcelDraft): ParcelDraft {
  const files = draft.files ?? new Map<string, string>()
  const isThere = (attachment: Attachment): boolean => {
    const wanted = fileOf(attachment)
    return !wanted || files.has(fileKey(wanted))
  }
  const attachments = (draft.attachments ?? []).flatMap((one) => {
    if (isThere(one)) return [one]
    if (!('link' in one)) return []
    const { picture: _picture, ...link } = one.link
    return [{ link }]
  })
  return { ...draft, attachments }
}

/** Nothing at all where nothing goes along. */
export function attachmentsPart({ attachments = [], files = new Map() }: ParcelDraft): {
  readonly attachments?: readonly object[]
} {
  if (attachments.length === 0) return {}
  const idOf = (attachment: Attachment): string => {
    const wanted = fileOf(attachment)
    const id = wanted && files.get(fileKey(wanted))
    if (typeof id !== 'string') throw new Error(`There is no id for ${JSON.stringify(wanted)}.`)
    return id
  }
  return { attachments: attachments.map((one) => wireOf(one, () => idOf(one))) }
}

function wireOf(attachment: Attachment, idOf: () => string): object {
  if ('image' in attachment) return { msgtype: 'image', image: { media_id: idOf() } }
  if ('video' in attachment) return { msgtype: 'video', video: { media_id: idOf() } }
  if ('file' in attachment) return { msgtype: 'file', file: { media_id: idOf() } }
  if ('miniprogram' in attachment) {
    const { title, appid, page } = attachment.miniprogram
    return { msgtype: 'miniprogram', miniprogram: { title, pic_media_id: idOf(), appid, page } }
  }
  const { title, url, desc, picture } = attachment.link
  return {
    msgtype: 'link',
    link: {
      title,
      ...(picture === undefined ? {} : { picurl: idOf() }),
      ...(desc === undefined ? {} : { desc }),
      url,
    },
  }
}

// ------------------------------------------------------------------ what was sent, read again

const part = z.record(z.string(), z.unknown())
const bodyShape = z.object({ attachments: z.array(part).default([]) })
export const attachmentsOf = (parcel: Pick<Parcel, 'body'>): readonly Readonly<Record<string, unknown>>[] =>
  bodyShape.parse(JSON.parse(parcel.body)).attachments

const idFields = ['media_id', 'pic_media_id'] as const

const mediaIdsOf = (parcel: Pick<Parcel, 'body'>): string[] =>
  attachmentsOf(parcel).flatMap((one) => {
    const inner = part.safeParse(one[String(one['msgtype'])]).data ?? {}
    return idFields.flatMap((field) => (typeof inner[field] === 'string' ? inner[field] : []))
  })

/** The listing need not name a file as we did (by an address, by another id): what can be compared is the rest. */
export const sameAttachments = (
  seen: readonly Readonly<Record<string, unknown>>[],
  sent: readonly Readonly<Record<string, unknown>>[],
): boolean => isDeepStrictEqual(seen.map(withoutFiles), sent.map(withoutFiles))

const fileFields: readonly string[] = [...idFields, 'pic_url', 'picurl']

function withoutFiles(attachment: Readonly<Record<string, unknown>>): unknown {
  const msgtype = String(attachment['msgtype'])
  const inner = part.safeParse(attachment[msgtype]).data ?? {}
  return [msgtype, Object.fromEntries(Object.entries(inner).filter(([key]) => !fileFields.includes(key)))]
}

/** 40007: an id has expired before its time. It is forgotten, and the call composed afresh; null for anything else. */
export async function expiredMedia(
  media: MediaIds,
  parcel: Parcel,
  failure: Failure,
): Promise<Outcome | null> {
  if (failure.kind !== 'error' || failure.name !== 'media-expired') return null
  await media.forget(mediaIdsOf(parcel))
  return { kind: 'retry', afterMs: 0, why: failure.words, anew: true }
}
