import { expect, it } from 'vitest'
import { meaningOf } from './meaning.ts'

it.each([
  [
    'opt-out',
    [
      '退订',
      ' 退订。',
      '退 订',
      'TD',
      'ｔｄ',
      'T',
      '请退订',
      '我要退订，谢谢',
      '不要再发了',
      '别再发了！！',
      '别再给我发消息了',
      '取消订阅',
      'STOP',
    ],
  ],
  ['opt-in', ['恢复订阅', '重新订阅', '我想恢复订阅了']],
  ['human', ['人工', '转人工', '找人工客服', '我要人工', '真人', '转接人工服务', '要人工！', '找客服']],
] as const)('%s is understood in the words people use', (meaning, said) => {
  expect(said.map((words) => [words, meaningOf(words)])).toEqual(said.map((words) => [words, meaning]))
})

it('whatever says more than that is left to a human', () => {
  const said = [
    '',
    '👍',
    '我要退订单',
    '退订单怎么弄',
    '怎么退订',
    '不要退订',
    '订阅',
    '人工智能是什么',
    '不要发错尺码了',
    '别发圆通',
    '别发了',
    't恤有货吗',
    '人工费多少',
    '发货了吗'.repeat(500),
  ]
  expect(said.filter((words) => meaningOf(words) !== null)).toEqual([])
})
