/** What holds the pages in these tests: a phone or a desk with WeCom in it, signed in at the simulator as somebody. */
import type { Browser, BrowserContextOptions } from 'playwright-core'
import { openPhone } from '../web/h5-phone.ts'
import type { Phone } from '../web/h5-phone.ts'
import { weComAgent } from '../web/sidebar-mock.ts'
import type { World } from './world.ts'

/** The simulator's OAuth pages take the browser for this person: a userid, an external_userid or an openid. */
export async function standFor(phone: Phone, world: World, as: string): Promise<void> {
  await phone.page.context().addCookies([{ name: 'sim_as', value: as, url: world.simulator.url }])
}

/** A browser whose own clock shows the world's time, so that "today" is the same day on both sides. */
export async function openBrowserOf(
  browser: Browser,
  world: World,
  as: string,
  options: BrowserContextOptions & { readonly before?: string } = {},
): Promise<Phone> {
  const phone = await openPhone(browser, {
    timezoneId: 'Asia/Shanghai',
    ...options,
  })
  await phone.page.clock.setFixedTime(world.clock.now())
  await standFor(phone, world, as)
  return phone
}

export interface Client extends Phone {
  /** Beside whose chat the sidebar stands now; null: opened from the workbench. */
  chat: string | null
  /** `silent`: the message goes out and the client never says so, as after a crash. */
  answers: 'ok' | 'silent' | 'refuses'
  readonly calls: { readonly name: string; readonly params: Readonly<Record<string, unknown>> }[]
}

/** The advisor's WeCom: its JS-SDK bridge sends through the simulator's chat and opens chats as asked. */
export async function openClient(browser: Browser, world: World, advisor: string): Promise<Client> {
  const phone = await openBrowserOf(browser, world, advisor, { userAgent: weComAgent })
  const client: Client = { ...phone, chat: null, answers: 'ok', calls: [] }
  await phone.page.exposeFunction(
    'clientAnswers',
    async (name: string, params: Readonly<Record<string, unknown>>) => {
      client.calls.push({ name, params })
      return answerOf(client, world, advisor, name, params)
    },
  )
  await phone.page.addInitScript({
    content: `window.WeixinJSBridge = {
      invoke(name, params, done) {
        window.clientAnswers(name, params).then((answer) => { if (answer) done(answer) })
      },
      on() {},
    }`,
  })
  return client
}

async function answerOf(
  client: Client,
  world: World,
  advisor: string,
  name: string,
  params: Readonly<Record<string, unknown>>,
): Promise<Record<string, unknown> | null> {
  const ok = { err_msg: `${name}:ok` }
  switch (name) {
    case 'getContext':
      return { ...ok, entry: client.chat === null ? 'normal' : 'single_chat_tools' }
    case 'getCurExternalContact':
      return client.chat === null
        ? { err_msg: `${name}:fail without context of external contact` }
        : { ...ok, userId: client.chat }
    case 'openEnterpriseChat':
      client.chat = String(params['externalUserIds'])
      return ok
    case 'sendChatMessage': {
      if (client.answers === 'refuses') return { err_msg: `${name}:fail no permission` }
      const sent = await fetch(`${world.simulator.url}/sim/chat/send`, {
        method: 'POST',
        body: JSON.stringify({
          userid: advisor,
          external_userid: client.chat,
          msgtype: params['msgtype'],
          text: params['text'],
        }),
      })
      if (!sent.ok) return { err_msg: `${name}:fail ${await sent.text()}` }
      return client.answers === 'silent' ? null : ok
    }
    default:
      return ok
  }
}

/** Where every screenshot goes when E2E_SHOTS names a folder: for a person's eyes, no test depends on them. */
export async function shot(phone: Pick<Phone, 'page'>, name: string, fullPage = false): Promise<void> {
  const folder = process.env['E2E_SHOTS']
  if (folder) await phone.page.screenshot({ path: `${folder}/${name}.png`, fullPage })
}
