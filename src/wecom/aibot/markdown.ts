/** Words of others inside our markdown: they stay words. Pure. */

/** Each sign that could begin something, as the full-width letter that looks like it and begins nothing. */
const harmless: Readonly<Record<string, string>> = {
  '\\': '＼',
  '`': '｀',
  '*': '＊',
  _: '＿',
  '[': '［',
  ']': '］',
  '(': '（',
  ')': '）',
  '<': '＜',
  '>': '＞',
  '#': '＃',
  '~': '～',
  '|': '｜',
  '!': '！',
}

/** Whether the client honours a backslash is told nowhere, so nothing is left that would need one. */
export function plain(text: string, most = 60): string {
  const line = text
    // Controls, line breaks, and what turns the direction of writing.
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu, ' ')
    .trim()
    .replace(/[\\`*_[\]()<>#~|!]/g, (sign) => harmless[sign] ?? sign)
    // An address in a name would become a link of its own.
    .replace(/:\/\//g, '：／／')
    .replace(/\bwww\./gi, 'www．')
  const letters = [...line]
  return letters.length > most ? `${letters.slice(0, most).join('')}…` : line
}

/** WECOM.md §4.4. */
export const mostBytes = 20_480
const cutNote = '\n…（内容太长，其余请在侧边栏查看）'

/** Whole lines up to the ceiling. */
export function fitting(text: string): string {
  if (Buffer.byteLength(text) <= mostBytes) return text
  const room = mostBytes - Buffer.byteLength(cutNote)
  let bytes = 0
  const lines: string[] = []
  for (const line of text.split('\n')) {
    bytes += Buffer.byteLength(line) + 1
    if (bytes > room) break
    lines.push(line)
  }
  return `${lines.join('\n')}${cutNote}`
}
