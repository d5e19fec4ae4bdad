/**
 * The few things that a message in 微信客服 asks the machine for. Only a message that is nothing else means them: 退订
 * inside a question about 退订单 is for a human. Pure.
 */
export type Meaning = 'opt-out' | 'opt-in' | 'human'

const please = '(?:请|麻烦|我要|我想|我想要|帮我|给我)?'
const thanks = '(?:了|吧|啊|谢谢)*'
const only = (words: readonly string[]): RegExp =>
  new RegExp(`^${please}(?:${words.join('|')})${thanks}$`, 'u')

const meanings: readonly (readonly [Meaning, RegExp])[] = [
  [
    'opt-out',
    only([
      '退订',
      '退订(?:所有)?(?:消息|推送|短信)',
      '取消(?:订阅|推送)',
      't',
      'td',
      // 别发了 alone may speak of a parcel.
      '(?:不要|别)(?:再(?:给我)?|给我)(?:发|推送)(?:消息|广告)?',
      '(?:不要|别)(?:发|推送)(?:消息|广告)',
      '不想(?:再)?收到(?:消息|广告|推送)?',
      'stop',
      'unsubscribe',
    ]),
  ],
  ['opt-in', only(['(?:恢复|重新)(?:订阅|推送)', '取消退订'])],
  ['human', only(['(?:转接?|找|接|要|叫)?(?:个)?(?:人工|真人)(?:客服|服务)?', '(?:转|找)客服'])],
]

/** Longer than any way to ask for one of these. */
const mostCharacters = 16

export function meaningOf(said: string): Meaning | null {
  const bare = said
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\p{P}\p{S}\p{Z}\p{C}]/gu, '')
  if (bare === '' || bare.length > mostCharacters) return null
  return meanings.find(([, pattern]) => pattern.test(bare))?.[0] ?? null
}
