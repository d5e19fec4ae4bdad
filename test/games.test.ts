import { afterEach, beforeEach, expect, it } from 'vitest'
import { createAct, system } from '../src/base/act.ts'
import type { Act } from '../src/base/act.ts'
import { dayOf } from '../src/base/calendar.ts'
import { days, virtualClock } from '../src/base/clock.ts'
import type { VirtualClock } from '../src/base/clock.ts'
import { ensureGames, findGame, play, viewGame } from '../src/game/index.ts'
import type { GameDefinition, Move, PlayAnswer } from '../src/game/index.ts'
import { createFlush, readLog, nobody } from '../src/interaction/index.ts'
import {
  applyLevelRules,
  applyRewardSettings,
  grantLevel,
  levelRulesShape,
  pointsOf,
} from '../src/reward/index.ts'
import { rewardSettingsShape } from '../src/reward/settings.ts'
import { onBothDatabases } from './database.ts'
import type { TestDatabase } from './database.ts'

const poll: GameDefinition = {
  id: 'poll-2026-W21',
  kind: 'poll',
  title: '下周想听什么',
  touchpoint: 'weekly-poll',
  settings: {
    options: [
      { id: 'a', label: '辅食' },
      { id: 'b', label: '睡眠' },
    ],
    points: 5,
  },
  opensAt: 0,
  closesAt: 1_000_000,
}
const hunt: GameDefinition = {
  id: 'hunt-may',
  kind: 'hunt',
  title: '五月寻宝',
  touchpoint: 'treasure-hunt',
  settings: {
    clues: [{ id: 'one', riddle: '?', answers: ['雨伞'], releaseAt: 0 }],
    pointsPerClue: 10,
    prize: { title: '礼盒', count: 10, validDays: 7 },
  },
  opensAt: 0,
  closesAt: 1_000_000,
}

onBothDatabases('games', (open) => {
  let opened: TestDatabase
  let clock: VirtualClock
  let act: Act
  const move = (player: string, game: string, what: Move): Promise<PlayAnswer> =>
    act({ kind: 'player', external: player }, (ctx) =>
      play(ctx, { key: player, who: { external: player }, via: 'h5' }, game, what),
    )

  beforeEach(async () => {
    opened = await open()
    clock = virtualClock(1_000)
    const flush = createFlush({
      people: nobody,
      projections: [],
      wake: () => undefined,
    })
    act = createAct({ db: opened.db, clock, flush: async (ctx, rows) => void (await flush(ctx, rows)) })
    await act(system('test'), (ctx) => ensureGames(ctx, [poll, hunt]))
  })
  afterEach(() => opened.drop())

  it('count one vote a person, let it be changed, and give the points once', async () => {
    expect(await move('wm1', poll.id, { choices: ['a'] })).toMatchObject({ accepted: true, points: 5 })
    expect(await move('wm1', poll.id, { choices: ['b'] })).toMatchObject({ accepted: true, points: 0 })
    await move('wm2', poll.id, { choices: ['b'] })
    const game = await findGame(opened.db.reader, poll.id)
    const view =
      game && (await viewGame(opened.db.reader, game, 'wm1', clock.now(), () => Promise.resolve(new Map())))
    expect(view).toMatchObject({ players: 2, mine: ['b'], options: [{ votes: 0 }, { votes: 2 }] })
    expect(await pointsOf(opened.db.reader, 'wm1')).toBe(5)
    const votes = await readLog(opened.db.reader, { kinds: ['poll-voted'], limit: 10 })
    expect(votes).toHaveLength(3)
  })

  it('multiply points by what her day and her level say, the larger one, and tell so', async () => {
    const levels = levelRulesShape.parse({
      levels: [
        { name: 'ordinary', title: '普通', fromYuan: 0 },
        { name: 'gold', title: '金卡', fromYuan: 1_000, pointsFactor: 1.5 },
      ],
    })
    const rewards = rewardSettingsShape.parse({ points: { membersDay: { dayOfMonth: 18, factor: 3 } } })
    await act(system('test'), async (ctx) => {
      await applyLevelRules(ctx, levels)
      await applyRewardSettings(ctx, rewards)
      await grantLevel(ctx, {
        customer: 'gold',
        level: 'gold',
        until: '1971-01-01',
        why: '试用',
        key: 'test:gold',
      })
    })
    const weekly = { ...poll, id: 'poll-level', closesAt: clock.now() + days(60) }
    await act(system('test'), (ctx) => ensureGames(ctx, [weekly]))
    const pointsOfVote = async (player: string) => (await move(player, weekly.id, { choices: ['a'] })).points
    expect(dayOf(clock.now())).toBe('1970-01-01')
    expect(await pointsOfVote('plain')).toBe(5)
    const game = (await findGame(opened.db.reader, weekly.id)) ?? expect.fail()
    expect(
      await viewGame(opened.db.reader, game, 'gold', clock.now(), () => Promise.resolve(new Map())),
    ).toMatchObject({ points: 8 })
    // 7.5 are 8 whole points.
    expect(await pointsOfVote('gold')).toBe(8)
    const [given] = (await readLog(opened.db.reader, { kinds: ['points-given'], limit: 10 })).slice(-1)
    expect(given?.detail).toMatchObject({ amount: 8, words: '下周想听什么：参与投票（1.5 倍积分）' })
    // The 18th is members' day: three times, not four and a half.
    clock.advance(days(17))
    const again = { ...weekly, id: 'poll-members-day' }
    await act(system('test'), (ctx) => ensureGames(ctx, [again]))
    expect((await move('gold', again.id, { choices: ['a'] })).points).toBe(15)
    expect((await move('gold', again.id, { choices: ['b'] })).points).toBe(0)
  })

  it('give exactly 10 prizes for 500 claims at once', async () => {
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, i) => move(`wm${String(i)}`, hunt.id, { clue: 'one', answer: '雨伞' })),
    )
    expect(answers.filter(({ coupon }) => coupon !== null)).toHaveLength(10)
    expect(new Set(answers.flatMap(({ coupon }) => coupon?.code ?? [])).size).toBe(10)
  })

  it('refuse guessing after ten wrong answers in a minute, and let the next minute begin anew', async () => {
    for (let i = 0; i < 10; i += 1) await move('wm1', hunt.id, { clue: 'one', answer: `错${String(i)}` })
    await expect(move('wm1', hunt.id, { clue: 'one', answer: '雨伞' })).rejects.toMatchObject({
      code: 'too-many-tries',
      status: 429,
    })
    clock.advance(60_000)
    expect(await move('wm1', hunt.id, { clue: 'one', answer: '雨伞' })).toMatchObject({
      accepted: true,
      points: 10,
    })
  })

  it('opened twice keep the moves made in between', async () => {
    await move('wm1', poll.id, { choices: ['a'] })
    await act(system('test'), (ctx) => ensureGames(ctx, [{ ...poll, title: '改过的题目' }]))
    const game = await findGame(opened.db.reader, poll.id)
    expect(game?.title).toBe('改过的题目')
    expect(await readLog(opened.db.reader, { kinds: ['game-opened'], limit: 10 })).toHaveLength(2)
    expect(await move('wm1', poll.id, { choices: ['a'] })).toMatchObject({ words: '您已经投过这一项了' })
  })

  it('do not know a game that was never opened', async () => {
    await expect(move('wm1', 'poll-none', { choices: ['a'] })).rejects.toMatchObject({
      code: 'not-found',
      status: 404,
    })
  })
})
