/** 渠道 in the console: a code is made, scanned, counted, compared and ended, on a desk and on a phone. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { minutes } from '../../src/base/clock.ts'
import { openBrowser } from '../web/browser.ts'
import { overflow } from '../web/h5-phone.ts'
import type { Phone } from '../web/h5-phone.ts'
import { ensureBuilt } from '../web/h5-serve.ts'
import { openBrowserOf, shot } from './client.ts'
import { ask, eve, openWorld, signIn } from './world.ts'
import type { World } from './world.ts'

let browser: Browser
let world: World
const open: Phone[] = []

const at = async (width: number, height: number): Promise<Phone> => {
  const phone = await openBrowserOf(browser, world, world.admin, {
    viewport: { width, height },
    hasTouch: false,
    isMobile: false,
  })
  open.push(phone)
  return phone
}
const dialog = (page: Page, title: string) => page.getByRole('dialog', { name: title })
const row = (page: Page, name: string) => page.locator('[data-test=way-row]', { hasText: name })
const sim = async (path: string, body: object): Promise<Record<string, unknown>> => {
  const answer = await fetch(`${world.simulator.url}/sim/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  return (await answer.json()) as Record<string, unknown>
}
/** As long as the page may show what a reader should never see. */
const leaks = /undefined|NaN|\[object|Invalid|null\b|\{\{|\bwr[A-Za-z0-9]{20}|ways\.[a-z]/

beforeAll(async () => {
  ensureBuilt('admin')
  browser = await openBrowser()
  world = await openWorld({ customers: 30, until: eve + minutes(1) })
}, 240_000)
afterEach(async () => {
  for (const { faults } of open) expect(faults).toEqual([])
  await Promise.all(open.splice(0).map((one) => one.close()))
})
afterAll(async () => {
  await world?.close()
  await browser?.close()
})

describe('渠道', { timeout: 60_000 }, () => {
  it('is made in a dialog, scanned, and shows whom it brought', async () => {
    const phone = await at(1280, 900)
    const { page } = phone
    await page.goto(`${world.url}/admin/ways`)
    await page.getByText('还没有渠道').waitFor()
    await shot(phone, 'ways-empty')
    await page.locator('[data-test=way-add]').click()
    const form = dialog(page, '新建渠道')
    await form.getByLabel('渠道名称').fill('包裹卡')
    await form.getByLabel('渠道标识').fill('parcel-card')
    const [first, second] = world.shop.staff
    for (const one of [first, second])
      await form.getByRole('button', { name: one?.name ?? '', exact: true }).click()
    await form.getByLabel('进来就打的标签').fill('包裹卡、新客礼')
    await shot(phone, 'ways-dialog')
    await form.getByRole('button', { name: '建立渠道' }).click()
    await page.getByText('渠道“包裹卡”已在企业微信生效').waitFor()
    const code = dialog(page, '包裹卡')
    const picture = code.getByRole('img', { name: '“包裹卡”的渠道码' })
    await picture.waitFor()
    expect(await picture.evaluate((img) => Reflect.get(img, 'naturalWidth') as number)).toBeGreaterThan(100)
    await shot(phone, 'ways-code')
    const saving = page.waitForEvent('download')
    await code.locator('[data-test=way-download]').click()
    expect((await saving).suggestedFilename()).toMatch(/^包裹卡/)
    await page.keyboard.press('Escape')

    const [made] = await world.rows<{ id: string; remote_id: string }>('select id, remote_id from way')
    const came = await sim(`qr/${made?.remote_id ?? ''}`, {})
    await world.until(world.clock.now() + minutes(2))
    const told = await ask(world, 'POST', '/api/v1/events', {
      headers: { authorization: `Bearer ${world.eventsKey}` },
      body: {
        events: [
          {
            id: 'order-way',
            kind: 'order',
            at: new Date(world.clock.now()).toISOString(),
            customer: { external: String(came['external_userid']) },
            orderId: 'WAY-1',
            amountFen: 25_800,
          },
        ],
      },
    })
    expect(told.status).toBe(200)
    await world.settle()
    await page.reload()
    await row(page, '包裹卡').getByText('¥258').waitFor()
    expect(await row(page, '包裹卡').locator('.num').allInnerTexts()).toEqual([
      '1',
      '1\n100%',
      '1\n100%',
      '¥258',
    ])
    await page.getByRole('button', { name: '近 7 天进来的' }).click()
    expect(await page.locator('body').innerText()).not.toMatch(leaks)
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    await shot(phone, 'ways-list')
  })

  it('makes a code for groups and a link, and is legible on a phone', async () => {
    await sim('acquisition/buy', {
      count: 12,
      expire_date: Math.ceil(world.clock.now() / 1000) + 90 * 86_400,
    })
    const session = await signIn(world, 'staff', world.admin)
    const [group] = await world.rows<{ chat: string }>(
      `select chat from chat_group where state = 'active' order by chat`,
    )
    const joined = await ask(world, 'POST', '/api/admin/ways', {
      session,
      body: { kind: 'join', name: '中山路门店群', chats: [group?.chat] },
    })
    expect(joined).toMatchObject({ status: 200, body: { state: 'live', picture: true } })
    const phone = await at(390, 844)
    const { page } = phone
    await page.goto(`${world.url}/admin/ways`)
    await row(page, '中山路门店群').waitFor()
    await page.locator('[data-test=way-add]').click()
    const form = dialog(page, '新建渠道')
    await form.getByText('获客链接', { exact: true }).click()
    await form.getByLabel('渠道名称').fill('详情页')
    await form.getByRole('button', { name: world.shop.staff[0]?.name ?? '', exact: true }).click()
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    await shot(phone, 'ways-dialog-phone')
    await form.getByRole('button', { name: '建立渠道' }).click()
    await row(page, '详情页').locator('[data-test=way-copy]').click()
    await page.getByText('链接已复制').waitFor()
    expect(await page.locator('body').innerText()).not.toMatch(leaks)
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    await shot(phone, 'ways-list-phone', true)
    // On the next hour the quota is read, and it is low.
    await world.until(world.clock.now() + minutes(61))
    await page.reload()
    await page.getByText('获客助手的额度只剩 12 次').waitFor()
    await shot(phone, 'ways-warning-phone')
  })

  it('takes in what another tool has made, makes again what WeCom lost, and ends one', async () => {
    const { world: shop } = world.simulator
    expect(shop.staff().length).toBeGreaterThan(0)
    const core = world.app.importParts
    const { createApi, createClient } = await import('../../src/wecom/index.ts')
    const client = createClient(core.env.wecom, { clock: core.clock })
    const api = createApi(client)
    await api.addContactWay({ type: 2, scene: 2, state: 'old-card', remark: '老包裹卡', user: [world.admin] })
    const [made] = await world.rows<{ remote_id: string }>(`select remote_id from way where name = '包裹卡'`)
    await api.deleteContactWay(made?.remote_id ?? '')
    await client.close()
    const phone = await at(1280, 900)
    const { page } = phone
    await page.goto(`${world.url}/admin/ways`)
    await row(page, '包裹卡').waitFor()
    await page.locator('[data-test=way-compare]').click()
    const compared = dialog(page, '与企业微信对比')
    await compared.getByText('企业微信里已经没有').waitFor()
    await compared.getByText('企业微信里多出来的（1）').waitFor()
    await shot(phone, 'ways-compare')
    await compared.getByRole('button', { name: '收进来' }).click()
    await page.getByText('已收进渠道“老包裹卡”').waitFor()
    await compared.getByRole('button', { name: '关闭', exact: true }).last().click()
    const parcel = row(page, '标识 parcel-card')
    await parcel.getByText('已丢失').waitFor()
    await shot(phone, 'ways-lost')
    await parcel.locator('[data-test=way-again]').click()
    await parcel.getByText('已丢失').waitFor({ state: 'detached' })
    await row(page, '老包裹卡').locator('[data-test=way-end]').click()
    await dialog(page, '停用渠道“老包裹卡”？').getByRole('button', { name: '停用' }).click()
    await page.getByText('已停用渠道“老包裹卡”').waitFor()
    await row(page, '老包裹卡').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: '显示已停用（1）' }).click()
    await row(page, '老包裹卡').getByText('已停用').waitFor()
  })
})
