/**
 * After signing in people go only to places of ours. Browsers read `\` as `/` and drop tabs and line ends, so the text
 * is judged by strict letters first and by URL parsing second.
 */
const nowhere = 'http://own.invalid'

export function ownPath(to: unknown, fallback: string): string {
  if (typeof to !== 'string' || to.length > 1_024) return fallback
  if (!/^\/[\x21\x23-\x5b\x5d\x5f-\x7e]*$/.test(to) || to.startsWith('//')) return fallback
  if (!URL.canParse(to, nowhere)) return fallback
  const url = new URL(to, nowhere)
  // `/a/..//evil.example` parses to a path that begins with two slashes: a redirect to it would leave us.
  if (url.origin !== nowhere || url.pathname.startsWith('//')) return fallback
  return `${url.pathname}${url.search}${url.hash}`
}
