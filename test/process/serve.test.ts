/** `serve` as an operator meets it: wrong settings, a busy port, a stopped database, WeCom away, callbacks, SIGTERM. */
import { appendFileSync, cpSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { encrypt as seal, getSignature } from '@wecom/crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  answering,
  freePort,
  installation,
  packageRoot,
  readiness,
  run,
  spawnServer,
  startServer,
  stopEverything,
  temporaryFolder,
} from './harness.ts'
import type { Exit, Folder, ServerProcess, Settings } from './harness.ts'

const corpId = 'wwprocess0123456'
const token = 'processtoken'
const aesKey = 'kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR'
/** The discard port: nobody listens there. */
const away = 'http://127.0.0.1:9'

const settings = (folder: Folder, port: number, more: Settings = {}): Settings => ({
  PORT: String(port),
  DATABASE_URL: `sqlite:${join(folder.path, 'siyu.db')}`,
  WECOM_API_URL: away,
  WECOM_CORP_ID: corpId,
  WECOM_AGENT_ID: '1000002',
  WECOM_AGENT_SECRET: 'a-secret-that-nobody-knows',
  WECOM_CALLBACK_TOKEN: token,
  WECOM_CALLBACK_AES_KEY: aesKey,
  ...more,
})

afterAll(stopEverything)

describe('what cannot start says why', { timeout: 120_000 }, () => {
  let folder: Folder
  beforeAll(() => {
    folder = temporaryFolder()
  })
  afterAll(() => folder.remove())

  it('names every mistake of a .env with its line and fix, and makes nothing', async () => {
    const place = installation()
    writeFileSync(
      join(place.path, '.env'),
      [
        '# ours',
        'PORT=notanumber',
        'WECOM_CORP_ID=ww!',
        'WECOM_AGENT_ID=1000002',
        'WECOM_CALLBACK_TOKEN=fine',
        'WECOM_CALLBACK_AES_KEY=tooshort',
        'WECOM_COLOUR=blue',
        'this is no setting',
        'DATABASE_URL=mysql://nowhere',
        '',
      ].join('\n'),
    )
    const { code, stderr, stdout } = await run(['serve'], { root: place.path })
    expect(code).toBe(3)
    expect(stdout).toBe('')
    for (const words of [
      '.env:2 PORT must be a port number',
      '.env:3 WECOM_CORP_ID must be the corp id',
      '.env:6 WECOM_CALLBACK_AES_KEY must be the 43',
      '.env:7 WECOM_COLOUR is not a setting',
      '.env:8 is not KEY=value',
      '.env:9 DATABASE_URL must begin with',
      'WECOM_AGENT_SECRET is missing; find Secret',
    ])
      expect(stderr).toContain(words)
    expect(existsSync(join(place.path, 'data'))).toBe(false)
    place.remove()
  })

  it('names every mistake of a cadence with its line and fix, and makes no database', async () => {
    const config = join(folder.path, 'config')
    cpSync(join(packageRoot, 'config'), config, { recursive: true })
    const path = join(config, 'cadence.yaml')
    const lines = readFileSync(path, 'utf8').split('\n')
    const wrong = (from: RegExp, to: string): number => {
      const at = lines.findIndex((line) => from.test(line))
      lines[at] = to
      return at + 1
    }
    const gap = wrong(/^ {2}gapHours:/, '  gapHours: often')
    const cap = wrong(/^ {2}marketingPerDay:/, '  marketingPerDays: 1')
    const tiers = wrong(/^ {4}tiers: \[high\]/, '    tiers: [hihg]')
    writeFileSync(path, lines.join('\n'))
    const port = await freePort()
    const database = join(folder.path, 'never.db')
    const env = settings(folder, port, { SIYU_CONFIG_DIR: config, DATABASE_URL: `sqlite:${database}` })
    const validated = await run(['cadence', 'validate', '--json'], { env })
    const served = await run(['serve'], { env })
    expect([validated.code, served.code]).toEqual([3, 3])
    for (const line of [gap, cap, tiers]) {
      expect(served.stderr).toContain(`${path}:${String(line)}:`)
      expect(validated.stderr).toContain(`${path}:${String(line)}:`)
    }
    expect(served.stderr).toMatch(/marketingPerDay\b/)
    expect(
      readdirSync(folder.path).filter((name) => name.startsWith('never.db') && !name.endsWith('.key')),
    ).toEqual([])
  })

  it('one server works on one SQLite file, and a database stays with its corp', async () => {
    const env = settings(folder, await freePort())
    const first = await startServer(env)
    const second = await run(['serve'], { env: { ...env, PORT: String(await freePort()) } })
    expect([second.code, second.stderr]).toEqual([3, expect.stringContaining('is served already')])
    expect((await fetch(`${first.url}/livez`)).status).toBe(200)
    expect(await first.program.end('SIGTERM')).toEqual({ code: 0, signal: null })
    const other = await run(['serve'], { env: { ...env, WECOM_CORP_ID: 'wwsomebodyelse01' } })
    expect([other.code, other.stderr]).toEqual([3, expect.stringContaining(`it was made for ${corpId}`)])
  })

  it('says that the port is taken', async () => {
    const squatter = createServer()
    const port = await new Promise<number>((ok) => {
      squatter.listen(0, '127.0.0.1', () => {
        const address = squatter.address()
        ok(typeof address === 'object' && address !== null ? address.port : 0)
      })
    })
    const done = await run(['serve'], { env: settings(folder, port) })
    await new Promise((ok) => squatter.close(ok))
    expect(done.code).toBe(1)
    expect(done.stderr).toContain(`cannot listen on 127.0.0.1:${String(port)}`)
    expect(done.stderr).toContain('fix: stop whatever uses the port, or set PORT')
  })

  it('ends with 4 when PostgreSQL does not answer', async () => {
    const env = settings(folder, await freePort(), {
      DATABASE_URL: 'postgres://siyu:siyu@127.0.0.1:9/siyu',
      SIYU_MASTER_KEY: Buffer.alloc(32, 3).toString('base64'),
    })
    const done = await run(['serve'], { env })
    expect([done.code, done.stderr]).toEqual([4, expect.stringContaining('PostgreSQL does not answer')])
  })
})

describe('callbacks while WeCom is away', { timeout: 120_000 }, () => {
  let folder: Folder
  let env: Settings
  let server: ServerProcess
  beforeAll(async () => {
    folder = temporaryFolder()
    env = settings(folder, await freePort())
    server = await startServer(env)
  }, 60_000)
  afterEach(async () => {
    if (!server.program.exited()) return
    server = spawnServer(env)
    await answering(server)
  })
  afterAll(async () => {
    await server.program.end('SIGTERM')
    folder.remove()
  })

  const now = (): number => Math.floor(Date.now() / 1_000)
  const inner = (more: string, { corp = corpId, at = now() } = {}): string =>
    `<xml><ToUserName><![CDATA[${corp}]]></ToUserName><FromUserName><![CDATA[lin]]></FromUserName><CreateTime>${String(at)}</CreateTime>${more}<AgentID>1000002</AgentID></xml>`
  const said = (words: string, more: { corp?: string; at?: number } = {}): string =>
    inner(
      `<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[${words}]]></Content><MsgId>${words.length}${String(now())}</MsgId>`,
      more,
    )
  const tell = async (
    text: string,
    { by = token, receiver = corpId, cut = (sealed: string) => sealed, wrap = (xml: string) => xml } = {},
  ): Promise<number> => {
    const sealed = cut(seal(aesKey, text, receiver))
    const timestamp = String(now())
    const query = new URLSearchParams({
      msg_signature: getSignature(by, timestamp, 'n0nce', sealed),
      timestamp,
      nonce: 'n0nce',
    })
    const response = await fetch(`${server.url}/wecom/callback?${query.toString()}`, {
      method: 'POST',
      body: wrap(
        `<xml><ToUserName><![CDATA[${receiver}]]></ToUserName><Encrypt><![CDATA[${sealed}]]></Encrypt></xml>`,
      ),
    })
    return response.status
  }
  const logged = async (): Promise<{ kind: string; said?: string }[]> => {
    const { code, stdout, stderr } = await run(['log', '--json', '--limit', '1000', '--kind', 'staff-said'], {
      env,
    })
    if (code !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as { kind: string }[]
  }

  it('is live and ready, and names what is missing', async () => {
    expect((await fetch(`${server.url}/livez`)).status).toBe(200)
    const { ready, missing } = await readiness(server.url)
    expect(ready).toBe(true)
    expect(missing.map(({ name }) => name).sort()).toEqual(['comparison', 'wecom'])
  })

  it('refuses what is forged, cut, foreign, old, hostile or too large, and logs none of it', async () => {
    const before = (await logged()).length
    const answers = {
      forged: await tell(said('伪造'), { by: 'wrongtoken' }),
      cut: await tell(said('截断'), { cut: (sealed) => sealed.slice(0, -24) }),
      foreignReceiver: await tell(said('别家'), { receiver: 'wwforeign0000000' }),
      foreignCorp: await tell(said('别家', { corp: 'wwforeign0000000' })),
      old: await tell(said('两天前', { at: now() - 2 * 86_400 })),
      entity: await tell(`<!DOCTYPE x [<!ENTITY e "x">]>${said('&e;')}`),
      outerEntity: await tell(said('外层'), { wrap: (xml) => `<!DOCTYPE x [<!ENTITY e "x">]>${xml}` }),
      tooLarge: await tell(said('大'), {
        wrap: (xml) => xml.replace('</xml>', `${' '.repeat(300_000)}</xml>`),
      }),
      empty: await tell('', { wrap: () => '' }),
    }
    expect(Object.entries(answers).filter(([, status]) => status < 400 || status > 499)).toEqual([])
    expect(await logged()).toHaveLength(before)
  })

  it('records a genuine one once, however often it comes, and takes words that look like markup', async () => {
    const before = (await logged()).length
    const text = said('<!DOCTYPE html> 这段代码是什么意思？ <xml>')
    expect([await tell(text), await tell(text), await tell(text)]).toEqual([200, 200, 200])
    expect(await logged()).toHaveLength(before + 1)
  })

  it('keeps every callback it answered well, asked to stop or killed in the middle', async () => {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const before = (await logged()).length
      let [kept, answered] = [0, 0]
      let ended: Promise<Exit> | null = null
      const flood = Array.from({ length: 300 }, async (_, n) => {
        try {
          const status = await tell(said(`${signal} 第 ${String(n)} 条`))
          answered += 1
          if (status === 200) kept += 1
          if (answered === 60) ended = server.program.end(signal)
        } catch (error) {
          // Refused or cut off: then it was not answered, and WeCom would send it again.
          if (!(error instanceof TypeError)) throw error
        }
      })
      await Promise.all(flood)
      const end = await (ended as Promise<Exit> | null)
      expect(end?.code).toBe(signal === 'SIGTERM' ? 0 : null)
      expect(kept).toBeGreaterThan(0)
      const stored = (await logged()).length - before
      if (signal === 'SIGTERM') expect(stored).toBe(kept)
      else expect(stored).toBeGreaterThanOrEqual(kept)
      server = spawnServer(env)
      await answering(server)
    }
  })

  it('keeps secrets out of what it says', async () => {
    appendFileSync(join(folder.path, 'said.txt'), server.program.stderr())
    for (const secret of [env['WECOM_AGENT_SECRET'], token, aesKey])
      expect(readFileSync(join(folder.path, 'said.txt'), 'utf8')).not.toContain(secret)
  })
})
