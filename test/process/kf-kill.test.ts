/**
 * A server is killed with SIGKILL while it reads what was said in 微信客服: when a page has come and nobody has read it,
 * before its commit, and after it. The next one goes on; every message stands in the log once, in its order.
 */
import { afterAll, afterEach, beforeEach, expect, inject, it } from 'vitest'
import { readLog, readWords } from '../../src/interaction/index.ts'
import { emptyDatabase, externalOf, openFleet } from './fleet.ts'
import type { Fleet } from './fleet.ts'
import { freePort, spawnServer, stopEverything, until } from './harness.ts'
import { openBeside } from './work.ts'

/** Page after page of 300 messages; a life ends at its second page, so that each goes on from where one before it was. */
const points = ['page-read:2', 'page-written:2', 'page-committed:2']
const messages = 1_500

let fleet: Fleet
beforeEach(async () => {
  const shop = { advisors: 1, customersEach: 5, groups: 0 }
  fleet = await openFleet({ shop, at: '10:20', touchpoints: 'touchpoints: {}', latencyMs: 2 })
})
afterEach(async () => {
  await stopEverything()
  await fleet.close()
})
afterAll(stopEverything)

async function call(path: string, body: object): Promise<Record<string, unknown>> {
  const { url, credentials } = fleet.simulator
  const token = await fetch(
    `${url}/cgi-bin/gettoken?corpid=${credentials.corpId}&corpsecret=${credentials.agentSecret}`,
  )
  const { access_token: given } = (await token.json()) as { access_token: string }
  const answer = await fetch(`${url}/cgi-bin/kf/${path}?access_token=${given}`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  return (await answer.json()) as Record<string, unknown>
}

/** Lives and dies at its point; answers when it is dead. */
async function killedAt(point: string, databaseUrl: string): Promise<void> {
  const env = { ...fleet.env, PORT: String(await freePort()), DATABASE_URL: databaseUrl, FAIL_POINT: point }
  const { program } = spawnServer(env, { mortal: true })
  const { signal } = await program.exit
  expect(signal, program.stderr()).toBe('SIGKILL')
  expect(program.stderr()).toContain(`fail point ${point.split(':')[0] ?? ''}`)
}

async function readThrough(databaseUrl: string, points: readonly string[], survivors: number): Promise<void> {
  const { open_kfid: kfid } = await call('account/add', { name: '小店客服', media_id: '' })
  const says = (words: string, n: number): string =>
    fleet.simulator.world.kfSays(String(kfid), externalOf(n % 5), words)
  const said = Array.from({ length: messages }, (_, n) => says(`第 ${String(n)} 句`, n))
  for (const point of points) {
    await killedAt(point, databaseUrl)
    // She goes on writing while nobody is there.
    said.push(says(`${point} 以后`, said.length))
  }
  await Promise.all(Array.from({ length: survivors }, () => fleet.serve({ DATABASE_URL: databaseUrl })))
  const core = await openBeside(fleet, databaseUrl)
  const { reader } = core.db
  const heard = () => readLog(reader, { kinds: ['kf-said'], limit: messages * 2 })
  const rows = await until('everything is read', async () => {
    const found = await heard()
    return found.length >= said.length ? found : null
  })
  expect(rows.map(({ sourceKey }) => sourceKey)).toEqual(said)
  const words = await readWords(
    reader,
    rows.map(({ id }) => id),
  )
  expect(rows.map(({ id }) => words.get(id))).toEqual([
    ...Array.from({ length: messages }, (_, n) => `第 ${String(n)} 句`),
    ...points.map((point) => `${point} 以后`),
  ])
  const [log] = await reader.rows('select cast(count(*) as bigint) as count, max(seq) as last from log')
  expect(log?.['count']).toBe(log?.['last'])
  // The cursor stands behind the last message: WeCom has nothing more to tell there.
  const account = await until('nobody wishes to read more', async () => {
    const [row] = await reader.rows<{ cursor: string; ready_at: number | null; why: string }>(
      'select cursor, ready_at, why from kf_account',
    )
    return row?.ready_at === null ? row : null
  })
  expect(account.why).toBe('')
  expect(await call('sync_msg', { open_kfid: kfid, cursor: account.cursor, limit: 1_000 })).toMatchObject({
    errcode: 0,
    has_more: 0,
    msg_list: [],
  })
  await core.close()
}

it('SQLite: three killed servers lose nothing and tell nothing twice', { timeout: 180_000 }, async () => {
  await readThrough(`sqlite:${fleet.folder.path}/siyu.db`, points, 1)
})

const postgres = inject('postgresUrl')
if (postgres === null)
  process.stderr.write('!! skipped on PostgreSQL: servers killed while they read 微信客服\n')

it.runIf(postgres !== null)(
  'PostgreSQL: nor do they where two servers go on side by side',
  { timeout: 180_000 },
  async () => {
    const database = await emptyDatabase(postgres ?? '')
    // Around the commit, where the two differ.
    await readThrough(database.url, points.slice(1), 2)
    await stopEverything()
    await database.drop()
  },
)
