/** An advisor's working day beside her chats, with the real server behind the page and the simulator behind that. */
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { instantOf } from '../../src/base/calendar.ts'
import { openBrowser } from '../web/browser.ts'
import { overflow } from '../web/h5-phone.ts'
import { ensureBuilt } from '../web/h5-serve.ts'
import { openClient, shot } from './client.ts'
import type { Client } from './client.ts'
import { openWorld, thursday, waitingTasks } from './world.ts'
import type { TaskRow, World } from './world.ts'

let browser: Browser
let world: World
/** An advisor with several tasks, and one of another advisor. */
let mine: TaskRow[]
let foreign: TaskRow
/** Of the high tier, opted out in the chat on Tuesday night, before her weekly note was planned. */
let optedOut: { readonly external: string; readonly customer: string; readonly staff: string }
const open: Client[] = []

const client = async (advisor: string): Promise<Client> => {
  const opened = await openClient(browser, world, advisor)
  open.push(opened)
  return opened
}

beforeAll(async () => {
  ensureBuilt('sidebar')
  browser = await openBrowser()
  world = await openWorld({ until: instantOf('2026-05-19', '19:45') })
}, 240_000)
afterEach(async () => {
  for (const { faults } of open) expect(faults).toEqual([])
  await Promise.all(open.splice(0).map((one) => one.close()))
})
afterAll(async () => {
  await world?.close()
  await browser?.close()
})

describe('the evening before the weekly notes', () => {
  it('a customer who asks in the chat is opted out, and her next note is declined with the reason', async () => {
    const [high] = await world.rows<typeof optedOut>(
      `select r.external, s.customer, r.staff from standing s
         join identity i on i.customer = s.customer and i.kind = 'external'
         join relation r on r.external = i.value and r.state = 'active'
        where s.tier = 'high' order by r.external limit 1`,
    )
    if (!high) throw new Error('nobody is in the high tier')
    optedOut = high
    const { page, ...phone } = await client(high.staff)
    open.at(-1)!.chat = high.external
    await page.goto(`${world.url}/sidebar/`)
    await page.getByText('今天没有安排联系这位客户').waitFor()
    await shot({ page, ...phone }, 'sidebar-no-task')
    await page.getByRole('button', { name: /退订/ }).tap()
    await page.getByLabel('客户的原话').fill('先别发了，谢谢')
    await page.getByRole('button', { name: '确认退订' }).tap()
    await page.getByText('已退订营销消息').waitFor()

    await world.until(thursday)
    const notes = await world.rows(
      `select decision, reason_code, reason_words from promise where customer = $1 and touchpoint = 'weekly-note'`,
      [high.customer],
    )
    expect(notes).toEqual([
      { decision: 'declined', reason_code: 'opted-out', reason_words: expect.stringContaining('已退订') },
    ])
  }, 240_000)
})

describe('the list of today', () => {
  beforeAll(async () => {
    const tasks = await waitingTasks(world)
    const counts = new Map<string, number>()
    for (const { sender } of tasks) counts.set(sender, (counts.get(sender) ?? 0) + 1)
    const [advisor = ''] = [...counts].sort((a, b) => b[1] - a[1])[0] ?? []
    mine = tasks.filter(({ sender }) => sender === advisor)
    const other = tasks.find(({ sender }) => sender !== advisor)
    if (mine.length < 2 || !other) throw new Error('the week planned too few weekly notes')
    foreign = other
  })

  it('goes from the list to the chat and out in two taps, and everybody knows it afterwards', async () => {
    const [task] = mine
    if (!task) throw new Error('no task')
    const her = await client(task.sender)
    const { page } = her
    await page.goto(`${world.url}/sidebar/`)
    await page.getByText(`还有 ${String(mine.length)} 位客户等您联系`).waitFor()
    expect(await overflow(page)).toBeLessThanOrEqual(0)
    await shot(her, 'sidebar-today', true)

    // First tap: WeCom opens the chat and builds the sidebar anew beside it.
    await page.locator('.row-go').first().tap()
    await expect.poll(() => her.chat).toBe(task.subject)
    await page.goto('about:blank')
    await page.goto(`${world.url}/sidebar/`)
    const text = await page.getByLabel('要发送的话').inputValue()
    await shot(her, 'sidebar-customer', true)
    // Second tap.
    await page.getByRole('button', { name: '发送', exact: true }).tap()
    await page.getByText('已发送 · ').waitFor()
    await shot(her, 'sidebar-sent')
    await world.settle()

    const [promise] = await world.rows('select state, sent_at from promise where id = $1', [task.id])
    expect(promise).toEqual({ state: 'sent', sent_at: world.clock.now() })
    const log = await world.rows<{ kind: string; external: string; staff: string }>(
      `select kind, external, staff from log where kind in ('touch-intent', 'touch-sent') and source_key like $1 order by seq`,
      [`promise:${task.id}:%`],
    )
    expect(log).toEqual([
      { kind: 'touch-intent', external: task.subject, staff: task.sender },
      { kind: 'touch-sent', external: task.subject, staff: task.sender },
    ])
    const said = world.simulator
      .ledger()
      .filter(({ via, recipient }) => via === 'sidebar' && recipient === task.subject)
    expect(said.map((row) => [row.api, row.sender, row.text, row.status])).toEqual([
      ['sendChatMessage', task.sender, text, 'sent'],
    ])
    // A rebuilt page still knows what was sent, and how far she is.
    await page.reload()
    await page.getByText('已发送 · ').waitFor()
    await page.getByLabel(`已完成 1，共 ${String(mine.length)}`).waitFor()
    await page
      .getByRole('tab', { name: /触达/ })
      .or(page.getByRole('button', { name: /触达/ }))
      .first()
      .tap()
    await shot(her, 'sidebar-touches', true)
    await page
      .getByRole('tab', { name: /动态/ })
      .or(page.getByRole('button', { name: /动态/ }))
      .first()
      .tap()
    await shot(her, 'sidebar-timeline', true)
    expect(await page.locator('body').innerText()).not.toMatch(
      /undefined|NaN|\[object|\{\{|\bwm[A-Za-z0-9]{20}/,
    )
    // Her own link stands in it, and nothing of a template is left.
    expect(said[0]?.links).toEqual([
      expect.stringContaining(`${world.url}/h5/l/p.`),
      expect.stringContaining('.subscription'),
    ])
    expect(text).not.toMatch(/\[\[|\{\{|undefined|null/)
  })

  it('asks about a message whose end nobody heard, after the page was rebuilt, and sends it no second time', async () => {
    const task = mine[1]
    if (!task) throw new Error('no task')
    const her = await client(task.sender)
    const { page } = her
    her.chat = task.subject
    her.answers = 'silent'
    await page.goto(`${world.url}/sidebar/`)
    await page.getByRole('button', { name: '发送', exact: true }).tap()
    await expect
      .poll(
        () =>
          world.simulator
            .ledger()
            .filter(({ recipient, via }) => via === 'sidebar' && recipient === task.subject).length,
      )
      .toBe(1)
    await page.reload()
    await page.getByText('上次是否已发送？').waitFor()
    expect(await page.getByRole('button', { name: '发送', exact: true }).count()).toBe(0)
    await shot(her, 'sidebar-ask')
    await page.getByRole('button', { name: '已发送', exact: true }).tap()
    await page.getByText('已发送 · ').waitFor()
    const [promise] = await world.rows('select state from promise where id = $1', [task.id])
    expect(promise).toEqual({ state: 'sent' })
    expect(
      world.simulator
        .ledger()
        .filter(({ recipient, via }) => via === 'sidebar' && recipient === task.subject),
    ).toHaveLength(1)
  })

  it('knows no customer of somebody else', async () => {
    const her = await client(mine[0]?.sender ?? '')
    const { page } = her
    her.chat = foreign.subject
    await page.goto(`${world.url}/sidebar/`)
    await page.getByText('不是您的客户').waitFor()
    await shot(her, 'sidebar-foreign')
    const answers = await page.evaluate<number[]>(`(async () => {
      const write = { method: 'POST', headers: { 'X-Requested-With': 'siyu', 'Content-Type': 'application/json' } }
      const calls = [
        ['/api/sidebar/customers/${foreign.subject}', {}],
        ['/api/sidebar/customers/${foreign.subject}/opt-out', { ...write, body: '{}' }],
        ['/api/sidebar/promises/${foreign.id}/intent', { ...write, body: JSON.stringify({ text: '你好' }) }],
        ['/api/sidebar/promises/${foreign.id}/settle', { ...write, body: JSON.stringify({ result: 'sent' }) }],
        ['/api/sidebar/promises/${foreign.id}/skip', { ...write, body: JSON.stringify({ reason: '别人的' }) }],
      ]
      const statuses = []
      for (const [path, init] of calls) statuses.push((await fetch(path, init)).status)
      return statuses
    })()`)
    expect(answers).toEqual([404, 404, 404, 404, 404])
    const [promise] = await world.rows('select state, pressed_at from promise where id = $1', [foreign.id])
    expect(promise).toEqual({ state: 'waiting', pressed_at: null })
  })

  it('shows the opted-out customer as what she is', async () => {
    const her = await client(optedOut.staff)
    her.chat = optedOut.external
    await her.page.goto(`${world.url}/sidebar/`)
    await her.page.getByText('已退订营销消息').waitFor()
    await shot(her, 'sidebar-opted-out', true)
  })
})
