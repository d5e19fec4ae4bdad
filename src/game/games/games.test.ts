import { describe, expect, it } from 'vitest'
import type { Moment } from '../game.ts'
import { hunt, plain } from './hunt.ts'
import { poll } from './poll.ts'

const moment = (more: Partial<Moment> = {}): Moment => ({
  now: 100,
  opensAt: 0,
  closesAt: 1_000,
  mine: new Map(),
  prizesGiven: 0,
  ...more,
})

const pollSettings = {
  options: [
    { id: 'a', label: '奶粉' },
    { id: 'b', label: '辅食' },
    { id: 'c', label: '绘本' },
  ],
  most: 2,
  points: 5,
}
const huntSettings = {
  clues: [
    { id: 'one', riddle: '宝宝补钙要配什么一起吃？', answers: ['维生素D', '维D'], releaseAt: 0 },
    { id: 'two', riddle: '明天的谜面', answers: ['雨伞'], releaseAt: 500 },
  ],
  pointsPerClue: 10,
  prize: { title: '满 100 减 20', count: 1, validDays: 7 },
}

describe('a poll', () => {
  const vote = (choices: string[], more: Partial<Moment> = {}): string =>
    poll.play(pollSettings, moment(more), { choices }).words

  it.each([
    [['a'], {}, '投票成功，谢谢参与'],
    [['c', 'a', 'a'], {}, '投票成功，谢谢参与'],
    [['b'], { mine: new Map([['vote', 'a']]) }, '已改投，以这次为准'],
    [['a'], { mine: new Map([['vote', 'a']]) }, '您已经投过这一项了'],
    [[], {}, '请先选择一个选项'],
    [['a', 'b', 'c'], {}, '最多选 2 项'],
    [['z'], {}, '没有这个选项'],
    [['a'], { now: 1_000 }, '投票已经结束'],
    [['a'], { now: -1 }, '投票还没开始'],
  ])('answers %j with %j: %s', (choices, more, words) => {
    expect(vote(choices, more)).toBe(words)
  })

  it('counts a multiple choice for each of its options', () => {
    const tally = [
      { slot: 'vote', choice: 'a,c', count: 2 },
      { slot: 'vote', choice: 'c', count: 1 },
    ]
    expect(
      poll.result(pollSettings, { tally, players: 3, prizesGiven: 0 }).map(({ count }) => count),
    ).toEqual([2, 0, 3])
  })

  it.each([
    ['投票 2', ['b']],
    ['投1、3', ['a', 'c']],
    ['选 B', ['b']],
    ['投票 9', ['#9']],
    ['今天天气不错', null],
  ])('reads the group text %s', (text, choices) => {
    expect(poll.readText(pollSettings, text)).toEqual(choices && { choices })
  })
})

describe('a treasure hunt', () => {
  const answer = (clue: string, words: string, more: Partial<Moment> = {}) =>
    hunt.play(huntSettings, moment(more), { clue, answer: words })

  it.each([
    ['one', ' 维生素 Ｄ！', {}, true, '找到了！进度 1/2'],
    ['one', '维生素C', {}, false, '答案不对，再想想'],
    ['two', '雨伞', {}, false, '这条线索还没公布'],
    ['two', '雨伞', { now: 600 }, true, '找到了！进度 1/2'],
    ['two', '雨伞', { now: 600, mine: new Map([['one', 'found']]) }, true, '全部找到！获得满 100 减 20'],
    [
      'two',
      '雨伞',
      { now: 600, mine: new Map([['one', 'found']]), prizesGiven: 1 },
      true,
      '全部找到！奖品已经领完，积分照给',
    ],
    ['one', '维D', { mine: new Map([['one', 'found']]) }, true, '这条线索您已经找到了'],
    ['nine', 'x', {}, false, '没有这条线索'],
    ['one', '！！', {}, false, '请输入答案'],
    ['one', '维D', { now: 1_000 }, false, '寻宝已经结束'],
  ])('clue %s, answer %s, %j', (clue, words, more, accepted, said) => {
    expect(answer(clue, words, more)).toMatchObject({ accepted, words: said })
  })

  it('keeps a riddle on the server until it is released, and never shows an answer', () => {
    const view = JSON.stringify(
      hunt.view(huntSettings, {
        now: 100,
        mine: new Map(),
        players: 0,
        tally: [],
        prizesGiven: 0,
        pointsFactor: 1,
        board: [],
      }),
    )
    expect(view).toContain('补钙')
    expect(view).not.toContain('明天的谜面')
    expect(view).not.toContain('维生素D')
  })

  it('reads a group text with the number of the clue', () => {
    expect(hunt.readText(huntSettings, '寻宝1：维生素D')).toEqual({ clue: 'one', answer: '维生素D' })
    expect(hunt.readText(huntSettings, '大家好')).toBeNull()
  })

  it('compares answers by their plain form', () => {
    expect(plain('「维生素　Ｄ３」')).toBe('维生素d3')
  })
})
