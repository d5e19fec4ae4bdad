import { describe, expect, test } from 'vitest'
import type { LedgerLine, PromiseLine } from './check-manners.ts'
import { checkLedger } from './check.ts'

/** Wednesday, 20 May 2026, in Shanghai. */
const on = (time: string, day = '2026-05-20') => Date.parse(`${day}T${time}:00+08:00`)

let seq = 0
function row(change: Partial<LedgerLine> = {}): LedgerLine {
  return {
    seq: ++seq,
    api: 'add_msg_template',
    via: 'api',
    sender: 'wang',
    recipientKind: 'customer',
    recipient: 'wm1',
    text: '看看这个 https://s.example/h5/l/b.1',
    links: ['https://s.example/h5/l/b.1'],
    body: {},
    acceptedAt: on('10:00'),
    status: 'sent',
    ...change,
  }
}

function promise(change: Partial<PromiseLine> = {}): PromiseLine {
  return {
    id: 'p1',
    dedupeKey: `weekly:${change.id ?? 'p1'}`,
    touchpoint: 'weekly-content',
    channel: 'broadcast',
    subjectKind: 'customer',
    subject: 'wm1',
    sender: 'wang',
    purpose: 'marketing',
    decision: 'queued',
    state: 'sent',
    token: 'b.1',
    dueAt: on('10:00'),
    sentAt: on('10:05'),
    ...change,
  }
}

const card = (change: Partial<LedgerLine> = {}) =>
  row({
    api: 'message/send',
    sender: '1000002',
    recipientKind: 'staff',
    recipient: 'wang',
    text: '今天请联系',
    links: [],
    body: { task_id: 'p1' },
    ...change,
  })
const press = (change: Partial<LedgerLine> = {}) =>
  row({
    api: 'sendChatMessage',
    via: 'sidebar',
    text: '给你留了 https://s.example/h5/l/p.77',
    links: [],
    acceptedAt: on('12:40'),
    ...change,
  })
const task = (change: Partial<PromiseLine> = {}) =>
  promise({ channel: 'advisor-task', token: 'p.77', ...change })
const toGroup = (change: Partial<LedgerLine> = {}) =>
  row({ recipientKind: 'group', recipient: 'wr1', ...change })
const forGroup = (change: Partial<PromiseLine> = {}) =>
  promise({ subjectKind: 'group', subject: 'wr1', ...change })
const welcome = (change: Partial<LedgerLine> = {}) =>
  row({ api: 'send_welcome_msg', text: '欢迎', links: [], acceptedAt: on('23:50'), ...change })
const welcomed = (change: Partial<PromiseLine> = {}) =>
  promise({ channel: 'welcome', touchpoint: 'welcome', purpose: 'service', token: null, ...change })

interface Case {
  readonly name: string
  readonly ledger: readonly LedgerLine[]
  readonly promises: readonly PromiseLine[]
  readonly expect: Partial<Record<'matched' | 'duplicates' | 'outsideWindow' | 'overCap', number>>
  /** Parts of the sentences expected, in order; none means all is well. */
  readonly problems?: readonly (string | RegExp)[]
}

function run(cases: readonly Case[]): void {
  test.each(cases)('$name', (one) => {
    const verdict = checkLedger({ ledger: one.ledger, promises: one.promises })
    expect(verdict).toMatchObject({
      accepted: one.ledger.length,
      duplicates: 0,
      outsideWindow: 0,
      overCap: 0,
      ...one.expect,
    })
    const wanted = one.problems ?? []
    expect(verdict.problems).toHaveLength(wanted.length)
    wanted.forEach((part, i) => expect(verdict.problems[i]).toMatch(part))
  })
}

describe('a call', () => {
  run([
    {
      name: 'that nobody was asked to make',
      ledger: [],
      promises: [task({ channel: 'phone-task', state: 'waiting' })],
      expect: { matched: 0 },
      problems: [/is waiting, but no card asked for it/],
    },
    {
      name: 'asked for before its time',
      ledger: [card()],
      promises: [task({ channel: 'phone-task', state: 'queued' })],
      expect: { matched: 1 },
      problems: [/is queued, but .* asked for it/],
    },
  ])
})

describe('all is well', () => {
  run([
    { name: 'nothing promised, nothing said', ledger: [], promises: [], expect: { matched: 0 } },
    { name: 'a broadcast confirmed', ledger: [row()], promises: [promise()], expect: { matched: 1 } },
    {
      name: 'a broadcast that waits, and one whose result is not read yet',
      ledger: [row({ status: 'accepted' }), row({ recipient: 'wm2' })],
      promises: [promise({ state: 'waiting' }), promise({ id: 'p2', subject: 'wm2', state: 'waiting' })],
      expect: { matched: 2 },
    },
    {
      name: 'a task with card and press',
      ledger: [card(), press()],
      promises: [task()],
      expect: { matched: 2 },
    },
    {
      name: 'a task that waits, one skipped, one whose press is not settled',
      ledger: [card({ body: 'p1 p2 p3' }), press({ recipient: 'wm3' })],
      promises: [
        task({ state: 'waiting' }),
        task({ id: 'p2', subject: 'wm2', state: 'refused', token: 'p.2' }),
        task({ id: 'p3', subject: 'wm3', state: 'intent' }),
      ],
      expect: { matched: 2 },
    },
    {
      name: 'calls that were asked for: one made, one forgotten, one that waits',
      ledger: [card({ body: 'p1 p2 p3' })],
      promises: [
        task({ channel: 'phone-task' }),
        task({ channel: 'phone-task', id: 'p2', subject: 'wm2', state: 'expired' }),
        task({ channel: 'phone-task', id: 'p3', subject: 'wm3', state: 'waiting' }),
      ],
      expect: { matched: 1 },
    },
    {
      name: 'a press that WeCom refused leaves the task waiting',
      ledger: [card(), press({ status: 'failed' })],
      promises: [task({ state: 'waiting' })],
      expect: { matched: 2 },
    },
    { name: 'a welcome at night', ledger: [welcome()], promises: [welcomed()], expect: { matched: 1 } },
    {
      name: 'two advisors welcome the same person',
      ledger: [welcome(), welcome({ sender: 'li' })],
      promises: [welcomed(), welcomed({ id: 'p2', sender: 'li' })],
      expect: { matched: 2 },
    },
    {
      name: 'tip, poll and clue in one group message outside the windows',
      ledger: [toGroup({ acceptedAt: on('12:00') })],
      promises: [forGroup({ touchpoint: 'daily-tip' }), forGroup({ id: 'p2', touchpoint: 'poll' })],
      expect: { matched: 1 },
    },
    {
      name: 'a parcel cancelled and issued again',
      ledger: [row({ status: 'cancelled', text: 'b.0', links: [] }), row()],
      promises: [promise()],
      expect: { matched: 2 },
    },
    {
      name: 'declined and never said',
      ledger: [],
      promises: [promise({ decision: 'declined', state: null, token: null })],
      expect: { matched: 0 },
    },
    {
      name: 'refused by WeCom',
      ledger: [row({ status: 'failed' })],
      promises: [promise({ state: 'refused' })],
      expect: { matched: 1 },
    },
    {
      name: 'a person presses at night, a service message beside marketing',
      ledger: [card(), press({ acceptedAt: on('22:15') }), row({ text: 'b.9', links: [] })],
      promises: [task(), promise({ id: 'p9', token: 'b.9', purpose: 'service' })],
      expect: { matched: 3 },
    },
    {
      name: 'two in a week, the third on the eighth day',
      ledger: [
        row({ acceptedAt: on('20:00', '2026-05-18') }),
        row({ acceptedAt: on('10:00', '2026-05-21'), text: 'b.2', links: [] }),
        row({ acceptedAt: on('14:30', '2026-05-25'), text: 'b.3', links: [] }),
      ],
      promises: [promise(), promise({ id: 'p2', token: 'b.2' }), promise({ id: 'p3', token: 'b.3' })],
      expect: { matched: 3 },
    },
  ])
})

describe('rows and promises do not fit', () => {
  run([
    {
      name: 'an advisor reminded of her list, and once too often',
      ledger: ['09:00', '12:00', '15:00', '18:00'].map((time) =>
        card({ text: '还有 2 件待办', body: { msgtype: 'textcard' }, acceptedAt: on(time) }),
      ),
      promises: [],
      expect: { matched: 4 },
      problems: [/reminded 4 times/],
    },
    {
      name: 'a row nobody promised',
      ledger: [row()],
      promises: [],
      expect: { matched: 0 },
      problems: [/no promise/],
    },
    {
      name: 'a row to somebody else',
      ledger: [row({ recipient: 'wm2' })],
      promises: [promise()],
      expect: { matched: 0 },
      problems: [/nothing was accepted/, /no promise/],
    },
    {
      name: 'sent, but nothing accepted',
      ledger: [],
      promises: [promise(), promise({ id: 'p2', state: 'waiting' })],
      expect: {},
      problems: [/p1 .*sent, but nothing/, /p2 .*waiting, but nothing/],
    },
    {
      name: 'sent, but the advisor never confirmed',
      ledger: [row({ status: 'accepted' })],
      promises: [promise()],
      expect: { matched: 1 },
      problems: [/row is accepted/],
    },
    {
      name: 'sent, but the quota was used up',
      ledger: [row({ status: 'failed' })],
      promises: [promise()],
      expect: { matched: 1 },
      problems: [/row is failed/],
    },
    {
      name: 'waiting, but cancelled in WeCom',
      ledger: [row({ status: 'cancelled' })],
      promises: [promise({ state: 'waiting' })],
      expect: { matched: 1 },
      problems: [/row is cancelled/],
    },
    ...(['queued', 'claimed'] as const).map((state) => ({
      name: `still ${state}, but accepted`,
      ledger: [row({ status: 'accepted' as const })],
      promises: [promise({ state })],
      expect: { matched: 1 },
      problems: [/is (queued|claimed), but ledger row/],
    })),
    ...(['refused', 'expired', 'cancelled'] as const).map((state) => ({
      name: `${state}, but it reached her`,
      ledger: [row()],
      promises: [promise({ state })],
      expect: { matched: 1 },
      problems: [/but ledger row .* is sent/],
    })),
    {
      name: 'declined, but said',
      ledger: [row()],
      promises: [promise({ decision: 'declined', state: null })],
      expect: { matched: 1 },
      problems: [/is declined, but/],
    },
    {
      name: 'a broadcast twice',
      ledger: [row(), row({ status: 'accepted' })],
      promises: [promise({ purpose: 'service' })],
      expect: { matched: 1, duplicates: 1 },
      problems: [/one more for promise p1/],
    },
    {
      name: 'a card twice, a press twice',
      ledger: [card(), card(), press(), press()],
      promises: [task()],
      expect: { matched: 2, duplicates: 2 },
      problems: [/one more/, /one more/],
    },
    {
      name: 'a welcome twice',
      ledger: [welcome(), welcome()],
      promises: [welcomed()],
      expect: { matched: 1, duplicates: 1 },
      problems: [/one more/],
    },
    {
      name: 'a task sent without a card, and one without a press',
      ledger: [press(), card({ body: 'p2' })],
      promises: [task(), task({ id: 'p2', subject: 'wm2' })],
      expect: { matched: 2 },
      problems: [/no card asked/, /nobody pressed/],
    },
    {
      name: 'pressed, but recorded as waiting',
      ledger: [card(), press()],
      promises: [task({ state: 'waiting' })],
      expect: { matched: 2 },
      problems: [/is waiting, but .* was pressed/],
    },
    {
      name: 'a card for what is only queued',
      ledger: [card()],
      promises: [task({ state: 'queued' })],
      expect: { matched: 1 },
      problems: [/is queued, but .* asked for it/],
    },
    {
      name: 'spoken by the wrong advisor',
      ledger: [row({ sender: 'li' })],
      promises: [promise()],
      expect: { matched: 1 },
      problems: [/spoken by li, not by wang/],
    },
    {
      name: 'one dedupe key, two promises',
      ledger: [row(), row({ recipient: 'wm2' })],
      promises: [promise(), promise({ id: 'p2', subject: 'wm2', dedupeKey: 'weekly:p1' })],
      expect: { matched: 2 },
      problems: [/repeats a dedupe key/],
    },
    {
      name: 'a channel the check does not know',
      ledger: [],
      promises: [promise({ channel: 'pigeon' })],
      expect: {},
      problems: [/channel pigeon/],
    },
  ])
})

describe('windows and quiet hours', () => {
  const at = (time: string, expected: number, touchpoint = 'weekly-content'): Case => ({
    name: `${touchpoint} at ${time}`,
    ledger: [row({ acceptedAt: on(time) })],
    promises: [promise({ touchpoint })],
    expect: { matched: 1, outsideWindow: expected },
    problems: expected ? [new RegExp(time)] : [],
  })
  run([
    at('09:29', 1),
    at('09:30', 0),
    at('11:00', 0),
    at('11:01', 1),
    at('14:29', 1),
    at('16:30', 0),
    at('19:30', 0),
    at('21:01', 1),
    at('08:30', 0, 'daily-tip'),
    at('12:00', 0, 'daily-tip'),
    at('21:29', 0, 'daily-tip'),
    at('21:30', 1, 'daily-tip'),
    at('00:10', 1, 'daily-tip'),
    at('08:29', 1, 'daily-tip'),
    ...(
      [
        ['2026-05-18', '10:00', 'marketing', 1],
        ['2026-05-18', '14:30', 'marketing', 0],
        ['2026-05-18', '10:00', 'service', 0],
        ['2026-05-19', '10:00', 'marketing', 0],
        ['2026-05-22', '10:00', 'marketing', 0],
        ['2026-05-22', '15:00', 'marketing', 1],
        ['2026-05-22', '20:00', 'marketing', 0],
      ] as const
    ).map(([day, time, purpose, expected]) => ({
      name: `${purpose} on ${day} at ${time}`,
      ledger: [row({ acceptedAt: on(time, day) })],
      promises: [promise({ purpose })],
      expect: { matched: 1, outsideWindow: expected },
      problems: expected ? [/hours that offers avoid/] : [],
    })),
    {
      name: 'a tip on Monday morning',
      ledger: [toGroup({ acceptedAt: on('10:00', '2026-05-18') })],
      promises: [forGroup({ touchpoint: 'daily-tip' })],
      expect: { matched: 1 },
    },
    {
      name: 'a card at noon is fine, at night it is not',
      ledger: [card({ acceptedAt: on('12:00') }), card({ acceptedAt: on('06:00'), body: 'p2' })],
      promises: [task({ state: 'waiting' }), task({ id: 'p2', subject: 'wm2', state: 'waiting' })],
      expect: { matched: 2, outsideWindow: 1 },
      problems: [/quiet hours/],
    },
  ])
})

describe('caps', () => {
  run([
    {
      name: 'two marketing messages on one day',
      ledger: [row(), row({ text: 'b.2', links: [], acceptedAt: on('15:00') })],
      promises: [promise(), promise({ id: 'p2', token: 'b.2' })],
      expect: { matched: 2, overCap: 1 },
      problems: [/wm1 got too much/],
    },
    {
      name: 'a broadcast and a task on one day',
      ledger: [row(), card({ body: 'p2' })],
      promises: [promise(), task({ id: 'p2', state: 'waiting' })],
      expect: { matched: 2, overCap: 1 },
      problems: [/wm1 got too much/],
    },
    {
      name: 'a task that ran out uses nothing up, a failed broadcast neither',
      ledger: [row(), card({ body: 'p2' }), row({ text: 'b.3', links: [], status: 'failed' })],
      promises: [
        promise(),
        task({ id: 'p2', state: 'expired' }),
        promise({ id: 'p3', token: 'b.3', state: 'refused' }),
      ],
      expect: { matched: 3 },
    },
    {
      name: 'three in seven days',
      ledger: [
        row({ acceptedAt: on('10:00', '2026-05-19') }),
        row({ acceptedAt: on('10:00', '2026-05-22'), text: 'b.2', links: [] }),
        row({ acceptedAt: on('20:59', '2026-05-25'), text: 'b.3', links: [] }),
      ],
      promises: [promise(), promise({ id: 'p2', token: 'b.2' }), promise({ id: 'p3', token: 'b.3' })],
      expect: { matched: 3, overCap: 1 },
      problems: [/by 2026-05-25: 1 that day, 3 in 7 days/],
    },
    {
      name: 'a group twice a day',
      ledger: [toGroup(), toGroup({ text: 'b.2', links: [], acceptedAt: on('20:00') })],
      promises: [forGroup(), forGroup({ id: 'p2', token: 'b.2' })],
      expect: { matched: 2, overCap: 1 },
      problems: [/group wr1 on 2026-05-20 got 2/],
    },
    {
      name: 'a group on two days of Shanghai that are one day in London',
      ledger: [
        toGroup({ acceptedAt: on('21:00', '2026-05-20') }),
        toGroup({ acceptedAt: on('09:30', '2026-05-21'), text: 'b.2', links: [] }),
      ],
      promises: [forGroup(), forGroup({ id: 'p2', token: 'b.2' })],
      expect: { matched: 2 },
    },
  ])
})

test('manners can be the shop’s own', () => {
  const verdict = checkLedger({
    ledger: [row({ acceptedAt: on('12:00') })],
    promises: [promise({ channel: 'mass' })],
    manners: { windows: [{ from: 12 * 60, to: 13 * 60 }], shapes: { mass: 'broadcast' } },
  })
  expect(verdict).toMatchObject({ accepted: 1, matched: 1, outsideWindow: 0, problems: [] })
})
