import { afterEach, beforeEach, expect, it } from 'vitest'
import { system } from '../base/act.ts'
import type { Ctx, Happening, Who } from '../base/act.ts'
import { instantOf } from '../base/calendar.ts'
import { onBothDatabases } from '../../test/database.ts'
import { openStore } from '../../test/store.ts'
import type { TestStore } from '../../test/store.ts'
import {
  advisorsOf,
  chooseTopics,
  customerIdOf,
  customerOf,
  dismissGroup,
  endContact,
  namesOf,
  optIn,
  optOut,
  optedOutOf,
  ownsCustomer,
  saveContacts,
  saveGroup,
  saveStaff,
  subscriptionsOf,
} from './index.ts'
import type { ContactSeen } from './index.ts'

let n = 0
const seen = (who: Who, more: Partial<Happening> = {}): Happening => ({
  kind: 'link-clicked',
  at: 2_000_000,
  source: 'test',
  sourceKey: `k${String((n += 1))}`,
  who,
  detail: {},
  ...more,
})

onBothDatabases('customers', (open) => {
  let store: TestStore
  beforeEach(async () => {
    store = await openStore(open, instantOf('2026-05-20', '10:00'))
  })
  afterEach(() => store.drop())
  const reader = () => store.db.reader
  const external = (value: string) => customerOf(reader(), { kind: 'external', value })
  const shop = (value: string) => customerOf(reader(), { kind: 'shop', value })
  const phone = (value: string) => customerOf(reader(), { kind: 'phone', value })
  const deed = <T>(work: (ctx: Ctx) => Promise<T>): Promise<T> => store.act(system('test'), work)

  it('are made of the first identity seen, and identities named together belong together', async () => {
    await store.say(
      seen({ external: 'wm1' }),
      seen({ external: 'wm1', shopId: 's1' }),
      seen({ shopId: 's1', phoneHash: 'p1' }),
      seen({ shopId: 's2' }),
    )
    const id = customerIdOf({ kind: 'external', value: 'wm1' })
    expect([await external('wm1'), await shop('s1'), await phone('p1')]).toEqual([id, id, id])
    expect(await shop('s2')).toBe(customerIdOf({ kind: 'shop', value: 's2' }))
    expect(id).toMatch(/^c[0-9a-f]{24}$/)
  })

  it('named together when both are known are kept apart, and it is noted once', async () => {
    await store.say(seen({ external: 'wm1' }), seen({ shopId: 's1' }))
    await store.say(
      seen({ external: 'wm1', shopId: 's1' }, { kind: 'order-placed', detail: { amountFen: 100 } }),
      seen({ external: 'wm1', shopId: 's1' }),
    )
    await store.say(seen({ external: 'wm1', shopId: 's1' }))
    const [kept, other] = [await external('wm1'), await shop('s1')]
    expect(kept).not.toBe(other)
    const [one, two] = [kept ?? '', other ?? ''].sort()
    expect(await reader().rows('select one, two, first_seq, state from identity_conflict')).toEqual([
      { one, two, first_seq: 3, state: 'open' },
    ])
    expect(await reader().rows('select customer from shop_order')).toEqual([{ customer: kept }])
  })

  it('are known since the earliest happening, also when that is recorded later', async () => {
    await store.say(seen({ shopId: 's1' }, { at: 5_000 }))
    await store.say(seen({ shopId: 's1' }, { at: 3_000 }), seen({ shopId: 's1' }, { at: 4_000 }))
    expect(await reader().rows('select created_at, first_seq from customer')).toEqual([
      { created_at: 3_000, first_seq: 1 },
    ])
  })

  it('are not made of strangers who only play, but of those who buy or decide', async () => {
    await store.say(seen({ external: 'openid:o1' }), seen({ external: 'wechaty:w1' }))
    expect(await external('openid:o1')).toBeNull()
    await deed((ctx) => optOut(ctx, 'openid:o1', { purpose: 'marketing', via: 'h5' }))
    expect((await subscriptionsOf(reader(), 'openid:o1')).marketing).toBe(false)
    expect(await external('openid:o1')).not.toBeNull()
  })

  it('opt out and in again per purpose, and choose topics', async () => {
    expect(await subscriptionsOf(reader(), 'wm1')).toEqual({ marketing: true, service: true, topics: {} })
    await deed((ctx) => optOut(ctx, 'wm1', { purpose: 'marketing', via: 'sidebar', said: '别发了' }))
    await deed((ctx) => chooseTopics(ctx, 'wm1', { 'no-baby-topics': true }, 'h5'))
    expect(await subscriptionsOf(reader(), 'wm1')).toEqual({
      marketing: false,
      service: true,
      topics: { 'no-baby-topics': true },
    })
    const id = (await external('wm1')) ?? ''
    expect(await optedOutOf(reader(), [id, 'c-unknown'], 'marketing')).toEqual(new Set([id]))
    expect(await reader().rows('select words from log_words')).toEqual([{ words: '别发了' }])
    await deed((ctx) => optIn(ctx, 'wm1', { purpose: 'marketing', via: 'h5' }))
    expect((await subscriptionsOf(reader(), 'wm1')).marketing).toBe(true)
  })

  const contact = (more: Partial<ContactSeen> = {}): ContactSeen => ({
    external: 'wm1',
    staff: 'li',
    name: '王女士',
    gender: 2,
    addedAt: 1_000,
    ...more,
  })

  it('have one advisor, the oldest active contact, and only contacts may look', async () => {
    await store.say(seen({ external: 'wm1' }), seen({ shopId: 's9' }))
    const id = (await external('wm1')) ?? ''
    const saved = await deed(async (ctx) => {
      await saveStaff(ctx, [
        { userid: 'li', name: '李敏', active: true, contact: true },
        { userid: 'zhao', name: '赵倩', active: true, contact: true },
      ])
      return saveContacts(ctx, [contact({ staff: 'zhao', addedAt: 2_000 }), contact()])
    })
    expect(saved.added.map(({ staff }) => staff)).toEqual(['li', 'zhao'])
    expect((await advisorsOf(reader(), [id])).get(id)?.[0]).toMatchObject({
      staff: 'li',
      staffName: '李敏',
      name: '王女士',
    })
    expect(await ownsCustomer(reader(), 'zhao', 'wm1')).toBe(true)
    expect(await ownsCustomer(reader(), 'zhao', 'wm2')).toBe(false)
    expect((await deed((ctx) => saveContacts(ctx, [contact()]))).added).toEqual([])

    expect(await deed((ctx) => endContact(ctx, 'wm1', 'li', 3_000))).toBe(true)
    expect(await deed((ctx) => endContact(ctx, 'wm1', 'li', 3_000))).toBe(false)
    expect(await ownsCustomer(reader(), 'li', 'wm1')).toBe(false)
    expect((await advisorsOf(reader(), [id])).get(id)?.[0]?.staff).toBe('zhao')
    await deed((ctx) => saveStaff(ctx, [{ userid: 'li', name: '李敏', active: true, contact: true }], true))
    expect((await advisorsOf(reader(), [id])).get(id)).toBeUndefined()
    const s9 = (await shop('s9')) ?? ''
    expect(await namesOf(reader(), [id, s9])).toEqual(
      new Map([
        [id, '王女士'],
        [s9, '客户 s9'],
      ]),
    )
  })

  it('join and leave groups, and a comparison tells who', async () => {
    const group = (members: string[], interest?: string) => ({
      chat: 'wr1',
      name: '辅食群',
      owner: 'li',
      interest,
      members: members.map((member) => ({ member, kind: 2 as const, joinedAt: 1_000 })),
    })
    const save = (members: string[], interest?: string) =>
      deed((ctx) => saveGroup(ctx, group(members, interest)))
    expect(await save(['wm1', 'wm2'], '辅食')).toEqual({ joined: ['wm1', 'wm2'], left: [] })
    expect(await save(['wm2', 'wm3'])).toEqual({ joined: ['wm3'], left: ['wm1'] })
    expect(await reader().rows('select interest, state from chat_group')).toEqual([
      { interest: '辅食', state: 'active' },
    ])
    await deed((ctx) => dismissGroup(ctx, 'wr1'))
    expect(await reader().rows('select member from group_member')).toEqual([])
  })
})
