import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser } from './browser.ts'
import { hostileName, openPhone, overflow, type Phone } from './h5-phone.ts'
import { ensureBuilt, problem, unknownToOldViews, type Call } from './h5-serve.ts'
import {
  card,
  couponAtCounter,
  fakeBridge,
  serveDesk,
  task,
  weComAgent,
  type DeskState,
} from './sidebar-mock.ts'

interface BridgeCall {
  readonly name: string
  readonly params: Record<string, unknown>
}

let browser: Browser
const open: { close(): Promise<void> }[] = []

beforeAll(async () => {
  ensureBuilt('sidebar')
  browser = await openBrowser()
}, 120_000)
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})
afterAll(() => browser.close())

const besideWang = { entry: 'single_chat_tools', externalUserId: 'wm-wang' }

const visit = async (
  options: {
    desk?: Partial<DeskState>
    chat?: { entry: string; externalUserId?: string } | null
    answers?: Record<string, Record<string, unknown> | null>
    agent?: string
    hash?: string
  } = {},
) => {
  const server = await serveDesk(options.desk)
  const chat = options.chat === undefined ? besideWang : options.chat
  const phone: Phone = await openPhone(browser, {
    userAgent: options.agent ?? weComAgent,
    ...(chat ? { before: fakeBridge(chat, options.answers) } : {}),
  })
  open.push(phone, server)
  await phone.page.goto(`${server.url}/sidebar/${options.hash ?? ''}`)
  const bridge = (): Promise<BridgeCall[]> => phone.page.evaluate<BridgeCall[]>('window.bridgeCalls')
  const posts = (): Call[] => server.calls.filter(({ method }) => method !== 'GET')
  return { ...phone, server, bridge, posts }
}

const desktop = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36'

describe('the sidebar beside a chat', () => {
  it('sends in at most two taps: intent, sendChatMessage, settle', async () => {
    const { page, bridge, posts, faults } = await visit()
    await page.getByText('为什么今天联系').waitFor()
    await page.getByRole('button', { name: '发送', exact: true }).tap()
    await page.getByText('已发送 · 换段关怀').waitFor()

    expect(posts().map(({ path }) => path)).toEqual([
      '/api/sidebar/promises/care-1/intent',
      '/api/sidebar/promises/care-1/settle',
    ])
    expect(posts()[1]?.body).toEqual({ result: 'sent' })
    const sent = (await bridge()).filter(({ name }) => name === 'sendChatMessage')
    expect(sent).toHaveLength(1)
    expect(sent[0]?.params).toMatchObject({
      msgtype: 'text',
      text: { content: task().text },
      enterChat: true,
    })
    expect(posts()[0]?.body).toEqual({ text: task().text })
    expect(faults).toEqual([])
  })

  it('says whose customer she is by name, since when and why', async () => {
    const named = { userid: 'linlin', name: '林琳', since: '2026-05-11T04:30:00+08:00' }
    const cards = [card({ namedAdvisor: { ...named, by: 'clv', rank: 3, among: 120, percent: 5 } })]
    const { page, faults } = await visit({ desk: { cards } })
    await page.getByText('5月11日起，预计价值前 5 %，第 3 / 120 位').waitFor()
    expect(await page.locator('.who').innerText()).toContain('专属顾问 林琳')
    expect(faults).toEqual([])
    const byHand = [card({ namedAdvisor: { ...named, by: 'person', person: '周店长' } })]
    const other = await visit({ desk: { cards: byHand } })
    await other.page.getByText('由周店长指定').waitFor()
  })

  it('registers with the app’s signature for the address without its hash', async () => {
    const { page, bridge, server } = await visit()
    await page.getByText('为什么今天联系').waitFor()
    const signed = server.calls.find(({ path }) => path === '/api/sidebar/jssdk')
    expect(signed?.query.get('url')).toBe(`${server.url}/sidebar/`)
    const config = (await bridge()).find(({ name }) => name === 'agentConfig')
    expect(config?.params).toMatchObject({ corpid: 'ww1', agentid: '1000002', signature: 'a'.repeat(40) })
  })

  it('sends the edited text, and keeps it as a draft when the web view is rebuilt', async () => {
    const { page, posts } = await visit()
    await page.getByLabel('要发送的话').fill('王女士，2 段到货了')
    await page.reload()
    await expect.poll(() => page.getByLabel('要发送的话').inputValue()).toBe('王女士，2 段到货了')
    await page.getByRole('button', { name: '发送', exact: true }).tap()
    await page.getByText('已发送 · 换段关怀').waitFor()
    expect(posts()[0]?.body).toEqual({ text: '王女士，2 段到货了' })
  })

  it('goes on to the next customer, whose chat WeCom opens', async () => {
    const { page, bridge } = await visit()
    await page.getByRole('button', { name: '发送', exact: true }).tap()
    await page.getByRole('button', { name: '下一个：李妈妈' }).tap()
    await expect
      .poll(async () => (await bridge()).find(({ name }) => name === 'openEnterpriseChat')?.params)
      .toMatchObject({ externalUserIds: 'wm-li' })
  })

  it('never sends into somebody else’s chat', async () => {
    const { page, bridge, posts } = await visit()
    await page.getByText('为什么今天联系').waitFor()
    await page.evaluate(
      "window.bridgeAnswers.getCurExternalContact = { err_msg: 'getCurExternalContact:ok', userId: 'wm-li' }",
    )
    await page.getByRole('button', { name: '发送', exact: true }).tap()
    await page.getByRole('heading', { name: '李妈妈' }).waitFor()
    expect(posts()).toEqual([])
    expect((await bridge()).filter(({ name }) => name === 'sendChatMessage')).toEqual([])
  })

  it('puts the task back and says why when the client refuses', async () => {
    const { page, posts } = await visit({
      answers: { sendChatMessage: { err_msg: 'sendChatMessage:fail no permission' } },
    })
    await page.getByRole('button', { name: '发送', exact: true }).tap()
    await page.getByText('企业微信没有给这个应用发送的权限').waitFor()
    expect(posts()[1]?.body).toMatchObject({ result: 'not-sent' })
    expect(await page.getByRole('button', { name: '发送', exact: true }).isEnabled()).toBe(true)
  })

  it('asks about an unsettled intent instead of offering it again', async () => {
    const { page, posts } = await visit({ desk: { tasks: [task({ state: 'intent' })] } })
    await page.getByText('上次是否已发送？').waitFor()
    expect(await page.getByRole('button', { name: '发送', exact: true }).count()).toBe(0)
    await page.getByRole('button', { name: '已发送', exact: true }).tap()
    await page.getByText('已发送 · 换段关怀').waitFor()
    expect(posts().map(({ path, body }) => [path, body])).toEqual([
      ['/api/sidebar/promises/care-1/settle', { result: 'sent' }],
    ])
  })

  it('offers it again once she says that it was not sent', async () => {
    const { page } = await visit({ desk: { tasks: [task({ state: 'intent' })] } })
    await page.getByRole('button', { name: '未发送', exact: true }).tap()
    await page.getByRole('button', { name: '发送', exact: true }).waitFor()
  })

  it('skips with a reason in two taps', async () => {
    const { page, posts } = await visit()
    await page.getByRole('button', { name: '跳过' }).tap()
    await page.getByRole('button', { name: '刚聊过' }).tap()
    await page.getByText('已跳过 · 换段关怀').waitFor()
    expect(posts().map(({ path, body }) => [path, body])).toEqual([
      ['/api/sidebar/promises/care-1/skip', { reason: '刚聊过' }],
    ])
  })

  it('opts a customer out after asking, and takes it back', async () => {
    const { page, posts } = await visit()
    await page.getByRole('button', { name: /退订/ }).tap()
    await page.getByText('客户在聊天里说不想再收到').waitFor()
    await page.getByLabel('客户的原话').fill('别再发了')
    await page.getByRole('button', { name: '确认退订' }).tap()
    await page.getByText('已退订营销消息').waitFor()
    expect(posts()[0]).toMatchObject({
      path: '/api/sidebar/customers/wm-wang/opt-out',
      body: { said: '别再发了' },
    })
    await page.getByRole('button', { name: '撤销' }).tap()
    await page.getByText('客户不想再收到？').waitFor()
    expect(posts()[1]?.path).toBe('/api/sidebar/customers/wm-wang/opt-in')
  })
})

describe('where nothing can be sent', () => {
  it('outside WeCom copies within 3 seconds, says why, and asks before it settles', async () => {
    const { page, posts } = await visit({ chat: null, agent: desktop, hash: '#/customer/wm-wang' })
    const begun = performance.now()
    await page.getByRole('button', { name: '复制文案' }).tap()
    await page.getByText('不在企业微信中，已复制文案').waitFor()
    expect(performance.now() - begun).toBeLessThan(3_000)
    await page.getByText('已发送吗？').waitFor()
    expect(posts().map(({ path }) => path)).toEqual(['/api/sidebar/promises/care-1/intent'])
    await page.getByRole('button', { name: '已发送', exact: true }).tap()
    await page.getByText('已发送 · 换段关怀').waitFor()
    expect(posts()[1]?.body).toEqual({ result: 'sent' })
  })

  it('inside WeCom with a bridge that never comes, shows today’s list within 3 seconds', async () => {
    const begun = performance.now()
    const { page } = await visit({ chat: null })
    await page.getByText('早上好，林琳').waitFor()
    expect(performance.now() - begun).toBeLessThan(4_500)
    await page.getByRole('button', { name: '查看' }).first().tap()
    await page.getByText('企业微信没有响应，无法直接发送').waitFor()
  })

  it('says so when WeCom does not accept the signature', async () => {
    const { page } = await visit({
      answers: { agentConfig: { err_msg: 'agentConfig:fail invalid signature' } },
      hash: '#/customer/wm-wang',
    })
    await page.getByText(/企业微信接口未就绪（.*invalid ?signature/).waitFor()
  })
})

describe('today’s list and the states of a page', () => {
  it('opens outside a chat, sorted as the server says, with the next one at hand', async () => {
    const { page, faults } = await visit({ chat: { entry: 'normal' } })
    await page.getByText('还有 3 位客户等您联系').waitFor()
    expect(await page.locator('.row-name b').allTextContents()).toEqual(['王女士', '李妈妈', '陈先生'])
    await page.getByRole('button', { name: '下一个：王女士' }).waitFor()
    expect(await page.locator('.top-count').textContent()).toBe('1/4')
    expect(faults).toEqual([])
  })

  it('names the customer who is not hers, with the way out', async () => {
    const { page } = await visit({ chat: { entry: 'single_chat_tools', externalUserId: 'wm-nobody' } })
    await page.getByText('不是您的客户').waitFor()
    await page.getByText('需要接手请联系管理员调整负责人').waitFor()
  })

  it('shows the server’s words and fix on an error, and recovers', async () => {
    const faults = new Map([
      ['/api/sidebar/customers/wm-wang', problem(503, 'unavailable', '数据库正在维护', '一分钟后再试')],
    ])
    const { page, server } = await visit({ desk: { faults } })
    await page.getByText('数据库正在维护').waitFor()
    await page.getByText('一分钟后再试').waitFor()
    server.state.faults.clear()
    await page.getByRole('button', { name: '重试' }).tap()
    await page.getByText('为什么今天联系').waitFor()
  })

  it('sends nothing when the server refuses the intent, and shows its reason', async () => {
    const faults = new Map([
      [
        '/api/sidebar/promises/care-1/intent',
        problem(409, 'opted-out', '客户刚刚退订了', '请不要再发营销内容'),
      ],
    ])
    const { page, bridge } = await visit({ desk: { faults } })
    await page.getByRole('button', { name: '发送', exact: true }).tap()
    await page.getByText('客户刚刚退订了。请不要再发营销内容').waitFor()
    expect((await bridge()).filter(({ name }) => name === 'sendChatMessage')).toEqual([])
  })

  it('goes to the sign-in with the way back', async () => {
    const faults = new Map([['/api/sidebar/me', problem(401, 'sign-in', '请先登录')]])
    const { page } = await visit({ desk: { faults } })
    await page.waitForURL(/\/api\/auth\/login\?to=%2Fsidebar%2F/)
  })

  it('is dark by Android’s user agent alone', async () => {
    const { page } = await visit({ agent: weComAgent.replace('ColorScheme/Light', 'ColorScheme/Dark') })
    await page.getByText('为什么今天联系').waitFor()
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(20, 22, 26)')
  })

  it('shows hostile names and endless texts as text, inside the page', async () => {
    const hostile = task({
      name: hostileName,
      title: 'z'.repeat(80),
      why: 'w'.repeat(300),
      warnings: ['v'.repeat(120)],
      text: 'u'.repeat(500),
    })
    const customer = card({
      name: hostileName,
      remark: hostileName,
      tags: [hostileName, 'x'.repeat(120)],
      tierReason: 'y'.repeat(200),
      spentFen: 123_456_789_012,
    })
    const { page, faults } = await visit({ desk: { tasks: [hostile], cards: [customer] } })
    await page.getByRole('heading', { name: hostileName }).waitFor()
    expect(await page.locator('img').count()).toBe(0)
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    await page.getByRole('link', { name: '今日待办' }).tap()
    await page.getByText('还有 1 位客户等您联系').waitFor()
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect(faults).toEqual([])
  })
})

it('uses no style that the oldest web view does not know', () => {
  expect(unknownToOldViews('sidebar')).toEqual([])
})

describe('coupons in the sidebar', () => {
  it('redeems a code after one look, and says why when it cannot', async () => {
    const { page, posts, faults } = await visit({ chat: null, agent: desktop, hash: '#/coupon' })
    await page.getByLabel('券码').fill('kuf2 k77q m3')
    await page.getByRole('button', { name: '查询' }).tap()
    await page.getByText('赵**（其他顾问的客户）').waitFor()
    await page.getByText('减30元，满199元可用').waitFor()
    await page.getByRole('button', { name: '确认核销' }).tap()
    await page.getByText('核销成功').waitFor()
    expect(posts()).toHaveLength(1)
    expect(posts()[0]?.body['key']).toMatch(/^[a-z0-9-]{8,}$/)
    await page.getByRole('button', { name: '核销下一张' }).tap()
    await page.getByLabel('券码').fill('KUF2K77QM3')
    await page.getByRole('button', { name: '查询' }).tap()
    await page.getByText('已核销于 05-20 10:05').waitFor()
    expect(await page.getByRole('button', { name: '确认核销' }).count()).toBe(0)
    await page.getByLabel('券码').fill('ABCDEFGHJK')
    await page.getByRole('button', { name: '查询' }).tap()
    await page.getByText('查无此券').waitFor()
    expect(faults).toEqual([])
  })

  it('shows a hostile owner as plain words, and fits a narrow phone', async () => {
    const coupon = couponAtCounter({ owner: hostileName, title: '很长很长的券名'.repeat(6) })
    const { page, faults } = await visit({ chat: null, agent: desktop, hash: '#/coupon', desk: { coupon } })
    await page.setViewportSize({ width: 360, height: 640 })
    await page.getByLabel('券码').fill(coupon.code)
    await page.getByRole('button', { name: '查询' }).tap()
    await page.getByRole('button', { name: '确认核销' }).waitFor()
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect(faults).toEqual([])
  })

  it('hands one out in two taps beside the chat', async () => {
    const { page, bridge, posts } = await visit()
    await page.getByText('金卡').first().waitFor()
    await page.getByRole('button', { name: '发券', exact: true }).tap()
    await page.getByRole('button', { name: /专属 20 元券/ }).tap()
    await page.getByRole('button', { name: '发到聊天' }).tap()
    await expect
      .poll(async () => (await bridge()).find(({ name }) => name === 'sendChatMessage')?.params)
      .toMatchObject({
        text: {
          content:
            '送您一张「专属 20 元券」，减20元，满99元可用：https://shop.example/h5/#/coupon/ABCDEFGHJK',
        },
      })
    expect(posts().map(({ path }) => path)).toEqual(['/api/sidebar/customers/wm-wang/coupons'])
  })
})
