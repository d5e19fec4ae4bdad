import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { keyOn, keysFor, pathAt, type Node } from '../../src/web/admin/editor/schema-path.ts'

const config = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, '../../config', name), 'utf8')
const schema = JSON.parse(config('cadence.schema.json')) as Node
const lines = `shop:
  name: 店
manners:
  avoid:
    - { weekday: 1, span: '00:00-12:00' }
    - weekday: 5
      
  gap
touchpoints:
  weekly-note:
    at: '10:00'
    wor
  tea:
    kind: wake-up
    # 一行注释
    ladder:
      - afterMonths: 3
        perc
`.split('\n')
const line = (words: string): number => lines.findIndex((text) => text.includes(words))
const keys = (n: number): string[] => keysFor(schema, lines, n).map(({ key }) => key)

describe('the place of the cursor', () => {
  it.each<[string, number, (string | 0)[]]>([
    ['gap', 2, ['manners']],
    ['perc', 8, ['touchpoints', 'tea', 'ladder', 0]],
    ['wor', 4, ['touchpoints', 'weekly-note']],
    ['shop', 0, []],
  ])('%s', (words, indent, path) => expect(pathAt(lines, line(words), indent)).toEqual(path))

  it('offers the keys of that place, by the kind of touchpoint', () => {
    expect(keys(line('gap'))).toContain('gapHours')
    expect(keys(line('wor'))).toContain('wordings')
    expect(keys(line('perc'))).toContain('afterMonths')
    expect(keys(6)).toEqual(['weekday', 'span'])
    expect(keys(lines.length - 1)).toContain('touchpoints')
  })

  it('tells what a key is, and nothing where it does not know', () => {
    expect(keyOn(schema, lines, line("at: '10:00'"))).toMatchObject({
      key: 'at',
      title: '时间',
      from: 4,
      to: 6,
    })
    expect(keyOn(schema, lines, line('- afterMonths'))).toMatchObject({
      key: 'afterMonths',
      title: '沉睡月数',
    })
    expect(keyOn(schema, lines, line('gap'))).toBeNull()
    expect(keyOn(schema, ['colour: red'], 0)).toBeNull()
  })

  it('finds a description for nearly every line of the shipped cadence', () => {
    const shipped = config('cadence.yaml').split('\n')
    const written = shipped.flatMap((text, n) =>
      /^ {2,8}[A-Za-z]+:/.test(text) && !/^ {2}[a-z-]+:\s*$/.test(text) ? [n] : [],
    )
    const known = written.filter((n) => keyOn(schema, shipped, n) !== null)
    expect(known.length / written.length).toBeGreaterThan(0.9)
  })
})
