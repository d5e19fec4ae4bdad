/**
 * The console in a real browser against the mock server: what an operator does to the cadence, and what happens when
 * things go wrong. Needs the built page; builds it when it is missing.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBrowser } from './browser.ts'
import { campaignRoutes } from './mock-campaigns.ts'
import { problem, startMock, type MockApi } from './mock-api.ts'
import { experimentRoutes } from './mock-experiments.ts'
import { mediaRoutes } from './mock-media.ts'
import { customers } from './mock-shop.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

let browser: Browser
let mock: MockApi
let media: ReturnType<typeof mediaRoutes>
let context: BrowserContext
let page: Page
/** Script errors on the page; a page that throws has failed whatever it shows. */
let broken: string[]

beforeAll(async () => {
  if (!existsSync(`${root}dist/web/admin/index.html`)) {
    const { status, stderr } = spawnSync(process.execPath, ['.config/build-web.mjs', 'admin'], {
      cwd: root,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`the console does not build: ${stderr}`)
  }
  browser = await openBrowser()
}, 120_000)
afterAll(async () => {
  await browser?.close()
})
beforeEach(async () => {
  media = mediaRoutes()
  mock = await startMock({ routes: [...experimentRoutes(), ...media.routes] })
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'zh-CN' })
  page = await context.newPage()
  page.setDefaultTimeout(10_000)
  broken = []
  page.on('pageerror', (error) => broken.push(error.message))
})
afterEach(async () => {
  await context.close()
  await mock.close()
  expect(broken).toEqual([])
})

const open = (path: string) => page.goto(`${mock.url}${path}`)
/** Asked often: the editor rests for half a second, and Playwright's own waiting looks again only at 0.8. */
const status = (words: string) =>
  expect
    .poll(() => page.locator('[data-test=status]', { hasText: words }).isVisible(), {
      timeout: 10_000,
      message: `the status ${words}`,
    })
    .toBe(true)
const dialog = (title: string) => page.getByRole('dialog', { name: title })

/** Puts the cursor behind the words of a line and types them anew, as a person would. */
const retype = async (from: string, to: string): Promise<void> => {
  await page.locator('.cm-line', { hasText: from }).first().click()
  await page.keyboard.press('End')
  for (let letter = 0; letter < from.length; letter += 1) await page.keyboard.press('Shift+ArrowLeft')
  await page.keyboard.type(to)
}

describe('cadence', () => {
  test('an edit is checked, mended, compared and published', async () => {
    await open('/admin/cadence')
    await status('检查通过')
    await retype('at: "10:00"', 'at: "25:00"')
    await status('1 处问题')
    const listed = page.locator('[data-test=problems] button')
    expect(await listed.innerText()).toContain('第 19 行')
    expect(await listed.innerText()).toContain('时间“25:00”不是一天中的时刻')
    expect(await page.locator('.cm-lintRange-error').innerText()).toBe('"25:00"')
    expect(await page.locator('[data-test=publish]').isDisabled()).toBe(true)

    await page.locator('.cm-line', { hasText: '私域触达节奏' }).click()
    await listed.click()
    expect(await page.locator('.cm-activeLine').innerText()).toContain('25:00')
    await retype('at: "25:00"', 'at: "10:30"')
    await status('检查通过')

    await page.locator('[data-test=review]').click()
    const review = dialog('与第 4 版的差异')
    await review.getByText('「daily-tip」从 "10:00" 改到 "10:30"').waitFor()
    expect(await review.locator('.cm-merge-a .cm-changedLine').innerText()).toContain('10:00')
    expect(await review.locator('.cm-merge-b .cm-changedLine').innerText()).toContain('10:30')
    expect(await review.locator('tbody tr').first().innerText()).toContain('每日小贴士')
    await review.getByRole('button', { name: '发布' }).click()

    const publish = dialog('发布为第 5 版')
    await publish.getByRole('button', { name: '确认发布' }).click()
    await publish.getByText('写一句说明').waitFor()
    await publish.getByLabel('说明').fill('每日小贴士改到 10:30，避开早会')
    await publish.getByRole('button', { name: '确认发布' }).click()
    await page.getByText('已发布第 5 版').first().waitFor()
    expect(mock.state.document).toMatchObject({ version: 5, note: '每日小贴士改到 10:30，避开早会' })
    expect(mock.state.document.yaml).toContain('at: "10:30"')
    expect(await page.evaluate("localStorage.getItem('siyu.cadence.draft')")).toBeNull()
  })

  test('a draft survives a reload, and a version published by somebody else', async () => {
    await open('/admin/cadence')
    await status('检查通过')
    await retype('perWeek: 2', 'perWeek: 3')
    await page.getByText('有改动，草稿已存在本机').waitFor()
    await page.reload()
    await page.getByText('的草稿。').waitFor()
    await status('检查通过')

    const { document } = mock.state
    mock.state.document = {
      ...document,
      version: 5,
      publishedBy: '沈一鸣',
      yaml: document.yaml.replace('gapHours: 48', 'gapHours: 72'),
    }
    await page.locator('[data-test=publish]').click()
    await dialog('发布为第 5 版').getByLabel('说明').fill('放宽每周上限')
    await dialog('发布为第 5 版').getByRole('button', { name: '确认发布' }).click()

    await page.locator('[data-test=stale]', { hasText: '沈一鸣 发布了第 5 版' }).waitFor()
    expect(await page.locator('.cm-content').innerText()).toContain('perWeek: 3')
    expect(await page.locator('[data-test=publish]').isDisabled()).toBe(true)
    await page.locator('[data-test=rebase]').click()
    await page.locator('[data-test=publish]').click()
    await dialog('发布为第 6 版').getByRole('button', { name: '确认发布' }).click()
    await page.getByText('已发布第 6 版').first().waitFor()
    expect(mock.state.document.yaml).toContain('perWeek: 3')
  })

  test('an emptied editor is checked too, and cannot be published', async () => {
    await open('/admin/cadence')
    await status('检查通过')
    await page.locator('.cm-content').click()
    await page.keyboard.press('ControlOrMeta+a')
    await page.keyboard.press('Delete')
    await status('1 处问题')
    expect(await page.locator('[data-test=publish]').isDisabled()).toBe(true)
    await page.getByRole('button', { name: '放弃草稿' }).click()
    await dialog('放弃草稿').getByRole('button', { name: '放弃', exact: true }).click()
    await status('检查通过')
    expect(await page.locator('.cm-content').innerText()).toContain('私域触达节奏')
  })

  test('a draft goes through two pairs of hands, and a version comes back', async () => {
    mock.state.document = {
      ...mock.state.document,
      approval: { required: true, because: 'people', approvers: 2 },
    }
    mock.state.me = { ...mock.state.me, userid: 'shenyiming', name: '沈一鸣', roles: ['operator'] }
    await open('/admin/cadence')
    await status('检查通过')
    await page.getByText('发布需要另一位同事审批').waitFor()
    await retype('gapHours: 48', 'gapHours: 72')
    await status('检查通过')
    await page.locator('[data-test=save-draft]').click()
    await page.getByText('正在编辑草稿').waitFor()
    await page.locator('[data-test=publish]').click()
    const submit = dialog('提交审批')
    await submit.getByLabel('说明').fill('放宽间隔')
    await submit.getByRole('button', { name: '提交审批' }).click()
    const row = page.locator('[data-test=draft]')
    await row.filter({ hasText: '放宽间隔' }).filter({ hasText: '待审批' }).waitFor()
    expect(mock.state.drafts).toMatchObject([{ state: 'submitted', note: '放宽间隔', epoch: 3 }])

    mock.state.me = { ...mock.state.me, userid: 'linjia', name: '林佳', roles: ['admin', 'approver'] }
    await page.reload()
    await row.getByRole('button', { name: '查看改动' }).click()
    const review = dialog('与第 4 版的差异')
    expect(await review.locator('.cm-merge-b .cm-changedLine').innerText()).toContain('gapHours: 72')
    await review.getByLabel('给作者的话').fill('可以')
    await review.locator('[data-test=approve]').click()
    await row.filter({ hasText: '林佳批准于' }).filter({ hasText: '可以' }).waitFor()
    await row.locator('[data-test=publish-draft]').click()
    await page.getByText('没有等待审批的草稿').waitFor()
    expect(mock.state.document).toMatchObject({ version: 5, note: '放宽间隔' })

    await page.getByRole('button', { name: '版本', exact: true }).click()
    const third = page.locator('.versions li', { hasText: '第 3 版' })
    await third.getByRole('button', { name: '回滚到这一版' }).click()
    await dialog('回滚到第 3 版？').getByRole('button', { name: '回滚到这一版' }).click()
    await page.locator('.versions li', { hasText: '内容来自第 3 版' }).waitFor()
    expect(mock.state.document.version).toBe(6)
  })

  test('audit and roles can be looked through, verified and changed, on a phone too', async () => {
    await open('/admin/cadence?tab=audit')
    await page.locator('[data-test=audit-row]').nth(1).waitFor()
    await page.getByLabel('操作', { exact: true }).selectOption('sending-paused')
    await page.getByText('价格写错，先停下核对').waitFor()
    expect(await page.locator('[data-test=audit-row]').count()).toBe(1)
    await page.locator('[data-test=verify]').click()
    await page.getByText('2 条记录完整，没有被改动过').waitFor()
    await page.setViewportSize({ width: 390, height: 844 })
    await page.getByRole('button', { name: '人员权限' }).click()
    await page.getByLabel('周妍 审批').click()
    await page.getByText('周妍 的角色已更新').waitFor()
    expect(mock.state.staff[2]?.given).toEqual(['approver'])
    expect(await page.getByLabel('林佳 管理员').isDisabled()).toBe(true)
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
  })

  test('files are added by name, and removed only when nothing names them', async () => {
    await open('/admin/cadence?tab=media')
    const row = (name: string) => page.locator('[data-test=media-row]', { hasText: name })
    await row('封面').getByText('新客欢迎语').waitFor()
    expect(await row('封面').locator('[data-test=media-remove]').isDisabled()).toBe(true)
    await page.getByLabel('素材名', { exact: true }).fill('尺码表')
    const file = { name: 'sizes.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7 尺码') }
    await page.locator('[data-test=media-file]').setInputFiles(file)
    await row('尺码表').getByText('sizes.pdf').waitFor()
    expect(media.files[0]?.bytes).toBe(file.buffer.length)
    await page.locator('[data-test=media-file]').setInputFiles({ ...file, name: '封面.pdf' })
    await page.getByText('已有名为“封面”的另一个素材').waitFor()
    await page.setViewportSize({ width: 390, height: 844 })
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    await row('尺码表').locator('[data-test=media-remove]').click()
    await dialog('删除素材“尺码表”？').getByRole('button', { name: '删除' }).click()
    await row('尺码表').waitFor({ state: 'detached' })
    expect(media.files.map(({ name }) => name)).toEqual(['封面'])
  })

  test('keys are offered with their meaning while typing', async () => {
    await open('/admin/cadence')
    await status('检查通过')
    await page.locator('.cm-line', { hasText: 'blackout: []' }).click()
    await page.keyboard.press('End')
    await page.keyboard.press('Enter')
    await page.keyboard.type('com')
    await page.locator('.cm-tooltip-autocomplete', { hasText: '投诉静默天数' }).waitFor()
    await page.locator('.cm-completionInfo', { hasText: '默认 14' }).waitFor()
    await page.locator('.cm-tooltip-autocomplete li').click()
    expect(await page.locator('.cm-activeLine').innerText()).toBe('  complaintDays: ')
  })

  test('a warning is shown with its line, and leaves the way to publishing open', async () => {
    await open('/admin/cadence')
    await status('检查通过')
    await retype('at: "10:00"', 'at: "10:00" # 太长')
    const warning = page.locator('[data-test=warnings] button')
    await warning.waitFor()
    expect(await warning.innerText()).toContain('社群消息可能太长')
    await page.getByText('1 处提醒，不影响发布').waitFor()
    await status('检查通过')
    expect(await page.locator('[data-test=problems]').count()).toBe(0)
    expect(await page.locator('[data-test=publish]').isDisabled()).toBe(false)
  })

  test('a file that cannot be used is told above everything', async () => {
    mock.state.document = {
      ...mock.state.document,
      readOnly: true,
      fileTrouble: {
        since: mock.state.document.publishedAt,
        problems: [{ line: 7, column: 3, path: 'shop', message: '缺少名称', fix: '补上 name' }],
      },
    }
    await open('/admin/cadence')
    await page.locator('[data-test=file-trouble]', { hasText: '配置文件有 1 处问题' }).waitFor()
    expect(await page.locator('[data-test=file-trouble]').innerText()).toContain('第 7 行')
  })

  test('a cadence kept in a file can only be read', async () => {
    mock.state.document = { ...mock.state.document, readOnly: true }
    await open('/admin/cadence')
    await page.getByText('只能看').waitFor()
    expect(await page.locator('[data-test=publish]').count()).toBe(0)
    await page.locator('.cm-line').first().click()
    await page.keyboard.type('x')
    expect(await page.locator('.cm-line').first().innerText()).toMatch(/^# 私域/)
  })
})

describe('calendar', () => {
  test('says who is skipped and why, down to the person', async () => {
    await open('/admin/calendar')
    await page.locator('thead th.today', { hasText: '5/20' }).waitFor()
    await page.getByRole('button', { name: /5月20日 15:00 会员日邀请/ }).click()
    const drawer = dialog('会员日邀请')
    await drawer.getByRole('button', { name: /属于对照组/ }).click()
    await drawer.getByText('共 8 条').waitFor()
    expect(await drawer.locator('.reason').allInnerTexts()).toEqual(
      Array<string>(8).fill('属于对照组，不发送'),
    )
    const first = drawer.locator('.row-link').first()
    const name = await first.innerText()
    await first.click()
    await dialog(name).getByText('触达与原因').waitFor()
    expect(await dialog(name).locator('.main li', { hasText: '会员日邀请' }).innerText()).toContain(
      '属于对照组',
    )
  })

  test('sends a touchpoint to whoever presses, and says what is wrong when it cannot', async () => {
    await open('/admin/calendar')
    await page.getByRole('button', { name: /5月20日 15:00 会员日邀请/ }).click()
    const drawer = dialog('会员日邀请')
    await drawer.getByRole('button', { name: '发给自己试看' }).click()
    await page.getByText('已发到你的企业微信，共 1 条').waitFor()
    expect(mock.state.tried).toEqual([{}])
    const first = drawer.locator('.row-link').first()
    await drawer.getByLabel('以谁为例').selectOption({ label: await first.innerText() })
    await drawer.getByRole('button', { name: '发给自己试看' }).click()
    await expect.poll(() => mock.state.tried).toEqual([{}, { customer: expect.any(String) as string }])
    const refusal = problem(409, 'quarantined', '数据库来自备份', '先在后台核对')
    mock.state.faults.set('/api/admin/touchpoints/member-day/try', refusal)
    await drawer.getByRole('button', { name: '发给自己试看' }).click()
    await drawer.getByText('数据库来自备份。先在后台核对').waitFor()
  })

  test('walks the weeks, and the address keeps what is shown', async () => {
    await open('/admin/calendar')
    await page.getByText('5月18日 至 5月24日').waitFor()
    await page.getByRole('button', { name: '下一周' }).click()
    await page.getByText('5月25日 至 5月31日').waitFor()
    await page.reload()
    await page.getByText('5月25日 至 5月31日').waitFor()
    await page.goBack()
    await page.getByText('5月18日 至 5月24日').waitFor()
  })

  test('marks days off and weekend days worked, and says which year nobody has entered', async () => {
    await open('/admin/calendar?from=2026-04-27')
    const heads = page.locator('thead th')
    await heads.filter({ hasText: '劳动节' }).first().waitFor()
    const headWords = async (): Promise<string[]> =>
      (await heads.allInnerTexts()).slice(1).map((words) => words.replaceAll(/\s+/g, ' '))
    expect(await headWords()).toEqual([
      expect.stringMatching(/^周一 4\/27/),
      expect.stringMatching(/^周二 4\/28/),
      expect.stringMatching(/^周三 4\/29/),
      expect.stringMatching(/^周四 4\/30/),
      '周五 5/01 休 劳动节',
      '周六 5/02 休 劳动节',
      '周日 5/03 休 劳动节',
    ])
    expect(await page.locator('[data-test=missing-holidays]').count()).toBe(0)
    await page.getByRole('button', { name: '下一周' }).click()
    await heads.getByRole('img', { name: '劳动节调休上班' }).waitFor()
    expect((await headWords()).slice(5)).toEqual(['周六 5/09 班 劳动节', '周日 5/10 母亲节'])
    await open('/admin/calendar?from=2026-12-28')
    expect(await page.locator('[data-test=missing-holidays]').innerText()).toContain(
      '2027 年的法定节假日与调休尚未录入',
    )
  })

  test('stacks the days on a phone and begins with today', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await open('/admin/calendar')
    const today = page.locator('li.today')
    await today.waitFor()
    await expect.poll(async () => (await today.boundingBox())?.y ?? 999).toBeLessThan(60)
    expect((await today.boundingBox())?.width).toBeGreaterThan(340)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
  })
})

describe('named advisors', () => {
  const panel = () => page.getByRole('region', { name: '专属顾问' })

  test('says who at the top has nobody and why, and leads to her card', async () => {
    await open('/admin/customers')
    await panel().getByText('预计价值前 5 % 共 12 位，已有专属顾问 10 位（人工指定 1 位）').waitFor()
    await panel().getByText('2 位还没有').click()
    await panel().getByText('没有顾问添加她').waitFor()
    await panel().locator('.row-link').first().click()
    await page.getByText('触达与原因').waitFor()
    await open('/admin/customers?tier=high')
    await page.locator('td .named').first().waitFor()
  })

  test('another of her advisors is named with a reason, and taken back; an analyst only reads', async () => {
    const { id = '' } = customers.find(({ namedAdvisor }) => namedAdvisor !== undefined) ?? {}
    const hers = `/admin/customers?customer=${id}`
    await open(hers)
    const box = page.locator('.el-drawer .named')
    await box.getByText('预计价值前 5 %，第 3 / 246 位').waitFor()
    await box.getByLabel('选择顾问').selectOption({ label: '周梅' })
    await box.getByLabel('原因，例如：老客户点名').fill('她点名')
    await box.getByRole('button', { name: '改由这位负责' }).click()
    await page.getByText('已指定周梅为专属顾问').waitFor()
    await box.getByRole('button', { name: '取消专属' }).click()
    await page.getByText('已取消，系统不再自动指定').waitFor()
    expect(mock.state.named).toEqual([
      { customer: id, body: { staff: 'zhoumei', why: '她点名' } },
      { customer: id, body: { staff: null, why: '' } },
    ])
    mock.state.me = { ...mock.state.me, roles: ['analyst'] }
    await open(hers)
    await box.getByText('预计价值前 5 %，第 3 / 246 位').waitFor()
    expect(await box.getByRole('button').count()).toBe(0)
  })
})

describe('first buyers', () => {
  test.each([
    ['zh', '首购触达', '目标 90%', '没有触达的'],
    ['en', 'First buyers reached', 'goal 90%', 'were not reached'],
  ])('stand on the overview against the goal, with the reasons of the others (%s)', async (...words) => {
    const [language, title, goal, missed] = words
    await page.setViewportSize({ width: 390, height: 844 })
    await open('/admin/')
    await page.evaluate(`localStorage.setItem('siyu.language', '${language}')`)
    await page.reload()
    const card = page.getByRole('region', { name: title })
    await card.getByText(goal).waitFor()
    await card.getByText(missed).waitFor()
    await card.getByText('没有顾问添加她').waitFor()
    expect(await card.locator('.weeks li').count()).toBe(5)
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
  })
})

describe('the comparison with WeCom', () => {
  test('is asked for, and very many who are missing are let go of by a person only', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await open('/admin/')
    const card = page.getByRole('region', { name: '企业微信同步' })
    await card.getByText('与企业微信一致：2,143 条客户关系、12 个社群').waitFor()
    await card.getByRole('button', { name: '立即比对' }).click()
    await card.getByText('正在比对：已核对 200 条客户关系').waitFor()
    expect(mock.state.compared).toEqual([{ agree: false }])
    mock.state.wecom = {
      comparison: { state: 'held', contacts: 3, groups: 0, lost: { contacts: 2_140, groups: 12 } },
    }
    await page.reload()
    await card.getByText('企业微信中看不到 2,140 条客户关系、12 个社群，已全部保留').waitFor()
    await card.getByRole('button', { name: '确认已减少' }).click()
    const asked = dialog('确认这些客户和社群已不在企业微信')
    await asked.getByText('2,140 条客户关系将结束').waitFor()
    await asked.getByRole('button', { name: '取消' }).click()
    expect(mock.state.compared).toHaveLength(1)
    await card.getByRole('button', { name: '确认已减少' }).click()
    await asked.getByRole('button', { name: '确认已减少' }).click()
    await card.getByText('正在比对').waitFor()
    expect(mock.state.compared).toEqual([{ agree: false }, { agree: true }])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
  })

  test('belongs to the administrator, who reads English as well', async () => {
    mock.state.me = { ...mock.state.me, roles: ['analyst'] }
    mock.state.wecom = { comparison: { state: 'broken', contacts: 4, groups: 1, why: '48002 no permission' } }
    await open('/admin/')
    await page.evaluate("localStorage.setItem('siyu.language', 'en')")
    await page.reload()
    const card = page.getByRole('region', { name: 'In step with WeCom' })
    await card.getByText('48002 no permission').waitFor()
    expect(await card.getByRole('button').count()).toBe(0)
  })
})

describe('experiments', () => {
  test('a clear winner is read beside what was delivered, and rolled out with a reason', async () => {
    await open('/admin/experiments')
    await page.getByText('触达组下单率比对照组高 2.4 个百分点').waitFor()
    await page.getByRole('link', { name: '周三问候换暖一点的话术' }).click()
    expect(await page.locator('[data-test=verdict]').innerText()).toContain('差别可信')
    const against = page.locator('section', { hasText: '“更暖”对比“现状”' })
    expect(await against.locator('dt').allInnerTexts()).toEqual([
      expect.stringContaining('所有该发的'),
      expect.stringContaining('只看送达的'),
      expect.stringContaining('收到的人身上'),
    ])
    expect(await against.locator('.whisker').count()).toBe(3)

    await page.getByRole('button', { name: '全量采用' }).click()
    const press = dialog('对所有人采用“更暖”？')
    await press.getByRole('button', { name: '全量采用' }).click()
    await press.getByText('写一句原因').waitFor()
    await press.getByLabel('原因').fill('下单更多，退订没有增加')
    await press.getByRole('button', { name: '全量采用' }).click()
    await page.getByText('已对所有人采用“更暖”：下单更多，退订没有增加').waitFor()
    expect(await page.getByRole('button', { name: '停止实验' }).count()).toBe(0)
  })
})

describe('campaigns', () => {
  const inShop = async (none = false): Promise<void> => {
    await mock.close()
    mock = await startMock({ routes: campaignRoutes(none) })
  }
  const row = (part: string) => page.locator(`li[data-part=${part}]`)

  test('the running one comes first; its parts, reasons and results are read, and its last running too', async () => {
    await inShop()
    await open('/admin/campaigns')
    const cards = page.locator('.list a')
    await cards.first().waitFor()
    expect((await cards.locator('h2').allInnerTexts()).map((text) => text.trim())).toEqual([
      expect.stringContaining('季度回归周') as string,
      '新店开业',
      '双十一囤货节',
    ])
    const [first, second, third] = await cards.allInnerTexts()
    expect(first).toContain('5月18日 – 5月24日，共 7 天')
    expect(first).toContain('已发 5,577 / 应发 7,674')
    expect(second).toContain('5月28日发出第一条消息')
    expect(third).toContain('2025年11月9日 – 2025年11月11日')
    await cards.first().click()

    expect(await page.locator('[data-test=phase]').innerText()).toBe('进行中')
    const start = row('start')
    expect(await start.innerText()).toContain('5月18日')
    expect(await start.locator('.legend').innerText()).toMatch(
      /已发\s*2,204\s*待人确认\s*512\s*结果未知\s*3\s*未发成\s*9\s*不发\s*590/,
    )
    await start.getByRole('button', { name: '看原因' }).click()
    await start.getByText('与另一次触达相隔太近').waitFor()
    await row('before').getByRole('button', { name: '看话术' }).click()
    await page.getByText('季度回归周还有三天').waitFor()
    expect(await row('live').count()).toBe(3)
    expect(await row('live').first().innerText()).toContain('应发 18 个群')
    expect(await row('after').innerText()).toContain('到当天 08:30 排期')
    expect(await row('start').getByRole('link', { name: '日历' }).getAttribute('href')).toBe(
      '/admin/calendar?from=2026-05-18&cell=2026-05-18/return-week-start@broadcast',
    )
    expect(await row('start').getByRole('link', { name: '触达记录' }).getAttribute('href')).toBe(
      '/admin/deliveries?touchpoint=return-week-start&running=2026-05-18',
    )

    const figures = page.locator('[data-test=figures]')
    expect(await figures.innerText()).toMatch(/742[\s\S]*186[\s\S]*213 笔[\s\S]*¥48,623\.50/)
    const effect = page.locator('[data-test=effect]')
    expect(await effect.innerText()).toContain('还看不出增量')
    expect(await effect.innerText()).toContain('只有和对照组的比较说的是效果')
    expect(await effect.locator('.whisker').count()).toBe(1)

    await page.getByRole('button', { name: '上一场' }).click()
    await page.getByText('跟进了 377 人，之后 41 人下单').waitFor()
    await page.getByRole('button', { name: '下一场' }).click()
    await page.getByText('这一场还没开始，结果从 8月12日 起显示').waitFor()
    expect(page.url()).toContain('from=2026-08-17')
  })

  test('its deliveries are those of this running, until all are asked for', async () => {
    await inShop()
    await open('/admin/campaigns?name=return-week')
    await row('start').getByRole('link', { name: '触达记录' }).click()
    await page.getByText('只看 5月18日 开始的这一场活动').waitFor()
    expect(new URL(page.url()).searchParams.get('running')).toBe('2026-05-18')
    await page.getByRole('button', { name: '看各场' }).click()
    await expect.poll(() => new URL(page.url()).search).toBe('?touchpoint=return-week-start')
    expect(await page.getByText('开始的这一场活动').count()).toBe(0)
  })

  test('it is stopped by itself with a reason, and set going again', async () => {
    await inShop()
    await open('/admin/campaigns?name=return-week')
    await page.getByRole('button', { name: '暂停这个活动' }).click()
    const ask = dialog('暂停季度回归周？')
    await ask.getByText('其余触达照常').waitFor()
    expect(await ask.locator('select').count()).toBe(0)
    await ask.getByLabel('原因').fill('券面金额写错')
    await ask.getByRole('button', { name: '确认暂停' }).click()
    await page.getByText('券面金额写错').waitFor()
    expect(await page.locator('[data-test=phase]').innerText()).toBe('已暂停')
    await page.getByRole('button', { name: '恢复这个活动' }).click()
    const back = dialog('恢复活动：季度回归周？')
    await back.getByLabel('原因').fill('已更正')
    await back.getByRole('button', { name: '确认恢复' }).click()
    await expect.poll(() => page.locator('[data-test=phase]').innerText()).toBe('进行中')
  })

  test('an analyst reads and cannot stop; an unknown name and an empty shop say what to do', async () => {
    await inShop(true)
    await open('/admin/campaigns')
    await page.getByText('还没有活动').waitFor()
    expect(await page.getByRole('link', { name: '去写一个活动' }).getAttribute('href')).toBe('/admin/cadence')
    await open('/admin/campaigns?name=nothing')
    await page.getByText('没有这个活动').waitFor()
    await page.getByText('回到活动列表看看').waitFor()
    await inShop()
    mock.state.me = { ...mock.state.me, roles: ['analyst'] }
    await open('/admin/campaigns?name=return-week')
    await row('start').waitFor()
    expect(await page.getByRole('button', { name: '暂停这个活动' }).count()).toBe(0)
  })

  test.each(['zh', 'en'])('fits a phone (%s)', async (language) => {
    await inShop()
    await page.setViewportSize({ width: 390, height: 844 })
    await open('/admin/campaigns')
    await page.evaluate(`localStorage.setItem('siyu.language', '${language}')`)
    await page.reload()
    await page.locator('.list a').first().click()
    await row('start').waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
    const links = page.locator('nav a')
    const last = await links.last().boundingBox()
    expect(await links.count()).toBe(9)
    expect((last?.x ?? 0) + (last?.width ?? 0)).toBeLessThanOrEqual(390)
  })
})

describe('the shell', () => {
  test('the kill switch asks for a reason, stops, and is undone by a person', async () => {
    await open('/admin/')
    await page.getByRole('button', { name: '暂停触达' }).click()
    const ask = dialog('暂停全部触达？')
    await ask.getByRole('button', { name: '确认暂停' }).click()
    await ask.getByText('写一句原因').waitFor()
    await ask.getByLabel('原因').fill('价格写错')
    await ask.getByRole('button', { name: '确认暂停' }).click()
    await page.getByRole('alert').getByText('全部触达已暂停').waitFor()
    expect(mock.state.paused).toBe(true)
    await page.getByRole('button', { name: '恢复触达' }).click()
    await dialog('恢复触达？').getByLabel('原因').fill('已更正')
    await dialog('恢复触达？').getByRole('button', { name: '确认恢复' }).click()
    await page.getByRole('button', { name: '暂停触达' }).waitFor()
    expect(mock.state.paused).toBe(false)
  })

  test('signs in by itself once and comes back to the same page', async () => {
    mock.state.signedIn = false
    await open('/admin/customers?tier=high')
    await page.getByRole('heading', { name: '客户' }).waitFor()
    expect(page.url()).toContain('/admin/customers?tier=high')
    expect(mock.state.signedIn).toBe(true)
  })

  test('never circles when the sign-in does not help', async () => {
    mock.state.faults.set('/api/admin/me', problem(401, 'sign-in', '请先登录。'))
    await open('/admin/')
    await page.getByText('登录没有完成，或登录已过期。').waitFor()
  })

  test('tells a stranger that the console is not for her, and what to do', async () => {
    mock.state.faults.set(
      '/api/admin/me',
      problem(403, 'forbidden', '你不是运营台的成员。', '请管理员把你加入 SIYU_ADMINS。'),
    )
    await open('/admin/')
    await page.getByText('你不是运营台的成员。').waitFor()
    expect(await page.locator('nav').count()).toBe(0)
  })

  test('shows what failed with its fix, and recovers on the next try', async () => {
    mock.state.faults.set(
      '/api/admin/games',
      problem(404, 'not-found', '找不到游戏。', '请管理员运行 siyu doctor。'),
    )
    await open('/admin/games')
    await page.getByText('请管理员运行 siyu doctor。').waitFor()
    mock.state.faults.clear()
    await page.getByRole('button', { name: '重试' }).click()
    await page.getByText('宝宝几点睡？').waitFor()
  })

  test('marks the simulator and speaks English when asked', async () => {
    await open('/admin/')
    await page.getByText('模拟器').waitFor()
    await page.getByRole('button', { name: 'English' }).click()
    await page.getByRole('link', { name: 'Overview' }).waitFor()
    expect(await page.evaluate('document.documentElement.lang')).toBe('en')
  })
})
