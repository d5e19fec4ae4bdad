import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { onBothDatabases } from '../../test/database.ts'
import { fakeChannel } from '../../test/fake-channel.ts'
import type { FakeChannel } from '../../test/fake-channel.ts'
import { mortalWorker } from '../../test/mortal-worker.ts'
import { openWorld } from '../../test/outbox-world.ts'
import type { World } from '../../test/outbox-world.ts'
import { hours } from '../base/clock.ts'
import { enqueue, lockPromises, resolveHeld } from '../outbox/index.ts'
import type { PromiseRow, PromiseState } from '../outbox/index.ts'
import { isPoison, isPoisonClaimed, isSuspect, rememberFalls, weighFall } from './suspicion.ts'

const venom = '毒药'

interface InHand {
  readonly text: string
  readonly state?: PromiseState
  readonly crashes?: number
  readonly stumbles?: number | null
  readonly parcel?: string | null
}

const held = ({ text, state = 'claimed', crashes = 0, stumbles = null, parcel = null }: InHand): PromiseRow =>
  ({
    channel: 'broadcast',
    sender: 'lin',
    content: JSON.stringify({ text }),
    state,
    crashes,
    stumbles,
    parcel,
  }) as PromiseRow

const weights = (...left: readonly InHand[]): string[] =>
  [...weighFall(left.map(held)).values()].map(
    ({ crashes, stumbles }) => `${String(crashes)}/${String(stumbles)}`,
  )

describe('what a fall weighs (calls/claims)', () => {
  it.each<[string, readonly InHand[], readonly string[]]>([
    ['a lone call', [{ text: 'a', state: 'intent', parcel: 'p' }], ['2/0']],
    [
      'two calls',
      [
        { text: 'a', state: 'intent', parcel: 'p' },
        { text: 'b', state: 'intent', parcel: 'q', crashes: 1 },
      ],
      ['1/0', '2/0'],
    ],
    [
      'a lone call beside what was only claimed',
      [{ text: 'a', state: 'intent', parcel: 'p' }, { text: 'b' }],
      ['2/0', '0/1'],
    ],
    [
      'a suspected call among others',
      [
        { text: 'a', state: 'intent', parcel: 'p', crashes: 3 },
        { text: 'b', state: 'intent', parcel: 'q' },
      ],
      ['5/0', '1/0'],
    ],
    ['a lone claim', [{ text: 'a' }], ['0/10']],
    ['one wording for two customers', [{ text: 'a' }, { text: 'a' }], ['0/10', '0/10']],
    ['two claims', [{ text: 'a' }, { text: 'b', stumbles: 1 }], ['0/1', '0/2']],
    ['the only suspect among claims', [{ text: 'a', stumbles: 2 }, { text: 'b' }], ['0/12', '0/1']],
    [
      'two suspects among claims: the others of other workers are not asked',
      [
        { text: 'a', stumbles: 2 },
        { text: 'b', stumbles: 12 },
      ],
      ['0/2', '0/12'],
    ],
  ])('%s', (_, left, expected) => {
    expect(weights(...left)).toEqual(expected)
  })

  it('a suspect is who fell twice while claimed, or with calls of weight three', () => {
    expect(isSuspect({ crashes: 2, stumbles: 1 })).toBe(false)
    expect(isSuspect({ crashes: 3, stumbles: null })).toBe(true)
    expect(isSuspect({ crashes: 0, stumbles: 2 })).toBe(true)
  })
})

describe('how much is asked for before somebody is held', () => {
  it.each([
    ['three falls of its own, and no others', 6, 3, true],
    ['its own, after two in company', 8, 5, true],
    ['three falls, while workers fell without it', 6, 11, false],
    ['six falls, whatever else fell', 12, 40, true],
    ['a fall short', 5, 3, false],
  ])('a call: %s', (_, crashes, lately, expected) => {
    expect(isPoison({ crashes }, lately)).toBe(expected)
  })

  it('what was only claimed, by the same measure', () => {
    expect([isPoisonClaimed(32, 5), isPoisonClaimed(32, 12), isPoisonClaimed(62, 12)]).toEqual([
      true,
      false,
      true,
    ])
  })
})

onBothDatabases('words that kill whoever makes a call of them', (open) => {
  const customers = 60
  let world: World
  let broadcast: FakeChannel
  let task: FakeChannel
  beforeEach(async () => {
    world = await openWorld(open, customers)
    const now = () => world.clock.now()
    broadcast = fakeChannel('broadcast', { now })
    task = fakeChannel('advisor-task', { now, resendWithinMs: hours(4) })
  })
  afterEach(() => world.drop())

  const owe = (n: number, text: string, channel: 'broadcast' | 'advisor-task'): Promise<unknown> =>
    world.as((ctx) =>
      enqueue(ctx, [
        world.candidate(n, {
          dedupeKey: `${channel}:${text}`,
          channel,
          purpose: 'service',
          content: { text },
        }),
      ]),
    )

  /** Starts workers until one has nothing left to do; answers how many fell. */
  async function falls(): Promise<number> {
    const kills = ({ text }: { text: string }): boolean => text.includes(venom)
    for (let life = 0; life < 20; life += 1) {
      const { delivery, death } = mortalWorker(world, [broadcast, task], () => false, kills)
      const work = async (): Promise<'done'> => {
        do {
          await delivery.drainOnce(world.clock.now())
          await delivery.reconcileOnce(world.clock.now())
          world.clock.advance(2_000)
        } while (Object.values(await world.states()).some((state) => !/^(waiting|held)$/.test(state)))
        return 'done'
      }
      if ((await Promise.race([death, work()])) === 'done') {
        await delivery.stop()
        return life
      }
      await world.db.tx((tx) => tx.run('UPDATE worker_lease SET lease_until = 0'))
      world.clock.advance(1_000)
    }
    throw new Error('It killed twenty workers.')
  }

  const stateOf = async (text: string): Promise<PromiseRow | undefined> =>
    (await world.promises()).find(({ dedupe_key }) => dedupe_key.endsWith(text))

  it('are held after three falls when nothing else was in hand', async () => {
    await owe(1, venom, 'broadcast')
    expect(await falls()).toBe(3)
    expect(await stateOf(venom)).toMatchObject({ state: 'held', settle_code: 'poison', attempts: 0 })
    expect(broadcast.calls).toEqual([])
  })

  it('are found in a crowd, and everybody else is told once', async () => {
    await owe(1, venom, 'broadcast')
    await owe(2, `${venom}二`, 'advisor-task')
    for (let n = 3; n <= customers; n += 1)
      await owe(n, `第 ${String(n)} 句`, n % 2 === 0 ? 'broadcast' : 'advisor-task')
    // Two are guilty: each is blamed three times, after two falls in company.
    expect(await falls()).toBeLessThanOrEqual(2 * (2 + 3))
    for (const text of [venom, `${venom}二`])
      expect(await stateOf(text)).toMatchObject({ state: 'held', settle_code: 'poison' })
    const told = (await world.promises()).filter(({ state }) => state === 'waiting')
    expect(told).toHaveLength(customers - 2)
    expect(told.map(({ id }) => broadcast.livePer(id) + task.livePer(id)).filter((n) => n !== 1)).toEqual([])
    // Whose call was written is no suspect any more.
    expect(told.map(({ stumbles }) => stumbles).filter((n) => n !== null)).toEqual([])
  })

  it('are told from the innocent by more falls where workers fall anyway', async () => {
    await world.as(async (ctx) => {
      await rememberFalls(ctx, 10)
    })
    await owe(1, venom, 'broadcast')
    expect(await falls()).toBe(6)
    expect(await stateOf(venom)).toMatchObject({ state: 'held', settle_code: 'poison' })
    // What is explained is no storm: the next one falls three times.
    await owe(2, `${venom}二`, 'broadcast')
    expect(await falls()).toBe(3)
  })

  it('go out when a person says so and they have become harmless', async () => {
    await owe(1, venom, 'broadcast')
    await falls()
    const row = await stateOf(venom)
    await world.as((ctx) => resolveHeld(ctx, row?.id ?? '', 'again'))
    const [again] = await world.as((ctx) => lockPromises(ctx.tx, [row?.id ?? '']))
    expect(again).toMatchObject({ state: 'queued', crashes: 0, stumbles: null })
  })
})
