/**
 * Answers to staff, read from where the sidebar and the console read them, by the same rights: an advisor her own
 * customers and groups, the shop's figures whoever may open the console. Every word of others is made plain.
 */
import { rolesGivenTo, rolesOf } from '../../access/index.ts'
import type { Role } from '../../access/index.ts'
import { dayOf, timeOf } from '../../base/calendar.ts'
import type { Instant } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'
import { customerOfExternal, findStaff } from '../../customer/index.ts'
import { mustOwn, tasksOf, today } from '../../desk/index.ts'
import type { DeskParts, Task } from '../../desk/index.ts'
import { customerRows, todaysFigures } from '../../report/index.ts'
import type { CustomerCards } from '../../report/index.ts'
import type { TierRules } from '../../segment/index.ts'
import { customersCalled, groupPromises, groupsOwnedBy } from './aibot.store.ts'
import type { CalledRow, GroupPromise } from './aibot.store.ts'
import { plain } from './markdown.ts'
import { pickIn } from './question.ts'
import type { Question } from './question.ts'

export interface AnswerParts {
  readonly reader: Reader
  readonly admins: readonly string[]
  readonly publicUrl: string
  readonly desk: DeskParts
  readonly rules: TierRules
  readonly card: CustomerCards
}

export interface Asker {
  /** As the mirror writes it. */
  readonly userid: string
  readonly roles: readonly Role[]
}

const shownTasks = 3
const shownCustomers = 9
const shownGroups = 30

export async function askerOf({ reader, admins }: AnswerParts, userid: string): Promise<Asker> {
  const member = await findStaff(reader, userid)
  const given = await rolesGivenTo(reader, member?.userid ?? userid)
  return { userid: member?.userid ?? userid, roles: rolesOf(userid, admins, member, given) }
}

export async function answerTo(
  parts: AnswerParts,
  asker: Asker,
  question: Question,
  now: Instant,
): Promise<string> {
  if (asker.roles.length === 0) return strangers
  switch (question.kind) {
    case 'help':
      return helpFor(asker)
    case 'nothing':
      return `没看懂这句话。\n\n${helpFor(asker)}`
    case 'today':
      return todayOf(parts, asker, now)
    case 'groups':
      return groupsOf(parts, asker, now)
    case 'sending':
      return sendingNow(parts, asker, now)
    case 'customer':
      return customerCalled(parts, asker, question.name, now)
  }
}

const strangers =
  '您还没有使用权限。请联系管理员：在后台“人员权限”里给您角色，或为您开通“客户联系”并加入应用可见范围，之后再来问我。'

const mayReadShop = ({ roles }: Asker): boolean => roles.some((role) => role !== 'advisor')

function helpFor(asker: Asker): string {
  return [
    '您可以这样问我：',
    '- **今天**：今天的任务和最先要做的三件',
    '- **客户的名字或备注**：分层、阶段、最近购买、为什么联系、还能触达几次',
    '- **群**：您的群，今天发什么',
    ...(mayReadShop(asker) ? ['- **今天发了什么** / **暂停状态**：全店今天的触达'] : []),
    '- **帮助**：再看一遍',
  ].join('\n')
}

// ------------------------------------------------------------------ today

async function todayOf(
  { reader, desk, publicUrl }: AnswerParts,
  asker: Asker,
  now: Instant,
): Promise<string> {
  const { total, items } = await today(desk, reader, asker.userid, now)
  const open = items.filter(isOpen)
  const done = items.filter((task) => !isOpen(task)).length
  const link = `[打开今日任务](${publicUrl}/sidebar/)`
  if (total === 0) return `今天没有任务。\n\n${link}`
  return [
    `今天共 **${String(total)}** 件，已完成 ${String(done)} 件，还有 **${String(total - done)}** 件。`,
    ...(open.length === 0 ? [] : ['', '最先做：']),
    ...open.slice(0, shownTasks).map((task, i) => `${String(i + 1)}. ${taskLine(task)}`),
    '',
    link,
  ].join('\n')
}

const isOpen = ({ state }: Task): boolean => state === 'waiting' || state === 'intent'

function taskLine({ name, tierTitle, promise, why, state, warnings }: Task): string {
  const until = `${dayOf(promise.expires_at).slice(5)} ${timeOf(promise.expires_at)} 前`
  const notes = [...(state === 'intent' ? ['上次是否已发送？'] : []), ...warnings].map((note) => plain(note))
  const note = notes.length === 0 ? '' : `（注意：${notes.join('、')}）`
  return `**${plain(name)}**（${plain(tierTitle)}）${plain(promise.title)}：${plain(why, 120)}，${until}${note}`
}

// ------------------------------------------------------------------ one customer

async function customerCalled(parts: AnswerParts, asker: Asker, name: string, now: Instant): Promise<string> {
  const found = await called(parts.reader, asker.userid, name)
  const picked = found.length === 0 ? pickIn(name) : null
  if (!picked) return tellOf(parts, asker, name, found, now)
  const among = await called(parts.reader, asker.userid, picked.name)
  const one = among[picked.place - 1]
  return tellOf(parts, asker, picked.name, one === undefined ? among : [one], now)
}

/** Whoever is called exactly so is meant; without such a one everybody whose name holds it. */
async function called(reader: Reader, staff: string, name: string): Promise<CalledRow[]> {
  const rows = await customersCalled(reader, staff, name, shownCustomers + 1)
  const exact = rows.filter((row) => row.exact === 1)
  return exact.length > 0 ? exact : rows
}

async function tellOf(
  parts: AnswerParts,
  asker: Asker,
  name: string,
  found: readonly CalledRow[],
  now: Instant,
): Promise<string> {
  const [first] = found
  if (first === undefined)
    return `您的客户里没有叫“${plain(name)}”的。如果由其他顾问负责，需要接手请联系管理员。回复“帮助”看看还能问什么。`
  return found.length === 1 ? cardOf(parts, asker, first, now) : choiceOf(parts, name, found)
}

async function choiceOf(
  { reader, rules }: AnswerParts,
  name: string,
  found: readonly CalledRow[],
): Promise<string> {
  const shown = found.slice(0, shownCustomers)
  const ids = await Promise.all(shown.map(({ external }) => customerOfExternal(reader, external)))
  const known = await customerRows(
    { reader, rules },
    ids.filter((id) => id !== null),
  )
  const tiers = new Map(known.map(({ id, tierTitle }) => [id, tierTitle]))
  const lines = shown.map(({ name: called, remark, external, added_at }, i) => {
    const tier = tiers.get(ids[i] ?? '')
    const facts = [
      ...(remark ? [`备注 ${plain(remark)}`] : []),
      ...(tier === undefined ? [] : [plain(tier)]),
      `${dayOf(added_at)} 添加`,
    ]
    return `${String(i + 1)}. **${plain(called ?? external)}**（${facts.join('，')}）`
  })
  const more = found.length > shown.length ? ['', '还有更多，请写完整的名字或备注。'] : []
  return [
    `有几位客户符合“${plain(name)}”：`,
    ...lines,
    ...more,
    '',
    `请回复名字加序号，例如“${plain(name)} 1”。`,
  ].join('\n')
}

async function cardOf(parts: AnswerParts, asker: Asker, row: CalledRow, now: Instant): Promise<string> {
  const { reader, desk, publicUrl } = parts
  await mustOwn(reader, asker.userid, row.external)
  const customer = await customerOfExternal(reader, row.external)
  const card = customer === null ? null : await parts.card(customer, now)
  const link = `[在侧边栏打开](${publicUrl}/sidebar/#/customer/${encodeURIComponent(row.external)})`
  const title = `**${plain(row.name ?? row.external)}**${row.remark ? `（备注 ${plain(row.remark)}）` : ''}`
  if (card === null) return `${title}\n还没有她的资料，稍后再问。\n\n${link}`
  const tasks = (await tasksOf(desk, reader, asker.userid, row.external, now)).filter(isOpen)
  const bought =
    card.lastPurchaseDay === undefined
      ? '还没有购买'
      : `${card.lastPurchaseDay}，共 ${String(card.purchases)} 次，¥${(card.spentFen / 100).toFixed(2)}`
  return [
    title,
    `- 分层：${plain(card.tierTitle)}（${plain(card.tierReason, 120)}）`,
    ...(card.stage === undefined ? [] : [`- 阶段：${plain(card.stage)}`]),
    `- 最近购买：${bought}`,
    ...(tasks.length === 0
      ? ['- 今天没有要联系她的任务']
      : tasks.map((task) => `- 为什么联系：${plain(task.promise.title)}，${plain(task.why, 120)}`)),
    `- 触达额度：${budgetWords(card.budget)}`,
    ...(card.optedOut ? ['- 已退订营销消息'] : []),
    ...('openComplaintAt' in card ? ['- 有未解决的售后'] : []),
    '',
    link,
  ].join('\n')
}

const periods = { day: '今天', week: '本周', month: '本月' } as const

function budgetWords(budget: NonNullable<Awaited<ReturnType<CustomerCards>>>['budget']): string {
  const { today: day, week, month, broadcast } = budget
  return `今天还可 ${String(day)} 次，7 天内 ${String(week)} 次，30 天内 ${String(month)} 次；群发${periods[broadcast.period]}还剩 ${String(broadcast.left)}/${String(broadcast.of)} 次`
}

// ------------------------------------------------------------------ groups

async function groupsOf({ reader }: AnswerParts, asker: Asker, now: Instant): Promise<string> {
  const groups = await groupsOwnedBy(reader, asker.userid, shownGroups)
  if (groups.length === 0) return '您现在不是任何客户群的群主。'
  const planned = await groupPromises(
    reader,
    groups.map(({ chat }) => chat),
    dayOf(now),
  )
  return [
    `您是 **${String(groups.length)}** 个群的群主，今天：`,
    ...groups.map(({ chat, name }) => {
      const hers = planned.filter(({ subject }) => subject === chat)
      const words = hers.length === 0 ? '没有安排' : hers.map(groupWords).join('；')
      return `- **${plain(name || '未命名的群')}**：${words}`
    }),
  ].join('\n')
}

function groupWords({ title, state, due_at }: GroupPromise): string {
  return `${plain(title)}（${stateWords(state, due_at)}）`
}

function stateWords(state: string, dueAt: Instant): string {
  switch (state) {
    case 'sent':
      return '已发出'
    case 'waiting':
      return '等您在企业微信里确认发送'
    case 'queued':
    case 'claimed':
    case 'intent':
      return `${timeOf(dueAt)} 发`
    case 'unknown':
    case 'held':
      return '结果待核对'
    default:
      return '不发了'
  }
}

// ------------------------------------------------------------------ the shop

async function sendingNow({ reader, publicUrl }: AnswerParts, asker: Asker, now: Instant): Promise<string> {
  if (!mayReadShop(asker)) return '全店的触达情况只有后台人员可以看。您自己的任务请问“今天”。'
  const { sent, waiting, declined, touchpoints, pauses } = await todaysFigures(reader, now)
  return [
    pauses.length === 0 ? '触达正常，没有暂停。' : '**触达已暂停：**',
    ...pauses.map((pause) => `- ${plain(pause.title)}，${plain(pause.by)}：${plain(pause.reason, 120)}`),
    `今天已触达 **${String(sent)}**，等待确认 ${String(waiting)}，按规则不发 ${String(declined)}。`,
    ...touchpoints.map(({ title, count }) => `- ${plain(title)}：${String(count)}`),
    '',
    `[打开后台](${publicUrl}/admin/)`,
  ].join('\n')
}
