/** A week in the console with the real server behind it: real numbers, real reasons, and an edit that takes effect. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { instantOf, isoOf } from '../../src/base/calendar.ts'
import { openBrowser } from '../web/browser.ts'
import { overflow } from '../web/h5-phone.ts'
import type { Phone } from '../web/h5-phone.ts'
import { ensureBuilt } from '../web/h5-serve.ts'
import { openBrowserOf, shot } from './client.ts'
import { ask, customersOf, openWorld, signIn, thursday } from './world.ts'
import type { World } from './world.ts'

let browser: Browser
let world: World
let optedOut: string
const open: Phone[] = []

const desk = async (width = 1440, height = 900): Promise<Phone> => {
  const opened = await openBrowserOf(browser, world, world.admin, {
    viewport: { width, height },
    hasTouch: false,
    isMobile: false,
  })
  open.push(opened)
  return opened
}

/** What must never stand on a page that a shopkeeper reads. */
const leaks =
  /undefined|NaN|\[object|Invalid|null\b|\{\{|\[\[|\bwm[A-Za-z0-9]{20}|\bwr[A-Za-z0-9]{20}|\bc[0-9a-f]{24}\b/
const wordsOf = (page: Page): Promise<string> => page.locator('body').innerText()
const dialog = (page: Page, title: string) => page.getByRole('dialog', { name: title })

beforeAll(async () => {
  ensureBuilt('admin')
  browser = await openBrowser()
  world = await openWorld({ until: instantOf('2026-05-19', '19:45') })
  const [one, two] = await customersOf(world, 'high', 2)
  const [mid] = await customersOf(world, 'mid', 1)
  if (!one || !two || !mid) throw new Error('the shop has too few customers')
  optedOut = one.customer
  const player = await signIn(world, 'player', one.external)
  await ask(world, 'PUT', '/api/public/subscription', { player, body: { marketing: false, topics: [] } })
  const event = (id: string, kind: string, external: string, more: object = {}) => ({
    id,
    kind,
    at: isoOf(world.clock.now()),
    customer: { external },
    ...more,
  })
  const told = await ask(world, 'POST', '/api/v1/events', {
    headers: { authorization: `Bearer ${world.eventsKey}` },
    body: {
      events: [
        event('complaint-1', 'complaint', two.external, { detail: { text: '少发了一罐' } }),
        event('order-1', 'order', mid.external, { orderId: 'E2E-1', amountFen: 25_800 }),
      ],
    },
  })
  expect(told.status).toBe(200)
  await world.until(thursday)
  const members = await customersOf(world, 'dormant', 5)
  for (const [n, member] of members.entries()) {
    const her = await signIn(world, 'player', member.external)
    const choices = [['gift', 'points', 'gift', 'ship', 'gift'][n] ?? 'gift']
    const voted = await ask(world, 'POST', '/api/public/games/poll-2026-W21/play', {
      player: her,
      body: { choices },
    })
    expect(voted.status).toBe(200)
  }
  await world.settle()
}, 240_000)
afterEach(async () => {
  for (const { faults } of open) expect(faults).toEqual([])
  await Promise.all(open.splice(0).map((one) => one.close()))
})
afterAll(async () => {
  await world?.close()
  await browser?.close()
})

describe('the console', () => {
  it('signs the administrator in by WeCom and shows the shop as it is', async () => {
    const phone = await desk()
    const { page } = phone
    await page.goto(`${world.url}/admin/`)
    await page.getByRole('heading', { name: '总览' }).waitFor()
    const [{ n }] = (await world.rows<{ n: number }>('select count(*) as n from customer')) as [{ n: number }]
    await page.getByText(`${String(n)} 位客户`).waitFor()
    await page.getByText('每日干货').waitFor()
    expect(await wordsOf(page)).not.toMatch(leaks)
    await shot(phone, 'admin-overview', true)
  })

  it('shows the week with the numbers of the ledger, and each skipped customer with her reason', async () => {
    const phone = await desk()
    const { page } = phone
    await page.goto(`${world.url}/admin/calendar`)
    await page.getByText('5月18日 至 5月24日').waitFor()
    await shot(phone, 'admin-calendar', true)
    const notes = await world.rows<{ decision: string; n: number }>(
      `select decision, count(*) as n from promise where touchpoint = 'weekly-note' group by decision`,
    )
    const count = (decision: string) => notes.find((one) => one.decision === decision)?.n ?? 0
    expect(count('declined')).toBeGreaterThan(0)
    const cell = page.getByRole('button', { name: /5月20日 \d\d:\d\d 高价值每周一对一/ })
    expect(await cell.getAttribute('aria-label')).toMatch(
      new RegExp(
        `触达 ${String(count('queued'))}，顺延 ${String(count('later'))}，跳过 ${String(count('declined'))}`,
      ),
    )
    await cell.click()
    const drawer = dialog(page, '高价值每周一对一')
    await drawer.getByRole('button', { name: /已退订/ }).click()
    await drawer.getByText('共 1 条').waitFor()
    await shot(phone, 'admin-drawer')
    expect(await drawer.locator('.reason').allInnerTexts()).toEqual([expect.stringContaining('已退订')])
    await drawer.locator('.row-link').first().click()
    await page.getByText('触达与原因').waitFor()
    expect(page.url()).toContain(optedOut)
    expect(await wordsOf(page)).not.toMatch(leaks)
    await shot(phone, 'admin-customer')
  })

  it('takes an edit of the cadence from the first wrong word to the changed calendar', async () => {
    const phone = await desk()
    const { page } = phone
    await page.goto(`${world.url}/admin/cadence`)
    const status = (words: string) => page.locator('[data-test=status]', { hasText: words }).waitFor()
    const lineOf = (words: string) => page.locator('.cm-line', { hasText: new RegExp(`^\\s*${words}$`) })
    const retype = async (from: string, to: string): Promise<void> => {
      await lineOf(from).first().click()
      await page.keyboard.press('End')
      for (let letter = 0; letter < from.length; letter += 1) await page.keyboard.press('Shift+ArrowLeft')
      await page.keyboard.type(to)
    }
    await status('检查通过')
    await shot(phone, 'admin-cadence')
    const line = lineOf('weekday: 周三')
    await page.locator('.cm-line').nth(3).click()
    await expect
      .poll(
        async () => {
          await page.keyboard.press('PageDown')
          return line.count()
        },
        { timeout: 15_000 },
      )
      .toBeGreaterThan(0)
    await retype('weekday: 周三', 'weekday: 周八')
    await status('1 处问题')
    const problem = await page.locator('[data-test=problems] button').innerText()
    expect(problem).toMatch(/第 \d+ 行/)
    expect(problem).toContain('周八')
    expect(await page.locator('[data-test=publish]').isDisabled()).toBe(true)
    await shot(phone, 'admin-cadence-wrong')
    await retype('weekday: 周八', 'weekday: 周二')
    await status('检查通过')

    await page.locator('[data-test=review]').click()
    const review = dialog(page, '与第 1 版的差异')
    await review.getByText('未来 7 天的影响').waitFor()
    const effect = review.locator('tbody tr', { hasText: '高价值每周一对一' })
    await effect.first().waitFor()
    await shot(phone, 'admin-review')
    const days = await effect.allInnerTexts()
    expect(days.some((row) => row.includes('5月26日'))).toBe(true)
    expect(days.some((row) => row.includes('5月27日'))).toBe(true)
    expect(await review.locator('table').innerText()).not.toMatch(leaks)
    await review.getByRole('button', { name: '发布' }).click()
    const publish = dialog(page, '发布为第 2 版')
    await publish.getByLabel('说明').fill('每周一对一改到周二')
    await shot(phone, 'admin-publish')
    await publish.getByRole('button', { name: '确认发布' }).click()
    await page.getByText('已发布第 2 版').first().waitFor()

    await page.goto(`${world.url}/admin/calendar?from=2026-05-25`)
    await page.getByRole('button', { name: /5月26日 \d\d:\d\d 高价值每周一对一/ }).waitFor()
    expect(await page.getByRole('button', { name: /5月27日 \d\d:\d\d 高价值每周一对一/ }).count()).toBe(0)
    await shot(phone, 'admin-calendar-next', true)
  })

  it('takes a named advisor back by hand and names her again, both told by the log and the audit chain', async () => {
    const phone = await desk()
    const { page } = phone
    const [hers] = await world.rows<{ customer: string; staff: string; name: string }>(
      `select n.customer, n.staff, s.name from named_advisor n join staff s on s.userid = n.staff
       where n.named_by = 'clv' order by n.rank`,
    )
    if (!hers) throw new Error('the night has named nobody')
    await page.goto(`${world.url}/admin/customers?customer=${hers.customer}`)
    const box = page.locator('.el-drawer .named')
    await box.getByText(/预计价值前 5 %，第 \d+ \/ \d+ 位/).waitFor()
    expect(await box.innerText()).toContain(hers.name)
    await shot(phone, 'admin-named-advisor')
    await box.getByLabel('原因，例如：老客户点名').fill('她想换一位')
    await box.getByRole('button', { name: '取消专属' }).click()
    await box.getByText('人工取消，系统不再自动指定。').waitFor()
    await box.getByLabel('选择顾问').selectOption(hers.staff)
    await box.getByRole('button', { name: '指定', exact: true }).click()
    await box.getByText(/指定，当时预计价值第 \d+ \/ \d+ 位/).waitFor()
    expect(
      await world.rows(`select staff, named_by from named_advisor where customer = '${hers.customer}'`),
    ).toEqual([{ staff: hers.staff, named_by: 'person' }])
    expect(
      (
        await world.rows<{ what: string }>(`select what from audit where what like 'advisor-%' order by seq`)
      ).map(({ what }) => what),
    ).toEqual(['advisor-unnamed', 'advisor-named'])
  })

  it.each([
    ['customers', '客户'],
    ['deliveries', '触达记录'],
    ['games', '游戏'],
    ['campaigns', '活动'],
  ])('lists %s as a shopkeeper reads them', async (path, title) => {
    const phone = await desk()
    const { page } = phone
    await page.goto(`${world.url}/admin/${path}`)
    await page.getByRole('heading', { name: title, exact: true }).waitFor()
    await page.locator('tbody tr, main article, main li').first().waitFor()
    if (path === 'deliveries') {
      const [staff] = world.shop.staff
      await page
        .getByRole('cell', { name: staff?.name ?? '' })
        .first()
        .waitFor()
      await page.getByPlaceholder('客户、群或顾问').fill(staff?.name ?? '')
      await expect
        .poll(() => page.locator('tbody .sender').allInnerTexts())
        .toSatisfy((all: string[]) => new Set(all).size === 1)
    }
    await shot(phone, `admin-${path}`)
    expect(await wordsOf(page)).not.toMatch(leaks)
  })

  it.each([
    ['', '今天的触点'],
    ['calendar', '每日干货'],
    ['cadence', '检查通过'],
    ['customers', '累计消费'],
    ['deliveries', '看话术'],
    ['games', '人参与'],
    ['campaigns', '季度回归周'],
    ['campaigns?name=return-week', '只有和对照组的比较说的是效果'],
  ])('fits a phone: /%s', async (path, there) => {
    const phone = await desk(390, 844)
    const { page } = phone
    await page.goto(`${world.url}/admin/${path}`)
    await expect.poll(() => wordsOf(page), { timeout: 10_000 }).toContain(there)
    await expect.poll(() => page.locator('.el-skeleton').count()).toBe(0)
    await shot(phone, `admin-phone-${path.replace(/\W+/g, '-') || 'overview'}`)
    expect(await overflow(page)).toBeLessThanOrEqual(0)
  })

  it('shows the campaign of the week as one thing, with the news that went to the groups', async () => {
    await world.until(instantOf('2026-05-20', '11:30'))
    const phone = await desk()
    const { page } = phone
    await page.goto(`${world.url}/admin/campaigns`)
    await page.getByRole('link', { name: /季度回归周/ }).click()
    const news = page.locator('li[data-part=live]')
    await news.nth(1).locator('.legend').waitFor()
    expect(await page.locator('[data-test=phase]').innerText()).toBe('进行中')
    const planned = await world.rows<{ n: number }>(
      `select count(*) as n from promise where day = '2026-05-20' and content like '%🎉 季度回归周%'`,
    )
    expect(planned[0]?.n).toBeGreaterThan(0)
    expect(await news.nth(1).innerText()).toContain(`应发 ${String(planned[0]?.n)} 个群`)
    expect(await news.nth(2).innerText()).toContain('到当天 08:30 排期')
    // This world began on the evening of its first day.
    expect(await page.locator('li[data-part=start]').innerText()).toContain('当天没有排给任何人')
    expect(await page.locator('[data-test=figures] dd').count()).toBe(4)
    await page.getByText('只有和对照组的比较说的是效果').waitFor()
    await shot(phone, 'admin-campaign', true)
    expect(await wordsOf(page)).not.toMatch(leaks)
  })
})
