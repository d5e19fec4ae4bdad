/** The demo's words on the terminal: a paragraph a day, and a closing table. */
import { weekdayOf } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import { say } from '../cli/output.ts'
import type { DemoDocument } from './run.ts'
import type { Happened, PromiseRow } from './figures.store.ts'

const weekdays = ['', '周一', '周二', '周三', '周四', '周五', '周六', '周日']

const stateWords: Readonly<Record<string, string>> = {
  queued: '排队中',
  claimed: '处理中',
  intent: '发送中',
  refused: '未送达',
  expired: '已过期',
  cancelled: '已取消',
  unknown: '核对中',
  held: '待人工核对',
}

/** Terminal columns: a Chinese character takes two. */
const width = (text: string): number =>
  [...text].reduce((sum, char) => sum + (/[\u2e80-\u9fff\uff00-\uff60\u3000-\u303f]/.test(char) ? 2 : 1), 0)
const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)))
const yuan = (fen: number): string => `¥${(fen / 100).toLocaleString('en-US', { maximumFractionDigits: 0 })}`

export function tellDay(
  day: Day,
  promises: readonly PromiseRow[],
  what: Happened,
  moves: readonly string[],
): void {
  const byTouchpoint = new Map<string, { title: string; queued: number; declined: number }>()
  for (const promise of promises) {
    const cell = byTouchpoint.get(promise.touchpoint) ?? { title: promise.title, queued: 0, declined: 0 }
    if (promise.decision === 'declined') cell.declined += 1
    else cell.queued += 1
    byTouchpoint.set(promise.touchpoint, cell)
  }
  const plan = [...byTouchpoint.values()].map(
    ({ title, queued, declined }) =>
      `${title} ${String(queued)}${declined > 0 ? `（跳过 ${String(declined)}）` : ''}`,
  )
  say(`${day} ${weekdays[weekdayOf(day)] ?? ''}  ${plan.join('，') || '没有安排'}`)
  const answers = [
    [what.sent, '触达'],
    [what.clicks, '点击'],
    [what.votes, '投票'],
    [what.finds, '寻宝'],
    [what.joins, '新客'],
    [what.optOuts, '退订'],
  ]
    .filter(([n]) => n !== 0)
    .map(([n, title]) => `${String(title)} ${String(n)}`)
  say(`                 ${[...answers, `订单 ${String(what.orders)}（${yuan(what.orderFen)}）`].join(' · ')}`)
  if (moves.length > 0) say(`                 分层：${moves.join('，')}`)
}

export function tellEnd(document: DemoDocument): void {
  const rows: [string, string][] = [
    ['承诺 promises', String(document.promises)],
    ['已触达 sent', String(document.sent)],
    ['等待顾问 waiting', String(document.waiting)],
    ...Object.entries(document.states)
      .filter(([state]) => state !== 'sent' && state !== 'waiting')
      .map(([state, count]): [string, string] => [`${stateWords[state] ?? ''} ${state}`, String(count)]),
    ['投票 votes', String(document.votes)],
    ['寻宝 finds', String(document.finds)],
    ['订单 orders', String(document.orders)],
    ['分层变更 tier moves', String(document.tierMoves)],
  ]
  say('')
  for (const [title, value] of rows) say(`  ${pad(title, 24)}${value.padStart(8)}`)
  say(
    `  ${pad('跳过 declined', 24)}${String(Object.values(document.declined).reduce((sum, n) => sum + n, 0)).padStart(8)}`,
  )
  for (const [reason, count] of Object.entries(document.declined).sort((a, b) => b[1] - a[1]))
    say(`    ${pad(reason, 22)}${String(count).padStart(8)}`)
  const { ledger } = document
  say('')
  say(
    `  WeCom 账本：受理 ${String(ledger.accepted)}，${ledger.matched ? '与承诺逐条相符' : '与承诺不符'}；重复 ${String(ledger.duplicates)}，窗口外 ${String(ledger.outsideWindow)}，超频 ${String(ledger.overCap)}`,
  )
  for (const problem of ledger.problems.slice(0, 10)) say(`    ! ${problem}`)
}
