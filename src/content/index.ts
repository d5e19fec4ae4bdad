/** What the folders to the right may use. */
export { batchLink, fillLinks, isLinkTarget, linkKey, linksIn, personalLink, readLink } from './links.ts'
export type { LinkParts, LinkRead, LinkTarget } from './links.ts'
export { checkWording, filledBytes, linkBytes, render } from './render.ts'
export type { WordingMistake, WordingRules } from './render.ts'
export { salutationOf } from './salutation.ts'
export type { NameSeen } from './salutation.ts'
export { dayView, plainWords, sampleView, variablesOf } from './view.ts'
export type { CustomerView, DayView, View, ViewKind } from './view.ts'
export {
  bytesOf,
  dayWithWeekday,
  dayWords,
  dayWordsOf,
  discountWords,
  parseWeekday,
  weekdayWords,
  yuanWords,
} from './words.ts'
