/** `init`: a `.env` with fresh keys, the files of a trade if one is named, and what to enter in the WeCom console. */
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { isCancel, select, text } from '@clack/prompts'
import { Refusal } from '../base/errors.ts'
import { envShape, packageRoot } from '../base/env.ts'
import { cadencePresetPath, cadencePresets } from '../cadence/index.ts'
import { quotaModes } from '../outbox/index.ts'
import type { QuotaMode } from '../outbox/index.ts'
import { presetPath } from '../segment/index.ts'

export interface InitOptions {
  readonly corpId?: string
  readonly agentId?: string
  readonly agentSecret?: string
  readonly publicUrl?: string
  readonly admins?: string
  readonly databaseUrl?: string
  readonly quotaMode?: string
  /** A trade: its tiers and its touchpoints. */
  readonly preset?: string
  readonly force?: boolean
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const letters = (n: number): string => {
  let out = ''
  // Bytes of 248 and more would favour the first letters.
  while (out.length < n)
    for (const byte of randomBytes(n)) if (byte < 248 && out.length < n) out += alphabet[byte % 62] ?? ''
  return out
}

interface Question {
  readonly option: keyof InitOptions
  readonly env: 'WECOM_CORP_ID' | 'WECOM_AGENT_ID' | 'WECOM_AGENT_SECRET' | 'PUBLIC_URL' | 'SIYU_ADMINS'
  readonly ask: string
  readonly flag: string
}
const questions: readonly Question[] = [
  { option: 'corpId', env: 'WECOM_CORP_ID', ask: '企业ID（我的企业 → 企业信息）', flag: '--corp-id' },
  { option: 'agentId', env: 'WECOM_AGENT_ID', ask: 'AgentId（应用管理 → 自建应用）', flag: '--agent-id' },
  { option: 'agentSecret', env: 'WECOM_AGENT_SECRET', ask: 'Secret（同一页）', flag: '--agent-secret' },
  {
    option: 'publicUrl',
    env: 'PUBLIC_URL',
    ask: '手机能打开的 https 地址，例如 https://siyu.example.com',
    flag: '--public-url',
  },
  {
    option: 'admins',
    env: 'SIYU_ADMINS',
    ask: '管理员的企业微信账号（userid），多个用逗号分开',
    flag: '--admins',
  },
]

async function answerTo(question: Question, options: InitOptions): Promise<string> {
  const given = options[question.option]
  const value = typeof given === 'string' ? given : await ask(question)
  const checked = envShape.shape[question.env].safeParse(value)
  if (!checked.success) {
    throw new Refusal(
      'usage',
      `${question.flag} ${checked.error.issues[0]?.message ?? 'cannot be used'}`,
      400,
    )
  }
  return value
}

async function ask(question: Question): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new Refusal('usage', `${question.flag} is missing and there is no terminal to ask on.`, 400, {
      fix: `give every answer as an option: ${questions.map(({ flag }) => flag).join(' ')}`,
    })
  }
  const answer = await text({
    message: question.ask,
    validate: (value) => envShape.shape[question.env].safeParse(value ?? '').error?.issues[0]?.message,
  })
  if (isCancel(answer)) throw new Refusal('cancelled', 'Nothing was written.')
  return answer
}

// ---------------------------------------------------------------- the quota rule

const quotaWords: Readonly<Record<QuotaMode, string>> = {
  'month-days': '每月天数（默认，例如 30 天的月份 30 次）',
  '7-per-week': '每周 7 次',
  '1-per-day': '每天 1 次',
}

/** Null: nobody was asked, what the cadence says stays. */
async function quotaModeOf(given: string | undefined): Promise<QuotaMode | null> {
  if (given !== undefined) {
    const mode = quotaModes.find((one) => one === given)
    if (mode) return mode
    throw new Refusal('usage', `--quota-mode ${given} is no quota rule.`, 400, {
      fix: `choose ${quotaModes.join(', ')}, as set under 客户联系 → 群发助手`,
    })
  }
  if (!process.stdin.isTTY) return null
  const answer = await select({
    message: '客户联系 → 群发助手里，每位客户可接收群发的次数',
    options: quotaModes.map((value) => ({ value, label: quotaWords[value] })),
  })
  if (isCancel(answer)) throw new Refusal('cancelled', 'Nothing was written.')
  return answer
}

const quotaLine = /^(\s+quotaMode:\s*)(\S+)/m

/** Into the cadence that seeds the first version. Answers what stands there now; null where there is no such line. */
function writeQuotaMode(root: string, mode: QuotaMode | null): string | null {
  const path = resolve(root, 'config/cadence.yaml')
  if (!existsSync(path)) return null
  const yaml = readFileSync(path, 'utf8')
  const written = quotaLine.exec(yaml)?.[2] ?? null
  if (mode === null || written === null || written === mode) return written
  writeFileSync(path, yaml.replace(quotaLine, `$1${mode}`))
  return mode
}

// ---------------------------------------------------------------- a trade

/** What a preset puts in place of the shipped files; nothing is written before both are known. */
function presetFiles(
  root: string,
  name: string | undefined,
): { readonly from: string; readonly to: string }[] {
  if (name === undefined) return []
  const configDir = resolve(root, 'config')
  const tiers = { from: presetPath(configDir, name), to: resolve(configDir, 'tiers.yaml') }
  // A rule of scoring alone has no touchpoints of its own.
  return cadencePresets(configDir).includes(name)
    ? [tiers, { from: cadencePresetPath(configDir, name), to: resolve(configDir, 'cadence.yaml') }]
    : [tiers]
}

/** The files that stood there are kept beside. A preset lies one folder deeper than where it goes. */
function writePreset(files: readonly { readonly from: string; readonly to: string }[]): string[] {
  return files.map(({ from, to }) => {
    if (existsSync(to)) copyFileSync(to, `${to}.before-init`)
    writeFileSync(to, readFileSync(from, 'utf8').replace('$schema=../', '$schema=./'))
    return to
  })
}

export interface InitDocument {
  readonly written: string
  readonly backup: string | null
  /** The files a preset was written into; those before lie beside them as `.before-init`. */
  readonly preset: readonly string[]
  /** As it stands in config/cadence.yaml, which seeds the first version. */
  readonly quotaMode: string | null
  /** What to enter where in the WeCom console. */
  readonly console: Readonly<Record<string, string>>
}

export async function runInit(options: InitOptions, root = packageRoot): Promise<InitDocument> {
  const path = resolve(root, '.env')
  if (existsSync(path) && !options.force) {
    throw new Refusal('exists', `${path} exists and was left alone.`, 409, {
      fix: 'edit it, or run init --force (the old file is kept beside it)',
    })
  }
  const files = presetFiles(root, options.preset)
  const answers = new Map<string, string>()
  for (const question of questions) answers.set(question.env, await answerTo(question, options))
  const quotaMode = await quotaModeOf(options.quotaMode)
  const token = letters(32)
  const aesKey = letters(43)
  const lines = [
    '# Written by `siyu init`. Every setting is described in .env.example.',
    ...[...answers].map(([name, value]) => `${name}=${value}`),
    `WECOM_CALLBACK_TOKEN=${token}`,
    `WECOM_CALLBACK_AES_KEY=${aesKey}`,
    `SIYU_MASTER_KEY=${randomBytes(32).toString('base64')}`,
    `SIYU_EVENTS_KEY=${letters(40)}`,
    ...(options.databaseUrl === undefined ? [] : [`DATABASE_URL=${options.databaseUrl}`]),
    '',
  ]
  const backup = existsSync(path) ? `${path}.before-init` : null
  if (backup !== null) copyFileSync(path, backup)
  writeFileSync(path, lines.join('\n'), { mode: 0o600 })
  const publicUrl = (answers.get('PUBLIC_URL') ?? '').replace(/\/+$/, '')
  const host = new URL(publicUrl).host
  return {
    written: path,
    backup,
    preset: writePreset(files),
    quotaMode: writeQuotaMode(root, quotaMode),
    console: {
      '接收消息 → URL': `${publicUrl}/wecom/callback`,
      '接收消息 → Token': token,
      '接收消息 → EncodingAESKey': aesKey,
      '网页授权及JS-SDK → 可信域名': host,
      企业可信IP: 'the public address of this server (curl ifconfig.me shows it)',
      '客户联系 → API → 可调用接口的应用': 'tick this app',
      '客户联系 → 权限配置 → 使用范围': 'the advisors',
      '聊天工具栏 → 页面地址': `${publicUrl}/sidebar/`,
      应用主页: `${publicUrl}/sidebar/`,
    },
  }
}
