/**
 * The referee of the demo. It holds what WeCom (the simulator) accepted against what our database promised, and
 * against the shop's manners. It shares no code with the outbox: a rule misunderstood there must not be
 * misunderstood here in the same way, so windows, days and caps are written a second time, on purpose.
 */

import type { CheckManners, LedgerLine, PromiseLine, Shape } from './check-manners.ts'
import { defaultManners, judgeManners, nameOf } from './check-manners.ts'

export { defaultManners }
export type { CheckManners, LedgerLine, PromiseLine, Shape }

export interface CheckInput {
  readonly ledger: readonly LedgerLine[]
  readonly promises: readonly PromiseLine[]
  readonly manners?: Partial<CheckManners>
}

export interface LedgerVerdict {
  /** Ledger rows, whatever became of them. */
  readonly accepted: number
  /** Rows that are exactly what a promise asks for; equal to `accepted` when all is well. */
  readonly matched: number
  /** Rows beyond one per promise and recipient, cancelled ones left out. */
  readonly duplicates: number
  readonly outsideWindow: number
  readonly overCap: number
  /** Everything that is wrong, one sentence each; empty when all is well. */
  readonly problems: readonly string[]
}

/** What was found so far: which promises each row serves, and the sentences about what does not fit. */
interface Case {
  readonly manners: CheckManners
  readonly rows: Map<string, LedgerLine[]>
  readonly words: Map<LedgerLine, string>
  readonly served: Map<LedgerLine, PromiseLine[]>
  readonly duplicates: Set<LedgerLine>
  readonly problems: string[]
}

export function checkLedger(input: CheckInput): LedgerVerdict {
  const manners: CheckManners = { ...defaultManners, ...input.manners }
  const found: Case = {
    manners,
    rows: byRecipient(input.ledger),
    words: new Map(input.ledger.map((row) => [row, wordsOf(row)])),
    served: new Map(),
    duplicates: new Set(),
    problems: [],
  }
  checkKeys(input.promises, found.problems)
  for (const promise of input.promises) matchPromise(promise, found)
  adoptFruitless(input, found)
  const reminders = input.ledger.filter((row) => isReminder(row) && !found.served.has(row))
  checkReminders(reminders, found.problems)
  for (const row of input.ledger) {
    if (found.served.has(row) || found.duplicates.has(row) || reminders.includes(row)) continue
    found.problems.push(`${nameOf(row)} belongs to no promise`)
  }
  return {
    accepted: input.ledger.length,
    matched: [...found.served.keys()].filter((row) => !found.duplicates.has(row)).length + reminders.length,
    duplicates: found.duplicates.size,
    ...judgeManners(input.ledger, { manners, promisesOf: found.served, problems: found.problems }),
    problems: found.problems,
  }
}

/** A note to an advisor that tasks wait for her: it serves no promise of its own. */
const isReminder = (row: LedgerLine): boolean =>
  row.api === 'message/send' &&
  row.recipientKind === 'staff' &&
  /"msgtype":"textcard"/.test(JSON.stringify(row.body))

const mostReminders = 3
const dayMs = 86_400_000

function checkReminders(reminders: readonly LedgerLine[], problems: string[]): void {
  for (const row of reminders) {
    const around = reminders.filter(
      ({ recipient, acceptedAt }) =>
        recipient === row.recipient && acceptedAt >= row.acceptedAt && acceptedAt < row.acceptedAt + dayMs,
    )
    if (around.length > mostReminders)
      problems.push(`${row.recipient} was reminded ${String(around.length)} times in a day`)
  }
}

function byRecipient(ledger: readonly LedgerLine[]): Map<string, LedgerLine[]> {
  const rows = new Map<string, LedgerLine[]>()
  for (const row of ledger) {
    const own = rows.get(row.recipient)
    if (own) own.push(row)
    else rows.set(row.recipient, [row])
  }
  return rows
}

/** Everything a recipient or an auditor could see of it, as one text to search in. */
const wordsOf = (row: LedgerLine) => `${row.text}\n${row.links.join('\n')}\n${JSON.stringify(row.body) ?? ''}`

const titleOf = (promise: PromiseLine) => `promise ${promise.id} (${promise.dedupeKey})`

function checkKeys(promises: readonly PromiseLine[], problems: string[]): void {
  const keys = new Set<string>()
  for (const promise of promises) {
    if (promise.decision === 'declined') continue
    if (keys.has(promise.dedupeKey)) problems.push(`${titleOf(promise)} repeats a dedupe key`)
    keys.add(promise.dedupeKey)
  }
}

// ---------------------------------------------------------------- one promise and its rows

function matchPromise(promise: PromiseLine, found: Case): void {
  const shape = found.manners.shapes[promise.channel]
  if (!shape) {
    if (promise.state === 'sent' || promise.state === 'waiting')
      found.problems.push(
        `${titleOf(promise)} went out by channel ${promise.channel}, which the check does not know`,
      )
    return
  }
  switch (shape) {
    case 'broadcast':
      return matchOne(promise, tokenRows(promise, found, 'add_msg_template'), found)
    case 'welcome':
      return matchOne(promise, welcomeRows(promise, found), found)
    case 'staff-card':
      return matchOne(promise, cardRows(promise, found), found)
    case 'advisor-task':
      return matchTask(promise, found)
    case 'phone-task':
      return void matchCard(promise, found)
  }
}

function tokenRows(promise: PromiseLine, found: Case, api: string): LedgerLine[] {
  // Without a token the id itself must betray it; a promise never sent has neither, and finds nothing.
  const token = promise.token ?? promise.id
  return rowsOf(found, promise.subject, (row) => row.api === api && has(found, row, token))
}

/** Words of a welcome may carry no link; then the pair tells, for WeCom gives one welcome to each new contact. */
function welcomeRows(promise: PromiseLine, found: Case): LedgerLine[] {
  if (promise.token) return tokenRows(promise, found, 'send_welcome_msg')
  return rowsOf(
    found,
    promise.subject,
    (row) => row.api === 'send_welcome_msg' && row.sender === promise.sender,
  )
}

function cardRows(promise: PromiseLine, found: Case): LedgerLine[] {
  const staff = promise.subjectKind === 'staff' ? promise.subject : promise.sender
  return staff
    ? rowsOf(found, staff, (row) => row.recipientKind === 'staff' && has(found, row, promise.id))
    : []
}

const rowsOf = (found: Case, recipient: string, fits: (row: LedgerLine) => boolean) =>
  (found.rows.get(recipient) ?? []).filter(fits)

const has = (found: Case, row: LedgerLine, token: string) => (found.words.get(row) ?? '').includes(token)

/** Claims the row that serves the promise; live rows beyond the first are duplicates. */
function claim(promise: PromiseLine, rows: readonly LedgerLine[], found: Case): LedgerLine | undefined {
  const live = rows.filter((row) => row.status !== 'cancelled')
  const kept = live.find((row) => row.status === 'sent') ?? live[0] ?? rows[0]
  for (const row of rows) {
    if (row.recipientKind !== 'staff' && promise.sender && row.sender !== promise.sender)
      found.problems.push(`${nameOf(row)} was spoken by ${row.sender}, not by ${promise.sender}`)
    const served = found.served.get(row)
    if (served) served.push(promise)
    else found.served.set(row, [promise])
    if (row === kept || row.status === 'cancelled' || found.duplicates.has(row)) continue
    found.duplicates.add(row)
    found.problems.push(`${nameOf(row)} is one more for ${titleOf(promise)}`)
  }
  return kept
}

/** States in which a promise may still be on its way: a row may be there or not. */
const mayHaveLeft = new Set(['intent', 'unknown', 'held'])

function matchOne(promise: PromiseLine, rows: readonly LedgerLine[], found: Case): void {
  const row = claim(promise, rows, found)
  const state = stateOf(promise)
  if (state === 'sent' || state === 'waiting') {
    if (!row) found.problems.push(`${titleOf(promise)} is ${state}, but nothing was accepted`)
    else if (row.status === 'cancelled')
      found.problems.push(`${titleOf(promise)} is ${state}, but its row is cancelled`)
    // Waiting while the ledger says sent only means that the result has not been read yet.
    else if (state === 'sent' && row.recipientKind !== 'staff' && row.status !== 'sent')
      found.problems.push(`${titleOf(promise)} is sent, but its row is ${row.status}`)
  } else if (row && !mayHaveLeft.has(state)) {
    const ended = state === 'refused' || state === 'expired' || state === 'cancelled'
    const reached = row.status === 'sent' || (row.status === 'accepted' && !ended)
    if (reached) found.problems.push(`${titleOf(promise)} is ${state}, but ${nameOf(row)} is ${row.status}`)
  }
}

const stateOf = (promise: PromiseLine) =>
  promise.decision === 'declined' ? 'declined' : (promise.state ?? promise.decision)

/** A call is asked for by its card and leaves no other trace: done, given up or forgotten, the card was right. */
function matchCard(promise: PromiseLine, found: Case): string {
  const card = claim(promise, cardRows(promise, found), found)
  const state = stateOf(promise)
  if ((state === 'sent' || state === 'waiting') && !card)
    found.problems.push(`${titleOf(promise)} is ${state}, but no card asked for it`)
  if (card && (state === 'declined' || state === 'queued' || state === 'claimed' || state === 'later'))
    found.problems.push(`${titleOf(promise)} is ${state}, but ${nameOf(card)} asked for it`)
  return state
}

/** An advisor's task shows twice: the card that asks her, and, once she pressed, the words to the customer. */
function matchTask(promise: PromiseLine, found: Case): void {
  const state = matchCard(promise, found)
  const token = promise.token ?? promise.id
  const pressed = claim(
    promise,
    rowsOf(found, promise.subject, (row) => arrivedByHand(row) && has(found, row, token)),
    found,
  )
  if (state === 'sent' && !pressed)
    found.problems.push(`${titleOf(promise)} is sent, but nobody pressed send`)
  if (state !== 'sent' && pressed && !mayHaveLeft.has(state))
    found.problems.push(`${titleOf(promise)} is ${state}, but ${nameOf(pressed)} was pressed`)
}

/** A press that WeCom refused (she is no contact any more) is settled as not sent, and may come again. */
const arrivedByHand = (row: LedgerLine) => row.via === 'sidebar' && row.status !== 'failed'

/**
 * Rows that reached nobody need only some promise to the same person: a cancelled parcel is issued again under a
 * new token, and a press that failed leaves its promise waiting.
 */
function adoptFruitless(input: CheckInput, found: Case): void {
  const ofSubject = new Map<string, PromiseLine>()
  const keyOf = (shape: Shape | undefined, subject: string) => `${shape ?? ''} ${subject}`
  for (const promise of input.promises)
    ofSubject.set(keyOf(found.manners.shapes[promise.channel], promise.subject), promise)
  for (const row of input.ledger) {
    if (found.served.has(row)) continue
    const shape =
      row.status === 'cancelled'
        ? 'broadcast'
        : row.via === 'sidebar' && row.status === 'failed'
          ? 'advisor-task'
          : undefined
    const promise = shape && ofSubject.get(keyOf(shape, row.recipient))
    if (promise) found.served.set(row, [promise])
  }
}
