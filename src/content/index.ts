/** What the folders to the right may use. */
export { attachmentWords, fileOf, filled, shownText } from './attachment.ts'
export type { Attachment, FileWanted, LinkCard, ProgramCard, Scene } from './attachment.ts'
export { batchLink, fillLinks, isLinkTarget, linkKey, linksIn, personalLink, readLink } from './links.ts'
export type { LinkParts, LinkRead, LinkTarget } from './links.ts'
export { checkWording, filledBytes, filledLetters, linkBytes, render } from './render.ts'
export type { WordingMistake, WordingRules } from './render.ts'
export { contentTables } from './media.tables.ts'
export { mediaFile, mediaFiles } from './media.store.ts'
export {
  addMedia,
  mediaTypes,
  mediaTypeWords,
  mostMediaBytes,
  noSuchMedia,
  readMedia,
  removeMedia,
  useWords,
} from './media.ts'
export type { MediaFile, MediaType, NewMedia } from './media.ts'
export { mostBytes, troubleOf } from './media-file.ts'
export type { FileTrouble, MediaUse } from './media-file.ts'
export { salutationOf } from './salutation.ts'
export type { NameSeen } from './salutation.ts'
export { dayView, plainWords, sampleView, variablesOf } from './view.ts'
export type { CustomerView, DayView, DigestView, FiguresView, View, ViewKind } from './view.ts'
export { bytesOf, dayWords, discountWords, parseWeekday, weekdayWords } from './words.ts'
