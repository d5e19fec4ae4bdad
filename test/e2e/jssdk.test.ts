/**
 * WeCom's own JS-SDK, as npm brings it, between our signatures and a client that checks them. The client here is ours:
 * it does by WECOM.md §6 what WeCom's is documented to do, and computes each signature itself from tickets that it asked
 * the simulator for. What it cannot prove: that WeCom's native client injects its bridge and names the calls like this
 * version of the SDK, that the domain is trusted and the app may use each API, and that the real servers agree with the
 * documented text of the signature.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openApp } from '../../src/app.ts'
import { system } from '../../src/base/act.ts'
import type { App } from '../../src/app.ts'
import { instantOf } from '../../src/base/calendar.ts'
import { days, minutes, seconds, virtualClock } from '../../src/base/clock.ts'
import { packageRoot, readEnv } from '../../src/base/env.ts'
import { createLog } from '../../src/base/log.ts'
import { addMedia, mediaFiles } from '../../src/content/index.ts'
import { customerIdOf } from '../../src/customer/index.ts'
import { enqueue } from '../../src/outbox/index.ts'
import { startSimulator } from '../../src/simulator/index.ts'
import type { Simulator } from '../../src/simulator/index.ts'
import { temporaryFolder } from '../process/harness.ts'
import { openBrowser } from '../web/browser.ts'
import { openPhone, overflow } from '../web/h5-phone.ts'
import type { Phone } from '../web/h5-phone.ts'
import { ensureBuilt } from '../web/h5-serve.ts'
import { weComAgent } from '../web/sidebar-mock.ts'
import { passTogether } from '../whole-server.ts'
import { shot } from './client.ts'
import { signIn } from './world.ts'

const startAt = instantOf('2026-05-20', '10:00')
const advisor = 'lin'
const customer = 'wmA'
const oldAgent = weComAgent.replace('wxwork/4.1.36', 'wxwork/2.8.10')
const folder = temporaryFolder()
const clock = virtualClock(startAt)

let browser: Browser
let simulator: Simulator
let app: App
/** What stands before our server, as a proxy does in earnest, and serves the page of this test beside it. */
let front: Server
let origin: string
let session: string

interface Call {
  readonly name: string
  readonly params: Readonly<Record<string, unknown>>
}
interface WeCom extends Phone {
  readonly calls: Call[]
  /** Every address of ours that was asked for a signature. */
  readonly signed: string[]
  /** A type of message that this client is too old for. */
  unknown: string
}
const open: WeCom[] = []

const sdkFile = join(packageRoot, 'node_modules/@wecom/jssdk/dist/wecom.prod.js')
const page = `<!doctype html><meta charset="utf-8"><title>contract</title><script type="module">
  import * as ww from '/contract/wecom.js'
  window.ww = ww
  window.ask = async (url) => {
    const answer = await fetch('/api/sidebar/jssdk?url=' + encodeURIComponent(url))
    if (!answer.ok) throw new Error(await answer.text())
    return answer.json()
  }
  window.begin = async (only = 'both', agentBy = 'agentConfig') => {
    const { corpId, agentId } = await ask(location.href.split('#')[0])
    ww.register({
      corpId, agentId,
      jsApiList: ['getContext', 'getCurExternalContact', 'sendChatMessage'],
      getConfigSignature: async (url) => (await ask(url)).config,
      ...(only === 'config' ? {} : { getAgentConfigSignature: async (url) => (await ask(url))[agentBy] }),
    })
  }
</script>`

function serveFront(server: string) {
  return (incoming: IncomingMessage, answer: ServerResponse): void => {
    const url = incoming.url ?? '/'
    if (url === '/contract/wecom.js') {
      answer.setHeader('content-type', 'text/javascript').end(readFileSync(sdkFile))
      return
    }
    if (url.startsWith('/contract/')) {
      answer.setHeader('content-type', 'text/html').end(page)
      return
    }
    const through = request(new URL(url, server), { method: incoming.method, headers: incoming.headers })
    through.on('response', (came) => {
      answer.writeHead(came.statusCode ?? 502, came.headers)
      came.pipe(answer)
    })
    through.on('error', (error) => answer.destroy(error))
    incoming.pipe(through)
  }
}

beforeAll(async () => {
  ensureBuilt('sidebar')
  browser = await openBrowser()
  simulator = await startSimulator({ clock: 'virtual', startAt, empty: true })
  simulator.world.addStaff({ userid: advisor, name: advisor, confirm: { mode: 'never' } })
  simulator.world.addContact({ userid: advisor, external_userid: customer, name: '王小美', silent: true })
  front = createServer()
  await new Promise<void>((ok) => front.listen(0, '127.0.0.1', ok))
  origin = `http://127.0.0.1:${String((front.address() as AddressInfo).port)}`
  const keys = simulator.credentials
  app = await openApp({
    env: readEnv({
      envFile: false,
      simulated: true,
      source: {
        PORT: '0',
        PUBLIC_URL: origin,
        DATABASE_URL: `sqlite:${join(folder.path, 'siyu.db')}`,
        SIYU_ADMINS: advisor,
        WECOM_API_URL: simulator.url,
        WECOM_OAUTH_URL: `${simulator.url}/connect/oauth2/authorize`,
        WECOM_LOGIN_URL: `${simulator.url}/wwlogin/sso/login`,
        WECOM_CORP_ID: keys.corpId,
        WECOM_AGENT_ID: String(keys.agentId),
        WECOM_AGENT_SECRET: keys.agentSecret,
        WECOM_CALLBACK_TOKEN: keys.callbackToken,
        WECOM_CALLBACK_AES_KEY: keys.callbackAesKey,
      },
    }),
    clock,
    log: createLog('silent'),
    root: packageRoot,
  })
  front.on('request', serveFront((await app.listen()).url))
  await app.compareAll()
  session = await signIn({ url: origin, simulator }, 'staff', advisor)
}, 120_000)
afterEach(async () => {
  for (const { faults } of open) expect(faults).toEqual([])
  await Promise.all(open.splice(0).map((one) => one.close()))
})
afterAll(async () => {
  await browser?.close()
  await app?.stop()
  await new Promise((ok) => front.close(ok))
  await simulator?.close()
  folder.remove()
})

/** As WeCom would give it to anybody with the app's secret; the same one for as long as it lives. */
async function ticketOf(kind: 'config' | 'agentConfig'): Promise<string> {
  const { corpId, agentSecret } = simulator.credentials
  const get = async (path: string): Promise<Record<string, unknown>> =>
    (await (await fetch(`${simulator.url}/cgi-bin/${path}`)).json()) as Record<string, unknown>
  const token = await get(`gettoken?corpid=${corpId}&corpsecret=${agentSecret}`)
  const path = kind === 'config' ? 'get_jsapi_ticket?' : 'ticket/get?type=agent_config&'
  const answer = await get(`${path}access_token=${String(token['access_token'])}`)
  if (answer['errcode'] !== 0) throw new Error(`no ticket: ${JSON.stringify([token, answer])}`)
  return String(answer['ticket'])
}

/** WECOM.md §6, written once more: no code is shared with the server. */
async function signatureOf(
  kind: 'config' | 'agentConfig',
  { nonceStr, timestamp }: { readonly nonceStr: unknown; readonly timestamp: unknown },
  url: string,
): Promise<string> {
  const text = `jsapi_ticket=${await ticketOf(kind)}&noncestr=${String(nonceStr)}&timestamp=${String(timestamp)}&url=${url}`
  return createHash('sha1').update(text, 'utf8').digest('hex')
}

/** A phone with WeCom in it: it takes a configuration only with the signature of the page it shows. */
async function openWeCom(userAgent = weComAgent, width = 360): Promise<WeCom> {
  const phone = await openPhone(browser, { userAgent, viewport: { width, height: 780 } })
  await phone.page.context().addCookies([{ name: 'siyu_session', value: session, url: origin }])
  const weCom: WeCom = { ...phone, calls: [], signed: [], unknown: '' }
  open.push(weCom)
  phone.page.on('request', (made) => {
    const { pathname, searchParams } = new URL(made.url())
    if (pathname === '/api/sidebar/jssdk') weCom.signed.push(searchParams.get('url') ?? '')
  })
  await phone.page.exposeFunction('native', async (name: string, params: Call['params']) => {
    weCom.calls.push({ name, params })
    const shown = phone.page.url().replace(/#.*$/, '')
    const fits = async (kind: 'config' | 'agentConfig', signature: unknown, signed: Call['params']) =>
      signature ===
      (await signatureOf(kind, { nonceStr: signed['nonceStr'], timestamp: signed['timestamp'] }, shown))
    switch (name) {
      case 'preVerifyJSAPI': {
        const signed = { nonceStr: params['verifyNonceStr'], timestamp: params['verifyTimestamp'] }
        const good = await fits('config', params['verifySignature'], signed)
        return { err_msg: good ? `${name}:ok` : `${name}:fail invalid signature` }
      }
      case 'agentConfig':
        return {
          err_msg: (await fits('agentConfig', params['signature'], params))
            ? `${name}:ok`
            : `${name}:fail_40093 invalid jsapi_ticket`,
        }
      case 'getContext':
        return { err_msg: `${name}:ok`, entry: 'single_chat_tools' }
      case 'getCurExternalContact':
        return { err_msg: `${name}:ok`, userId: customer }
      case 'sendChatMessage': {
        if (params['msgtype'] === weCom.unknown) return { err_msg: `${name}:fail function not exist` }
        const sent = await fetch(`${simulator.url}/sim/chat/send`, {
          method: 'POST',
          body: JSON.stringify({ ...params, userid: advisor, external_userid: customer }),
        })
        return { err_msg: sent.ok ? `${name}:ok` : `${name}:fail ${await sent.text()}` }
      }
      default:
        return { err_msg: `${name}:ok` }
    }
  })
  await phone.page.addInitScript({
    content: `window.WeixinJSBridge = {
      invoke(name, params, done) { window.native(name, params).then(done) },
      on() {},
    }`,
  })
  return weCom
}

async function visit(weCom: WeCom, path: string): Promise<void> {
  await weCom.page.goto(`${origin}${path}`)
  await weCom.page.waitForFunction('window.ww !== undefined')
}

const named = ({ calls }: WeCom, name: string): Call['params'][] =>
  calls.filter((call) => call.name === name).map(({ params }) => params)

/**
 * The corp's configuration, and then the app's: where both are under way at once, the SDK may put the app's signature
 * into the corp's call, since it adds the newest one to whatever it sends. No page of ours asks for both at once.
 */
const both = `begin('config').then(() => ww.ensureCorpConfigReady())
  .then(() => begin()).then(() => ww.ensureAgentConfigReady())
  .catch((refused) => { throw new Error(refused.errMsg ?? refused) })`

const jsApiList = ['getContext', 'getCurExternalContact', 'sendChatMessage']

describe('the JS-SDK with our signatures', () => {
  it('hands WeCom both configurations, each signed with its own ticket for the address without its hash', async () => {
    const weCom = await openWeCom()
    const path = '/contract/?shop=%E5%B0%8F%E8%91%B5&x=a+b%26c'
    await visit(weCom, `${path}#/customer/1?tab=2`)
    await weCom.page.evaluate(both)

    const [agent] = named(weCom, 'agentConfig')
    const stamp = String(clock.now() / 1000)
    const agentNonce = agent?.['nonceStr']
    expect(agent).toEqual({
      corpid: simulator.credentials.corpId,
      agentid: String(simulator.credentials.agentId),
      timestamp: stamp,
      nonceStr: expect.stringMatching(/^[0-9a-f]{24}$/),
      signature: await signatureOf('agentConfig', { nonceStr: agentNonce, timestamp: stamp }, origin + path),
      jsApiList,
    })
    const [corp] = named(weCom, 'preVerifyJSAPI')
    const nonce = corp?.['verifyNonceStr']
    expect(corp).toEqual({
      appId: simulator.credentials.corpId,
      verifyNonceStr: expect.stringMatching(/^[0-9a-f]{24}$/),
      verifyOpenTagList: [],
      verifyAppId: simulator.credentials.corpId,
      verifyJsApiList: jsApiList,
      verifySignType: 'sha1',
      verifyTimestamp: stamp,
      verifySignature: await signatureOf('config', { nonceStr: nonce, timestamp: stamp }, origin + path),
    })
    expect(nonce).not.toBe(agentNonce)
    expect(weCom.signed.every((url) => url === origin + path)).toBe(true)
    // What is called afterwards goes out as the app whose configuration was taken.
    expect(await weCom.page.evaluate('ww.getCurExternalContact().then(({ userId }) => userId)')).toBe(
      customer,
    )
    expect(named(weCom, 'getCurExternalContact')).toEqual([
      {
        appId: simulator.credentials.corpId,
        verifyAppId: simulator.credentials.corpId,
        verifySignType: 'sha1',
        verifyTimestamp: stamp,
        verifyNonceStr: agentNonce,
        verifySignature: agent?.['signature'],
      },
    ])
  })

  it('is refused by this client when the tickets are mixed up, so that its yes means something', async () => {
    const weCom = await openWeCom()
    await visit(weCom, '/contract/')
    await weCom.page.evaluate(`begin('both', 'config')`)
    const said = await weCom.page.evaluate(
      'ww.ensureAgentConfigReady().then(() => "taken", ({ errMsg }) => errMsg)',
    )
    expect(said).toMatch(/^agentConfig:.*40093/)
  })

  it('asks for a new signature when the address changes, and for none when only its hash does', async () => {
    const weCom = await openWeCom()
    await visit(weCom, '/contract/')
    await weCom.page.evaluate('begin()')
    await weCom.page.evaluate('ww.getContext()')
    await weCom.page.evaluate('void (location.hash = "/tasks")')
    await weCom.page.evaluate('ww.getContext()')
    expect(named(weCom, 'agentConfig')).toHaveLength(1)
    await weCom.page.evaluate('history.pushState(null, "", "/contract/other?day=2026-05-20")')
    await weCom.page.evaluate('ww.getContext()')
    expect(named(weCom, 'agentConfig')).toHaveLength(2)
    expect(weCom.signed.at(-1)).toBe(`${origin}/contract/other?day=2026-05-20`)
    expect(named(weCom, 'getContext')).toHaveLength(3)
  })

  it('configures the corp before the app in an old client', async () => {
    const weCom = await openWeCom(oldAgent)
    await visit(weCom, '/contract/')
    await weCom.page.evaluate('begin()')
    await weCom.page.evaluate('ww.getContext()')
    expect(weCom.calls.map(({ name }) => name)).toEqual(['preVerifyJSAPI', 'agentConfig', 'getContext'])
  })

  it('signs for no other site', async () => {
    const weCom = await openWeCom()
    await visit(weCom, '/contract/')
    const said = await weCom.page.evaluate(
      'ask("https://elsewhere.example/contract/").then(() => "signed", ({ message }) => message)',
    )
    expect(said).toContain('只能为本站页面签名')
  })

  it('renews both tickets before they end', async () => {
    const before = [await ticketOf('config'), await ticketOf('agentConfig')]
    const weCom = await openWeCom()
    await visit(weCom, '/contract/')
    await weCom.page.evaluate(both)
    // Nobody asks in the last tenth of their life; then they are over.
    await passTogether(app, simulator, clock, minutes(121))
    session = await signIn({ url: origin, simulator }, 'staff', advisor)
    const later = await openWeCom()
    await visit(later, '/contract/')
    await later.page.evaluate(both)
    const after = [await ticketOf('config'), await ticketOf('agentConfig')]
    expect(after.filter((ticket) => before.includes(ticket))).toEqual([])
  })
})

describe('the sidebar as it is shipped', () => {
  it('is taken by the same client', async () => {
    const weCom = await openWeCom()
    await weCom.page.goto(`${origin}/sidebar/?from=workbench#/`)
    await weCom.page.getByText('王小美').first().waitFor()
    const url = `${origin}/sidebar/?from=workbench`
    const [agent] = named(weCom, 'agentConfig')
    expect(agent?.['signature']).toBe(
      await signatureOf(
        'agentConfig',
        { nonceStr: agent?.['nonceStr'], timestamp: agent?.['timestamp'] },
        url,
      ),
    )
    expect(named(weCom, 'getCurExternalContact').length).toBeGreaterThan(0)
  })

  it('sends the words and then what goes along, with ids that it asked for when the task was opened', async () => {
    await promise('files')
    const weCom = await openWeCom(weComAgent, 390)
    const { page } = weCom
    await page.goto(`${origin}/sidebar/`)
    await page.getByText('图片“封面”').waitFor()
    await page.waitForFunction(`document.querySelector('.along img')?.naturalWidth > 0`)
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    await shot(weCom, 'sidebar-attachments', true)
    await page.getByRole('button', { name: '发送', exact: true }).tap()
    await page.getByText('已发送 · ').waitFor()
    await expect.poll(() => named(weCom, 'sendChatMessage').length).toBe(4)
    const sent = named(weCom, 'sendChatMessage')
    expect(sent.map(({ msgtype, enterChat }) => [msgtype, enterChat])).toEqual([
      ['text', false],
      ['image', false],
      ['file', false],
      ['news', true],
    ])
    const { news } = sent[3] as { news: Record<string, string> }
    expect(news).toMatchObject({ title: '直播间', desc: '今晚八点' })
    // A link of her own, and a cover that WeCom serves.
    expect(news['link']).toMatch(new RegExp(`^${origin}/h5/l/p\\.`))
    expect(news['imgUrl']).toMatch(/^https?:/)
    // The ids are of this app, and good.
    for (const { mediaid } of [sent[1]?.['image'], sent[2]?.['file']] as { mediaid: string }[])
      expect(await known(mediaid)).toBe(true)
    const said = simulator.ledger().filter(({ via }) => via === 'sidebar')
    expect(said.map(({ body }) => (body as { msgtype?: string }).msgtype)).toEqual([
      'text',
      'image',
      'file',
      'news',
    ])
  })

  it('falls back to the words in a client that knows no such message, and says what did not go', async () => {
    await promise('old')
    const weCom = await openWeCom()
    weCom.unknown = 'file'
    await weCom.page.goto(`${origin}/sidebar/`)
    await weCom.page.getByRole('button', { name: '发送', exact: true }).tap()
    await weCom.page.getByText('没有发出：文件“说明书”').waitFor()
    expect(named(weCom, 'sendChatMessage').map(({ msgtype }) => msgtype)).toEqual([
      'text',
      'image',
      'file',
      'news',
    ])
    const states = await app.db.reader.rows("select state from promise where dedupe_key = 'old:wmA'")
    expect(states).toEqual([{ state: 'sent' }])
  })

  /** A picture that a browser can draw. */
  async function picture(): Promise<Buffer> {
    const blank = await browser.newPage({ viewport: { width: 400, height: 300 } })
    const bytes = await blank.screenshot()
    await blank.close()
    return bytes
  }

  /** An advisor's task with a picture, a file and a link. */
  async function promise(key: string): Promise<void> {
    const bytes = await picture()
    await app.importParts.act(system('test'), async (ctx) => {
      if ((await mediaFiles(ctx.tx)).length === 0) {
        await addMedia(ctx, { name: '封面', filename: 'cover.png', bytes })
        await addMedia(ctx, {
          name: '说明书',
          filename: 'guide.pdf',
          bytes: Buffer.from('%PDF-1.7\n%%EOF\n'),
        })
      }
      await enqueue(ctx, [
        {
          dedupeKey: `${key}:${customer}`,
          touchpoint: 'monthly-talk',
          title: '每月沟通',
          cadenceVersion: 1,
          purpose: 'service',
          personal: true,
          awaited: true,
          channel: 'advisor-task',
          subjectKind: 'customer',
          subject: customer,
          customer: customerIdOf({ kind: 'external', value: customer }),
          sender: advisor,
          day: '2026-05-20',
          wantedAt: ctx.now,
          expiresAt: ctx.now + days(1),
          priority: 50,
          content: {
            text: '王女士，新到的说明书和图发您',
            attachments: [
              { image: '封面' },
              { file: '说明书' },
              { link: { title: '直播间', url: '[[link:me]]', desc: '今晚八点', picture: '封面' } },
            ],
          },
        },
      ])
    })
    await passTogether(app, simulator, clock, seconds(2))
  }

  async function known(mediaId: string): Promise<boolean> {
    const { corpId, agentSecret } = simulator.credentials
    const token = await fetch(`${simulator.url}/cgi-bin/gettoken?corpid=${corpId}&corpsecret=${agentSecret}`)
    const { access_token: given } = (await token.json()) as { access_token: string }
    const file = await fetch(`${simulator.url}/cgi-bin/media/get?access_token=${given}&media_id=${mediaId}`)
    return !(file.headers.get('content-type') ?? '').includes('json')
  }
})
