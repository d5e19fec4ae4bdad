/** `doctor`: everything an installation needs, one line each: how it is, and what to do if it is not well. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { request } from 'undici'
import { dayOf, isoOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { wallClock } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { packageRoot, readEnv } from '../base/env.ts'
import type { Env } from '../base/env.ts'
import { ConfigMistakes, Unreachable, messageOf } from '../base/errors.ts'
import { currentCadence, scarceTips } from '../cadence/index.ts'
import { holidayTrouble, loadHolidays } from '../base/holidays.ts'
import { parkedRows } from '../interaction/index.ts'
import { quotaDoubt } from '../outbox/index.ts'
import type { QuotaDoubt } from '../outbox/index.ts'
import { openDatabase } from '../schema.ts'
import { corpTagNotes, wayWarnings } from '../wecom/index.ts'
import { botFindings, kfFindings } from './doctor-talk.ts'
import { ill, well } from './finding.ts'
import type { Finding } from './finding.ts'

export interface DoctorDocument {
  readonly ok: boolean
  readonly findings: readonly Finding[]
}

export async function runDoctor(): Promise<DoctorDocument> {
  const findings: Finding[] = [nodeVersion(), pages()]
  let env: Env
  try {
    env = readEnv()
    findings.push(well('environment', '.env and the process environment are complete'))
  } catch (error) {
    if (!(error instanceof ConfigMistakes)) throw error
    findings.push(
      ...error.mistakes.map((mistake) =>
        ill('environment', mistake, 'mend the line, or run `npm run -s siyu -- init`'),
      ),
    )
    return { ok: false, findings }
  }
  findings.push(...holidayYear(env.configDir, dayOf(wallClock.now())))
  findings.push(...(await database(env)))
  findings.push(...(await wecom(env)))
  findings.push(...(await reachability(env)))
  return { ok: findings.every(({ ok }) => ok), findings }
}

function nodeVersion(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const fine = major > 20 || (major === 20 && minor >= 19)
  return fine
    ? well('node', process.versions.node)
    : ill('node', process.versions.node, 'install Node.js 20.19 or newer, best 24 LTS')
}

function pages(): Finding {
  const missing = ['admin', 'sidebar', 'h5'].filter(
    (page) => !existsSync(resolve(packageRoot, 'dist/web', page, 'index.html')),
  )
  return missing.length === 0
    ? well('pages', 'admin, sidebar and h5 are built')
    : ill('pages', `not built: ${missing.join(', ')}`, 'run `npm run build`')
}

/** Whether the state holidays of this year, from December on also of the next, have been entered. */
export function holidayYear(configDir: string, today: Day): Finding[] {
  const check = 'holiday year'
  try {
    const holidays = loadHolidays(configDir)
    const trouble = holidayTrouble(holidays, today)
    if (trouble) return [ill(check, trouble.found, trouble.fix)]
    return [well(check, `the state holidays of ${holidays.years.join(', ')} are entered`)]
  } catch (error) {
    if (!(error instanceof ConfigMistakes)) throw error
    return error.mistakes.map((mistake) => ill(check, mistake, 'mend the line in config/holidays.yaml'))
  }
}

async function database(env: Env): Promise<Finding[]> {
  try {
    const { db } = await openDatabase(env.databaseUrl, packageRoot, 'create', wallClock.now())
    const parked = await parkedRows(db.reader)
    const notes = await corpTagNotes(db.reader)
    const tips = await shortTips(db.reader)
    const ways = await wayWarnings(db.reader)
    const quota = quotaFinding(await quotaDoubt(db.reader))
    const talk = [...(await botFindings(env.wecom.bot, db)), ...(await kfFindings(db))]
    await db.close()
    const rows = parked.map(({ follower, seq, error }) =>
      ill(
        'followers',
        `${follower} could not handle log row ${String(seq)}: ${error}`,
        'report it with this line; the row stays in the log and everything after it went on',
      ),
    )
    return [
      well('database', db.dialect),
      ...rows,
      ...notes.map((note) => well('corp tags', note)),
      ...(quota === null ? [] : [quota]),
      ...tips,
      ...talk,
      ...ways.map(({ english, fix }) => ill('ways', english, fix)),
    ]
  } catch (error) {
    if (error instanceof ConfigMistakes || error instanceof Unreachable)
      return [ill('database', error.message, 'see the message; `migrate` upgrades an older schema')]
    throw error
  }
}

/** Daily tips that begin to repeat within a week. */
async function shortTips(reader: Reader): Promise<Finding[]> {
  const cadence = await currentCadence(reader)
  if (!cadence) return []
  return (await scarceTips(reader, cadence, dayOf(wallClock.now()))).map(({ group, interest, days }) =>
    ill(
      'daily tips',
      `the tips on ${interest} last the group "${group}" ${String(days)} more days`,
      'write new ones in the cadence, or bring a spreadsheet: `import tips FILE`',
    ),
  )
}

const quotaFinding = (doubt: QuotaDoubt | null): Finding | null =>
  doubt === null
    ? null
    : ill(
        'broadcast quota',
        `results since ${isoOf(doubt.since)} speak against quotaMode ${doubt.written}; ${doubt.stricter} is used meanwhile`,
        'look it up under 客户联系 → 群发助手; then correct quotaMode in the cadence, or run `siyu cadence quota --confirm`',
      )

interface WecomAnswer {
  readonly errcode?: number
  readonly errmsg?: string
  readonly access_token?: string
  readonly follow_user?: readonly string[]
}

const timeoutMs = 8_000

async function ask(url: URL): Promise<{ readonly answer: WecomAnswer; readonly date: string | undefined }> {
  const { body, headers } = await request(url, { headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
  const date = headers['date']
  return { answer: (await body.json()) as WecomAnswer, date: typeof date === 'string' ? date : undefined }
}

/** Token, clock, trusted IP, 可调用接口 and visible range: the five things that are wrong most often. */
async function wecom(env: Env): Promise<Finding[]> {
  const { apiUrl, corpId, agentSecret } = env.wecom
  try {
    const { answer, date } = await ask(
      new URL(
        `${apiUrl}/cgi-bin/gettoken?${new URLSearchParams({ corpid: corpId, corpsecret: agentSecret }).toString()}`,
      ),
    )
    if (answer.access_token === undefined) return [tokenTrouble(answer)]
    const followers = await ask(
      new URL(
        `${apiUrl}/cgi-bin/externalcontact/get_follow_user_list?${new URLSearchParams({ access_token: answer.access_token }).toString()}`,
      ),
    )
    return [well('token', 'gettoken answers'), clockSkew(date), ...contactTrouble(followers.answer)]
  } catch (error) {
    return [
      ill(
        'wecom',
        `${apiUrl} does not answer: ${messageOf(error)}`,
        'check the network and WECOM_API_URL; the callback door works meanwhile',
      ),
    ]
  }
}

function tokenTrouble({ errcode, errmsg }: WecomAnswer): Finding {
  const fixes: Record<number, string> = {
    40001: 'WECOM_AGENT_SECRET is wrong or was reset: copy it again from the page of the app',
    40013: 'WECOM_CORP_ID is wrong: copy it from 我的企业 → 企业信息',
    60020: 'enter the public address of this server under 企业可信IP of the app',
  }
  return ill(
    'token',
    `${String(errcode)} ${errmsg ?? ''}`,
    fixes[errcode ?? 0] ?? 'look the code up at https://open.work.weixin.qq.com/devtool/query',
  )
}

function clockSkew(date: string | undefined): Finding {
  const skewMs = date === undefined ? 0 : wallClock.now() - Date.parse(date)
  const words = `${String(Math.round(skewMs / 1000))} s from WeCom's clock`
  return Math.abs(skewMs) < 60_000
    ? well('clock', words)
    : ill('clock', words, 'switch time synchronisation on (timedatectl set-ntp true)')
}

function contactTrouble({ errcode = 0, errmsg = '', follow_user }: WecomAnswer): Finding[] {
  if (errcode === 60020)
    return [ill('trusted IP', errmsg, 'enter the public address of this server under 企业可信IP of the app')]
  if (errcode === 48001 || errcode === 48002) {
    return [
      well('trusted IP', 'accepted'),
      ill('可调用接口', errmsg, 'tick the app under 客户联系 → API → 可调用接口的应用'),
    ]
  }
  if (errcode !== 0)
    return [
      ill(
        '可调用接口',
        `${String(errcode)} ${errmsg}`,
        'look the code up at https://open.work.weixin.qq.com/devtool/query',
      ),
    ]
  const advisors = follow_user?.length ?? 0
  const fine = [well('trusted IP', 'accepted'), well('可调用接口', 'accepted')]
  return advisors > 0
    ? [...fine, well('visible range', `${String(advisors)} advisors`)]
    : [
        ...fine,
        ill(
          'visible range',
          'no advisor is visible to the app',
          'add the advisors to the visible range of the app and to 客户联系 → 使用范围',
        ),
      ]
}

async function reachability(env: Env): Promise<Finding[]> {
  const address = `${env.publicUrl}/livez`
  const secure =
    env.publicUrl.startsWith('https:') || /^http:\/\/(127\.|localhost|\[::1\])/.test(env.publicUrl)
  const scheme = secure
    ? well('https', env.publicUrl)
    : ill(
        'https',
        env.publicUrl,
        'put a reverse proxy with a certificate in front; WeCom opens https pages only',
      )
  try {
    const { statusCode, body } = await request(address, { headersTimeout: timeoutMs, bodyTimeout: timeoutMs })
    await body.dump()
    if (statusCode !== 200)
      return [
        scheme,
        ill(
          'public URL',
          `${address} answers ${String(statusCode)}`,
          'check the reverse proxy; it must pass everything to the server',
        ),
      ]
    return [scheme, well('public URL', `${address} answers`), await callback(env)]
  } catch (error) {
    return [
      scheme,
      ill(
        'public URL',
        `${address} cannot be reached: ${messageOf(error)}`,
        'start the server, then check DNS, firewall and reverse proxy',
      ),
    ]
  }
}

/** A call nobody signed must be refused by our door, not by something in front of it. */
async function callback(env: Env): Promise<Finding> {
  const address = `${env.publicUrl}/wecom/callback`
  const { statusCode, body } = await request(
    `${address}?msg_signature=x&timestamp=0000000000&nonce=x&echostr=x`,
    { headersTimeout: timeoutMs, bodyTimeout: timeoutMs },
  )
  await body.dump()
  return statusCode >= 400 && statusCode < 500 && statusCode !== 404
    ? well('callback', `${address} refuses what WeCom did not sign`)
    : ill(
        'callback',
        `${address} answers ${String(statusCode)}`,
        'the reverse proxy must pass /wecom/ to the server unchanged',
      )
}
