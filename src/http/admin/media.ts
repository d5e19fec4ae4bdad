/** The catalogue of files: what there is, where it is named, adding and removing. */
import type { Act } from '../../base/act.ts'
import { isoOf } from '../../base/calendar.ts'
import type { Db } from '../../base/db.ts'
import { mediaPlaces, removeUnusedMedia } from '../../cadence/index.ts'
import type { MediaPlace } from '../../cadence/index.ts'
import { addMedia, mediaFiles, mediaTypeWords, noSuchMedia, readMedia } from '../../content/index.ts'
import type { MediaFile } from '../../content/index.ts'
import { namesOfStaff } from '../../customer/index.ts'
import { mediaBody } from '../contract.ts'
import type { MediaItem, Paged, Role } from '../contract.ts'
import { parse } from '../parse.ts'
import { pictureAnswer } from '../picture.ts'
import type { Call, Route } from '../route.ts'
import { staffOf } from './cadence.ts'

const readers: readonly Role[] = ['admin', 'operator', 'approver', 'analyst']
const editors: readonly Role[] = ['admin', 'operator']
const home = '/api/admin/media'

export interface MediaRouteParts {
  readonly db: Db
  readonly act: Act
}

export const mediaRoutes = ({ db, act }: MediaRouteParts): Route[] => [
  {
    method: 'GET',
    path: home,
    access: { kind: 'staff', roles: readers },
    async handle() {
      const files = await mediaFiles(db.reader)
      const answer: Paged<MediaItem> = { total: files.length, items: await itemsOf(db, files) }
      return { json: answer }
    },
  },
  {
    method: 'POST',
    path: home,
    access: { kind: 'staff', roles: editors },
    async handle(call) {
      const { data, ...wish } = parse(mediaBody, call.body)
      const file = await act(actorOf(call), (ctx) =>
        addMedia(ctx, { ...wish, bytes: Buffer.from(data, 'base64') }),
      )
      const [answer] = await itemsOf(db, [file])
      return { json: answer }
    },
  },
  {
    method: 'GET',
    path: `${home}/:name/picture`,
    access: { kind: 'staff', roles: readers },
    async handle({ params }) {
      const name = params['name'] ?? ''
      const found = await readMedia(db.reader, name)
      if (found?.file.type !== 'image') throw noSuchMedia(name)
      return pictureAnswer(found.bytes)
    },
  },
  {
    method: 'DELETE',
    path: `${home}/:name`,
    access: { kind: 'staff', roles: editors },
    async handle(call) {
      await act(actorOf(call), (ctx) => removeUnusedMedia(ctx, call.params['name'] ?? ''))
      return { json: { removed: true } }
    },
  },
]

const actorOf = (call: Call) => ({ kind: 'staff', userid: staffOf(call).userid }) as const

async function itemsOf({ reader }: Db, files: readonly MediaFile[]): Promise<MediaItem[]> {
  const places = await mediaPlaces(reader)
  const names = await namesOfStaff(reader)
  return files.map(({ name, type, filename, bytes, addedBy, addedAt }) => ({
    name,
    type,
    typeTitle: mediaTypeWords[type],
    filename,
    bytes,
    addedBy: names.get(addedBy) ?? addedBy,
    addedAt: isoOf(addedAt),
    places: places.filter(({ file }) => file === name).map(placeOf),
  }))
}

const placeOf = ({ draft, touchpoint, title }: MediaPlace): MediaItem['places'][number] => ({
  touchpoint,
  title,
  inForce: draft === null,
})
