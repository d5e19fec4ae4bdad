/**
 * Advisors at their sidebar. A card wakes them; then they work through the list one task at a time, each time
 * looking at the list anew, as the page does. Who is slow does so hours later, who never looks never does.
 */
import type { Random } from '../shop/random.ts'
import type { Browser } from './browser.ts'
import { createBrowser, must } from './browser.ts'
import type { Crowd } from './crowd.ts'
import { minuteMs, whenAtWork } from './hours.ts'
import type { Json } from './json.ts'
import { list, object, text } from './json.ts'

interface Advisor {
  readonly userid: string
  readonly browser: Browser
  /** Tasks she has dealt with: what comes back is not tried again by itself. */
  readonly done: Set<string>
  /** She is at her list, or will be: a further card changes nothing. */
  awaited: boolean
}

export function listenForCards(crowd: Crowd): void {
  const advisors = new Map<string, Advisor>()
  const advisorOf = (userid: string): Advisor => {
    const known = advisors.get(userid)
    if (known) return known
    const browser = createBrowser({ baseUrl: crowd.baseUrl, as: () => userid })
    const advisor: Advisor = { userid, browser, done: new Set(), awaited: false }
    advisors.set(userid, advisor)
    return advisor
  }
  crowd.world.onStaffMessage((message) => {
    if (message.kind === 'template_card' || message.kind === 'textcard')
      cardArrived(crowd, advisorOf(message.userid))
  })
}

function cardArrived(crowd: Crowd, advisor: Advisor): void {
  crowd.tally.add('cards')
  const habit = crowd.habitOf(advisor.userid)
  if (habit === 'never') return crowd.tally.add('cardsIgnored')
  if (advisor.awaited) return
  advisor.awaited = true
  const random = crowd.chance('card', advisor.userid, crowd.world.now())
  const { least, most } = habit === 'slow' ? crowd.rules.slowMinutes : crowd.rules.promptMinutes
  const when = whenAtWork(crowd.world.now() + random.between(least, most) * minuteMs, random)
  crowd.at(when, `sidebar of ${advisor.userid}`, async () => {
    advisor.awaited = false
    await signIn(advisor)
    crowd.tally.add('sidebarOpens')
    await workOn(crowd, advisor, random)
  })
}

async function signIn(advisor: Advisor): Promise<void> {
  const me = await advisor.browser.call('GET', '/api/sidebar/me')
  if (me.status === 401) await advisor.browser.open('/api/auth/login?to=/sidebar/')
  else if (me.status !== 200) throw new Error(`GET /api/sidebar/me answered ${String(me.status)}`)
}

/** Her next task may be tomorrow's: her session is over by then, and the page signs her in again. */
async function todayOf(advisor: Advisor): Promise<unknown> {
  const path = '/api/sidebar/today'
  const answer = await advisor.browser.call('GET', path)
  if (answer.status === 200) return answer.body
  if (answer.status === 401) await signIn(advisor)
  return must(advisor.browser, 'GET', path)
}

/** The first task still waiting, and, after a pause, the list again. */
async function workOn(crowd: Crowd, advisor: Advisor, random: Random): Promise<void> {
  const today = object(await todayOf(advisor), 'today')
  const task = list(today['items'], 'today’s items')
    .map((item) => object(item, 'task'))
    .find((item) => item['state'] === 'waiting' && !advisor.done.has(text(item['promiseId'], 'promiseId')))
  if (!task) return
  advisor.done.add(text(task['promiseId'], 'promiseId'))
  const { least, most } = crowd.rules.perTaskMinutes
  const next = whenAtWork(crowd.world.now() + random.between(least, most) * minuteMs, random)
  advisor.awaited = true
  // Planned before the task is done: one task that fails does not end her day.
  crowd.at(next, `sidebar of ${advisor.userid}`, async () => {
    advisor.awaited = false
    await workOn(crowd, advisor, random)
  })
  await handle(crowd, advisor, task, random)
}

const skipReasons = [
  '刚在门店聊过',
  '客户说这周出差，下周再联系',
  '宝宝生病，先不打扰',
  '她刚在群里咨询过',
] as const
const ownWords = ['最近宝宝还好吗？', '有问题随时找我～', '天热了，记得给宝宝多喝水。'] as const

async function handle(crowd: Crowd, advisor: Advisor, task: Json, random: Random): Promise<void> {
  const path = `/api/sidebar/promises/${encodeURIComponent(text(task['promiseId'], 'promiseId'))}`
  if (random.chance(crowd.rules.skip)) {
    await must(advisor.browser, 'POST', `${path}/skip`, { reason: random.pick(skipReasons) })
    return crowd.tally.add('skips')
  }
  if (task['call'] !== undefined) {
    // A call cannot be seen from here; most are answered.
    const outcome = random.chance(0.7) ? 'reached' : 'not-reached'
    await must(advisor.browser, 'POST', `${path}/call`, { outcome })
    return
  }
  const ready = text(task['text'], 'text')
  const words = random.chance(crowd.rules.rewrite) ? `${ready}\n${random.pick(ownWords)}` : ready
  await must(advisor.browser, 'POST', `${path}/intent`, { text: words })
  const sent = crowd.world.sendChatMessage({
    userid: advisor.userid,
    external_userid: text(task['externalUserId'], 'externalUserId'),
    msgtype: 'text',
    text: { content: words },
  })
  if (sent.ok) crowd.tally.add('sidebarSends')
  const settled = sent.ok ? { result: 'sent' } : { result: 'not-sent', error: sent.reason ?? 'unknown' }
  await must(advisor.browser, 'POST', `${path}/settle`, settled)
}
