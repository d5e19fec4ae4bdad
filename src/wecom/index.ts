/** What the folders to the right may use. */
import type { Privacy } from '../interaction/index.ts'
export { receive, thirdParty } from './callback.ts'
export type { Inbox, Received } from './callback.ts'
export { createCodec, signatureOf } from './protocol/codec.ts'
export type { Codec, SignedQuery } from './protocol/codec.ts'
export { scanFields } from './protocol/scan.ts'
export { hasHeard, isRecorded } from './wecom.store.ts'
export { createApi } from './protocol/api.ts'
export type { Visitor, WecomApi } from './protocol/api.ts'
export { createClient } from './protocol/client.ts'
export type { WecomClient } from './protocol/client.ts'
export { createSharedToken } from './shared-token.ts'
export { failureWords } from './protocol/result.ts'
export type { Failure, Result } from './protocol/result.ts'
export { createWecomChannels } from './channels.ts'
export { chatParts } from './chat-messages.ts'
export { createMedia } from './media.ts'
export type { Ensured, Media, MediaIds } from './media.ts'
export { createRobots } from './robots.ts'
export type { Robots } from './robots.ts'
export { createStaffNote } from './staff-note.ts'
export { createCardMenu } from './card-menu.ts'

// The entrances: codes and links.
export { createWays, knownQuota, noSuchWay, wayWarnings } from './ways/index.ts'
export type {
  NewWay,
  Quota,
  WayComparison,
  Ways,
  WaysParts,
  WayUnknown,
  WayWarning,
  WayWish,
} from './ways/index.ts'

// The smart bot.
export { createBot } from './aibot/bot.ts'
export type { Bot } from './aibot/bot.ts'
export { createBotLease, createLoneLease } from './aibot/lease.ts'
export { botHolding } from './aibot/lease.store.ts'

// The session archive, as others decrypt it.
export { createAskConsent } from './archive/ask.ts'
export type { AskConsent } from './archive/consent.ts'
export { archivePosition, readArchive } from './archive/read.ts'
export type { ArchiveOptions, ArchiveParts, ArchiveRead } from './archive/read.ts'
export { linesSource } from './archive/source.ts'
export type { ArchiveLine, ArchiveSource } from './archive/source.ts'

// Our picture of staff, contacts, groups and tags.
export { wecomTables } from './sync.tables.ts'
export { createSync } from './sync.ts'
export type { Sync, SyncParts } from './sync.ts'
export type { ComparisonStanding } from './compare.ts'
export { createKf } from './kf/index.ts'
export { kfAccounts } from './kf/kf.store.ts'
export type { Kf, KfParts } from './kf/index.ts'
export { corpTagNotes } from './corp-tags.ts'
export { createMirror } from './mirror.ts'
export type { Mirror, MirrorParts } from './mirror.ts'

/** What we put on her in WeCom, and what of her waits to be read again. */
export const wecomPrivacy: Privacy = {
  folder: 'wecom',
  tables: [
    { table: 'seen_tag', of: 'external', by: 'identity', then: 'delete' },
    { table: 'wecom_reread', of: 'id', by: 'identity', then: 'delete' },
    { table: 'kf_hand_over', of: 'external', by: 'identity', then: 'delete' },
  ],
}
