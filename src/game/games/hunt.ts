import { z } from 'zod'
import { isoOf } from '../../base/calendar.ts'
import { defineGame, refusedMove } from '../game.ts'

export const huntSettings = z
  .object({
    intro: z.string().max(200).default(''),
    clues: z
      .array(
        z.object({
          id: z.string().regex(/^[a-z0-9-]{1,32}$/),
          riddle: z.string().min(1).max(300),
          /** Any of these is right; blanks, case and full-width forms do not matter. */
          answers: z.array(z.string().min(1).max(40)).min(1).max(20),
          /** Epoch milliseconds. */
          releaseAt: z.number().int(),
        }),
      )
      .min(1)
      .max(20),
    pointsPerClue: z.number().int().min(0).max(1_000).default(10),
    prize: z.object({
      title: z.string().min(1).max(60),
      count: z.number().int().min(0).max(100_000),
      validDays: z.number().int().min(1).max(366),
    }),
  })
  .refine(
    ({ clues }) => new Set(clues.map(({ id }) => id)).size === clues.length,
    'two clues have the same id',
  )
export type HuntSettings = z.infer<typeof huntSettings>

/** Full-width letters and digits become plain ones; blanks and punctuation at the ends fall away. */
export const plain = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\p{P}]+/gu, '')

/** Clues come on a schedule; who finds all of them gets one of the limited prizes, first come, first served. */
export const hunt = defineGame<HuntSettings>({
  kind: 'hunt',
  title: '寻宝',
  settings: huntSettings,
  play(settings, moment, move) {
    if (moment.now < moment.opensAt) return refusedMove('寻宝还没开始')
    if (moment.now >= moment.closesAt) return refusedMove('寻宝已经结束')
    const clue = settings.clues.find(({ id }) => id === move.clue)
    if (!clue) return refusedMove('没有这条线索')
    if (moment.now < clue.releaseAt) return refusedMove('这条线索还没公布')
    if (moment.mine.has(clue.id)) return { accepted: true, words: '这条线索您已经找到了', effects: [] }
    const answer = plain(move.answer ?? '')
    if (answer === '') return refusedMove('请输入答案')
    if (!clue.answers.some((right) => plain(right) === answer)) {
      const record = {
        do: 'record' as const,
        kind: 'clue-missed' as const,
        key: `miss:${clue.id}:${String(moment.now)}`,
        detail: { clue: clue.id },
      }
      return { accepted: false, words: '答案不对，再想想', effects: [{ do: 'miss' }, record] }
    }
    const found = settings.clues.filter(({ id }) => id === clue.id || moment.mine.has(id)).length
    const complete = found === settings.clues.length
    const prize = complete && moment.prizesGiven < settings.prize.count
    return {
      accepted: true,
      words: huntWords(found, settings, complete, prize),
      effects: [
        { do: 'put', slot: clue.id, choice: 'found' },
        {
          do: 'record',
          kind: 'clue-found',
          key: `find:${clue.id}`,
          detail: { clue: clue.id, found, of: settings.clues.length },
        },
        { do: 'points', key: `find:${clue.id}`, amount: settings.pointsPerClue, words: '寻宝找到线索' },
        ...(complete
          ? [{ do: 'record' as const, kind: 'hunt-finished' as const, key: 'finish', detail: { prize } }]
          : []),
        ...(prize
          ? [{ do: 'prize' as const, title: settings.prize.title, validDays: settings.prize.validDays }]
          : []),
      ],
    }
  },
  readText(settings, text) {
    const match = /^寻宝\s*(\d{1,2})\s*[:：\s]\s*(.{1,64})$/u.exec(text.trim())
    if (!match) return null
    const clue = settings.clues[Number(match[1]) - 1]
    return { clue: clue?.id ?? '', answer: match[2] ?? '' }
  },
  view: (settings, facts) => ({
    intro: settings.intro,
    prize: settings.prize.title,
    prizesLeft: Math.max(0, settings.prize.count - facts.prizesGiven),
    clues: settings.clues.map((clue, i) => ({
      id: clue.id,
      number: i + 1,
      // A riddle leaves the server only when it is released.
      ...(facts.now >= clue.releaseAt ? { riddle: clue.riddle } : {}),
      releasedAt: isoOf(clue.releaseAt),
      found: facts.mine.has(clue.id),
    })),
    found: settings.clues.filter(({ id }) => facts.mine.has(id)).length,
    finishers: facts.board.filter(({ found }) => found === settings.clues.length).length,
    board: facts.board.slice(0, 10),
  }),
  result: (settings, { tally }) =>
    settings.clues.map(({ id }, i) => ({
      label: `线索 ${String(i + 1)}`,
      count: tally.filter(({ slot }) => slot === id).reduce((sum, { count }) => sum + count, 0),
    })),
})

function huntWords(found: number, settings: HuntSettings, complete: boolean, prize: boolean): string {
  if (!complete) return `找到了！进度 ${String(found)}/${String(settings.clues.length)}`
  return prize ? `全部找到！获得${settings.prize.title}` : '全部找到！奖品已经领完，积分照给'
}
