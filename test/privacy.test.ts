/** A person asks what is kept of her, and has it forgotten: completely, for good, and without moving a figure. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { system } from '../src/base/act.ts'
import type { Ctx, Happening, Who } from '../src/base/act.ts'
import { dayOf, instantOf } from '../src/base/calendar.ts'
import { customerOf, saveContacts, saveStaff } from '../src/customer/index.ts'
import { createLog } from '../src/base/log.ts'
import { createFollowers, looksPersonal } from '../src/interaction/index.ts'
import { enqueue } from '../src/outbox/index.ts'
import { eraseCustomer, exportPerson, privacy, readErasureList } from '../src/privacy.ts'
import { rebuildStore } from '../src/rebuild.ts'
import { createRewardFollowers } from '../src/reward/index.ts'
import { relevelDue } from '../src/reward/reward.jobs.ts'
import { tables } from '../src/schema.ts'
import { refreshCutPoints, resegmentDue } from '../src/segment/index.ts'
import { onBothDatabases } from './database.ts'
import { inBatches, lives } from './happenings.ts'
import { openStore } from './store.ts'
import type { TestStore } from './store.ts'

const now = instantOf('2026-11-20', '10:00')

let n = 0
const seen = (who: Who, more: Partial<Happening> = {}): Happening => ({
  kind: 'link-clicked',
  at: now - 1_000_000,
  source: 'api',
  sourceKey: `k${String((n += 1))}`,
  who,
  detail: {},
  ...more,
})

/** Everything in the database as one text. */
async function everything(store: TestStore): Promise<string> {
  const parts: string[] = []
  for (const { name } of tables)
    parts.push(`${name} ${JSON.stringify(await store.db.reader.rows(`select * from ${name}`))}`)
  return parts.join('\n')
}

it('every table that may name a person is in the list of its folder', () => {
  const listed = new Set(privacy.flatMap((one) => one.tables.map(({ table }) => table)))
  // The log is renamed row by row.
  const known = new Set([...listed, 'log'])
  expect(
    tables
      .filter(looksPersonal)
      .map(({ name }) => name)
      .filter((name) => !known.has(name)),
  ).toEqual([])
})

onBothDatabases('a person', (open) => {
  let folder: string
  let store: TestStore
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'siyu-privacy-'))
    store = await openStore(open, now)
  })
  afterEach(async () => {
    await store.drop()
    rmSync(folder, { recursive: true, force: true })
  })
  const deed = <T>(work: (ctx: Ctx) => Promise<T>): Promise<T> => store.act(system('test'), work)
  const listFile = () => join(folder, 'erasures.jsonl')
  const erase = (who: string) => eraseCustomer({ ...store, listFile: listFile() }, who, '本人要求')
  const rebuilt = async () => (await rebuildStore(store, folder, { dryRun: true })).differences
  const external = (value: string) => customerOf(store.db.reader, { kind: 'external', value })

  async function aLife(): Promise<string> {
    await deed(async (ctx) => {
      await saveStaff(ctx, [{ userid: 'li', name: '李敏', active: true, contact: true }])
      const contact = { staff: 'li', gender: 2, addedAt: 1_000 }
      await saveContacts(ctx, [
        {
          ...contact,
          external: 'wmHERSELF0001',
          name: '王小美',
          remark: '怕辣的王姐',
          unionid: 'oUNION-HERS',
        },
        { ...contact, external: 'wmSOMEBODY002', name: '别人' },
      ])
    })
    const order = (who: Who, orderId: string): Happening =>
      seen(who, {
        kind: 'order-placed',
        detail: { orderId, amountFen: 5_000, items: [{ sku: 'sku-1', quantity: 7 }] },
      })
    await store.say(
      order({ shopId: 'shop-4711' }, 'O1'),
      order({ shopId: '7' }, 'O2'),
      seen(
        { external: 'wmHERSELF0001', staff: 'li' },
        { kind: 'contact-added', source: 'wecom:corp:1', sourceKey: 'add:wmHERSELF0001' },
      ),
      seen({ external: 'wmSOMEBODY002' }),
    )
    await store.say(
      seen({
        external: 'wmHERSELF0001',
        shopId: 'shop-4711',
        phoneHash: 'f'.repeat(64),
        unionid: 'oUNION-HERS',
      }),
      seen({ external: 'wmHERSELF0001' }, { kind: 'complaint-opened', said: '我是王小美，汤太辣了' }),
      seen(
        { external: 'wmSOMEBODY002' },
        { kind: 'group-changed', detail: { members: ['wmHERSELF0001', 'wmHERSELF00019'] } },
      ),
    )
    const id = (await external('wmHERSELF0001')) ?? ''
    await deed((ctx) =>
      enqueue(ctx, [
        {
          dedupeKey: `weekly-note:${id}:2026-W47`,
          touchpoint: 'weekly-note',
          title: '每周问候',
          cadenceVersion: 1,
          purpose: 'service',
          personal: true,
          channel: 'advisor-task',
          subjectKind: 'customer',
          subject: 'wmHERSELF0001',
          customer: id,
          sender: 'li',
          day: dayOf(now),
          wantedAt: now,
          expiresAt: now + 86_400_000,
          priority: 5,
          content: { text: '王小美，您好' },
        },
      ]),
    )
    await store.followers.catchUp()
    return id
  }

  it('gets everything that is kept of her, from every folder', async () => {
    const id = await aLife()
    const dump = await exportPerson(store, 'wmHERSELF0001')
    expect(dump.customer).toBe(id)
    expect(dump.identities).toHaveLength(4)
    expect(dump.log.map(({ kind }) => kind)).toContain('customers-merged')
    expect(dump.log.find(({ said }) => said !== undefined)?.said).toContain('汤太辣了')
    expect(Object.keys(dump.kept).sort()).toEqual(['customer', 'order', 'outbox', 'segment'])
    expect(JSON.stringify(dump)).not.toContain('wmSOMEBODY002')
  })

  it('is forgotten everywhere, her facts stay, and the log tells the same', async () => {
    const id = await aLife()
    const sums = () =>
      store.db.reader.rows('select orders, amount_fen from facts order by amount_fen, orders')
    const before = await sums()
    expect(await rebuilt()).toEqual([])
    const { tombstone } = await erase('wmHERSELF0001')
    const left = await everything(store)
    for (const trace of [
      id,
      'wmHERSELF0001"',
      'shop-4711',
      'oUNION-HERS',
      'f'.repeat(64),
      '王小美',
      '汤太辣',
      '怕辣',
    ])
      expect([trace, left.includes(trace)]).toEqual([trace, false])
    // Somebody whose name begins like hers, and a shop id that is but a number, stay who they are.
    for (const other of ['wmHERSELF00019', 'wmSOMEBODY002', '"quantity":7', '别人'])
      expect([other, left.replaceAll('\\"', '"').includes(other)]).toEqual([other, true])
    expect(await sums()).toEqual(before)
    await store.followers.catchUp()
    expect(await rebuilt()).toEqual([])
    expect(await store.db.reader.rows('select state from promise')).toEqual([{ state: 'cancelled' }])
    const listed = readErasureList(listFile())
    expect(listed).toHaveLength(4)
    expect(readFileSync(listFile(), 'utf8')).not.toMatch(/wmHERSELF|shop-4711/)
    await expect(erase('wmHERSELF0001')).rejects.toThrow('No customer is known')
    expect(tombstone).not.toBe(id)
  })

  it('does not come back by what was known before, but by her own act, and may go again', async () => {
    const id = await aLife()
    await erase(id)
    const count = async () =>
      Number(
        (await store.db.reader.rows<{ n: number }>('select cast(count(*) as bigint) as n from log'))[0]?.n,
      )
    const rows = await count()
    await store.say(
      seen(
        { shopId: 'shop-4711' },
        {
          kind: 'order-placed',
          source: 'import:orders',
          sourceKey: 'order:O9',
          detail: { orderId: 'O9', amountFen: 1 },
        },
      ),
      seen(
        { external: 'wmHERSELF0001', staff: 'li' },
        { kind: 'contact-added', source: 'wecom-compare', sourceKey: 'added:again' },
      ),
    )
    expect(await count()).toBe(rows)
    expect(await external('wmHERSELF0001')).toBeNull()
    store.clock.set(now + 60_000)
    await store.say(
      seen(
        { external: 'wmHERSELF0001' },
        { kind: 'order-placed', at: now + 30_000, detail: { orderId: 'O10', amountFen: 3 } },
      ),
    )
    const again = (await external('wmHERSELF0001')) ?? ''
    expect(
      await store.db.reader.rows(`select orders, amount_fen from facts where customer = '${again}'`),
    ).toEqual([{ orders: 1, amount_fen: 3 }])
    await store.followers.catchUp()
    expect(await rebuilt()).toEqual([])
    await erase('wmHERSELF0001')
    await store.followers.catchUp()
    expect(await everything(store)).not.toContain('wmHERSELF0001"')
    expect(await rebuilt()).toEqual([])
  })

  it('goes out of any history without moving what is told of the others', async () => {
    await fc.assert(
      fc.asyncProperty(lives(120), async (rows) => {
        const shop = await openStore(open, now)
        const levels = createFollowers(
          shop.db,
          shop.act,
          createRewardFollowers().filter(({ name }) => name === 'levels'),
          createLog('silent'),
        )
        try {
          for (const [i, batch] of inBatches(rows, [30]).entries()) {
            await shop.say(...batch)
            await shop.followers.catchUp()
            shop.clock.set(shop.clock.now() + 86_400_000)
            await resegmentDue({ db: shop.db, act: shop.act, rules: shop.rules }, dayOf(shop.clock.now()))
            if (i === 1)
              await refreshCutPoints(
                { db: shop.db, act: shop.act, rules: shop.rules },
                dayOf(shop.clock.now()),
              )
            const [one] = await shop.db.reader.rows<{ id: string }>(
              `select c.id from customer c join identity i on i.customer = c.id where i.value not like '%erased:%' order by c.id`,
            )
            if (one) await eraseCustomer({ ...shop, listFile: listFile() }, one.id, '本人要求')
            await shop.followers.catchUp()
            await levels.catchUp()
            await relevelDue(shop, dayOf(shop.clock.now()))
          }
          expect((await rebuildStore(shop, folder, { dryRun: true })).differences).toEqual([])
        } finally {
          await shop.drop()
        }
      }),
      { numRuns: 3, seed: 5, endOnFailure: true },
    )
  }, 120_000)
})
