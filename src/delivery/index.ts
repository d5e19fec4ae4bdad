/** What the folders to the right may use. */
export { deliveryTables } from './delivery.tables.ts'
export type {
  Channel,
  FailedRecipient,
  FileIds,
  Found,
  Made,
  Outcome,
  Parcel,
  ParcelDraft,
  ParcelRecipient,
  Prepared,
  RecipientResult,
  SenderLimits,
} from './channel.ts'
export { createDelivery } from './deliver.ts'
export type { Delivery } from './deliver.ts'
export { confirmRestore } from './restored.ts'
export type { RestoreConfirmed } from './restored.ts'
export { remindersOf } from './remind.ts'
export type { Reminders } from './remind.ts'
export type { DeliveryParts } from './parts.ts'

// What several processes share.
export { createLimiter } from './limiter.ts'
export type { Limiter, Rate } from './bucket.ts'
export type { WorkQueue } from './queue.ts'
export { createBullQueue, queueSchema } from './queue-bullmq.ts'
export { openRedis } from './redis.ts'
export type { Redis } from './redis.ts'
