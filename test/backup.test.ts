/** R14 in its short form: a backup taken while the shop works, restored, quarantined, confirmed; nothing said twice. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { migrations } from '../migrations/index.ts'
import { days, hours, minutes, seconds } from '../src/base/clock.ts'
import type { Db } from '../src/base/db.ts'
import { noticeCopy, keepCount } from '../src/base/instance.ts'
import { createJobRunner } from '../src/base/jobs.ts'
import { createLog } from '../src/base/log.ts'
import { enterQuarantine, quarantineOf } from '../src/base/quarantine.ts'
import { confirmRestore } from '../src/delivery/index.ts'
import { writeBackup } from '../src/files/index.ts'
import { readLog } from '../src/interaction/index.ts'
import { enqueue, pausedNow, pauseSending, resumeSending } from '../src/outbox/index.ts'
import type { Candidate, PromiseRow } from '../src/outbox/index.ts'
import { eraseCustomer } from '../src/privacy.ts'
import { eraseAgain, loadBackup } from '../src/restore.ts'
import { tables } from '../src/schema.ts'
import { onBothDatabases, sqliteDatabase } from './database.ts'
import type { TestDatabase } from './database.ts'
import { actOn, openRig } from './delivery-rig.ts'
import type { Rig } from './delivery-rig.ts'
import { externalOf } from './outbox-world.ts'
import { openStore } from './store.ts'

const names = migrations.map(({ name }) => name)
const by = { by: 'boss', reason: '已核对群发记录' }
const boss = { kind: 'staff', userid: 'boss' } as const

/** Everything, in the order of the keys. */
async function everything(db: Db): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {}
  for (const { name, spec } of tables) {
    const key = Object.entries(spec.columns).flatMap(([column, word]) =>
      word.endsWith('key') ? [column] : [],
    )
    found[name] = await db.reader.rows(`select * from ${name} order by ${key.join(', ')}`)
  }
  return found
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'siyu-backup-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

onBothDatabases('a backup', (open) => {
  let rig: Rig
  const opened: TestDatabase[] = []
  beforeEach(async () => {
    rig = await openRig(open, { customers: 30 })
  })
  afterEach(async () => {
    for (const one of opened.splice(0)) await one.drop()
    await rig.close()
  })
  const backup = (file = join(folder, 'a.jsonl.gz')) =>
    writeBackup({ db: rig.world.db, tables, migrations: names, now: rig.world.clock.now() }, file)
  async function restored(file: string, into = open): Promise<TestDatabase> {
    const target = await into()
    opened.push(target)
    await loadBackup({ databaseUrl: target.url, root: '/', corp: null, now: rig.world.clock.now() }, file)
    return target
  }
  const offer = (n: number, key: string, more: Partial<Candidate> = {}): Candidate =>
    rig.world.candidate(n, {
      dedupeKey: key,
      purpose: 'service',
      expiresAt: rig.world.clock.now() + days(2),
      content: { text: `给 ${key} 的话 [[link:me]]` },
      ...more,
    })
  const stage = (...candidates: Candidate[]) => rig.world.as((ctx) => enqueue(ctx, candidates))

  it('is the whole database, goes to the other kind too, and is one moment although others write', async () => {
    await stage(...Array.from({ length: 30 }, (_, i) => offer(i + 1, `p${String(i)}`)))
    const before = await everything(rig.world.db)
    const writing = (async () => {
      for (let n = 0; n < 20; n += 1) await rig.world.record('link-clicked', externalOf(1), { n })
    })()
    const file = join(folder, 'all.jsonl.gz')
    const made = await backup(file)
    await writing
    const count = (rows: Record<string, unknown[]>) =>
      Object.values(rows).reduce((sum, some) => sum + some.length, 0)
    expect(made.rows).toBeGreaterThanOrEqual(count(before))
    const head = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8').split('\n')[0] ?? '') as object
    expect(head).toMatchObject({ format: 'siyu-backup', migrations: names })
    for (const into of [open, sqliteDatabase]) {
      const copy = await everything((await restored(file, into)).db)
      // One moment: the log is as long as its head says, and no row of it is missing.
      const log = copy['log'] as { seq: number }[]
      expect(copy['log_head']).toMatchObject([{ seq: log.length }])
      expect(copy['promise']).toEqual(before['promise'])
      expect(copy['identity']).toEqual(before['identity'])
      expect(copy['log']?.slice(0, before['log']?.length)).toEqual(before['log'])
    }
  })

  it('is refused when it was cut, changed, is newer, belongs to somebody else, or the database is not empty', async () => {
    await stage(offer(1, 'one'))
    const file = join(folder, 'good.jsonl.gz')
    await backup(file)
    const text = gunzipSync(readFileSync(file)).toString('utf8')
    const target = await open()
    opened.push(target)
    const parts = { databaseUrl: target.url, root: '/', corp: 'ww-other', now: rig.world.clock.now() }
    const bad = async (name: string, content: Buffer): Promise<unknown> => {
      writeFileSync(join(folder, name), content)
      return loadBackup(parts, join(folder, name)).then(
        () => 'restored',
        (error: unknown) => error,
      )
    }
    const lines = text.split('\n')
    const without = (n: number) => lines.filter((_, i) => i !== n).join('\n')
    const row = lines.findIndex((line) => line.startsWith('['))
    for (const content of [
      gzipSync(text.replace('给 one 的话', '给 two 的话')),
      gzipSync(without(row)),
      gzipSync(lines.slice(0, -2).join('\n')),
      readFileSync(file).subarray(0, 900),
      Buffer.from('not a backup'),
      gzipSync('{"hello": 1}\n'),
      gzipSync(`${text}more\n`),
    ])
      expect(await bad('bad.gz', content)).toMatchObject({ code: 'backup-broken' })
    const newer = text.replace('"migrations":[', '"migrations":["Tomorrow9999999999999",')
    expect(String(await bad('newer.gz', gzipSync(newer)))).toMatch(/newer than this version/)
    const foreign = text.replace('"corp":null', '"corp":"ww-mine"')
    expect(String(await bad('foreign.gz', gzipSync(foreign)))).toMatch(/belongs to somebody else/)
    // Nothing of all that was written.
    expect((await everything(target.db))['promise']).toEqual([])
    await loadBackup(parts, file)
    await expect(loadBackup(parts, file)).rejects.toMatchObject({ code: 'not-empty' })
  })

  it(
    'begins in quarantine, and after a person has looked nothing is said twice',
    { timeout: 60_000 },
    async () => {
      const { world, simulator } = rig
      const server = rig.server()
      // Sent before the backup; lost on the way back; in an advisor's list; for later.
      await stage(offer(1, 'sent'), offer(2, 'task', { channel: 'advisor-task' }))
      await server.drainOnce(world.clock.now())
      simulator.addFault({ api: 'add_msg_template', kind: 'reset-after', times: 1 })
      await stage(offer(3, 'lost'))
      await server.drainOnce(world.clock.now())
      simulator.addFault({ api: 'message/send', kind: 'reset-after', times: 1 })
      await stage(offer(5, 'lost-card', { channel: 'advisor-task' }))
      await server.drainOnce(world.clock.now())
      await stage(
        offer(7, 'soon', { wantedAt: world.clock.now() + hours(5) }),
        offer(9, 'tomorrow', { wantedAt: world.clock.now() + days(1) }),
      )
      const file = join(folder, 'shop.jsonl.gz')
      await backup(file)
      // What the backup does not know: the shop went on for six hours, and then its disk died.
      await rig.pass(hours(5))
      await server.drainOnce(world.clock.now())
      await server.reconcileOnce(world.clock.now())
      await rig.pass(hours(1))
      await server.stop()
      const sends = () =>
        simulator.calls().filter(({ api }) => /add_msg_template|message\/send/.test(api)).length
      const before = sends()

      const copy = await restored(file)
      const act = actOn(copy.db, world.clock)
      const again = rig.server({ db: copy.db, act })
      const ran: string[] = []
      const job = {
        name: 'nightly',
        schedule: { every: 'minutes', minutes: 30 },
        catchUpMs: days(7),
        run: ({ name }: { name: string }) => {
          ran.push(name)
          return Promise.resolve()
        },
      } as const
      const jobs = createJobRunner(copy.db, [job], createLog('silent'))
      const live = async (): Promise<void> => {
        await jobs.runDue(world.clock.now())
        await again.drainOnce(world.clock.now())
        await again.reconcileOnce(world.clock.now())
        await again.pollOnce(world.clock.now())
      }
      for (let turn = 0; turn < 4; turn += 1) {
        await live()
        await rig.pass(minutes(10))
      }
      const calls = simulator.calls().length
      await live()
      expect([sends(), simulator.calls().length, ran, await again.nextDueAt()]).toEqual([
        before,
        calls,
        [],
        null,
      ])
      expect(await pausedNow(copy.db.reader)).toMatchObject({ by: 'restore' })
      expect(await confirmRestore(act, boss, by)).toEqual({ unknown: 0, expired: 1, asked: 1 })
      await expect(confirmRestore(act, boss, by)).rejects.toMatchObject({ code: 'not-quarantined' })
      for (let turn = 0; turn < 45; turn += 1) {
        await live()
        await rig.pass(turn < 20 ? minutes(2) : hours(1))
      }
      await again.stop()
      expect(ran.length).toBeGreaterThan(0)
      const slots = await copy.db.reader.rows<{ state: string; n: number }>(
        'select state, cast(count(*) as bigint) as n from job_slot group by state order by state',
      )
      expect(slots.map(({ state }) => state)).toContain('done')
      const rows = await copy.db.reader.rows<PromiseRow>('select * from promise order by dedupe_key')
      const ends = Object.fromEntries(rows.map((row) => [row.dedupe_key, row]))
      expect(ends['soon']).toMatchObject({ state: 'expired', settle_code: 'restored' })
      expect(ends['lost']?.state).toBe('waiting')
      expect(ends['task']?.pressed_at).not.toBeNull()
      expect(ends['lost-card']?.state).toBe('held')
      expect(ends['tomorrow']?.state).toBe('waiting')
      // The ledger: each of these words stands there once, whoever sent them.
      const said = simulator.ledger().filter(({ status }) => status !== 'cancelled')
      for (const key of ['sent', 'lost', 'soon', 'tomorrow'])
        expect([key, said.filter(({ text }) => text.includes(`给 ${key} 的话`)).length]).toEqual([key, 1])
      expect(
        said
          .filter(({ api }) => api === 'message/send')
          .map(({ body }) => JSON.stringify(body))
          .filter((text) => text.includes(ends['task']?.id ?? '-')),
      ).toHaveLength(1)
      const log = await readLog(copy.db.reader, { limit: 1_000 })
      expect(log.find(({ kind }) => kind === 'restore-confirmed')).toMatchObject({
        who: { staff: 'boss' },
        detail: { by: 'boss', reason: '已核对群发记录', expired: 1 },
      })
    },
  )

  it('calls unknown what was being called when it was taken, and gives up what was claimed', async () => {
    const { world } = rig
    await stage(offer(1, 'called'), offer(3, 'claimed'), offer(5, 'welcome', { channel: 'welcome' }))
    // A worker that stands still between two steps.
    let step = ''
    const stuck = rig.server({
      failPoint: (at) => (at === step ? new Promise<void>(() => undefined) : Promise.resolve()),
    })
    step = 'meant'
    void stuck.drainOnce(world.clock.now())
    const open = async () => (await world.promises()).filter(({ state }) => state === 'intent').length
    while ((await open()) < 3) await rig.pass(seconds(1))
    await world.db.tx((tx) =>
      tx.run(`UPDATE promise SET state = 'claimed', parcel = null WHERE dedupe_key = 'claimed'`),
    )
    const file = join(folder, 'mid.jsonl.gz')
    await backup(file)
    const copy = await restored(file)
    const act = actOn(copy.db, world.clock)
    // The switch is another one: thrown meanwhile, it stays thrown afterwards.
    await act(boss, (ctx) => pauseSending(ctx, 'boss', '一起停'))
    expect(await confirmRestore(act, boss, by)).toEqual({ unknown: 2, expired: 1, asked: 0 })
    expect(await pausedNow(copy.db.reader)).toMatchObject({ by: 'boss' })
    await act(boss, (ctx) => resumeSending(ctx, 'boss', '可以了'))
    const again = rig.server({ db: copy.db, act })
    for (let turn = 0; turn < 12; turn += 1) {
      await rig.pass(minutes(2))
      await again.reconcileOnce(world.clock.now())
      await again.drainOnce(world.clock.now())
    }
    await again.stop()
    const rows = await copy.db.reader.rows<PromiseRow>('select * from promise order by dedupe_key')
    // The broadcast was never made: three looks say so, and it goes out once. A welcome is over long ago.
    expect(rows.map(({ dedupe_key, state }) => [dedupe_key, state])).toEqual([
      ['called', 'waiting'],
      ['claimed', 'expired'],
      ['welcome', 'held'],
    ])
    expect(rig.simulator.ledger().filter(({ text }) => text.includes('给 called 的话'))).toHaveLength(1)
  })
})

it('a file put in place by hand is noticed by the counter beside it', async () => {
  const database = await sqliteDatabase()
  const { db, url } = database
  const path = url.slice('sqlite:'.length)
  const beside = `${path}.instance`
  const now = Date.UTC(2026, 4, 20)
  const start = (at: number) => noticeCopy(db, path, at)
  const release = () => db.tx((tx) => tx.run(`DELETE FROM meta WHERE name = 'quarantine'`))
  expect(await start(now)).toBe('first-start')
  const old = await db.reader.rows<{ value: string }>(`select value from meta where name = 'instance'`)
  for (let n = 1; n <= 3; n += 1) await keepCount(db, path, now + minutes(n))
  expect(await start(now + minutes(4))).toBe('known')
  expect(await quarantineOf(db.reader)).toBeNull()
  // A crash between the two writes leaves the database ahead: that is still it.
  const file = readFileSync(beside, 'utf8')
  await keepCount(db, path, now + minutes(5))
  writeFileSync(beside, file)
  expect(await start(now + minutes(6))).toBe('known')
  // The copy of an hour ago.
  await db.tx((tx) => tx.run(`UPDATE meta SET value = $1 WHERE name = 'instance'`, [old[0]?.value ?? '']))
  expect(await start(now + hours(1))).toBe('older-copy')
  expect(await quarantineOf(db.reader)).toEqual({ since: now + hours(1), backupAt: now, cause: 'older-copy' })
  expect(await start(now + hours(2))).toBe('known')
  await release()
  for (const content of [null, '{"id":"another","counter":99,"at":0}', 'not json']) {
    if (content === null) rmSync(beside)
    else writeFileSync(beside, content)
    expect(await start(now + hours(3))).toBe('other-place')
    expect(await quarantineOf(db.reader)).toMatchObject({ cause: 'other-place' })
    await release()
  }
  await database.drop()
})

it('whoever was erased after the backup is erased again', { timeout: 60_000 }, async () => {
  const store = await openStore(sqliteDatabase, Date.UTC(2026, 4, 20))
  const listFile = join(folder, 'erasures.jsonl')
  const happening = (shopId: string) => ({
    kind: 'link-clicked',
    at: Date.UTC(2026, 4, 1),
    source: 'api',
    sourceKey: shopId,
    who: { shopId },
    detail: {},
  })
  await store.say(happening('shop-gone'), happening('shop-stays'), happening('shop-long-gone'))
  await eraseCustomer({ ...store, listFile }, 'shop-long-gone', '本人要求')
  const file = join(folder, 'b.jsonl.gz')
  await writeBackup({ db: store.db, tables, migrations: names, now: store.clock.now() }, file)
  store.clock.advance(1_000)
  await eraseCustomer({ ...store, listFile }, 'shop-gone', '本人要求')
  const lines = readFileSync(listFile, 'utf8')
  const target = await openStore(sqliteDatabase, store.clock.now())
  await loadBackup({ databaseUrl: target.url, root: '/', corp: null, now: store.clock.now() }, file)
  const known = async () =>
    (await target.db.reader.rows<{ value: string }>(`select value from identity order by value`)).map(
      ({ value }) => value,
    )
  expect(await known()).toEqual(expect.arrayContaining(['shop-gone', 'shop-stays']))
  expect(await eraseAgain(target, listFile)).toBe(1)
  expect(await eraseAgain(target, listFile)).toBe(0)
  const names2 = await known()
  expect(names2.filter((name) => !name.includes('erased:'))).toEqual(['shop-stays'])
  expect(readFileSync(listFile, 'utf8')).toBe(lines)
  await target.drop()
  await store.drop()
})

it('a slot that was running in the backup is not run again, nor one due before the confirmation', async () => {
  const database = await sqliteDatabase()
  const { db } = database
  const now = Date.UTC(2026, 4, 20, 2)
  const ran: string[] = []
  const job = {
    name: 'hourly',
    schedule: { every: 'minutes', minutes: 60 },
    catchUpMs: days(7),
    run({ name }: { name: string }) {
      ran.push(name)
      return Promise.resolve()
    },
  } as const
  const row = { job: 'hourly', holder: 'gone', attempts: 1, lease_until: 0, finished_at: null, error: null }
  await db.tx(async (tx) => {
    await tx.insert('job_slot', [
      { ...row, slot: '2026-05-20T09:00', due_at: now - hours(1), state: 'running' },
    ])
    await enterQuarantine(tx, { since: now, backupAt: now - hours(1), cause: 'restored' })
  })
  const runner = createJobRunner(db, [job], createLog('silent'))
  expect(await runner.runDue(now)).toBe(0)
  await confirmRestore(
    actOn(db, { now: () => now + hours(3), steady: () => 0, set: () => undefined, advance: () => undefined }),
    boss,
    by,
  )
  const fresh = createJobRunner(db, [job], createLog('silent'))
  await fresh.runDue(now + hours(4))
  expect(ran).toEqual(['2026-05-20T13:00', '2026-05-20T14:00'])
  const states = await db.reader.rows<{ slot: string; state: string }>(
    'select slot, state from job_slot order by slot',
  )
  expect(states.map(({ state }) => state)).toEqual(['missed', 'missed', 'missed', 'missed', 'done', 'done'])
  await database.drop()
})
