import type { Answer } from './route.ts'

/** A picture of the media catalogue. A name keeps its content; only one that was removed may come back with another. */
export const pictureAnswer = (bytes: Buffer): Answer => ({
  file: { bytes, type: bytes[0] === 0x89 ? 'image/png' : 'image/jpeg' },
  headers: { 'Cache-Control': 'private, max-age=300' },
})
