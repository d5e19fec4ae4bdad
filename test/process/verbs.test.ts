/** The verbs as processes: one document on stdout, exit codes, an import killed in the middle, a plan of real customers. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { runInit } from '../../src/cli/init.ts'
import { parseEnvFile, readEnv } from '../../src/base/env.ts'
import { packageRoot, run, runMany, start, stopEverything, temporaryFolder, until } from './harness.ts'
import type { Done, Folder, Settings } from './harness.ts'

afterAll(stopEverything)

let folder: Folder
let env: Settings
beforeAll(() => {
  folder = temporaryFolder()
  env = { DATABASE_URL: `sqlite:${join(folder.path, 'verbs.db')}` }
})
afterAll(() => folder.remove())

const document = ({ stdout, stderr, code }: Done): unknown => {
  try {
    return JSON.parse(stdout) as unknown
  } catch (error) {
    throw new Error(`no single JSON document (exit ${String(code)}): ${stdout.slice(0, 300)} ${stderr}`, {
      cause: error,
    })
  }
}

describe('the command line', { timeout: 240_000 }, () => {
  it('ends with 2 on what it does not know, and says what it knows', async () => {
    for (const args of [
      ['conquer'],
      ['import', '--colour', 'red'],
      ['log', '--limit'],
      ['cadence', 'plan', '--days', 'many'],
      // Below a group the contract is the same.
      ['cadence', 'explode'],
      ['cadence', 'draft', 'explode'],
      ['clv', 'explode'],
      ['audit'],
    ]) {
      const done = await run(args, { env })
      expect([args, done.code, done.stdout]).toEqual([args, 2, ''])
      expect(done.stderr.length).toBeGreaterThan(10)
    }
  })

  it('puts exactly one JSON document on stdout with --json', async () => {
    const orders = join(folder.path, 'few.csv')
    writeFileSync(orders, 'customer,date,amount\nc1,2026-05-01,12.50\nc2,2026-05-02,8\nc1,2026-05-09,30\n')
    const verbs: readonly (readonly string[])[] = [
      ['migrate'],
      ['import', 'orders', orders],
      ['segment', '--as-of', '2026-05-20'],
      ['log'],
      ['cadence', 'validate'],
      ['cadence', 'plan', '--from', '2026-05-20', '--days', '2'],
      ['cadence', 'explain', 'c1'],
      ['cadence', 'diff', join(packageRoot, 'config/cadence.yaml')],
      ['cadence', 'apply', join(packageRoot, 'config/cadence.yaml')],
      ['cadence', 'pause', 'a test'],
      ['cadence', 'resume', 'a test'],
      ['cadence', 'reasons'],
      ['cadence', 'draft', 'save', join(packageRoot, 'config/cadence.yaml'), '--note', 'a test'],
      ['cadence', 'schema'],
      ['media', 'add', orders, '--name', '订单'],
      ['archive', 'position'],
      ['audit', 'verify'],
      ['audit', 'list', '--what', 'sending-paused'],
    ]
    const withJson = verbs.map((verb) => [...verb, '--json'])
    // The first in processes of their own; then what is said, in one that also has to end by itself.
    const alone = [
      await run(withJson[0] ?? [], { env }),
      await run(withJson[1] ?? [], { env }),
      await run(withJson[2] ?? [], { env }),
    ]
    const all = [...alone, ...(await runMany(withJson.slice(alone.length), { env }))]
    expect(all).toHaveLength(verbs.length)
    for (const [n, done] of all.entries())
      expect([verbs[n], done.code, typeof document(done)]).toEqual([verbs[n], 0, 'object'])
    const doctor = await run(['doctor', '--json'], { env })
    expect([doctor.code, document(doctor)]).toMatchObject([1, { ok: false }])
  })

  it('reads the session archive from a pipe, and goes on where it ended', async () => {
    const own = { DATABASE_URL: `sqlite:${join(folder.path, 'archive.db')}` }
    const customer = `wm${'A'.repeat(30)}`
    const row = (seq: number, msgtype: string, inner: object): string =>
      `${JSON.stringify({ seq, msgid: `m${String(seq)}`, action: 'send', from: customer, tolist: ['lin'], roomid: '', msgtime: 1_790_000_000_000, msgtype, [msgtype]: inner })}\n`
    const lines = [row(1, 'agree', { userid: customer }), row(2, 'text', { content: '在吗' }), '{"seq": 3\n']
    const errors = join(folder.path, 'archive.errors.csv')
    const read = ['archive', 'read', '-', '--errors', errors, '--json']
    const first = await run(read, { env: own, input: lines.join('') })
    expect([first.code, document(first)]).toMatchObject([
      0,
      { records: 3, chats: 1, agreements: 1, rejected: 1, position: 2 },
    ])
    expect(readFileSync(errors, 'utf8')).toContain('3,"the line is not JSON"')
    const more = [...lines.slice(0, 2), row(4, 'text', { content: '好的' })].join('')
    const second = await run([...read, '--resume'], { env: own, input: more })
    expect(document(second)).toMatchObject({ records: 1, chats: 1, known: 0, position: 4 })
    const missing = await run(['archive', 'read', join(folder.path, 'nothing.jsonl')], { env: own })
    expect([missing.code, missing.stdout]).toEqual([1, ''])
    expect((await run(['archive', 'read', '-', '--resume', '--after', '1'], { env: own })).code).toBe(2)
  })

  it('tells every mistake of a cadence as validate does, whichever verb was given it', async () => {
    const wrong = join(folder.path, 'wrong.yaml')
    writeFileSync(wrong, 'shop: { nmae: a }\ntouchpoints: { weekly-not: { wordings: [x] } }\n')
    const verbs = [['validate'], ['apply'], ['diff'], ['plan', '--file'], ['draft', 'save']]
    const gbk = join(folder.path, 'gbk.yaml')
    writeFileSync(gbk, Buffer.concat([Buffer.from('shop: { name: '), Buffer.from([0xba, 0xcc, 0x7d, 0x0a])]))
    const all = await runMany(
      [...verbs.map((verb) => ['cadence', ...verb, wrong, '--json']), ['cadence', 'validate', gbk, '--json']],
      { env },
    )
    expect(all).toHaveLength(verbs.length + 1)
    const ofGbk = all.pop()
    for (const [n, done] of all.entries()) {
      const verb = verbs[n] ?? []
      // A draft is saved with all its mistakes; what it says of them is the same.
      expect([verb, done.code]).toEqual([verb, verb[0] === 'draft' ? 0 : 3])
      expect(done.stderr).toContain('wrong.yaml:1:9 shop.nmae: there is no setting "nmae" — fix:')
      expect(document(done)).toMatchObject({
        problems: [
          { line: 1, column: 1, path: 'shop.name' },
          { line: 1, column: 9, path: 'shop.nmae', fix: 'did you mean "name"? The settings are name' },
          { line: 2, column: 16, path: 'touchpoints.weekly-not' },
        ],
      })
    }
    expect([ofGbk?.code, ofGbk && document(ofGbk)]).toMatchObject([
      3,
      { ok: false, problems: [{ line: 1, column: 15, message: expect.stringContaining('GBK') as string }] },
    ])
  })

  it('refuses a pause of what nobody knows, lists pauses, and keeps a list a list in a summary', async () => {
    const [typo, list, short, again, back] = (await runMany(
      [
        ['cadence', 'pause', 'a test', '--touchpoint', 'weekly-not'],
        ['cadence', 'pauses', '--json'],
        ['cadence', 'pauses', '--json', '--summary'],
        ['cadence', 'resume', 'a test', '--json'],
        ['cadence', 'rollback', '99'],
      ],
      { env },
    )) as [Done, Done, Done, Done, Done]
    expect([typo.code, typo.stdout]).toEqual([1, ''])
    expect(typo.stderr).toContain('Did you mean "weekly-note"?')
    expect(document(list)).toEqual({ pauses: [] })
    expect(document(short)).toEqual({ pausesCount: 0 })
    expect([again.code, document(again)]).toMatchObject([0, { paused: false, resumed: false }])
    expect(again.stderr).toContain('nothing was paused')
    expect([back.code, back.stderr]).toEqual([
      1,
      expect.stringMatching(/^There is no version 99[^\u4e00-\u9fff]*fix: /),
    ])
  })

  it('tells a difference in sentences, and its lines when asked', async () => {
    const file = join(folder.path, 'twice.yaml')
    const text = readFileSync(join(packageRoot, 'config/cadence.yaml'), 'utf8')
    writeFileSync(file, text.replace('marketingPerDay: 1', 'marketingPerDay: 2'))
    const [said, lines] = (await runMany(
      [
        ['cadence', 'diff', file],
        ['cadence', 'diff', file, '--unified'],
      ],
      { env },
    )) as [Done, Done]
    expect(said.stdout.split('\n').length).toBeLessThan(40)
    expect(said.stdout).toContain('由 1 改为 2')
    expect(lines.stdout).toMatch(/\n-  marketingPerDay: 1 .*\n\+  marketingPerDay: 2 /)
  })

  it('writes a .env that serves, and leaves an existing one alone', async () => {
    const place = temporaryFolder()
    const answers = {
      corpId: 'wwinit0123456789',
      agentId: '1000002',
      agentSecret: 'the-secret-of-the-app-0001',
      publicUrl: 'https://siyu.example.com/',
      admins: 'lin,wang',
    }
    const done = await runInit(answers, place.path)
    const path = join(place.path, '.env')
    expect(done.written).toBe(path)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const { values, mistakes } = parseEnvFile(readFileSync(path, 'utf8'))
    expect(mistakes).toEqual([])
    const made = readEnv({ root: place.path, source: {} })
    expect(made.wecom.corpId).toBe(answers.corpId)
    expect(made.publicUrl).toBe('https://siyu.example.com')
    expect(done.console['接收消息 → Token']).toBe(values['WECOM_CALLBACK_TOKEN'])
    await expect(runInit(answers, place.path)).rejects.toMatchObject({ code: 'exists' })
    const again = await runInit({ ...answers, force: true }, place.path)
    expect(readFileSync(again.backup ?? '', 'utf8')).toContain(values['SIYU_MASTER_KEY'] ?? 'no key')
    place.remove()
  })

  it('completes an import that was killed in the middle, and adds nothing the third time', async () => {
    const [rows, customers] = [12_000, 3_000]
    const file = join(folder.path, 'many.csv')
    const day = (n: number): string => new Date(Date.UTC(2025, 0, 1 + (n % 400))).toISOString().slice(0, 10)
    writeFileSync(
      file,
      `customer,date,amount\n${Array.from({ length: rows }, (_, n) => `k${String(n % customers)},${day(n)},${String((n % 90) + 1)}.00`).join('\n')}\n`,
    )
    const own = { DATABASE_URL: `sqlite:${join(folder.path, 'import.db')}` }
    const wal = join(folder.path, 'import.db-wal')
    const victim = start(['import', 'orders', file, '--json'], { env: own })
    await until('the first rows', () => (existsSync(wal) && statSync(wal).size > 4_000_000 ? true : null))
    await victim.end('SIGKILL')
    expect(victim.stdout()).toBe('')
    const second = document(await run(['import', 'orders', file, '--json'], { env: own })) as Record<
      string,
      number
    >
    const third = document(await run(['import', 'orders', file, '--json'], { env: own })) as Record<
      string,
      number
    >
    expect(second).toMatchObject({ lines: rows, customers })
    expect(second['imported']).toBeLessThan(rows)
    expect(third).toMatchObject({ lines: rows, imported: 0 })
    const list = await run(['log', '--json', '--kind', 'order-placed', '--limit', '100000'], { env: own })
    expect(document(list)).toHaveLength(rows)
  })
})

const data = join(process.env['REFERENCE_DATA'] ?? '/nonexistent', 'cdnow', 'CDNOW_sample.txt')
if (!existsSync(data))
  process.stderr.write(
    '!! skipped: "plans the customers of CDNOW"; set REFERENCE_DATA to a folder with cdnow/CDNOW_sample.txt\n',
  )

it.runIf(existsSync(data))(
  'plans the customers of CDNOW: a decision with its reason for each',
  { timeout: 180_000 },
  async () => {
    const own = { DATABASE_URL: `sqlite:${join(folder.path, 'cdnow.db')}` }
    const imported = await run(
      [
        'import',
        'orders',
        data,
        '--json',
        '--map',
        'customer=1,date=3,amount=5',
        '--date-format',
        'yyyyMMdd',
      ],
      { env: own },
    )
    expect(document(imported)).toMatchObject({ lines: 6919, customers: 2357 })
    const startedAt = Date.now()
    const planned = await run(['cadence', 'plan', '--from', '1998-06-29', '--days', '7', '--json'], {
      env: own,
    })
    const ms = Date.now() - startedAt
    const { promises } = document(planned) as {
      promises: {
        touchpoint: string
        subject: string
        day: string
        decision: string
        reason: string
        channel: string
      }[]
    }
    process.stderr.write(
      `cadence plan over CDNOW, 7 days: ${String(promises.length)} decisions in ${String(ms)} ms, the process included\n`,
    )
    expect(promises.length).toBeGreaterThan(0)
    for (const one of promises) {
      expect(['queued', 'later', 'declined']).toContain(one.decision)
      expect(one.reason).not.toBe('')
    }
    const keys = promises.map(({ touchpoint, subject, day }) => `${touchpoint} ${subject} ${day}`)
    expect(new Set(keys).size).toBe(keys.length)
    // Nobody of them is in WeCom, so everybody due is named, with just that as the reason.
    expect(new Set(promises.map(({ decision }) => decision))).toEqual(new Set(['declined']))
    const words = parse(readFileSync(join(packageRoot, 'config/cadence.yaml'), 'utf8')) as {
      touchpoints: object
    }
    for (const { touchpoint } of promises) expect(Object.keys(words.touchpoints)).toContain(touchpoint)
  },
)
