/** What `doctor` says of the smart bot and of 微信客服. It never connects as the bot: that would end the server's connection. */
import { request } from 'undici'
import { isoOf } from '../base/calendar.ts'
import type { Db } from '../base/db.ts'
import type { BotSettings } from '../base/env.ts'
import { messageOf } from '../base/errors.ts'
import { botHolding, kfAccounts } from '../wecom/index.ts'
import { ill, well } from './finding.ts'
import type { Finding } from './finding.ts'

const timeoutMs = 8_000
const bot = 'smart bot'

export async function botFindings(settings: BotSettings | null, db: Db): Promise<Finding[]> {
  if (settings === null) return [well(bot, 'not configured (WECOM_BOT_ID and WECOM_BOT_SECRET are empty)')]
  return [await botAddress(settings), ...(db.dialect === 'sqlite' ? [] : [await botHolder(db)])]
}

/** Whatever it answers to a plain request, it is there; the keys are only known once a server connects. */
async function botAddress({ url }: BotSettings): Promise<Finding> {
  try {
    const { body } = await request(url.replace(/^ws/, 'http'), {
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    })
    await body.dump()
    return well(bot, `${url} can be reached; /readyz of the server says whether WeCom knows the keys`)
  } catch (error) {
    return ill(bot, `${url} cannot be reached: ${messageOf(error)}`, 'let this server out to that address')
  }
}

async function botHolder(db: Db): Promise<Finding> {
  const held = await botHolding(db)
  const [host = '', pid = ''] = held?.holder.split('/') ?? []
  if (held !== null && held.kickedAt !== null)
    return ill(
      bot,
      `another connection took it over at ${isoOf(held.kickedAt)}`,
      'end whatever else uses these keys, then start a server again',
    )
  if (held === null || held.leftMs <= 0)
    return ill(bot, 'no server holds it', 'start a server with both keys; only one of several connects')
  return well(bot, `held by process ${pid} on ${host}`)
}

const kf = '微信客服'

export async function kfFindings(db: Db): Promise<Finding[]> {
  const accounts = (await kfAccounts(db.reader)).filter(({ state }) => state === 'listed')
  if (accounts.length === 0)
    return [well(kf, 'no accounts; to use it, give the app its API under 微信客服 → 可调用接口的应用')]
  return accounts.map(({ name, kfid, why, pulled_at: at }) => {
    const called = name === '' ? kfid : name
    if (why !== '') return ill(kf, `${called}: ${why}`, 'see the message; it is tried again by itself')
    return at === null
      ? ill(kf, `${called} was never read`, 'start the server, and look here again in a minute')
      : well(kf, `${called}, read to its end at ${isoOf(at)}`)
  })
}
