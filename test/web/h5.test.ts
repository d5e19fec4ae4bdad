import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openBrowser } from './browser.ts'
import { hostileName, openPhone, overflow } from './h5-phone.ts'
import { hunt, player, poll, rightAnswer, serveClub, type ClubState } from './h5-mock.ts'
import { ensureBuilt, problem, unknownToOldViews, type Call } from './h5-serve.ts'

let browser: Browser
const open: { close(): Promise<void> }[] = []

beforeAll(async () => {
  ensureBuilt('h5')
  browser = await openBrowser()
}, 120_000)
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})
afterAll(() => browser.close())

const visit = async (hash: string, club: Partial<ClubState> = {}) => {
  const server = await serveClub(club)
  const phone = await openPhone(browser)
  open.push(phone, server)
  await phone.page.goto(`${server.url}/h5/${hash}`)
  const posts = (): Call[] => server.calls.filter(({ method }) => method !== 'GET')
  return { ...phone, server, posts }
}

describe('a poll on a phone', () => {
  it('is voted with one tap, shows the result, and can be changed', async () => {
    const { page, posts, faults } = await visit('#/game/poll-1')
    await page.getByRole('radio', { name: '海边玩沙' }).tap()
    await page.getByText('投票成功').waitFor()
    await page.getByText('+5 积分').waitFor()
    await page.getByText('47 票').waitFor()
    await page.getByRole('radio', { name: /山里避暑/ }).tap()
    await page.getByText('已改好').waitFor()
    await page.getByText('32 票').waitFor()
    expect(await page.getByText('117 人参与').count()).toBe(1)
    expect(await page.getByRole('radio', { name: /山里避暑/ }).getAttribute('aria-checked')).toBe('true')
    expect(posts().map(({ path, body }) => [path, body])).toEqual([
      ['/api/public/games/poll-1/play', { choices: ['sea'] }],
      ['/api/public/games/poll-1/play', { choices: ['hill'] }],
    ])
    expect(faults).toEqual([])
  })

  it('collects several choices up to the limit', async () => {
    const { page, posts } = await visit('#/game/poll-1', { poll: poll({ most: 2 }) })
    for (const name of ['海边玩沙', '山里避暑', '科技馆、博物馆']) {
      await page.getByRole('checkbox', { name }).tap()
    }
    await page.getByText('最多选 2 项，先取消一项再选').waitFor()
    await page.getByRole('button', { name: '投票（已选 2/2）' }).tap()
    await page.getByText('投票成功').waitFor()
    expect(posts()[0]?.body).toEqual({ choices: ['sea', 'hill'] })
  })

  it('shows the result but takes no vote once it is closed', async () => {
    const { page, posts } = await visit('#/game/poll-1', { poll: poll({ state: 'closed', mine: ['sea'] }) })
    await page.getByText('投票已结束').waitFor()
    await page.getByRole('radio', { name: /山里避暑/ }).dispatchEvent('click')
    expect(posts()).toEqual([])
    expect(await page.getByText('46 票').count()).toBe(1)
  })

  it('says the server’s words when a vote is refused, and forgets the tap', async () => {
    const faults = new Map([['/api/public/games/poll-1/play', problem(409, 'closed', '投票刚刚结束了')]])
    const { page } = await visit('#/game/poll-1', { faults })
    await page.getByRole('radio', { name: '海边玩沙' }).tap()
    await page.getByText('投票刚刚结束了').waitFor()
    expect(await page.getByRole('radio', { name: '海边玩沙' }).getAttribute('aria-checked')).toBe('false')
  })
})

describe('a treasure hunt on a phone', () => {
  it('tells a wrong answer from a right one, beside the clue it belongs to', async () => {
    const { page, posts, faults } = await visit('#/game/hunt-1')
    await page.getByLabel('已找到 1 个，共 5 个').waitFor()
    const clue = page.locator('.clue', { hasText: '线索 2' })
    await clue.getByLabel('线索 2 的答案').fill('摇椅')
    await clue.getByRole('button', { name: '提交' }).tap()
    await clue.getByText('答案不对，再想想').waitFor()
    await clue.getByLabel('线索 2 的答案').fill(rightAnswer)
    await clue.getByRole('button', { name: '提交' }).tap()
    await clue.getByText('已找到').waitFor()
    await page.getByLabel('已找到 2 个，共 5 个').waitFor()
    expect(posts()[1]?.body).toEqual({ clue: 'c2', answer: rightAnswer })
    expect(faults).toEqual([])
  })

  it('keeps clues locked until they are released', async () => {
    const { page } = await visit('#/game/hunt-1')
    await page.getByText('2099年5月21日 10:00 揭晓').waitFor()
    expect(await page.getByLabel('线索 4 的答案').count()).toBe(0)
  })

  it('hands over the coupon with the last find, and keeps it', async () => {
    const clues = hunt().clues.map((clue) => ({
      ...clue,
      riddle: clue.riddle ?? '谜',
      found: clue.id !== 'c2',
    }))
    const { page } = await visit('#/game/hunt-1', { hunt: hunt({ clues, found: 4 }) })
    await page.getByLabel('线索 2 的答案').fill(rightAnswer)
    await page.getByRole('button', { name: '提交' }).tap()
    const reveal = page.getByRole('dialog', { name: '获得优惠券' })
    await reveal.getByText('GIFT 9K2M 4Q7X').waitFor()
    await reveal.getByRole('link', { name: '查看优惠券' }).tap()
    await page.getByRole('button', { name: '复制券码' }).tap()
    await page.getByText('券码已复制').waitFor()
  })
})

describe('a member’s own pages', () => {
  it('signs in, takes a free delivery and gives points away, each with one tap', async () => {
    const { page, posts, faults } = await visit('#/me')
    await page.getByRole('button', { name: '签到 +2' }).tap()
    await page.getByText('签到成功，+2 积分').waitFor()
    await page.getByText('今日已签到，明天再来').waitFor()
    await page.getByRole('button', { name: '领取' }).tap()
    await page.getByText('会员包邮券').waitFor()
    await page.getByText('这两个月的 1 张包邮券已领完').waitFor()
    await page.getByRole('spinbutton').fill('5')
    expect(await page.getByRole('button', { name: '捐出' }).isDisabled()).toBe(true)
    await page.getByRole('spinbutton').fill('30')
    await page.getByRole('button', { name: '捐出' }).tap()
    await page.getByText('捐出 30 积分，品牌配捐 30 积分').waitFor()
    await page.getByText('其中您捐了 50 积分').waitFor()
    expect(posts().map(({ path, body }) => [path, body['points']])).toEqual([
      ['/api/public/sign-in', undefined],
      ['/api/public/free-shipping', undefined],
      ['/api/public/donations', 30],
    ])
    expect(faults).toEqual([])
  })

  it('shows points, coupons and games', async () => {
    const { page } = await visit('#/me')
    await page.getByText('1,280').waitFor()
    await page.getByText('KUI8 F2K7 7QM3').waitFor()
    await page.getByRole('link', { name: /老客户寻宝/ }).tap()
    await page.getByText('寻宝榜').waitFor()
  })

  it('shows her level, a coupon a till can scan, and the link for her friends', async () => {
    const { page, faults } = await visit('#/me')
    await page.getByText('再消费 ¥3,800 升级金卡').waitFor()
    await page.getByText('KUI8 F2K7 7QM3').tap()
    await page.getByRole('img', { name: '券码 KUI8F2K77QM3 的条形码' }).waitFor()
    await page.goBack()
    await page.getByRole('link', { name: /邀请好友/ }).tap()
    await page.getByText('https://shop.example/h5/r/ABCDEFGH').waitFor()
    await page.getByRole('button', { name: '复制邀请链接' }).tap()
    await page.getByText('链接已复制，去发给朋友吧').waitFor()
    await page.setViewportSize({ width: 360, height: 640 })
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect(faults).toEqual([])
  })

  it('opts out at once and says so', async () => {
    const { page, posts } = await visit('#/subscription')
    const marketing = page.getByRole('switch', { name: /营销消息/ })
    expect(await marketing.getAttribute('aria-checked')).toBe('true')
    await marketing.tap()
    await page.getByText('已退订，立即生效').waitFor()
    expect(await marketing.getAttribute('aria-checked')).toBe('false')
    expect(posts()[0]).toMatchObject({ method: 'PUT', path: '/api/public/subscription' })
    expect(posts()[0]?.body['marketing']).toBe(false)
  })

  it('turns visits and reminders off by themselves', async () => {
    const { page, server } = await visit('#/subscription')
    await page.getByRole('switch', { name: /服务关怀/ }).tap()
    await page.getByText('已关闭服务关怀，立即生效').waitFor()
    const { marketing, service } = server.state.player.subscription
    expect({ marketing, service }).toEqual({ marketing: true, service: false })
  })

  it('turns one topic off and leaves the others', async () => {
    const { page, server } = await visit('#/subscription')
    await page.getByRole('switch', { name: '育儿小贴士' }).tap()
    await page.getByText('「育儿小贴士」已关闭，立即生效').waitFor()
    expect(server.state.player.subscription.topics.map(({ on }) => on)).toEqual([false, true, false])
  })

  it('puts the switch back when the server did not hear it', async () => {
    const { page, server } = await visit('#/subscription')
    const marketing = page.getByRole('switch', { name: /营销消息/ })
    await marketing.waitFor()
    server.state.faults.set('/api/public/subscription', problem(503, 'unavailable', '系统繁忙', '稍后再试'))
    await marketing.tap()
    await page.getByText('没有改成：系统繁忙，稍后再试').waitFor()
    expect(await marketing.getAttribute('aria-checked')).toBe('true')
  })

  it('goes to the sign-in and comes back to the same game', async () => {
    const { page } = await visit('#/game/poll-1', { signedIn: false })
    await page.waitForURL(/\/api\/public\/login\?to=%2Fh5%2F%23%2Fgame%2Fpoll-1/)
  })

  it('names a game that does not exist', async () => {
    const { page } = await visit('#/game/nothing')
    await page.getByText('这个活动不见了').waitFor()
  })
})

describe('hostile words', () => {
  const long = 'x'.repeat(120)
  const views: readonly (readonly [string, Partial<ClubState>])[] = [
    [
      '#/me',
      {
        player: player({
          name: hostileName,
          shop: hostileName,
          points: 123_456_789,
          coupons: [
            { code: long.slice(0, 40), title: long, state: 'issued', expiresAt: '2099-01-01T00:00:00+08:00' },
          ],
          games: [{ id: 'poll-1', title: long, kind: 'poll', state: 'open' }],
        }),
      },
    ],
    [
      '#/game/poll-1',
      {
        poll: poll({
          title: hostileName,
          intro: long,
          mine: ['a'],
          options: [{ id: 'a', label: `${hostileName}${long}`, votes: 1_234_567 }],
        }),
      },
    ],
    [
      '#/game/hunt-1',
      { hunt: hunt({ title: long, prize: hostileName, board: [{ name: hostileName, found: 5 }] }) },
    ],
  ]
  it.each(views)('stay text and inside %s', async (hash, club) => {
    const { page, faults } = await visit(hash, club)
    await page.getByText('<img src=x').first().waitFor()
    expect(await page.locator('img').count()).toBe(0)
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    expect(faults).toEqual([])
  })
})

it('uses no style that the oldest web view does not know', () => {
  expect(unknownToOldViews('h5')).toEqual([])
})
