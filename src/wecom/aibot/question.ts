/** What a member of staff asks the bot, read from her line. Pure. */

export type Question =
  | { readonly kind: 'help' }
  | { readonly kind: 'today' }
  | { readonly kind: 'groups' }
  | { readonly kind: 'sending' }
  /** Anything else is somebody's name. */
  | { readonly kind: 'customer'; readonly name: string }
  | { readonly kind: 'nothing' }

const words: readonly (readonly [
  Question['kind'] & ('help' | 'today' | 'groups' | 'sending'),
  readonly string[],
])[] = [
  ['help', ['帮助', '你好', '您好', '菜单', 'help', '?', '？']],
  ['today', ['今天', '任务', '今日任务', '今天的任务', '我的任务', '今天做什么', 'today', 'tasks']],
  ['groups', ['群', '我的群', '社群', '群任务', 'groups']],
  ['sending', ['暂停状态', '暂停', '今天发了什么', '发送情况', '触达情况', 'status']],
]
const kindOf = new Map(words.flatMap(([kind, all]) => all.map((word) => [word, kind] as const)))

/** A longer line is no name; what it says is not looked for. */
const mostName = 40

/** In a group the line begins with the bot's own name. */
export const withoutMention = (text: string): string => text.replace(/^\s*@\S+\s*/, '')

export function readQuestion(text: string): Question {
  const line = withoutMention(text).normalize('NFC').replace(/\s+/g, ' ').trim()
  const kind = kindOf.get(line.replace(/[。！!.~～]+$/, '').toLowerCase())
  if (kind !== undefined) return { kind }
  const name = line.replace(/^(客户|查|查询|看看|customer)[:：\s]+/i, '').trim()
  return name === '' || [...name].length > mostName ? { kind: 'nothing' } : { kind: 'customer', name }
}

/** `王静 2`: the second of several who are called so. */
export function pickIn(name: string): { readonly name: string; readonly place: number } | null {
  const found = /^(.+?)[\s#＃]+([1-9])$/.exec(name)
  return found?.[1] === undefined ? null : { name: found[1].trim(), place: Number(found[2]) }
}
