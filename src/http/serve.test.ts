/** The whole server while WeCom cannot be reached: it starts, says what is missing, and loses no callback. */
import { encrypt as seal, getSignature } from '@wecom/crypto'
import { afterEach, expect, it } from 'vitest'
import { openApp } from '../app.ts'
import type { App } from '../app.ts'
import { wallClock } from '../base/clock.ts'
import { packageRoot, readEnv } from '../base/env.ts'
import { createLog } from '../base/log.ts'
import { readLog } from '../interaction/index.ts'
import { onBothDatabases } from '../../test/database.ts'
import type { TestDatabase } from '../../test/database.ts'

const corpId = 'wwserve012345678'
const token = 'servetoken'
const aesKey = 'kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR'

onBothDatabases('the server without WeCom', (open) => {
  let opened: TestDatabase | null = null
  let app: App | null = null
  afterEach(async () => {
    await app?.stop()
    await opened?.drop()
  })

  it('starts, is live and ready, names WeCom as missing, and records callbacks', async () => {
    opened = await open()
    const env = readEnv({
      envFile: false,
      source: {
        PORT: '0',
        DATABASE_URL: opened.url,
        SIYU_MASTER_KEY: Buffer.alloc(32, 5).toString('base64'),
        // The discard port: nobody listens there.
        WECOM_API_URL: 'http://127.0.0.1:9',
        WECOM_CORP_ID: corpId,
        WECOM_AGENT_ID: '1000002',
        WECOM_AGENT_SECRET: 'an-unreachable-secret-0001',
        WECOM_CALLBACK_TOKEN: token,
        WECOM_CALLBACK_AES_KEY: aesKey,
      },
    })
    app = await openApp({ env, clock: wallClock, log: createLog('silent'), root: packageRoot })
    const { url } = await app.listen()
    app.start()
    expect((await fetch(`${url}/livez`)).status).toBe(200)
    const ready = await fetch(`${url}/readyz`)
    expect(ready.status).toBe(200)
    const { missing } = (await ready.json()) as { missing: { name: string; why: string }[] }
    expect(missing.map(({ name }) => name)).toContain('wecom')
    const now = Math.floor(wallClock.now() / 1000)
    const body = `<xml><ToUserName>${corpId}</ToUserName><FromUserName>sys</FromUserName><CreateTime>${String(now)}</CreateTime><MsgType>event</MsgType><Event>change_external_contact</Event><ChangeType>add_external_contact</ChangeType><UserID>lin</UserID><ExternalUserID>wmNew</ExternalUserID></xml>`
    const encrypted = seal(aesKey, body, corpId)
    const query = new URLSearchParams({
      msg_signature: getSignature(token, String(now), 'nonce1', encrypted),
      timestamp: String(now),
      nonce: 'nonce1',
    })
    const answer = await fetch(`${url}/wecom/callback?${query.toString()}`, {
      method: 'POST',
      body: `<xml><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`,
    })
    expect([answer.status, await answer.text()]).toEqual([200, 'success'])
    const rows = await readLog(app.db.reader, { kinds: ['contact-added'], limit: 10 })
    expect(rows.map(({ who }) => who)).toEqual([{ external: 'wmNew', staff: 'lin' }])
    expect((await fetch(`${url}/api/admin/me`)).status).toBe(401)
  })
})
