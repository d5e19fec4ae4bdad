/**
 * Signatures for the JS-SDK of the sidebar: `config` by the corp's ticket, `agentConfig` by the app's; mixed up, WeCom
 * answers 40093. Tickets may be fetched only so often an hour, so they are kept until nine tenths of their life.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { Clock, Instant } from '../../base/clock.ts'
import type { Env } from '../../base/env.ts'
import { OutsideFailure, Refusal } from '../../base/errors.ts'
import { failureWords } from '../../wecom/index.ts'
import type { Result, WecomApi } from '../../wecom/index.ts'
import { jssdkQuery } from '../contract.ts'
import type { JssdkConfig, JssdkSignature } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Route } from '../route.ts'

export interface JssdkParts {
  readonly api: Pick<WecomApi, 'corpTicket' | 'agentTicket'>
  readonly clock: Clock
  readonly publicUrl: string
  readonly wecom: Pick<Env['wecom'], 'corpId' | 'agentId'>
}

type FetchTicket = () => Promise<Result<{ readonly ticket: string; readonly expires_in: number }>>

const renewAt = 0.9

/** One ticket, fetched once however many pages open at the same moment. */
function createTicket(clock: Clock, fetchTicket: FetchTicket): () => Promise<string> {
  let held: { readonly ticket: string; readonly until: Instant } | null = null
  let running: Promise<string> | null = null
  const renew = async (): Promise<string> => {
    const fetched = await fetchTicket()
    if (fetched.kind !== 'ok')
      throw new OutsideFailure(`WeCom gave no ticket for the sidebar: ${failureWords(fetched)}`)
    const { ticket, expires_in } = fetched.value
    held = { ticket, until: clock.now() + expires_in * 1000 * renewAt }
    return ticket
  }
  return () => {
    if (held !== null && clock.now() < held.until) return Promise.resolve(held.ticket)
    running ??= renew().finally(() => {
      running = null
    })
    return running
  }
}

/** WECOM.md §6: this order, raw values, the address without its hash. */
export function signUrl(ticket: string, url: string, timestamp: number, nonceStr: string): JssdkSignature {
  const text = `jsapi_ticket=${ticket}&noncestr=${nonceStr}&timestamp=${String(timestamp)}&url=${url}`
  return { timestamp, nonceStr, signature: createHash('sha1').update(text).digest('hex') }
}

export function jssdkRoutes(parts: JssdkParts): Route[] {
  const corpTicket = createTicket(parts.clock, () => parts.api.corpTicket())
  const agentTicket = createTicket(parts.clock, () => parts.api.agentTicket())
  return [
    {
      method: 'GET',
      path: '/api/sidebar/jssdk',
      access: { kind: 'staff' },
      async handle(call) {
        const url = parse(jssdkQuery, call.query).url.replace(/#.*$/s, '')
        // Signing for foreign pages would lend them our app.
        if (new URL(url).origin !== new URL(parts.publicUrl).origin)
          throw new Refusal('invalid', '只能为本站页面签名', 400, {
            fix: '请检查 PUBLIC_URL 是否与访问地址一致',
          })
        const [corp, agent] = await Promise.all([corpTicket(), agentTicket()])
        const timestamp = Math.floor(call.now / 1000)
        const sign = (ticket: string): JssdkSignature =>
          signUrl(ticket, url, timestamp, randomBytes(12).toString('hex'))
        const json: JssdkConfig = {
          corpId: parts.wecom.corpId,
          agentId: parts.wecom.agentId,
          config: sign(corp),
          agentConfig: sign(agent),
        }
        return { json }
      },
    },
  ]
}
