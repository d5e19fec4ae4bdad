/** What the folders to the right may use. */
export { deliveryTables } from './delivery.tables.ts'
export type {
  Channel,
  FailedRecipient,
  Found,
  Outcome,
  Parcel,
  ParcelDraft,
  ParcelRecipient,
  RecipientResult,
  SenderLimits,
} from './channel.ts'
export { createDelivery } from './deliver.ts'
export type { Delivery } from './deliver.ts'
export type { DeliveryParts } from './parts.ts'
