/** Callbacks as WeCom seals them (WECOM.md §2.3). */
import { createCipheriv, randomBytes } from 'node:crypto'
import { signatureOf } from '../wecom/index.ts'
import type { Request } from './load.ts'

export const keys = {
  corpId: 'wwbench0123456789',
  token: 'benchtoken',
  aesKey: 'kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR',
}

const key = Buffer.from(`${keys.aesKey}=`, 'base64')

function seal(text: string): string {
  const message = Buffer.from(text)
  const head = Buffer.alloc(20)
  randomBytes(16).copy(head)
  head.writeUInt32BE(message.length, 16)
  const plain = Buffer.concat([head, message, Buffer.from(keys.corpId)])
  const pad = 32 - (plain.length % 32)
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([
    cipher.update(plain),
    cipher.update(Buffer.alloc(pad, pad)),
    cipher.final(),
  ]).toString('base64')
}

/** `n` tells one event from another, over all loads of a run; each is of another customer unless `customer` says whose. */
export function sealedEvent(n: number, now: number, customer = n): Request {
  const seconds = String(Math.floor(now / 1_000))
  const external = `wmBench${String(customer).padStart(24, '0')}`
  const encrypted = seal(
    `<xml><ToUserName><![CDATA[${keys.corpId}]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>` +
      `<CreateTime>${seconds}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_contact]]></Event>` +
      `<ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID><![CDATA[advisor${String(n % 40)}]]></UserID>` +
      `<ExternalUserID><![CDATA[${external}]]></ExternalUserID><State><![CDATA[qr1]]></State>` +
      `<WelcomeCode><![CDATA[W${String(n)}]]></WelcomeCode></xml>`,
  )
  const nonce = String(263_000_000 + n)
  const signature = signatureOf(keys.token, seconds, nonce, encrypted)
  return {
    method: 'POST',
    path: `/wecom/callback?msg_signature=${signature}&timestamp=${seconds}&nonce=${nonce}`,
    headers: { 'content-type': 'text/xml' },
    body: `<xml><ToUserName><![CDATA[${keys.corpId}]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt><AgentID><![CDATA[1000002]]></AgentID></xml>`,
  }
}
