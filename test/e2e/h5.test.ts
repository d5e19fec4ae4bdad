/** A member's way from the message in her group to the vote, the treasure and the way out, on a small phone. */
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { instantOf } from '../../src/base/calendar.ts'
import { openBrowser } from '../web/browser.ts'
import { overflow } from '../web/h5-phone.ts'
import type { Phone } from '../web/h5-phone.ts'
import { ensureBuilt } from '../web/h5-serve.ts'
import { openBrowserOf, shot } from './client.ts'
import { ask, openWorld, signIn, waitingTasks } from './world.ts'
import type { TaskRow, World } from './world.ts'

let browser: Browser
let world: World
/** A member for whom a weekly note waits at her advisor's. */
let her: TaskRow
const open: Phone[] = []

const weChat =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.42 NetType/WIFI Language/zh_CN'

const phoneOf = async (person: string): Promise<Phone> => {
  const phone = await openBrowserOf(browser, world, person, { userAgent: weChat })
  open.push(phone)
  return phone
}

/** The link in the newest message of a group, as the people there see it. */
function groupLink(target: string): string {
  const row = world.simulator.ledger().findLast(({ recipientKind }) => recipientKind === 'group')
  const link = row?.links.find((one) => one.includes(target))
  if (link === undefined) throw new Error(`no link to ${target} in the newest group message`)
  return link
}

const settled = async (phone: Phone): Promise<void> => {
  expect(await overflow(phone.page)).toBeLessThanOrEqual(0)
  expect(await phone.page.locator('body').innerText()).not.toMatch(/undefined|NaN|\[object|openid|\{\{|\[\[/)
}

beforeAll(async () => {
  ensureBuilt('h5')
  browser = await openBrowser()
  // Friday, when the last clue is out.
  world = await openWorld({ until: instantOf('2026-05-22', '10:45') })
  const [task] = await waitingTasks(world)
  if (!task) throw new Error('nobody waits for a note')
  her = task
}, 240_000)
afterEach(async () => {
  for (const { faults } of open) expect(faults).toEqual([])
  await Promise.all(open.splice(0).map((one) => one.close()))
})
afterAll(async () => {
  await world?.close()
  await browser?.close()
})

describe('from the group’s message', () => {
  it('signs her in by OAuth and takes one vote, which she may change', async () => {
    const phone = await phoneOf(her.subject)
    const { page } = phone
    // The poll was announced on Thursday; its page is on the list of her activities too.
    const link = world.simulator
      .ledger()
      .flatMap(({ links }) => links)
      .findLast((one) => one.includes('game~poll'))
    await page.goto(link ?? '')
    await page.getByText('会员日最想要的福利？').waitFor()
    expect(page.url()).toBe(`${world.url}/h5/#/game/poll-2026-W21`)
    await shot(phone, 'h5-poll')
    await settled(phone)
    await page.getByRole('radio', { name: /试用装/ }).tap()
    await page.getByText('+5 积分').waitFor()
    await shot(phone, 'h5-voted')
    await page.getByRole('radio', { name: /免运费/ }).tap()
    await expect.poll(() => page.getByRole('radio', { name: /免运费/ }).innerText()).toContain('1 票')
    expect(await page.getByRole('radio', { name: /试用装/ }).innerText()).toContain('0 票')
    await shot(phone, 'h5-changed')
    await settled(phone)
    const votes = await world.rows<{ choice: string }>(
      `select choice from game_move where game = 'poll-2026-W21' and player = $1`,
      [her.customer],
    )
    expect(votes.map(({ choice }) => choice)).toEqual([expect.stringContaining('ship')])
    const clicks = await world.rows(`select external from log where kind = 'link-clicked'`)
    expect(clicks).toEqual([{ external: her.subject }])
  })

  it('lets somebody play who is nobody’s customer yet', async () => {
    const phone = await phoneOf('oStrangerInTheGroup1')
    const { page } = phone
    await page.goto(groupLink('game~hunt'))
    await page.getByText('小禾寻宝记').first().waitFor()
    await page.getByLabel('线索 1 的答案').fill('米粉')
    await page.getByRole('button', { name: '提交' }).first().tap()
    await page.getByText('+10 积分').waitFor()
    await page.getByRole('link', { name: '我的' }).tap()
    await page.getByText('10', { exact: true }).waitFor()
    await shot(phone, 'h5-stranger-me')
    await settled(phone)
  })

  it('finds the treasure: wrong, right, and the coupon for all five', async () => {
    const phone = await phoneOf(her.subject)
    const { page } = phone
    await page.goto(groupLink('game~hunt'))
    await page.getByText('小禾寻宝记').first().waitFor()
    await shot(phone, 'h5-hunt', true)
    const answer = async (clue: number, words: string): Promise<void> => {
      const box = page.getByLabel(`线索 ${String(clue)} 的答案`)
      await box.fill(words)
      await box.press('Enter')
    }
    await answer(1, '奶瓶')
    await page.getByText(/答案不对|再想想/).waitFor()
    await shot(phone, 'h5-hunt-wrong')
    for (const [i, words] of ['米粉', ' 蜂蜜。', '睡袋', '双耳杯'].entries()) {
      await answer(i + 1, words)
      await page.getByLabel(`已找到 ${String(i + 1)} 个，共 5 个`).waitFor()
    }
    await answer(5, '绘本')
    const reveal = page.getByRole('dialog', { name: '获得优惠券' })
    await reveal.getByText('满 199 减 50 寻宝券').waitFor()
    // What was said is said once, at the clue that it is about.
    expect(await page.getByText('+10 积分').count()).toBe(1)
    await shot(phone, 'h5-reveal')
    await reveal.getByRole('link', { name: '查看优惠券' }).tap()
    await page.getByRole('button', { name: '复制券码' }).waitFor()
    await shot(phone, 'h5-coupon')
    await settled(phone)
    await page.getByRole('link', { name: '我的' }).tap()
    // 5 for the vote, 10 for each clue.
    await page.getByText('55', { exact: true }).waitFor()
    await page.getByText('满 199 减 50 寻宝券').waitFor()
    await shot(phone, 'h5-me', true)
    await settled(phone)
    const coupons = await world.rows(`select code from coupon where title = '满 199 减 50 寻宝券'`)
    expect(coupons).toHaveLength(1)
  })

  it('lets her close one topic and the visits, each by itself, and remembers it', async () => {
    const phone = await phoneOf(her.subject)
    const { page } = phone
    await page.goto(groupLink('subscription'))
    const topic = page.getByRole('switch', { name: '宝宝成长和育儿' })
    expect(await topic.getAttribute('aria-checked')).toBe('true')
    await topic.tap()
    await page.getByText('「宝宝成长和育儿」已关闭，立即生效').waitFor()
    const visits = page.getByRole('switch', { name: /服务关怀/ })
    await visits.tap()
    await page.getByText('已关闭服务关怀，立即生效').waitFor()
    await shot(phone, 'h5-subscription')
    await page.reload()
    expect(await topic.getAttribute('aria-checked')).toBe('false')
    expect(await visits.getAttribute('aria-checked')).toBe('false')
    await topic.tap()
    await page.getByText('「宝宝成长和育儿」已打开，立即生效').waitFor()
    await visits.tap()
    await page.getByText('已恢复服务关怀').waitFor()
    await settled(phone)
    const kinds = await world.rows<{ kind: string }>(
      `select kind from log where kind in ('topics-chosen', 'opted-out', 'opted-in') order by seq`,
    )
    expect(kinds.map(({ kind }) => kind)).toEqual(['topics-chosen', 'opted-out', 'topics-chosen', 'opted-in'])
  })

  it('lets her out at once: the note that waited for her is cancelled', async () => {
    const phone = await phoneOf(her.subject)
    const { page } = phone
    await page.goto(groupLink('subscription'))
    const marketing = page.getByRole('switch', { name: /营销消息/ })
    await marketing.tap()
    await page.getByText('已退订，立即生效').waitFor()
    await shot(phone, 'h5-opted-out')
    await settled(phone)
    await world.settle()
    const [promise] = await world.rows('select state, settle_code from promise where id = $1', [her.id])
    expect(promise).toEqual({ state: 'cancelled', settle_code: 'opted-out' })
    await page.reload()
    expect(await marketing.getAttribute('aria-checked')).toBe('false')
  })
})

describe('from a message to her alone', () => {
  it('knows her by the link itself, without a sign-in', async () => {
    const [, second] = [her, ...(await waitingTasks(world))]
    if (!second) throw new Error('only one note was planned')
    const session = await signIn(world, 'staff', second.sender)
    const { body } = await ask(world, 'GET', '/api/sidebar/today', { session })
    const { items } = body as { items: { promiseId: string; text: string }[] }
    const text = items.find(({ promiseId }) => promiseId === second.id)?.text ?? ''
    const link = /https?:[\w.:/~-]+\/h5\/l\/p\.[\w.~-]+/.exec(text)?.[0] ?? ''
    const phone = await phoneOf('')
    await phone.page.goto(link)
    await phone.page.waitForURL(/\/h5\/#\//)
    const { body: me } = await ask(world, 'GET', '/api/public/me', {
      player: (await phone.page.context().cookies()).find(({ name }) => name === 'siyu_player')?.value ?? '',
    })
    const [named] = await world.rows<{ name: string }>('select name from profile where external = $1', [
      second.subject,
    ])
    expect(me).toMatchObject({ name: named?.name })
    await settled(phone)
  })

  it('says what to do when the link was cut', async () => {
    const phone = await phoneOf(her.subject)
    await phone.page.goto(`${world.url}/h5/l/b.cut`)
    await phone.page.getByText('链接不完整或已失效').waitFor()
    await shot(phone, 'h5-bad-link')
  })
})
