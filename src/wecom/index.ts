/** What the folders to the right may use. */
export { receive } from './callback.ts'
export type { Inbox, Received } from './callback.ts'
export { createCodec } from './protocol/codec.ts'
export type { Codec, SignedQuery } from './protocol/codec.ts'
export { scanFields } from './protocol/scan.ts'
export { isRecorded } from './wecom.store.ts'
