/**
 * By which way somebody came: the `State` of the event that told of her, or of the reading that found her (WECOM.md §2.5,
 * §3.3, §3.10). Kept also for ways that nobody here has made: they may be adopted later.
 */
import type { FreshRow, Projection } from '../interaction/index.ts'
import { saveEntrances } from './ways.store.ts'
import type { Entrance } from './ways.store.ts'

/** Null where the row tells of no way. */
function entranceOf({ who, at, detail }: FreshRow): Entrance | null {
  const { State: mark } = detail
  const place = who.chat ?? who.staff
  if (typeof mark !== 'string' || mark === '' || who.external === undefined || place === undefined)
    return null
  return { external: who.external, place, mark, at }
}

const keyOf = ({ external, place, mark }: Entrance): string => `${external}\n${place}\n${mark}`

export const entranceProjection: Projection = {
  name: 'entrances',
  kinds: ['contact-added', 'way-entered'],
  keeps: [{ table: 'entrance', of: null }],
  async apply(tx, rows) {
    const first = new Map<string, Entrance>()
    for (const row of rows) {
      const entrance = entranceOf(row)
      if (entrance && !first.has(keyOf(entrance))) first.set(keyOf(entrance), entrance)
    }
    await saveEntrances(
      tx,
      [...first].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entrance]) => entrance),
    )
  },
}
