/** For tests that say nothing with files. */
import type { MediaIds } from './media.ts'

export const noMedia: MediaIds = {
  prepare: () => Promise.resolve({ kind: 'ready', files: new Map() }),
  prepareWithin: () => Promise.resolve({ kind: 'ready', files: new Map() }),
  forget: () => Promise.resolve(),
}
