/** What the folders to the right may use. */
export { batchLink, fillLinks, isLinkTarget, linkKey, linksIn, personalLink, readLink } from './links.ts'
export type { LinkParts, LinkRead, LinkTarget } from './links.ts'
