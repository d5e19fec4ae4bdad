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
} from './channel.ts'
