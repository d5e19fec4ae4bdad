import fc from 'fast-check'
import { expect, it } from 'vitest'
import { addDays } from '../../base/calendar.ts'
import { createTipMemory, tipId } from './rotation.ts'
import type { Heard, Tip } from './rotation.ts'

const tips: Tip[] = ['甲', '乙', '丙', '丁'].map((text) => ({ id: tipId(text), text }))
const day = '2026-11-18'
const textOn = (memory: ReturnType<typeof createTipMemory>, chat: string, on: string): string => {
  const tip = memory.choose(chat, tips, on) ?? expect.fail()
  memory.hear({ chat, tip: tip.id, day: on })
  return tip.text
}

it('lets a group hear each tip once before any comes again, and then the oldest first', () => {
  const memory = createTipMemory([], [])
  const said = Array.from({ length: 9 }, (_, n) => textOn(memory, 'a', addDays(day, n)))
  expect(said).toEqual(['甲', '乙', '丙', '丁', '甲', '乙', '丙', '丁', '甲'])
})

it('says the same when the day is planned again', () => {
  const memory = createTipMemory([], [])
  expect(textOn(memory, 'a', day)).toBe('甲')
  expect(memory.choose('a', tips, day)?.text).toBe('甲')
})

it('does not tell a person in two groups the same thing while there is another', () => {
  const both = ['x', 'y', 'z'].flatMap((member) => ['a', 'b'].map((chat) => ({ chat, member })))
  const memory = createTipMemory([], both)
  for (let n = 0; n < 2; n += 1)
    expect(textOn(memory, 'a', addDays(day, n))).not.toBe(textOn(memory, 'b', addDays(day, n)))
  // After two days two groups have heard all four between them: nobody heard one twice so far.
  expect([memory.left('a', tips, day), memory.left('b', tips, day)]).toEqual([2, 2])
})

it('gives a dated tip on its day and on no other', () => {
  const dated: Tip[] = [...tips, { id: tipId('冬至'), text: '冬至', on: addDays(day, 1) }]
  const memory = createTipMemory([], [])
  const said = [0, 1, 2].map((n) => memory.choose('a', dated, addDays(day, n))?.text)
  expect(said).toEqual(['甲', '冬至', '甲'])
  expect(memory.left('a', dated, addDays(day, 2))).toBe(4)
  expect(memory.choose('a', [], day)).toBeNull()
})

it('never repeats in a group before the list is used up, whatever was heard and whoever is where', () => {
  const chats = ['a', 'b', 'c']
  fc.assert(
    fc.property(
      fc.array(fc.record({ chat: fc.constantFrom(...chats), member: fc.constantFrom('x', 'y', 'z') }), {
        maxLength: 12,
      }),
      fc.array(
        fc.record({ chat: fc.constantFrom(...chats), tip: fc.nat(3), ago: fc.integer({ min: 1, max: 9 }) }),
        {
          maxLength: 6,
        },
      ),
      (members, before) => {
        const heard: Heard[] = before.map(({ chat, tip, ago }) => ({
          chat,
          tip: tips[tip]?.id ?? '',
          day: addDays(day, -ago),
        }))
        const memory = createTipMemory(heard, members)
        const known = new Set(heard.map(({ chat, tip }) => `${chat} ${tip}`))
        for (let n = 0; n < 4; n += 1)
          for (const chat of chats) {
            const on = addDays(day, n)
            const left = memory.left(chat, tips, on)
            const tip = memory.choose(chat, tips, on) ?? expect.fail()
            memory.hear({ chat, tip: tip.id, day: on })
            expect(known.has(`${chat} ${tip.id}`)).toBe(left === 0)
            known.add(`${chat} ${tip.id}`)
          }
      },
    ),
    { numRuns: 200 },
  )
})
