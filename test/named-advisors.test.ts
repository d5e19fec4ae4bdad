/** 专属顾问: from the rank by expected value to the log, the table, the voice and the first word; and what people say. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { system } from '../src/base/act.ts'
import type { Actor, Ctx } from '../src/base/act.ts'
import { addDays, dayNumber, dayOf, instantOf } from '../src/base/calendar.ts'
import { createLog } from '../src/base/log.ts'
import { createCadenceFollowers, explainCustomer, publish } from '../src/cadence/index.ts'
import { runClvAdvisors } from '../src/cli/clv.ts'
import {
  customerOf,
  endContact,
  mergeCustomers,
  namedAdvisorsOf,
  saveContacts,
  saveStaff,
  unmergeCustomer,
} from '../src/customer/index.ts'
import { nameAdvisor, nameAdvisors, namedList, takeBackAdvisor } from '../src/desk/index.ts'
import { createFollowers, readLog } from '../src/interaction/index.ts'
import { sendersOf } from '../src/outbox/index.ts'
import { eraseCustomer } from '../src/privacy.ts'
import { rebuildStore } from '../src/rebuild.ts'
import { audienceFields, fieldMap, previewAudience } from '../src/segment/index.ts'
import { onBothDatabases } from './database.ts'
import { openStore } from './store.ts'
import type { TestStore } from './store.ts'

const morning = instantOf('2026-11-18', '04:30')
const zhang: Actor = { kind: 'staff', userid: 'zhang' }
const externalOf = (n: number): string => `wm-person-${String(n).padStart(4, '0')}`

onBothDatabases('named advisors', (open) => {
  let folder: string
  let store: TestStore
  let ids: string[]
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'siyu-named-'))
    store = await openStore(open, morning)
    ids = []
  })
  afterEach(async () => {
    await store.drop()
    rmSync(folder, { recursive: true, force: true })
  })
  const deed = <T>(work: (ctx: Ctx) => Promise<T>, actor: Actor = system('test')): Promise<T> =>
    store.act(actor, work)
  const staff = (userid: string, more: object = {}) => ({
    userid,
    name: `${userid}老师`,
    active: true,
    contact: true,
    ...more,
  })
  const befriend = (n: number, by: string, day = '2026-01-01') =>
    deed((ctx) =>
      saveContacts(ctx, [
        { external: externalOf(n), staff: by, name: `客户${String(n)}`, gender: 2, addedAt: instantOf(day) },
      ]),
    )
  const id = (n: number): string => ids[n] ?? expect.fail(`nobody ${String(n)}`)
  /** Person n is worth less than n - 1; the first is number 1. */
  async function people(count: number): Promise<void> {
    await deed((ctx) => saveStaff(ctx, [staff('lin'), staff('wang'), staff('mute', { contact: false })]))
    const numbers = Array.from({ length: count }, (_, i) => i + 1)
    for (let from = 0; from < count; from += 200)
      await store.say(
        ...numbers.slice(from, from + 200).map((n) => ({
          kind: 'contact-added',
          at: morning - 1_000,
          source: 'wecom:corp:1',
          sourceKey: `add:${String(n)}`,
          who: { external: externalOf(n) },
          detail: {},
        })),
      )
    for (const n of numbers)
      ids[n] = (await customerOf(store.db.reader, { kind: 'external', value: externalOf(n) })) ?? ''
    await value(numbers)
  }
  /** The given numbers in order of what they are worth, the best first. */
  const value = (numbers: readonly number[]) =>
    store.db.tx(async (tx) => {
      await tx.run('DELETE FROM clv_estimate')
      await tx.insert(
        'clv_estimate',
        numbers.map((n, i) => ({
          ...{ customer: id(n), model: 'pareto-nbd', computed_no: dayNumber('2026-11-16'), p_alive: 0.9 },
          ...{
            expected_52w: 2,
            value_52w_fen: (numbers.length - i) * 100,
            low_fen: 0,
            high_fen: 1,
            fit_seq: 1,
          },
        })),
      )
    })
  const run = (advisorPercent = 10) => nameAdvisors({ ...store, clv: { advisorPercent } })
  const told = async (): Promise<string[]> =>
    (await readLog(store.db.reader, { kinds: ['advisor-named', 'advisor-unnamed'], limit: 1_000 })).map(
      ({ kind, who, detail }) =>
        `${kind.slice(8)} ${String(Number((who.external ?? '').slice(-4)))} ${String(detail['staff'])} ${String(detail['reason'] ?? detail['by'])}`,
    )
  const hers = async (): Promise<Record<number, string>> => {
    const named = await namedAdvisorsOf(store.db.reader)
    return Object.fromEntries(
      ids.flatMap((customer, n) => {
        const one = named.get(customer)
        return one ? [[n, `${one.staff ?? 'nobody'} ${one.by}`]] : []
      }),
    )
  }
  /** The table against the log told again. */
  const looked = async () =>
    (await rebuildStore(store, folder, { dryRun: true })).tables['named_advisor'] ?? expect.fail()
  const agrees = (rows: number) => ({ rows, differ: 0, missing: 0, extra: 0 })

  it('are given to the share at the top: whoever talked last, else the fewest; who has nobody is listed', async () => {
    await people(40)
    for (const n of [1, 2, 3]) {
      await befriend(n, 'lin', '2026-01-01')
      await befriend(n, 'wang', '2026-02-01')
    }
    await befriend(5, 'mute')
    expect(await run()).toEqual({ named: 3, unnamed: 0, nobody: 1 })
    // 1: the oldest relation; 2: wang has fewer; 3: equal again. 4 has no contact at all.
    expect(await hers()).toEqual({ 1: 'lin clv', 2: 'wang clv', 3: 'lin clv' })
    const [first] = await readLog(store.db.reader, { kinds: ['advisor-named'], limit: 1 })
    expect(first).toMatchObject({
      who: { external: externalOf(1), staff: 'lin' },
      detail: { staff: 'lin', by: 'clv', rank: 1, of: 40, percent: 10 },
    })
    const list = await namedList(store.db.reader, 10)
    expect(list).toMatchObject({ percent: 10, of: 40, places: 4 })
    expect(list.nobody).toEqual([{ customer: id(4), name: '微信客户', rank: 4, why: 'no-contact' }])
    const shown = await runClvAdvisors({ db: store.db, clv: settings(10) }, { percent: '12.5' })
    expect(shown.counts).toEqual({ clv: 3, person: 0, nobody: 2 })
    expect(shown.nobody.map(({ why }) => why)).toEqual(['no-contact', 'may-not-speak'])
    expect(shown.named[0]).toMatchObject({ customer: id(1), staffName: 'lin老师', by: 'clv', rank: 1 })
    // Whoever adds her later is named the next night.
    await befriend(4, 'wang')
    expect((await namedList(store.db.reader, 10)).nobody.map(({ why }) => why)).toEqual(['next-run'])
    expect(await run()).toEqual({ named: 1, unnamed: 0, nobody: 0 })
  })

  it('are written once, by a second run and by two servers at once', async () => {
    await people(40)
    for (let n = 1; n <= 4; n += 1) await befriend(n, 'lin')
    const runs = await Promise.all([run(), run(), run()])
    expect(runs.reduce((sum, { named }) => sum + named, 0)).toBe(4)
    expect(await run()).toEqual({ named: 0, unnamed: 0, nobody: 0 })
    expect(await told()).toEqual([1, 2, 3, 4].map((n) => `named ${String(n)} lin clv`))
  })

  it('stay until she has fallen below twice the share, or nobody is wanted at the top', async () => {
    await people(40)
    for (let n = 1; n <= 9; n += 1) await befriend(n, 'lin')
    await run()
    const rest = Array.from({ length: 36 }, (_, i) => i + 5)
    // 1 is now the eighth, 2 the ninth: twice four places hold, one more does not.
    await value([5, 6, 7, 8, 9, 3, 4, 1, 2, ...rest.slice(5)])
    expect(await run()).toEqual({ named: 4, unnamed: 1, nobody: 0 })
    expect((await told()).slice(4)).toContain('unnamed 2 lin fallen')
    expect(Object.keys(await hers())).toEqual(['1', '3', '4', '5', '6', '7', '8'])
    expect(await run(0)).toEqual({ named: 0, unnamed: 7, nobody: 0 })
  })

  it('pass to another of her advisors when the relation ends, or end', async () => {
    await people(20)
    await befriend(1, 'lin')
    await befriend(1, 'wang', '2026-03-01')
    await befriend(2, 'wang')
    await run()
    expect(await hers()).toEqual({ 1: 'lin clv', 2: 'wang clv' })
    await deed((ctx) => endContact(ctx, externalOf(1), 'lin', ctx.now))
    expect((await sendersOf(store.db.reader, [id(1)])).get(id(1))).toMatchObject({
      staff: 'wang',
      why: 'only',
    })
    expect(await run()).toEqual({ named: 1, unnamed: 1, nobody: 0 })
    await deed((ctx) => saveStaff(ctx, [staff('wang', { active: false })]))
    expect(await run()).toEqual({ named: 0, unnamed: 2, nobody: 2 })
    expect((await told()).slice(2)).toEqual([
      'unnamed 1 lin contact-ended',
      'named 1 wang clv',
      'unnamed 1 wang staff-left',
      'unnamed 2 wang staff-left',
    ])
    expect(await hers()).toEqual({})
    expect(await looked()).toEqual(agrees(0))
  })

  it('named by a person stay through every night; taken back, nobody is named; both are audited', async () => {
    await people(20)
    for (const n of [1, 2, 9]) {
      await befriend(n, 'lin')
      await befriend(n, 'wang', '2026-03-01')
    }
    await run()
    await deed((ctx) => nameAdvisor(ctx, id(1), { staff: 'wang', said: '老客户点名' }), zhang)
    await deed((ctx) => nameAdvisor(ctx, id(9), { staff: 'wang', said: '' }), zhang)
    await deed((ctx) => nameAdvisor(ctx, id(9), { staff: 'wang', said: '再点一次' }), zhang)
    await deed((ctx) => takeBackAdvisor(ctx, id(2), { said: '' }), zhang)
    const before = { 1: 'wang person', 2: 'nobody person', 9: 'wang person' }
    expect(await hers()).toEqual(before)
    expect(await run()).toEqual({ named: 0, unnamed: 0, nobody: 0 })
    expect(await hers()).toEqual(before)
    expect((await namedList(store.db.reader, 10)).nobody).toMatchObject([{ rank: 2, why: 'taken-back' }])
    expect((await namedAdvisorsOf(store.db.reader, [id(1)])).get(id(1))).toMatchObject({
      rank: 1,
      among: 20,
      person: 'zhang',
    })
    const refused = (work: (ctx: Ctx) => Promise<void>) => expect(deed(work, zhang)).rejects
    await refused((ctx) => nameAdvisor(ctx, id(1), { staff: 'mute', said: '' })).toMatchObject({
      code: 'not-her-advisor',
      status: 409,
    })
    await refused((ctx) => takeBackAdvisor(ctx, id(2), { said: '' })).toMatchObject({ code: 'not-named' })
    await refused((ctx) => takeBackAdvisor(ctx, 'c-nobody', { said: '' })).toMatchObject({ status: 404 })
    const audited = await store.db.reader.rows<{ who: string; what: string }>(
      `select who, what from audit where what like 'advisor-%' order by seq`,
    )
    expect(audited).toEqual([
      { who: 'staff:zhang', what: 'advisor-named' },
      { who: 'staff:zhang', what: 'advisor-named' },
      { who: 'staff:zhang', what: 'advisor-unnamed' },
    ])
    // Only the end of the relation ends it, and then her value decides again.
    await deed((ctx) => endContact(ctx, externalOf(1), 'wang', ctx.now))
    await deed((ctx) => endContact(ctx, externalOf(9), 'wang', ctx.now))
    expect(await run()).toEqual({ named: 1, unnamed: 2, nobody: 0 })
    expect(await hers()).toEqual({ 1: 'lin clv', 2: 'nobody person' })
    expect(await looked()).toEqual(agrees(2))
  })

  it('go along when two become one, a person before a rank, and back again', async () => {
    await people(20)
    await befriend(1, 'lin')
    await befriend(5, 'wang')
    await deed((ctx) => nameAdvisor(ctx, id(5), { staff: 'wang', said: '' }), zhang)
    await run()
    expect(await hers()).toEqual({ 1: 'lin clv', 5: 'wang person' })
    const { kept, other } = await deed((ctx) => mergeCustomers(ctx, id(1), id(5), '同一人'))
    expect(await hers()).toEqual({ [ids.indexOf(kept)]: 'wang person' })
    expect(await looked()).toEqual(agrees(1))
    await deed((ctx) => unmergeCustomer(ctx, other, '不是'))
    expect(await hers()).toEqual({ 1: 'lin clv', 5: 'wang person' })
    expect(await looked()).toEqual(agrees(2))
  })

  it('are forgotten with her, and the log told again agrees', async () => {
    await people(10)
    await befriend(1, 'lin')
    await run()
    await deed((ctx) => nameAdvisor(ctx, id(1), { staff: 'lin', said: '她本人要求' }), zhang)
    await eraseCustomer({ ...store, listFile: null }, id(1), '本人要求')
    const rows = JSON.stringify([
      ...(await store.db.reader.rows('select * from named_advisor')),
      ...(await store.db.reader.rows('select * from log')),
      ...(await store.db.reader.rows('select * from log_words')),
    ])
    expect(rows).not.toContain(externalOf(1))
    expect(rows).not.toContain('她本人要求')
    expect(await looked()).toEqual(agrees(1))
    // Her contact is gone with her.
    expect((await run()).unnamed).toBe(1)
  })

  it('speak first, are explained, may be asked for by an audience, and introduce themselves once', async () => {
    await people(20)
    for (const n of [1, 2]) {
      await befriend(n, 'lin')
      await befriend(n, 'wang', '2026-03-01')
    }
    await deed((ctx) =>
      publish(ctx, store.rules, {
        yaml: `shop: { name: 小禾 }\ntouchpoints:\n  named-advisor:\n    wording: '{{ customer.salutation }}，我是{{ advisor.name }}'\n`,
        note: '',
        by: 'cli',
        baseVersion: null,
      }),
    )
    const followers = createFollowers(
      store.db,
      store.act,
      createCadenceFollowers({ tierRules: store.rules }),
      createLog('silent'),
    )
    await followers.catchUp()
    await run()
    await followers.catchUp()
    const promised = () =>
      store.db.reader.rows<{
        customer: string
        sender: string
        decision: string
        state: string
        content: string
      }>(
        `select customer, sender, decision, state, content from promise where touchpoint = 'named-advisor'
         order by sender, due_at, id`,
      )
    const [byLin, byWang, ...more] = await promised()
    expect(more).toEqual([])
    expect([byLin?.customer, byWang?.customer]).toEqual([id(1), id(2)])
    expect(byLin).toMatchObject({ sender: 'lin', state: 'queued' })
    expect(byLin?.content).toContain('我是lin老师')
    expect((await sendersOf(store.db.reader)).get(id(2))).toMatchObject({ staff: 'wang', why: 'named' })
    const audience = { combinator: 'and', rules: [{ field: 'named-advisor', operator: '=', value: true }] }
    const parts = { fields: fieldMap(audienceFields, []), rules: store.rules }
    expect((await previewAudience(parts, store.db.reader, audience, store.clock.now())).count).toBe(2)
    // Another by a person's word: what lin was to say is taken back before she said it, and wang says hers.
    await deed((ctx) => nameAdvisor(ctx, id(1), { staff: 'wang', said: '' }), zhang)
    await followers.catchUp()
    expect((await promised()).map(({ sender, decision, state }) => [sender, decision, state])).toEqual([
      ['lin', 'later', 'cancelled'],
      ['wang', 'later', 'queued'],
      ['wang', 'later', 'queued'],
    ])
    await deed((ctx) => takeBackAdvisor(ctx, id(1), { said: '' }), zhang)
    await followers.catchUp()
    expect(
      (await promised()).filter(({ customer, state }) => customer === id(1) && state === 'queued'),
    ).toEqual([])
    const order = (n: number) => ({
      ...{ kind: 'order-placed', at: instantOf(addDays(dayOf(morning), -3)), source: 'shop' },
      ...{ sourceKey: `order:${String(n)}`, who: { external: externalOf(n) }, detail: { amountFen: 9_000 } },
    })
    await store.say(order(2))
    await store.followers.catchUp()
    expect(
      await explainCustomer({ reader: store.db.reader, tierRules: store.rules }, id(2), store.clock.now()),
    ).toMatchObject({ advisor: 'wang老师', advisorWhy: '她的专属顾问' })
  })

  it('of a whole share are named in short transactions', async () => {
    await people(1_200)
    await deed((ctx) =>
      saveContacts(
        ctx,
        Array.from({ length: 1_200 }, (_, i) => ({
          external: externalOf(i + 1),
          staff: i % 3 === 0 ? 'lin' : 'wang',
          name: `客户${String(i + 1)}`,
          gender: 2,
          addedAt: 1_000,
        })),
      ),
    )
    const lengths: number[] = []
    const act: typeof store.act = async (actor, work, lane) => {
      const rows: unknown[] = []
      const answer = await store.act(
        actor,
        (ctx) => work({ ...ctx, record: (row) => (rows.push(row), ctx.record(row)) }),
        lane,
      )
      lengths.push(rows.length)
      return answer
    }
    expect(await nameAdvisors({ ...store, act, clv: { advisorPercent: 50 } })).toMatchObject({ named: 600 })
    expect(Math.max(...lengths)).toBeLessThanOrEqual(50)
    expect(lengths).toHaveLength(12)
  }, 60_000)
})

const settings = (advisorPercent: number) => ({
  ...{ model: 'pareto-nbd' as const, weeks: 52, intervalPercent: 80, draws: 200, advisorPercent },
  ...{ leastCustomers: 30, leastRepeatBuyers: 10 },
})
