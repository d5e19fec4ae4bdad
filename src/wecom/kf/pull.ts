/**
 * Reads what was said in 微信客服. The event brings a token and no words, so an account is put down to be pulled and read
 * page by page; messages older than three days are gone (WECOM.md §5), so every account is also looked at without an
 * event. A page's rows and the cursor behind it are one transaction, held by an epoch: whoever was frozen or slow writes
 * nothing over what another server has read meanwhile, and a page read twice is dropped row by row by its msgids.
 */
import { system } from '../../base/act.ts'
import type { Ctx } from '../../base/act.ts'
import { days, minutes, seconds } from '../../base/clock.ts'
import type { Instant } from '../../base/clock.ts'
import { isDatabaseTrouble } from '../../base/db.ts'
import { namesOfExternals } from '../../customer/index.ts'
import { forgetWords } from '../../interaction/index.ts'
import { forgottenAt } from '../contacts.ts'
import { failureWords } from '../protocol/result.ts'
import type { Failure } from '../protocol/result.ts'
import { askReread } from '../sync.store.ts'
import { heardIn } from './heard.ts'
import type { Heard } from './heard.ts'
import { endPull, moveOn, postponePull, readyAccounts } from './kf.store.ts'
import type { KfAccount } from './kf.store.ts'
import type { KfParts } from './parts.ts'

/** A page is one transaction, and others wait for it. */
const pageRows = 300
/** Then the other accounts have their turn; a page may be empty and yet not the last. */
const pagesAtOnce = 50
const tokenMs = minutes(10)
const keptMs = days(3)

export const kfActor = system('kf')

/** Answers how many accounts were read. */
export async function pullDue(parts: KfParts, now: Instant): Promise<number> {
  const due = await readyAccounts(parts.db.reader, now)
  for (const account of due) await pullAccount(parts, account)
  return due.length
}

/** Another server has read on: nothing of this page is written here. */
class Overtaken extends Error {}

async function pullAccount(parts: KfParts, account: KfAccount): Promise<void> {
  const { api, act, clock, log } = parts
  const { kfid, asks, token, token_at: tokenAt, pulled_at: pulledAt } = account
  const isFresh = token !== null && token !== '' && clock.now() < (tokenAt ?? 0) + tokenMs
  if (pulledAt !== null && clock.now() - pulledAt > keptMs)
    log.warn({ kfid, pulledAt }, 'some messages of 微信客服 are older than WeCom keeps them and may be lost')
  let at = { kfid, asks, epoch: account.epoch, cursor: account.cursor }
  for (let pages = 0; pages < pagesAtOnce; pages += 1) {
    const page = await api.pullKf({
      open_kfid: kfid,
      limit: pageRows,
      ...(at.cursor === '' ? {} : { cursor: at.cursor }),
      ...(isFresh ? { token } : {}),
    })
    await parts.failPoint?.('pulled')
    if (page.kind !== 'ok' && !isLost(page, at.cursor)) return giveBack(parts, at, page)
    const { next_cursor, has_more: hasMore, msg_list: messages } =
      // The cursor is good no more: from the beginning, which tells nothing twice.
      page.kind === 'ok' ? page.value : { next_cursor: '', has_more: true, msg_list: [] }
    const readable = messages.filter((one) => one !== null)
    if (readable.length < messages.length)
      log.error(
        { kfid, count: messages.length - readable.length },
        'messages of 微信客服 that nobody can read',
      )
    const to = page.kind === 'ok' && next_cursor === '' ? at.cursor : next_cursor
    const heard = readable.map((message) => heardIn(sourceOf(parts.corpId, kfid), kfid, message))
    try {
      await takePage(parts, at, { to, isLast: !hasMore }, heard)
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error
      log.info({ kfid }, 'another server reads this account of 微信客服')
      return
    }
    if (!hasMore) return
    at = { ...at, cursor: to, epoch: at.epoch + 1 }
  }
  await act(kfActor, (ctx) => postponePull(ctx.tx, at, ctx.now + 1, ''))
}

export const sourceOf = (corpId: string, kfid: string): string => `kf:${corpId}:${kfid}`

const isLost = (failure: Failure, cursor: string): boolean =>
  failure.kind === 'error' && failure.name === 'bad-cursor' && cursor !== ''

type Position = Pick<KfAccount, 'kfid' | 'asks' | 'epoch'>

interface Step {
  readonly to: string
  readonly isLast: boolean
}

async function takePage(parts: KfParts, at: Position, step: Step, heard: readonly Heard[]): Promise<void> {
  try {
    await writePage(parts, at, step, heard)
  } catch (error) {
    if (error instanceof Overtaken || isDatabaseTrouble(error) || heard.length === 0) throw error
    // One bad message must not keep back its page for ever: they are taken one by one, and the cursor goes on.
    for (const one of heard) await takeOne(parts, one)
    await writePage(parts, at, step, [])
  }
}

const writePage = (parts: KfParts, at: Position, { to, isLast }: Step, heard: readonly Heard[]) =>
  parts.act(kfActor, async (ctx) => {
    if (!(await moveOn(ctx.tx, at, to))) throw new Overtaken()
    if (isLast) await endPull(ctx.tx, at, ctx.now)
    await tell(parts, ctx, heard)
  })

async function takeOne(parts: KfParts, one: Heard): Promise<void> {
  try {
    await parts.act(kfActor, (ctx) => tell(parts, ctx, [one]))
  } catch (error) {
    if (isDatabaseTrouble(error)) throw error
    parts.log.error(
      { msgid: one.happenings[0]?.sourceKey, err: error },
      'a message of 微信客服 could not be recorded',
    )
  }
}

async function tell({ erasures }: KfParts, ctx: Ctx, heard: readonly Heard[]): Promise<void> {
  const recalled = new Set(heard.flatMap((one) => one.recalled ?? []))
  for (const { happenings, recalled: msgid } of heard) {
    for (const { said, ...happening } of happenings)
      ctx.record({
        ...happening,
        ...(said === undefined || recalled.has(happening.sourceKey) ? {} : { said }),
      })
    const [first] = happenings
    if (msgid !== null && first) await forgetWords(ctx.tx, first.source, [msgid])
  }
  const heardAt = new Map(
    heard.flatMap(({ external, happenings: [first] }) =>
      external === null || !first ? [] : [[external, first.at] as const],
    ),
  )
  const externals = [...heardAt.keys()].sort()
  const known = await namesOfExternals(ctx.tx, externals)
  const forgotten = await forgottenAt(ctx.tx, erasures, externals)
  for (const external of externals)
    if (!known.has(external) && (heardAt.get(external) ?? 0) > (forgotten.get(external) ?? 0))
      await askReread(ctx.tx, 'kf-customer', external, ctx.now)
}

/** WeCom away or busy: in a while; something a person has to mend: later. */
async function giveBack({ act, log }: KfParts, at: Position, failure: Failure): Promise<void> {
  const why = failureWords(failure)
  log.warn({ kfid: at.kfid, why }, '微信客服 could not be read and will be tried again')
  await act(kfActor, (ctx) => postponePull(ctx.tx, at, ctx.now + restOf(failure), why))
}

const restOf = (failure: Failure): number => {
  if (failure.kind === 'unknown') return seconds(10)
  if (failure.kind === 'notSent' || failure.retryAfterMs !== undefined)
    return failure.retryAfterMs ?? seconds(10)
  return minutes(10)
}
