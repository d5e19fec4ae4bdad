import { afterEach, describe, expect, it, vi } from 'vitest'
import { parse } from 'yaml'
import { printWhileTold } from './output.ts'
import type { OutputOptions } from './output.ts'

interface Line {
  readonly n: number
  readonly words: string
}
const line = (n: number): Line => ({ n, words: `第 ${String(n)} 行：- "是"\n` })
const lines = (from: number, to: number): Line[] =>
  Array.from({ length: to - from }, (_, i) => line(from + i))

async function printed(
  options: OutputOptions,
  parts: readonly (readonly Line[])[],
  fails = false,
): Promise<string> {
  let text = ''
  vi.spyOn(process.stdout, 'write').mockImplementation(((part: string, done: () => void) => {
    text += part
    done()
    return true
  }) as typeof process.stdout.write)
  try {
    await printWhileTold<Line>(options, 'lines', async (tell) => {
      for (const part of parts) await tell(part)
      if (fails) throw new Error('no cadence')
      return { counts: { queued: 3 }, missing: [] }
    })
  } catch (error) {
    if (!fails) throw error
  } finally {
    vi.restoreAllMocks()
  }
  return text
}

afterEach(() => void vi.restoreAllMocks())

describe('a document whose list is told while it is made', () => {
  const parts = [lines(0, 2), [], lines(2, 3)]

  it('is the same document as one that was kept, in JSON and YAML', async () => {
    const whole = { lines: lines(0, 3), counts: { queued: 3 }, missing: [] }
    expect(JSON.parse(await printed({ json: true }, parts))).toEqual(whole)
    expect(parse(await printed({}, parts))).toEqual(whole)
  })

  it('is an empty list where nothing was told', async () => {
    const empty = { lines: [], counts: { queued: 3 }, missing: [] }
    expect(JSON.parse(await printed({ json: true }, []))).toEqual(empty)
    expect(parse(await printed({}, [[]]))).toEqual(empty)
    expect(await printed({ jsonl: true }, [])).toBe('')
  })

  it('is a line an item, or only how many', async () => {
    const text = await printed({ jsonl: true }, parts)
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((one) => JSON.parse(one) as unknown),
    ).toEqual(lines(0, 3))
    expect(JSON.parse(await printed({ json: true, summary: true }, parts))).toEqual({
      counts: { queued: 3 },
      missing: [],
      linesCount: 3,
    })
  })

  it('is whole where a part is longer than what is written at once', async () => {
    const many = [lines(0, 25_000), lines(25_000, 25_001)]
    const read = JSON.parse(await printed({ json: true }, many)) as { lines: Line[] }
    expect(read.lines).toEqual(lines(0, 25_001))
  })

  it('is nothing at all where it is refused at once', async () => {
    expect(await printed({ json: true }, [], true)).toBe('')
    expect(await printed({}, [], true)).toBe('')
  })
})
