/** Corp tags against the simulator, while people change them by hand: before us, after us, and between our look and our call. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createAct } from '../base/act.ts'
import type { Act } from '../base/act.ts'
import { minutes, seconds, virtualClock } from '../base/clock.ts'
import type { VirtualClock } from '../base/clock.ts'
import { createLog } from '../base/log.ts'
import { people } from '../customer/index.ts'
import { createFlush, createFollowers, readLog } from '../interaction/index.ts'
import type { Followers } from '../interaction/index.ts'
import { askMirror } from '../segment/index.ts'
import { startSimulator } from '../simulator/index.ts'
import type { Simulator } from '../simulator/index.ts'
import { onBothDatabases } from '../../test/database.ts'
import type { TestDatabase } from '../../test/database.ts'
import { corpTagNotes, createApi, createClient, createMirror, createSync } from './index.ts'
import type { Mirror, MirrorParts, Sync, WecomApi, WecomClient } from './index.ts'

const startAt = Date.UTC(2026, 4, 20, 2)
const log = createLog('silent')

onBothDatabases('the mirror of corp tags', (open) => {
  let opened: TestDatabase
  let simulator: Simulator
  let clock: VirtualClock
  let client: WecomClient
  let api: WecomApi
  let act: Act
  let sync: Sync
  let mirror: Mirror
  let followers: Followers

  const parts = (): MirrorParts => ({
    api,
    act,
    db: opened.db,
    clock,
    agentId: simulator.credentials.agentId,
  })
  beforeEach(async () => {
    opened = await open()
    clock = virtualClock(startAt)
    simulator = await startSimulator({ clock: 'virtual', startAt, empty: true })
    const { world, credentials } = simulator
    for (const userid of ['lin', 'wang']) world.addStaff({ userid, name: userid, confirm: { mode: 'never' } })
    const { corpId, agentSecret } = credentials
    client = createClient(
      { apiUrl: simulator.url, corpId, agentSecret, retryBaseMs: 5, timeoutMs: 2_000 },
      { clock },
    )
    api = createApi(client)
    const flush = createFlush({ people, projections: [], wake: () => undefined })
    act = createAct({ db: opened.db, clock, flush: async (ctx, rows) => void (await flush(ctx, rows)) })
    sync = createSync({ ...parts(), log })
    mirror = createMirror(parts())
    followers = createFollowers(opened.db, act, [...sync.followers, ...mirror.followers], log)
    for (const external_userid of ['wm1', 'wm2'])
      world.addContact({ userid: 'lin', external_userid, silent: true })
    await sync.compareAll()
    await followers.catchUp()
    await mirror.converge()
  })
  afterEach(async () => {
    await client.close()
    await simulator.close()
    await opened.drop()
  })

  const pass = async (ms: number): Promise<void> => {
    await simulator.advanceTo(simulator.now() + ms)
    clock.set(simulator.now())
  }
  const customerOf = async (external: string): Promise<string> => {
    const [row] = await opened.db.reader.rows<{ customer: string }>(
      `select customer from identity where kind = 'external' and value = $1`,
      [external],
    )
    return row?.customer ?? ''
  }
  /** Exactly these, `group/tag` each. */
  async function want(external: string, ...tags: readonly string[]): Promise<void> {
    const customer = await customerOf(external)
    await act({ kind: 'system', name: 'test' }, async ({ tx, now }) => {
      await tx.run('DELETE FROM wanted_tag WHERE customer = $1', [customer])
      await tx.insert(
        'wanted_tag',
        tags.map((name) => {
          const [tag_group = '', tag = ''] = name.split('/')
          return { customer, tag_group, tag, origin: 'tag', changed_at: now }
        }),
      )
      await askMirror(tx, [customer], now)
    })
  }
  const tagsOf = (external: string, staff = 'lin'): string[] => {
    const names = new Map(
      simulator.world
        .tagGroups()
        .flatMap(({ name, tags }) => tags.map((tag) => [tag.id, `${name}/${tag.name}`] as const)),
    )
    return [...(simulator.world.customer(external)?.follows.get(staff)?.tagIds ?? [])]
      .map((id) => names.get(id) ?? 'unknown')
      .sort()
  }
  const idOf = (name: string): string => {
    const [group, tag] = name.split('/')
    const found = simulator.world
      .tagGroups()
      .find((one) => one.name === group)
      ?.tags.find((one) => one.name === tag)
    return found?.id ?? ''
  }
  /** As the callback would tell it, without the door. */
  const heard = (kind: string, detail: Record<string, unknown>, who = {}): Promise<void> =>
    act({ kind: 'system', name: 'test' }, (ctx) =>
      Promise.resolve(
        ctx.record({
          kind,
          at: Math.floor(ctx.now / 1000) * 1000,
          source: 'test',
          sourceKey: ctx.newId(),
          who,
          detail,
        }),
      ),
    )
  const converged = async (): Promise<number> => {
    await followers.catchUp()
    let all = 0
    for (let more = -1; more !== 0;) {
      more = await mirror.converge()
      all += more
    }
    return all
  }

  it('puts several tags of a group on every advisor’s contact, takes off what is over, and leaves the tags of people alone', async () => {
    simulator.world.addContact({ userid: 'wang', external_userid: 'wm1', silent: true })
    await sync.compareAll()
    const byHand = simulator.world.createTag('客户等级', '重要')
    simulator.world.markByHand('lin', 'wm1', { add: [byHand.id] })
    await want('wm1', '分层/高价值', '行为/心动未下单', '行为/价格敏感')
    expect(await converged()).toBe(2)
    const three = ['分层/高价值', '行为/价格敏感', '行为/心动未下单'].sort()
    expect(tagsOf('wm1')).toEqual([...three, '客户等级/重要'].sort())
    expect(tagsOf('wm1', 'wang')).toEqual(three)
    await want('wm1', '分层/沉睡', '行为/价格敏感')
    simulator.addFault({ api: 'externalcontact/mark_tag', kind: 'reset-after', times: 1 })
    expect(await converged()).toBe(2)
    expect(tagsOf('wm1')).toEqual(['分层/沉睡', '客户等级/重要', '行为/价格敏感'].sort())
    await want('wm1')
    await converged()
    expect(tagsOf('wm1')).toEqual(['客户等级/重要'])
    expect(tagsOf('wm1', 'wang')).toEqual([])
    expect(await converged()).toBe(0)
    const [first] = await readLog(opened.db.reader, { kinds: ['tags-marked'], limit: 1 })
    expect((first?.detail['added'] as string[]).sort()).toEqual(three)
  })

  it('never takes over a tag or a group that somebody made before, and says under which name ours goes', async () => {
    const theirs = simulator.world.createTag('行为', '心动未下单')
    simulator.world.markByHand('lin', 'wm2', { add: [theirs.id] })
    await want('wm1', '行为/心动未下单')
    await converged()
    expect(tagsOf('wm1')).toEqual(['行为·Siyu/心动未下单'])
    await want('wm1')
    await converged()
    expect(tagsOf('wm1')).toEqual([])
    expect(tagsOf('wm2')).toEqual(['行为/心动未下单'])
    // In a group of ours somebody made a tag that we want a little later.
    simulator.world.createTag('行为·Siyu', '价格敏感')
    await want('wm1', '行为/价格敏感', '行为/心动未下单')
    await converged()
    expect(tagsOf('wm1')).toEqual(['行为·Siyu/价格敏感·Siyu', '行为·Siyu/心动未下单'].sort())
    expect((await corpTagNotes(opened.db.reader)).join('\n')).toContain(
      '行为/价格敏感 is called 行为·Siyu/价格敏感·Siyu',
    )
  })

  it('knows a tag as its own although it crashed before it heard the answer', async () => {
    simulator.addFault({ api: 'externalcontact/add_corp_tag', kind: 'reset-after', times: 10 })
    await want('wm1', '行为/心动未下单')
    await expect(mirror.converge()).rejects.toMatchObject({ name: 'OutsideFailure' })
    simulator.clearFaults()
    mirror = createMirror(parts())
    await pass(minutes(1))
    await converged()
    expect(tagsOf('wm1')).toEqual(['行为/心动未下单'])
    expect(simulator.world.tagGroups().map(({ name }) => name)).toEqual(['行为'])
  })

  it('leaves a tag of ours on a contact where somebody had put it by hand, before our look or between look and call', async () => {
    await want('wm2', '行为/心动未下单')
    await converged()
    const id = idOf('行为/心动未下单')
    simulator.world.markByHand('lin', 'wm1', { add: [id] })
    await want('wm1', '行为/心动未下单')
    await converged()
    await want('wm1')
    await converged()
    expect(tagsOf('wm1')).toEqual(['行为/心动未下单'])

    // wm2: taken off by us, then put on again by us while a member does so too.
    await want('wm2')
    await converged()
    expect(tagsOf('wm2')).toEqual([])
    await pass(minutes(1))
    const real = api.customer
    api.customer = async (external, from, signal) => {
      const seen = await real(external, from, signal)
      simulator.world.markByHand('lin', 'wm2', { add: [id] })
      return seen
    }
    mirror = createMirror(parts())
    await want('wm2', '行为/心动未下单')
    await converged()
    api.customer = real
    await heard('contact-edited', { ChangeType: 'edit_external_contact' }, { external: 'wm2', staff: 'lin' })
    await want('wm2')
    await converged()
    expect(tagsOf('wm2')).toEqual(['行为/心动未下单'])
  })

  it('does not put on again what a member took off by hand, as long as the same is wanted', async () => {
    await want('wm1', '行为/心动未下单')
    await converged()
    simulator.world.markByHand('lin', 'wm1', { remove: [idOf('行为/心动未下单')] })
    await heard('contact-edited', {}, { external: 'wm1', staff: 'lin' })
    mirror.look()
    await converged()
    expect(tagsOf('wm1')).toEqual([])
    await want('wm1')
    await converged()
    await want('wm1', '行为/心动未下单')
    await converged()
    expect(tagsOf('wm1')).toEqual(['行为/心动未下单'])
  })

  it('makes a tag deleted by hand again once, with or without a callback, and respects the second time; a renamed one stays ours', async () => {
    await want('wm1', '行为/心动未下单')
    await converged()
    simulator.world.renameTag(idOf('行为/心动未下单'), '想买')
    await want('wm2', '行为/心动未下单')
    await converged()
    expect(tagsOf('wm2')).toEqual(['行为/想买'])
    const id = idOf('行为/想买')
    simulator.world.deleteTag(id)
    await heard('corp-tag-changed', { ChangeType: 'delete', Id: id, TagType: 'tag' })
    expect(await converged()).toBe(2)
    expect([tagsOf('wm1'), tagsOf('wm2')]).toEqual([['行为/心动未下单'], ['行为/心动未下单']])
    // The whole group this time, and no callback comes: the hourly look finds it.
    const group = simulator.world.tagGroups().find(({ name }) => name === '行为')
    simulator.world.deleteTag(group?.id ?? '')
    mirror.look()
    await converged()
    expect(tagsOf('wm1')).toEqual([])
    expect(simulator.world.tagGroups()).toEqual([])
    expect((await corpTagNotes(opened.db.reader)).join('\n')).toContain('deleted by hand twice')
    await want('wm1', '行为/心动未下单', '行为/价格敏感')
    await converged()
    expect(tagsOf('wm1')).toEqual(['行为/价格敏感'])
  })

  it('looks again at whoever became a contact again, and finds a tag that vanished between look and call', async () => {
    await want('wm1', '行为/心动未下单')
    await converged()
    simulator.world.removeContact('lin', 'wm1', 'staff')
    await pass(minutes(1))
    await sync.compareAll()
    await pass(minutes(1))
    simulator.world.addContact({ userid: 'lin', external_userid: 'wm1', silent: true })
    await sync.compareAll()
    await converged()
    expect(tagsOf('wm1')).toEqual(['行为/心动未下单'])
    simulator.world.deleteTag(idOf('行为/心动未下单'))
    await want('wm2', '行为/心动未下单')
    // The first turn learns that it is gone, the next one makes it.
    expect(await mirror.converge()).toBe(0)
    await converged()
    expect([tagsOf('wm1'), tagsOf('wm2')]).toEqual([['行为/心动未下单'], ['行为/心动未下单']])
  })

  it('goes on after WeCom was away or too busy, and waits with one customer without keeping the others', async () => {
    await want('wm1', '行为/心动未下单')
    simulator.addFault({ api: 'externalcontact/mark_tag', kind: 'errcode', errcode: 45009, times: 1 })
    await expect(mirror.converge()).rejects.toMatchObject({ name: 'OutsideFailure' })
    expect(await mirror.converge()).toBe(0)
    await pass(minutes(2))
    expect(await converged()).toBe(1)
    simulator.addFault({ api: 'externalcontact/mark_tag', kind: 'errcode', errcode: 45033, times: 1 })
    await want('wm2', '行为/心动未下单')
    await pass(seconds(30))
    expect(await converged()).toBe(1)
    expect(tagsOf('wm2')).toEqual(['行为/心动未下单'])
  })

  it('never puts more tags into one call than WeCom is known to take', async () => {
    const many = Array.from({ length: 60 }, (_, n) => `很多/标签${String(n)}`)
    await want('wm1', ...many)
    await converged()
    expect(tagsOf('wm1')).toHaveLength(60)
    await want('wm1')
    await converged()
    expect(tagsOf('wm1')).toEqual([])
  })
})
