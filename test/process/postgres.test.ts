/** Two servers on one PostgreSQL, as processes of their own: each happening is answered once, whoever is faster. */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, describe, expect, inject, it } from 'vitest'
import { freePort, readiness, startServer, startSimulator, stopEverything, until } from './harness.ts'

const server = inject('postgresUrl')

async function ask<T extends object>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<T>(sql)
  await client.end()
  return rows
}

interface LedgerRow {
  readonly api: string
  readonly recipient: string
}

afterAll(stopEverything)

if (server === null) process.stderr.write('!! skipped: two servers on one PostgreSQL\n')
else
  describe('two servers on one PostgreSQL', { timeout: 180_000 }, () => {
    it('start side by side, welcome each new contact exactly once, and agree on one log', async () => {
      const name = `siyu_${randomBytes(6).toString('hex')}`
      await ask(server, `create database ${name}`)
      const address = new URL(server)
      address.pathname = `/${name}`
      const simulator = await startSimulator(['--seed', '3'])
      const env = {
        ...simulator.env,
        DATABASE_URL: address.href,
        SIYU_MASTER_KEY: randomBytes(32).toString('base64'),
      }
      const ports = [await freePort(), await freePort()]
      // The first one migrates; a second start at the same moment would only wait for it.
      const first = await startServer({ ...env, PORT: String(ports[0]) })
      const second = await startServer({ ...env, PORT: String(ports[1]) })
      for (const { url } of [first, second])
        await until(
          `${url} is ready`,
          async () => ((await readiness(url)).missing.length === 0 ? true : null),
          { timeoutMs: 90_000 },
        )
      await simulator.post('callback-url', { url: `${second.url}/wecom/callback` })
      const userid = (
        await ask<{ userid: string }>(
          address.href,
          'select userid from staff where contact = 1 order by userid limit 1',
        )
      )[0]?.userid
      const added: string[] = []
      for (let n = 0; n < 10; n += 1) {
        const { external_userid: external } = await simulator.post<{ external_userid: string }>(
          'contacts/add',
          { userid, name: `新客${String(n)}` },
        )
        added.push(external)
      }
      const welcomes = await until('ten welcomes', async () => {
        const { rows } = await simulator.get<{ rows: LedgerRow[] }>('ledger?since=0')
        const found = rows.filter(
          ({ api, recipient }) => api === 'send_welcome_msg' && added.includes(recipient),
        )
        return found.length >= 10 ? found : null
      })
      expect(welcomes.map(({ recipient }) => recipient).sort()).toEqual([...added].sort())
      await until('ten settled welcomes', async () => {
        const [sent] = await ask<{ n: string }>(
          address.href,
          `select count(*) as n from promise where channel = 'welcome' and state = 'sent'`,
        )
        return Number(sent?.n) === added.length ? true : null
      })
      const log = await ask<{ rows: string; last: string }>(
        address.href,
        'select count(*) as rows, max(seq) as last from log',
      )
      expect(log[0]?.rows).toBe(log[0]?.last)
    })
  })
