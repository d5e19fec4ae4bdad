import { describe, expect, it } from 'vitest'
import { checkWording, filledBytes, linkBytes, render } from './render.ts'
import { salutationOf } from './salutation.ts'
import { plainWords, sampleView } from './view.ts'
import { discountWords, parseWeekday } from './words.ts'

const rules = { view: 'personal', maxBytes: 2_048 } as const
const mistakes = (wording: string): string[] => checkWording(wording, rules).map(({ message }) => message)

describe('a wording', () => {
  it('speaks with the words of the view', () => {
    expect(
      render('{{ customer.salutation }}，我是{{ shop.name }}的{{ advisor.name }}', sampleView('personal')),
    ).toBe('王女士，我是示例小店的小鹿')
    expect(
      render('{% if product %}{{ product.name }}{% else %}新品{% endif %}', { ...sampleView('anyone') }),
    ).toBe('新品')
  })

  it.each([
    ['{{ customer.phone }}', 'customer.phone'],
    ['{{ customer.salutation.constructor }}', 'customer.salutation.constructor'],
    ['{{ customer.name | shout }}', 'undefined filter: shout'],
    ['{% if customer.name %}没有结尾', 'not closed'],
    ['{% include "secret" %}', 'include'],
    ['点这里 [[link:http://evil]]', '[[link:http://evil]]'],
    ['长'.repeat(700), '超过上限'],
    ['{% for i in (1..99999999) %}x{% endfor %}', 'tag "for" not found'],
    ['{% if true %}'.repeat(140), '话术模板有误'],
    ['{% assign s = "好" %}' + '{% assign s = s | append: s %}'.repeat(60) + '{{ s }}', '话术模板有误'],
  ])('is refused with the reason (%#)', (wording, reason) => {
    const started = performance.now()
    expect(mistakes(wording).join()).toContain(reason)
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('cannot name a customer where several people read', () => {
    expect(checkWording('{{ customer.name }}', { view: 'group', maxBytes: 4_000 })).toHaveLength(1)
    expect(checkWording('{{ group.interest }}', { view: 'group', maxBytes: 4_000 })).toEqual([])
  })

  it('says on which of its lines the mistake is', () => {
    expect(checkWording('第一行\n第二行\n{{ nobody }}', rules)[0]?.row).toBe(2)
    expect(checkWording('第一行\n{{ customer.name | nope }}', rules)[0]?.row).toBe(1)
  })

  it('is measured with its links filled', () => {
    expect(filledBytes('看 [[link:me]]')).toBe(4 + linkBytes)
  })
})

describe('a salutation', () => {
  it.each([
    [{ name: '小太阳🌞', remark: '王女士 奶粉2段', gender: 2 }, '王女士'],
    [{ name: '李强', gender: 1 }, '李先生'],
    [{ name: '欧阳娜娜', gender: 2 }, '欧阳女士'],
    [{ name: '糖糖张妈妈', gender: 2 }, '张妈妈'],
    [{ name: '糖宝妈妈', gender: 2 }, '您好'],
    [{ name: '小太阳', gender: 2 }, '您好'],
    [{ name: '王芳', gender: 0 }, '您好'],
    [{}, '您好'],
  ])('of %j is %s', (seen, expected) => expect(salutationOf(seen)).toBe(expected))

  it('never carries somebody else’s marks into a message', () => {
    expect(plainWords('坏[[link:me]]\n人\u202e')).toBe('坏 link:me 人')
    expect(plainWords('名'.repeat(99))).toHaveLength(32)
  })
})

describe('small words', () => {
  it.each([
    [3, 3],
    ['7', 7],
    ['周三', 3],
    ['星期天', 7],
    ['礼拜日', 7],
    ['Wed', 3],
    ['sunday', 7],
    ['0', null],
    [8, null],
    ['周八', null],
  ])('weekday %s is %s', (written, expected) => expect(parseWeekday(written)).toBe(expected))

  it('a discount is said the Chinese way', () =>
    expect([20, 25, 40].map(discountWords)).toEqual(['8折', '7.5折', '6折']))
})
