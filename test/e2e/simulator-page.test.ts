/** The simulator's page at a desk and on a phone: every button is pressed, and the simulator asked what came of it. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startSimulator } from '../../src/simulator/index.ts'
import type { Simulator } from '../../src/simulator/index.ts'
import { createClient, field, smallShop, startReceiver } from '../simulator/bench.ts'
import type { Client, Json, Receiver } from '../simulator/bench.ts'
import { openBrowser } from '../web/browser.ts'
import { hostileName, overflow } from '../web/h5-phone.ts'

const startAt = Date.parse('2026-05-20T09:00:00+08:00')
const hour = 3_600_000
const [plain] = smallShop.customers
const shop = {
  ...smallShop,
  customers: [{ ...plain!, name: hostileName }, ...smallShop.customers.slice(1)],
}
/** Set to keep pictures of each view. */
const pictures = process.env['SHOTS']
const folder = join(tmpdir(), `siyu-page-${String(process.pid)}`)

let browser: Browser
let sim: Simulator
let receiver: Receiver
let client: Client
let context: BrowserContext
let page: Page
let faults: string[]

beforeAll(async () => {
  browser = await openBrowser()
  mkdirSync(folder)
})
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

beforeEach(async () => {
  receiver = await startReceiver(() => sim.credentials)
  sim = await startSimulator({ shop, clock: 'virtual', startAt, callback: { url: receiver.url } })
  client = createClient(sim)
})
afterEach(async () => {
  await context.close()
  await sim.close()
  await receiver.close()
  expect(faults).toEqual([])
})

async function openPage(view: string, width = 1280): Promise<void> {
  const small = width < 500
  context = await browser.newContext({
    viewport: { width, height: small ? 844 : 800 },
    locale: 'zh-CN',
    isMobile: small,
    hasTouch: small,
  })
  page = await context.newPage()
  page.setDefaultTimeout(15_000)
  faults = []
  page.on('pageerror', (thrown) => faults.push(thrown.message))
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  // A refused request is told there, too; some tests ask for one.
  page.on('console', (said) => {
    if (said.type() === 'error' && !said.text().includes('400')) faults.push(said.text())
  })
  await show(view)
}
const show = (view: string): Promise<unknown> => page.goto(`${sim.url}/sim/#${view}`)
const press = (name: string): Promise<void> => page.getByRole('button', { name, exact: true }).first().click()
/** As patient as the page's own waiting. */
const patience = { timeout: 15_000 }
const told = (words: string): Promise<void> => page.getByRole('alert').filter({ hasText: words }).waitFor()
async function write(label: string, words: string, submit: string): Promise<void> {
  await page.getByLabel(label).fill(words)
  await press(submit)
}
const eventsNamed = (name: string): string[] =>
  receiver.seen.map(({ xml }) => xml).filter((xml) => xml.includes(name))

/** Broadcast, moment and cards for LiMei; a group and a kf chat with words in them. */
async function furnish(): Promise<{ kf: string }> {
  await client.post('externalcontact/add_msg_template', {
    chat_type: 'single',
    sender: 'LiMei',
    external_userid: ['wmA', 'wmB'],
    text: { content: '端午礼盒到店，来店里试吃' },
  })
  await client.post('externalcontact/add_moment_task', {
    text: { content: '今天的新品' },
    visible_range: { sender_list: { user_list: ['LiMei'] } },
  })
  await sim.advanceTo(sim.now() + 1_000)
  await card('vote', {
    card_type: 'vote_interaction',
    main_title: { title: '周会时间' },
    checkbox: {
      question_key: 'when',
      mode: 1,
      option_list: [
        { id: 'mon', text: '周一' },
        { id: 'tue', text: '周二' },
      ],
    },
    submit_button: { text: '投票', key: 'vote' },
  })
  await card('choose', {
    card_type: 'multiple_interaction',
    main_title: { title: '今天联系谁' },
    select_list: [
      {
        question_key: 'words',
        title: '话术',
        option_list: [
          { id: 'a', text: '问候' },
          { id: 'b', text: '唤醒' },
        ],
      },
    ],
    submit_button: { text: '提交', key: 'submit' },
  })
  sim.world.customerSays('wmA', 'LiMei', '这个粽子几个月的宝宝能吃？')
  sim.world.sendChatMessage({
    userid: 'LiMei',
    external_userid: 'wmA',
    msgtype: 'news',
    news: { link: 'https://example.com/p', title: '辅食粽' },
  })
  sim.world.groupSays('wrG', 'wmA', '今天群里有活动吗？')
  const { open_kfid: kf } = await client.post('kf/account/add', { name: '小思客服' })
  return { kf: String(kf) }
}
const card = (taskId: string, template: object): Promise<Json> =>
  client.post('message/send', {
    touser: 'LiMei',
    agentid: sim.credentials.agentId,
    msgtype: 'template_card',
    template_card: { ...template, task_id: taskId },
  })

describe('a staff member', { timeout: 60_000 }, () => {
  it('confirms a broadcast, publishes a moment, answers cards with what she chose', async () => {
    await furnish()
    await openPage('inbox/LiMei/')
    await press('确认发送')
    await told('已发送')
    await press('发表')
    await told('已发表')
    const statuses = (api: string): string[] =>
      sim
        .ledger()
        .filter((row) => row.api === api)
        .map((row) => row.status)
    expect(statuses('add_msg_template')).toEqual(['sent', 'sent'])
    expect(statuses('add_moment_task')).toEqual(['sent', 'sent'])
    expect(await page.getByRole('button', { name: '确认发送' }).count()).toBe(0)

    await page.getByLabel('周二').check()
    // The page looks again meanwhile; what is being chosen stays.
    await page.waitForTimeout(2_000)
    expect(await page.getByLabel('周二').isChecked()).toBe(true)
    await press('投票')
    await told('已点「投票」')
    await page.getByLabel('话术').selectOption('唤醒')
    await press('提交')
    await told('已点「提交」')
    await sim.idle()
    const [vote, choice] = eventsNamed('template_card_event')
    expect([field(vote ?? '', 'TaskId'), field(vote ?? '', 'OptionId')]).toEqual(['vote', 'tue'])
    expect([field(choice ?? '', 'QuestionKey'), field(choice ?? '', 'OptionId')]).toEqual(['words', 'b'])

    await client.post('message/update_template_card', {
      userids: ['LiMei'],
      agentid: sim.credentials.agentId,
      response_code: field(vote ?? '', 'ResponseCode'),
      button: { replace_name: '已投票' },
    })
    await page.getByText('已投票', { exact: true }).waitFor()

    await write('以该成员的身份给应用发消息', '今日任务', '发给应用')
    await told('已发给应用')
    await sim.idle()
    expect(field(eventsNamed('<Content>').at(-1) ?? '', 'Content')).toBe('今日任务')
    await page.getByRole('combobox', { name: '成员' }).selectOption('zhangwei')
    await page.getByText('没有任务').waitFor()
  })

  it('talks with customers, who come and go', async () => {
    await furnish()
    await openPage('chats/LiMei/')
    await page.getByLabel('搜索客户').fill('超级')
    await page.getByText('共 1 位').waitFor()
    await page.getByRole('button', { name: /超级无敌/ }).click()
    await page.getByRole('heading', { name: hostileName }).waitFor()
    expect(await page.locator('main img').count()).toBe(0)
    await write('说点什么', '在吗', '发送')
    await page.locator('.said.customer').filter({ hasText: '在吗' }).waitFor()
    await page.getByLabel('以谁的身份').selectOption('员工发')
    await write('说点什么', '在的，您请说', '发送')
    await page.locator('.said.staff').filter({ hasText: '您请说' }).waitFor()
    const words = await page.locator('.said .words, .said .attachment').allTextContents()
    expect(words).toEqual(['这个粽子几个月的宝宝能吃？', '[图文] 辅食粽', '在吗', '在的，您请说'])
    expect(sim.ledger().at(-1)).toMatchObject({ via: 'sidebar', recipient: 'wmA', text: '在的，您请说' })

    await press('客户删除员工')
    await page.getByText('已被客户删除').first().waitFor()
    expect(sim.world.customer('wmA')?.follows.get('LiMei')?.deletedByCustomer).toBe(true)
    await write('说点什么', '还在吗', '发送')
    await told('not a contact')
    await press('客户添加员工')
    await told('已添加')
    expect(sim.world.customer('wmA')?.follows.get('LiMei')?.deletedByCustomer).toBe(false)
    await press('员工删除客户')
    await page.getByText('不是好友').waitFor()
    expect(sim.world.customer('wmA')?.follows.has('LiMei')).toBe(false)

    await write('新客户的昵称', '小雨', '添加员工')
    await page.getByRole('heading', { name: '小雨' }).waitFor()
    await sim.idle()
    expect(eventsNamed('add_external_contact')).toHaveLength(2)
  })

  it('sees groups: words, joining, leaving, a new one and its end', async () => {
    await furnish()
    await openPage('groups/LiMei/')
    await page.getByRole('button', { name: /辅食群/ }).click()
    await page.getByText('今天群里有活动吗？').waitFor()
    await page.getByLabel('谁来说').selectOption('员工 李梅')
    await write('在群里说点什么', '有的，下午三点', '发送')
    await page.locator('.said.staff').filter({ hasText: '下午三点' }).waitFor()
    await page.getByText('成员与进出').click()
    await page.getByLabel('客户（姓名或 ID）').fill('wmB')
    await press('扫码入群')
    await told('已入群')
    expect(sim.world.group('wrG')?.members.has('wmB')).toBe(true)
    await page.locator('.member').filter({ hasText: '陈晨' }).getByRole('button', { name: '退群' }).click()
    await told('已退群')
    expect(sim.world.group('wrG')?.members.has('wmB')).toBe(false)
    await write('新群的名称', '新品群', '建群')
    await page.getByRole('heading', { name: '新品群' }).waitFor()
    await page.getByText('成员与进出').click()
    await press('解散群')
    await page.getByText('选择一个群').waitFor()
    expect(sim.world.groups().map(({ name }) => name)).toEqual(['辅食群'])
  })

  it('answers in 微信客服, where the customer taps a menu', async () => {
    const { kf } = await furnish()
    await openPage('kf/LiMei/')
    await page.getByLabel('客户（姓名或 ID）').fill('wmB')
    await press('进入会话')
    await told('已进入')
    await write('说点什么', '有货吗', '发送')
    await page.locator('.said.customer').filter({ hasText: '有货吗' }).waitFor()
    const menu = { head_content: '喝哪种？', list: [{ type: 'click', click: { id: 'g', content: '绿茶' } }] }
    const asked = { touser: 'wmB', open_kfid: kf, msgtype: 'msgmenu', msgmenu: menu }
    expect(await client.post('kf/send_msg', asked)).toMatchObject({ errcode: 0 })
    await press('绿茶')
    await page.locator('.said.customer').filter({ hasText: '绿茶' }).waitFor()
    await client.post('kf/servicer/add', { open_kfid: kf, userid_list: ['LiMei'] })
    const human = { service_state: 3, servicer_userid: 'LiMei' }
    await client.post('kf/service_state/trans', { open_kfid: kf, external_userid: 'wmB', ...human })
    await page.getByText('人工接待', { exact: true }).waitFor()
    await page.getByLabel('以谁的身份').selectOption('人工答')
    await write('说点什么', '给您留了', '发送')
    await page.locator('.said.staff').filter({ hasText: '给您留了' }).waitFor()
    const pulled = await client.post('kf/sync_msg', { open_kfid: kf })
    const said = (pulled['msg_list'] as Json[]).map((one) => [one['origin'], one['text']])
    expect(said).toContainEqual([3, { content: '绿茶', menu_id: 'g' }])
    expect(said).toContainEqual([5, { content: '给您留了' }])
  })
})

describe('whoever tests against it', { timeout: 60_000 }, () => {
  it('sees the ledger, the calls and the events as they come', async () => {
    await openPage('ledger/LiMei/')
    await page.getByText('还没有记录').waitFor()
    await furnish()
    await page.getByText('LiMei → wmB').first().waitFor()
    await page.getByText('已受理').first().waitFor()
    await page.getByRole('tab', { name: '接口调用' }).click()
    await page.getByText('externalcontact/add_msg_template').waitFor()
    await page.getByRole('tab', { name: '回调' }).click()
    sim.world.staffSays('LiMei', '<b>粗</b>')
    await page.getByText('delivered').first().waitFor()
    expect(await page.locator('main b').count()).toBe(0)
    await page.getByRole('tab', { name: '账本' }).click()
    await page.getByText('LiMei → wmB').first().waitFor()
  })

  it('moves the clock', async () => {
    await client.sim('POST', 'staff/add', { userid: 'late', confirm: { mode: 'late', afterMs: 40 * hour } })
    await client.sim('POST', 'contacts/add', { userid: 'late', external_userid: 'wmC' })
    await openPage('control/LiMei/')
    await page.getByText('没有待发生的事').waitFor()
    const after = async (name: string, ms: number): Promise<void> => {
      const before = sim.now()
      await press(name)
      await expect.poll(() => sim.now(), patience).toBe(before + ms)
    }
    await after('+1 分钟', 60_000)
    await after('+1 小时', hour)
    await after('+1 天', 24 * hour)
    await client.post('externalcontact/add_msg_template', {
      chat_type: 'single',
      external_userid: ['wmC'],
      text: { content: '好' },
    })
    await page.getByText(/下一件事：/).waitFor()
    await after('到下一件事', 40 * hour)
    expect(sim.ledger().at(-1)?.status).toBe('sent')
    await page.getByLabel('前进到（北京时间）').fill('2026-06-01T08:30')
    await press('前进到此刻')
    await expect.poll(() => sim.now(), patience).toBe(Date.parse('2026-06-01T08:30:00+08:00'))
    await press('前进到此刻')
    await page.getByLabel('前进到（北京时间）').fill('2026-05-01T08:30')
    await press('前进到此刻')
    await told('only moves forward')
  })

  it('adds faults and takes them away', async () => {
    await openPage('control/LiMei/')
    await page.getByLabel('接口', { exact: true }).fill('getcallbackip')
    await page.getByRole('combobox', { name: '故障' }).selectOption('频率限制 45009（60 秒）')
    await press('添加故障')
    await page.getByText('已发生 0 次').waitFor()
    expect(await client.get('getcallbackip')).toMatchObject({ errcode: 45009 })
    await page.getByText('已发生 1 次').waitFor()
    await press('移除')
    await page.getByText('没有故障').waitFor()
    expect(await client.get('getcallbackip')).toMatchObject({ errcode: 0 })
    for (const name of await page
      .getByRole('combobox', { name: '故障' })
      .locator('option')
      .allTextContents()) {
      await page.getByLabel('接口', { exact: true }).fill('')
      await page.getByRole('combobox', { name: '故障' }).selectOption(name)
      await press('添加故障')
      await expect.poll(() => page.getByRole('button', { name: '添加故障' }).isEnabled(), patience).toBe(true)
    }
    // Those about tokens strike at once and wait for nobody.
    expect((await client.sim('GET', 'faults'))['faults']).toHaveLength(14)
    expect(await page.getByRole('alert').filter({ hasText: 'kind' }).count()).toBe(0)
    await press('全部清除')
    await page.getByText('没有故障').waitFor()
  })

  it('puts a world aside, brings it back, takes it along as a file', async () => {
    await openPage('control/LiMei/')
    await write('快照的名称', '开门前', '保存快照')
    await told('已保存')
    const waiting = page.waitForEvent('download')
    await page.getByRole('link', { name: '导出' }).click()
    const file = join(folder, 'snapshot.json')
    await (await waiting).saveAs(file)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ name: '开门前', takenAt: startAt })
    sim.world.removeStaff('zhangwei')
    await press('恢复')
    await told('已回到「开门前」')
    expect(sim.world.staff()).toHaveLength(2)
    await press('删除')
    await page.getByText('没有快照').waitFor()
    await page.getByLabel('从文件导入').setInputFiles(file)
    await page.getByText(/snap2/).waitFor()
    const other = join(folder, 'other.json')
    writeFileSync(other, '{"format":"wecom-simulator-snapshot","version":9}')
    await page.getByLabel('从文件导入').setInputFiles(other)
    await told('version 9')
    sim.world.removeStaff('zhangwei')
    await press('回到最初')
    await told('已重置')
    expect(sim.world.staff()).toHaveLength(2)
  })

  it('says where events go', async () => {
    await openPage('control/LiMei/')
    await page.getByText(receiver.url).waitFor()
    await write('回调地址', `${sim.url}/nowhere`, '验证并保存')
    await told('did not verify')
    await write('回调地址', receiver.url, '验证并保存')
    await told('验证通过')
  })
})

describe.each([1280, 390])('at %i pixels', { timeout: 60_000 }, (width) => {
  it('nothing hangs over the edge, and every control has a name', async () => {
    const { kf } = await furnish()
    sim.world.kfEnter(kf, 'wmA')
    sim.world.kfSays(kf, 'wmA', '有货吗')
    await sim.snapshots.take(hostileName)
    sim.addFault({ kind: 'errcode', errcode: -1, api: 'message/send' })
    await openPage('inbox/LiMei/', width)
    const views = {
      inbox: 'inbox/LiMei/',
      chats: 'chats/LiMei/',
      chat: 'chats/LiMei/wmA',
      groups: 'groups/LiMei/',
      group: 'groups/LiMei/wrG',
      kf: 'kf/LiMei/',
      session: `kf/LiMei/${kf}%20wmA`,
      ledger: 'ledger/LiMei/',
      callbacks: 'ledger/LiMei/callbacks',
      control: 'control/LiMei/',
    }
    for (const [name, view] of Object.entries(views)) {
      await show(view)
      await page.locator('main .panel:visible').first().waitFor()
      await page.waitForTimeout(300)
      expect([name, await overflow(page)]).toEqual([name, 0])
      const nameless = await page
        .locator('button, input, select')
        .evaluateAll(
          (all) =>
            all.filter((one) => !one.textContent && !one.ariaLabel && one.closest('label') === null).length,
        )
      expect([name, nameless]).toEqual([name, 0])
      if (pictures) await page.screenshot({ path: join(pictures, `${String(width)}-${name}.png`) })
    }
    if (width < 500) {
      await page.getByRole('link', { name: '会话' }).tap()
      await page.getByRole('button', { name: /二宝妈/ }).tap()
      await press('‹ 返回')
      await page.getByLabel('搜索客户').waitFor()
    }
  })
})
