/** Listings that WeCom gives page by page. */
import { OutsideFailure } from '../base/errors.ts'
import { unreadable } from './outcome.ts'
import type { Result } from './protocol/result.ts'

const maxPages = 200

/** Every page of a listing; throws OutsideFailure when one cannot be read, or when there is no end of them. */
export async function* pages<P extends { readonly next_cursor: string }>(
  what: string,
  read: (cursor: string) => Promise<Result<P>>,
): AsyncGenerator<P> {
  let cursor = ''
  for (let n = 0; n < maxPages; n += 1) {
    const result = await read(cursor)
    if (result.kind !== 'ok') throw unreadable(what, result)
    yield result.value
    cursor = result.value.next_cursor
    if (cursor === '') return
  }
  // Half a list proves nothing: what is not in it may still be there.
  throw new OutsideFailure(`${what}: more than ${String(maxPages)} pages`)
}
