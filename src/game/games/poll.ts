import { z } from 'zod'
import { timesPoints } from '../../reward/index.ts'
import { defineGame, refusedMove } from '../game.ts'
import type { Facts } from '../game.ts'

export const pollSettings = z
  .object({
    intro: z.string().max(200).default(''),
    options: z
      .array(z.object({ id: z.string().regex(/^[a-z0-9-]{1,32}$/), label: z.string().min(1).max(40) }))
      .min(2)
      .max(10),
    /** How many options one person may choose. */
    most: z.number().int().min(1).max(10).default(1),
    /** Given once per person, for the first vote. */
    points: z.number().int().min(0).max(1_000).default(5),
  })
  .refine(
    ({ options }) => new Set(options.map(({ id }) => id)).size === options.length,
    'two options have the same id',
  )
export type PollSettings = z.infer<typeof pollSettings>

/** One vote per person whatever the channel; it may be changed until the poll closes. */
export const poll = defineGame<PollSettings>({
  kind: 'poll',
  title: '投票',
  settings: pollSettings,
  play(settings, moment, move) {
    if (moment.now < moment.opensAt) return refusedMove('投票还没开始')
    if (moment.now >= moment.closesAt) return refusedMove('投票已经结束')
    const chosen = [...new Set(move.choices ?? [])]
    if (chosen.length === 0) return refusedMove('请先选择一个选项')
    if (chosen.length > settings.most) return refusedMove(`最多选 ${String(settings.most)} 项`)
    if (chosen.some((id) => !settings.options.some((option) => option.id === id)))
      return refusedMove('没有这个选项')
    const choice = settings.options
      .filter(({ id }) => chosen.includes(id))
      .map(({ id }) => id)
      .join(',')
    const before = moment.mine.get('vote')
    if (before === choice) return { accepted: true, words: '您已经投过这一项了', effects: [] }
    return {
      accepted: true,
      words: before === undefined ? '投票成功，谢谢参与' : '已改投，以这次为准',
      effects: [
        { do: 'put', slot: 'vote', choice },
        {
          do: 'record',
          kind: 'poll-voted',
          key: `vote:${String(moment.now)}`,
          detail: { choices: choice.split(','), changed: before !== undefined },
        },
        { do: 'points', key: 'vote', amount: settings.points, words: '参与投票' },
      ],
    }
  },
  readText(settings, text) {
    const match = /^(?:投票|投|选)\s*([0-9A-Za-z,，、\s]+)$/.exec(text.trim())
    if (!match?.[1]) return null
    const choices = match[1]
      .split(/[,，、\s]+/)
      .filter(Boolean)
      .map((word) => {
        const number = /^\d+$/.test(word) ? Number(word) : word.toUpperCase().charCodeAt(0) - 64
        return settings.options[number - 1]?.id ?? `#${word}`
      })
    return { choices }
  },
  view: (settings, facts) => ({
    intro: settings.intro,
    points: timesPoints(settings.points, facts.pointsFactor),
    most: settings.most,
    options: settings.options.map((option) => ({ ...option, votes: votesOf(option.id, facts.tally) })),
    players: facts.players,
    mine: (facts.mine.get('vote') ?? '').split(',').filter(Boolean),
  }),
  result: (settings, { tally }) =>
    settings.options.map(({ id, label }) => ({ label, count: votesOf(id, tally) })),
})

/** A stored choice lists the chosen ids: `a,c` counts for both. */
const votesOf = (id: string, tally: Facts['tally']): number =>
  tally.filter(({ choice }) => choice.split(',').includes(id)).reduce((sum, { count }) => sum + count, 0)
