/**
 * The only reader of the environment. Every mistake is reported at once with its fix; nothing starts half-way. Each
 * secret may also come from a file (`WECOM_AGENT_SECRET_FILE=/run/secrets/agent`). Where and secrets live here; how
 * often and to whom live in the cadence.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { ConfigMistakes, messageOf } from './errors.ts'

export type Source = Readonly<Record<string, string | undefined>>

/** The package's own folder: `config/`, `data/` and the built pages are found from here. */
export const packageRoot = ((): string => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(resolve(folder, 'package.json'))) folder = dirname(folder)
  return folder
})()

export interface BotSettings {
  readonly id: string
  readonly secret: string
  readonly url: string
}

export interface WecomSettings {
  readonly apiUrl: string
  readonly oauthUrl: string
  readonly loginUrl: string
  readonly corpId: string
  readonly agentId: string
  readonly agentSecret: string
  readonly callbackToken: string
  readonly callbackTokenPrevious: string | undefined
  readonly callbackAesKey: string
  readonly callbackAesKeyPrevious: string | undefined
  /** Of the session archive; without it WeCom is not asked who agreed to it. */
  readonly archiveSecret: string | undefined
  /** Keys of the webhooks of group robots, by our names for them. */
  readonly robots: ReadonlyMap<string, string>
  /** The smart bot; null without both keys. */
  readonly bot: BotSettings | null
}

export interface Env {
  readonly port: number
  readonly host: string
  /** Without a trailing slash. */
  readonly publicUrl: string
  readonly trustProxy: boolean
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
  readonly roles: readonly ('web' | 'planner' | 'worker')[]
  readonly masterKey: Buffer
  readonly cadenceSource: 'database' | 'file'
  readonly eventsKey: string | undefined
  readonly admins: readonly string[]
  /** When to look an unknown broadcast up, milliseconds after the call. RELIABILITY.md §2. */
  readonly reconcileDelaysMs: readonly number[]
  readonly logLevel: string
  readonly configDir: string
  readonly wecom: WecomSettings
  readonly simulated: boolean
}

const secrets = [
  'SIYU_MASTER_KEY',
  'SIYU_EVENTS_KEY',
  'WECOM_AGENT_SECRET',
  'WECOM_CALLBACK_TOKEN',
  'WECOM_CALLBACK_TOKEN_PREVIOUS',
  'WECOM_CALLBACK_AES_KEY',
  'WECOM_CALLBACK_AES_KEY_PREVIOUS',
  'WECOM_ARCHIVE_SECRET',
  'WECOM_BOT_SECRET',
  'WECOM_ROBOTS',
  'DATABASE_URL',
  'REDIS_URL',
]

const httpUrl = (fix: string) =>
  z
    .string()
    .refine(
      (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
      `must be an http(s) address; ${fix}`,
    )
    .transform((text) => text.replace(/\/+$/, ''))
const list = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
const aesKey = z
  .string()
  .regex(
    /^[A-Za-z0-9+/]{43}$/,
    'must be the 43 letters and digits of EncodingAESKey; copy it from the callback page of the WeCom console',
  )
const callbackToken = z
  .string()
  .regex(
    /^[A-Za-z0-9]{1,32}$/,
    'must be at most 32 letters and digits; copy Token from the callback page of the WeCom console',
  )
const required = (fix: string) => z.string({ error: `is missing; ${fix}` }).min(1, `is empty; ${fix}`)

const secretOf = (what: string) =>
  z.string().min(16, `is too short for a secret; copy it again from the page of ${what} in the WeCom console`)

/** `早会=693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa,店长=…`; the whole address of a webhook is taken as well. */
function robotsIn(text: string, ctx: z.RefinementCtx): ReadonlyMap<string, string> {
  const robots = new Map<string, string>()
  for (const part of list(text)) {
    const at = part.indexOf('=')
    const [name, written] = [part.slice(0, at).trim(), part.slice(at + 1).trim()]
    const key = written.replace(/^https?:\/\/\S*[?&]key=/, '')
    if (at > 0 && name.length <= 20 && /^[A-Za-z0-9_-]{16,64}$/.test(key) && !robots.has(name)) {
      robots.set(name, key)
      continue
    }
    // What was written may be a key: it is not shown.
    ctx.addIssue({
      code: 'custom',
      message: `takes NAME=KEY of group robots, separated by commas, each name once; entry ${String(robots.size + 1)} is none`,
    })
    return robots
  }
  return robots
}

/** Readable by `doctor`, `.env.example` and the tests: the one list of what may be set. */
export const envShape = z.object({
  PORT: z.coerce
    .number({ error: 'must be a port number, for example 3000' })
    .int()
    .min(0)
    .max(65_535)
    .default(3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: httpUrl('write the address that phones reach, for example https://siyu.example.com').optional(),
  TRUST_PROXY: z
    .enum(['0', '1', 'true', 'false'], {
      error: 'must be 1 behind a reverse proxy that sets X-Forwarded-For, else 0',
    })
    .default('0'),
  DATABASE_URL: z
    .string()
    .regex(
      /^(sqlite:.+|postgres(ql)?:\/\/.+)$/,
      'must begin with sqlite: or postgres://, for example sqlite:data/siyu.db',
    )
    .default('sqlite:data/siyu.db'),
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\/.+$/, 'must begin with redis:// or rediss://')
    .optional(),
  SIYU_ROLES: z
    .string()
    .default('web,planner,worker')
    .transform(list)
    .pipe(
      z
        .array(
          z.enum(['web', 'planner', 'worker'], {
            error: 'takes web, planner and worker, separated by commas',
          }),
        )
        .min(1),
    ),
  SIYU_MASTER_KEY: z
    .string()
    .refine(
      (text) => Buffer.from(text, 'base64').length === 32,
      'must be base64 of 32 bytes; make one with `npm run -s siyu -- init`',
    )
    .optional(),
  SIYU_EVENTS_KEY: z
    .string()
    .min(24, 'must have at least 24 characters; make one with `npm run -s siyu -- init`')
    .optional(),
  SIYU_ADMINS: z.string().default('').transform(list),
  SIYU_RECONCILE_DELAYS_MS: z
    .string()
    .default('30000,120000,600000')
    .transform((text) => list(text).map(Number))
    .pipe(
      z
        .array(
          z
            .number({ error: 'takes milliseconds separated by commas, for example 30000,120000,600000' })
            .int()
            .positive(),
        )
        .min(1)
        .max(10),
    ),
  SIYU_CONFIG_DIR: z.string().min(1).default('config'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'], {
      error: 'takes fatal, error, warn, info, debug or silent',
    })
    .default('info'),
  CADENCE_SOURCE: z.enum(['database', 'file'], { error: 'takes database or file' }).default('database'),
  WECOM_API_URL: httpUrl('the official address is https://qyapi.weixin.qq.com').default(
    'https://qyapi.weixin.qq.com',
  ),
  WECOM_OAUTH_URL: httpUrl(
    'the official address is https://open.weixin.qq.com/connect/oauth2/authorize',
  ).default('https://open.weixin.qq.com/connect/oauth2/authorize'),
  WECOM_LOGIN_URL: httpUrl(
    'the official address is https://login.work.weixin.qq.com/wwlogin/sso/login',
  ).default('https://login.work.weixin.qq.com/wwlogin/sso/login'),
  WECOM_CORP_ID: required('find it in the WeCom console under 我的企业 → 企业信息 → 企业ID').pipe(
    z.string().regex(/^[A-Za-z0-9_-]{6,64}$/, 'must be the corp id, for example ww0123456789abcdef'),
  ),
  WECOM_AGENT_ID: required('find AgentId on the page of your self-built app').pipe(
    z.string().regex(/^\d{1,12}$/, 'must be the number AgentId of the app'),
  ),
  WECOM_AGENT_SECRET: required('find Secret on the page of your self-built app').pipe(
    z
      .string()
      .min(16, 'is too short for an app secret; copy it again from the console')
      .refine(
        (text) => !/^(change|example|your|secret|xxx)/i.test(text),
        'is the example value; copy the real secret from the console',
      ),
  ),
  WECOM_CALLBACK_TOKEN: required('set Token on the callback page (接收消息) of the app').pipe(callbackToken),
  WECOM_CALLBACK_TOKEN_PREVIOUS: callbackToken.optional(),
  WECOM_CALLBACK_AES_KEY: required('set EncodingAESKey on the callback page (接收消息) of the app').pipe(
    aesKey,
  ),
  WECOM_CALLBACK_AES_KEY_PREVIOUS: aesKey.optional(),
  WECOM_ARCHIVE_SECRET: secretOf('会话内容存档').optional(),
  WECOM_BOT_ID: z
    .string()
    .regex(/^[A-Za-z0-9_-]{6,64}$/, 'must be the Bot ID of the smart bot; copy it from its page in WeCom')
    .optional(),
  WECOM_BOT_SECRET: secretOf('智能机器人').optional(),
  WECOM_ROBOTS: z.string().default('').transform(robotsIn),
  WECOM_BOT_URL: z
    .string()
    .refine(
      (text) => URL.canParse(text) && /^wss?:$/.test(new URL(text).protocol),
      'must be a ws(s) address; the official one is wss://openws.work.weixin.qq.com',
    )
    .default('wss://openws.work.weixin.qq.com'),
})
type Raw = z.infer<typeof envShape>

/** Where each variable was written, for messages: `.env:12`. */
interface Found {
  readonly values: Record<string, string>
  readonly places: ReadonlyMap<string, string>
  readonly mistakes: string[]
}

/** `KEY=value` lines; `#` comments; single or double quotes. The process environment wins over the file. */
export function parseEnvFile(text: string, name = '.env'): Found {
  const found: Found = { values: {}, places: new Map(), mistakes: [] }
  text.split(/\r?\n/).forEach((line, i) => {
    if (/^\s*(#|$)/.test(line)) return
    const match = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*$/.exec(line)
    const place = `${name}:${String(i + 1)}`
    if (!match?.[1]) {
      found.mistakes.push(`${place} is not KEY=value; write one variable a line, comments begin with #`)
      return
    }
    const raw = match[2] ?? ''
    const quoted = /^(["'])(.*)\1\s*(#.*)?$/.exec(raw)
    found.values[match[1]] = quoted ? (quoted[2] ?? '') : raw.replace(/\s+#.*$/, '')
    ;(found.places as Map<string, string>).set(match[1], place)
  })
  return found
}

const known = (name: string): boolean =>
  name in envShape.shape || (name.endsWith('_FILE') && secrets.includes(name.slice(0, -5)))
const ours = /^(SIYU_|WECOM_)/

/** Reads `.env` (if there) and the process environment; throws ConfigMistakes with everything that is wrong. */
export function readEnv(
  options: {
    readonly root?: string
    readonly source?: Source
    readonly simulated?: boolean
    readonly partial?: boolean
    /** False: only `source` counts. */
    readonly envFile?: boolean
  } = {},
): Env {
  const root = options.root ?? packageRoot
  const source = options.source ?? process.env
  const path = resolve(root, '.env')
  const file: Found =
    existsSync(path) && options.envFile !== false
      ? parseEnvFile(readFileSync(path, 'utf8'))
      : { values: {}, places: new Map(), mistakes: [] }
  const mistakes = [...file.mistakes]
  const merged: Record<string, string> = {}
  for (const [name, value] of [...Object.entries(file.values), ...Object.entries(source)]) {
    if (value === undefined || value === '') continue
    if (known(name)) merged[name] = value
    else if (ours.test(name))
      mistakes.push(`${at(file, name)}${name} is not a setting of Siyu; see .env.example for the list`)
  }
  readSecretFiles(merged, root, file, mistakes)
  if (options.partial) fillForOfflineVerbs(merged)
  const parsed = envShape.safeParse(merged)
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const name = String(issue.path[0] ?? '')
      mistakes.push(`${at(file, name)}${name} ${issue.message}`)
    }
  }
  if (mistakes.length > 0 || !parsed.success)
    throw new ConfigMistakes('The environment cannot be used; mend these and start again:', mistakes)
  return settle(parsed.data, root, options.simulated ?? false)
}

const at = (file: Found, name: string): string => {
  const place = file.places.get(name)
  return place ? `${place} ` : ''
}

function readSecretFiles(
  merged: Record<string, string>,
  root: string,
  file: Found,
  mistakes: string[],
): void {
  for (const name of secrets) {
    const path = merged[`${name}_FILE`]
    if (path === undefined) continue
    delete merged[`${name}_FILE`]
    if (merged[name] !== undefined) {
      mistakes.push(`${at(file, name)}${name} and ${name}_FILE are both set; keep one`)
      continue
    }
    try {
      merged[name] = readFileSync(resolve(root, path), 'utf8').trim()
    } catch (error) {
      mistakes.push(`${at(file, `${name}_FILE`)}${name}_FILE cannot be read: ${messageOf(error)}`)
    }
  }
}

/** Verbs that never speak to WeCom (import, segment, cadence plan) need no credentials; nothing is sent with these. */
function fillForOfflineVerbs(merged: Record<string, string>): void {
  merged['WECOM_CORP_ID'] ??= 'offline'
  merged['WECOM_AGENT_ID'] ??= '0'
  merged['WECOM_AGENT_SECRET'] ??= 'no-credentials-in-offline-verbs'
  merged['WECOM_CALLBACK_TOKEN'] ??= 'offline'
  merged['WECOM_CALLBACK_AES_KEY'] ??= 'A'.repeat(43)
}

function settle(raw: Raw, root: string, simulated: boolean): Env {
  return {
    port: raw.PORT,
    host: raw.HOST,
    publicUrl:
      raw.PUBLIC_URL ?? `http://${raw.HOST === '0.0.0.0' ? '127.0.0.1' : raw.HOST}:${String(raw.PORT)}`,
    trustProxy: raw.TRUST_PROXY === '1' || raw.TRUST_PROXY === 'true',
    databaseUrl: raw.DATABASE_URL,
    redisUrl: raw.REDIS_URL,
    roles: raw.SIYU_ROLES,
    masterKey: masterKey(raw, root),
    cadenceSource: raw.CADENCE_SOURCE,
    eventsKey: raw.SIYU_EVENTS_KEY,
    admins: raw.SIYU_ADMINS,
    reconcileDelaysMs: raw.SIYU_RECONCILE_DELAYS_MS,
    logLevel: raw.LOG_LEVEL,
    configDir: resolve(root, raw.SIYU_CONFIG_DIR),
    wecom: {
      apiUrl: raw.WECOM_API_URL,
      oauthUrl: raw.WECOM_OAUTH_URL,
      loginUrl: raw.WECOM_LOGIN_URL,
      corpId: raw.WECOM_CORP_ID,
      agentId: raw.WECOM_AGENT_ID,
      agentSecret: raw.WECOM_AGENT_SECRET,
      callbackToken: raw.WECOM_CALLBACK_TOKEN,
      callbackTokenPrevious: raw.WECOM_CALLBACK_TOKEN_PREVIOUS,
      callbackAesKey: raw.WECOM_CALLBACK_AES_KEY,
      callbackAesKeyPrevious: raw.WECOM_CALLBACK_AES_KEY_PREVIOUS,
      archiveSecret: raw.WECOM_ARCHIVE_SECRET,
      robots: raw.WECOM_ROBOTS,
      bot: botOf(raw),
    },
    simulated,
  }
}

/** Off without its keys; half of them is a mistake, not an intention. */
function botOf(raw: Raw): BotSettings | null {
  const { WECOM_BOT_ID: id, WECOM_BOT_SECRET: secret, WECOM_BOT_URL: url } = raw
  if (id === undefined && secret === undefined) return null
  if (id !== undefined && secret !== undefined) return { id, secret, url }
  throw new ConfigMistakes('The environment cannot be used; mend these and start again:', [
    `${id === undefined ? 'WECOM_BOT_ID' : 'WECOM_BOT_SECRET'} is missing; the smart bot needs both of its keys, or neither`,
  ])
}

/** On SQLite a key is made beside the file, readable by its owner only; on PostgreSQL several servers must share one. */
function masterKey(raw: Raw, root: string): Buffer {
  if (raw.SIYU_MASTER_KEY !== undefined) return Buffer.from(raw.SIYU_MASTER_KEY, 'base64')
  if (!raw.DATABASE_URL.startsWith('sqlite:')) {
    throw new ConfigMistakes('The environment cannot be used; mend these and start again:', [
      'SIYU_MASTER_KEY is missing; with PostgreSQL every server needs the same key: make one with `npm run -s siyu -- init`',
    ])
  }
  const path = `${resolve(root, raw.DATABASE_URL.slice('sqlite:'.length))}.key`
  mkdirSync(dirname(path), { recursive: true })
  if (!existsSync(path)) {
    try {
      writeFileSync(path, randomBytes(32).toString('base64'), { mode: 0o600, flag: 'wx' })
    } catch (error) {
      // Another process may have written it between the look and the write; then its key is the key.
      if (!existsSync(path)) throw error
    }
  }
  const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64')
  if (key.length !== 32)
    throw new ConfigMistakes('The master key cannot be used:', [
      `${path} must hold base64 of 32 bytes; restore it from your backup`,
    ])
  return key
}
