import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { envShape, readEnv } from './env.ts'
import type { Env, Source } from './env.ts'
import { ConfigMistakes } from './errors.ts'

const good: Source = {
  WECOM_CORP_ID: 'ww0123456789abcdef',
  WECOM_AGENT_ID: '1000002',
  WECOM_AGENT_SECRET: 'kW8sQ2mZ5tY7uX9v-abcdefghijklmnop',
  WECOM_CALLBACK_TOKEN: 'Token123',
  WECOM_CALLBACK_AES_KEY: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFC',
}

describe('the environment', () => {
  let root: string
  const read = (source: Source, file?: string): Env => {
    if (file !== undefined) writeFileSync(join(root, '.env'), file)
    return readEnv({ root, source })
  }
  const mistakes = (source: Source, file?: string): readonly string[] => {
    try {
      read(source, file)
    } catch (error) {
      if (error instanceof ConfigMistakes) return error.mistakes
      throw error
    }
    return []
  }
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'siyu-env-'))
  })

  it('has defaults for everything but the credentials, and makes a key only its owner may read', () => {
    const env = read(good)
    expect(env).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      databaseUrl: 'sqlite:data/siyu.db',
      cadenceSource: 'database',
    })
    expect(env.roles).toEqual(['web', 'planner', 'worker'])
    expect(env.masterKey).toHaveLength(32)
    expect(statSync(join(root, 'data/siyu.db.key')).mode & 0o777).toBe(0o600)
    expect(read(good).masterKey).toEqual(env.masterKey)
  })

  it('takes group robots by name, by key or by the whole address, and shows no key that is written wrongly', () => {
    const [one, two] = ['693a91f6-7aaa-4bc4-97a0-0ec2sifa5aaa', 'abcdefghijklmnop0123']
    const address = `https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=${two}`
    const { robots } = read({ ...good, WECOM_ROBOTS: `早会=${one}, 店长=${address}` }).wecom
    expect([...robots]).toEqual([
      ['早会', one],
      ['店长', two],
    ])
    expect(read(good).wecom.robots.size).toBe(0)
    for (const wrong of [one, `早会=${one},早会=${two}`, '早会=short'])
      expect(mistakes({ ...good, WECOM_ROBOTS: wrong })).toEqual([
        expect.stringMatching(/^WECOM_ROBOTS takes NAME=KEY/),
      ])
    expect(mistakes({ ...good, WECOM_ROBOTS: `${one}` }).join()).not.toContain(one)
  })

  it('names every mistake at once, with the line of the file and the fix', () => {
    const found = mistakes(
      {},
      [
        'PORT=abc',
        '# a comment',
        'WECOM_CORP_ID=ww0123456789abcdef',
        'WECOM_CALLBACK_AES_KEY=short',
        'WECOM_AGNET_ID=1',
        'not a line',
        'DATABASE_URL=mysql://x',
      ].join('\n'),
    )
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^\.env:1 PORT must be a port number/),
        expect.stringMatching(/^\.env:4 WECOM_CALLBACK_AES_KEY must be the 43/),
        expect.stringMatching(/^\.env:5 WECOM_AGNET_ID is not a setting of Siyu/),
        expect.stringMatching(/^\.env:6 is not KEY=value/),
        expect.stringMatching(/^\.env:7 DATABASE_URL must begin with sqlite: or postgres:/),
        expect.stringMatching(/^WECOM_AGENT_SECRET is missing; find Secret/),
        expect.stringMatching(/^WECOM_AGENT_ID is missing; find AgentId/),
        expect.stringMatching(/^WECOM_CALLBACK_TOKEN is missing/),
      ]),
    )
    expect(found).toHaveLength(8)
  })

  it('lets the process environment win over the file, and reads quotes and trailing comments', () => {
    const env = read(
      { ...good, PORT: '4000' },
      'PORT=5000\nHOST="0.0.0.0" # all\nPUBLIC_URL=https://siyu.example.com/\n',
    )
    expect(env).toMatchObject({ port: 4000, host: '0.0.0.0', publicUrl: 'https://siyu.example.com' })
  })

  it('reads a secret from a file, and refuses both ways at once or a file that is not there', () => {
    const path = join(root, 'secret')
    writeFileSync(path, 'kW8sQ2mZ5tY7uX9v-from-a-file\n')
    const { WECOM_AGENT_SECRET: _left, ...rest } = good
    expect(read({ ...rest, WECOM_AGENT_SECRET_FILE: path }).wecom.agentSecret).toBe(
      'kW8sQ2mZ5tY7uX9v-from-a-file',
    )
    expect(mistakes({ ...good, WECOM_AGENT_SECRET_FILE: path })).toEqual([
      expect.stringContaining('both set'),
    ])
    expect(mistakes({ ...rest, WECOM_AGENT_SECRET_FILE: join(root, 'none') })[0]).toContain('cannot be read')
  })

  it.each([
    [{ WECOM_AGENT_SECRET: 'example-secret-value' }, 'is the example value'],
    [{ SIYU_MASTER_KEY: 'c2hvcnQ=' }, 'base64 of 32 bytes'],
    [{ DATABASE_URL: 'postgres://localhost/siyu' }, 'SIYU_MASTER_KEY is missing'],
    [{ CADENCE_SOURCE: 'git' }, 'takes database or file'],
    [{ SIYU_ROLES: 'web,chef' }, 'takes web, planner and worker'],
    [{ PUBLIC_URL: 'siyu.example.com' }, 'must be an http(s) address'],
    [{ SIYU_RECONCILE_DELAYS_MS: '1,soon' }, 'takes milliseconds'],
  ])('refuses %j', (change, words) => {
    expect(mistakes({ ...good, ...change }).join('\n')).toContain(words)
  })

  it('needs no credentials for verbs that never speak to WeCom', () => {
    expect(readEnv({ root, source: {}, partial: true }).wecom.corpId).toBe('offline')
  })
})

it('every setting stands in .env.example, and nothing else does', () => {
  const example = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')
  const named = [...example.matchAll(/^#?([A-Z][A-Z0-9_]+)=/gm)].map((match) => match[1] ?? '')
  expect([...new Set(named)].sort()).toEqual(Object.keys(envShape.shape).sort())
})
