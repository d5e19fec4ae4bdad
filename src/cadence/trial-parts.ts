/** The words of a test send, cut into messages that WeCom does not cut itself. */
import { bytesOf } from '../content/index.ts'

/** message/send takes 2,048 bytes of text and silently drops the rest (WECOM.md §4.1); the head takes some of it. */
const mostBytes = 1_800

export interface TrialText {
  readonly title: string
  readonly channel: string
  readonly text: string
  readonly notes: readonly string[]
}

/** Each part begins with 【测试】: it may be forwarded alone. */
export function partsOf({ title, channel, text, notes }: TrialText): string[] {
  const about = ['仅发给你自己，不计入任何统计。', `渠道：${channel}`, ...notes].join('\n')
  const bodies = cutInto(`${text}\n\n———\n${about}`)
  return bodies.map((body, n) => {
    const part = bodies.length === 1 ? '' : ` ${String(n + 1)}/${String(bodies.length)}`
    return `【测试${part}】${title}\n\n${body}`
  })
}

function cutInto(text: string): string[] {
  const bodies: string[] = []
  let body = ''
  for (const piece of pieces(text)) {
    if (body !== '' && bytesOf(body + piece) > mostBytes) {
      bodies.push(body.trimEnd())
      body = ''
    }
    body += piece
  }
  return [...bodies, body.trimEnd()]
}

/** Lines with their ends; a line that alone is too long comes letter by letter. */
const pieces = (text: string): string[] =>
  (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).flatMap((line) => (bytesOf(line) > mostBytes ? [...line] : [line]))
