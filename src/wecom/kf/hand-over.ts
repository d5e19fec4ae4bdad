/**
 * Who asks for a person gets one: her advisor, if she serves at this account and is taking customers, else the pool
 * (WECOM.md §5). It changes who answers and says nothing; the words that go with it are a touchpoint's, by the code that
 * the change brings. Whoever is with a person already, or whose conversation has ended, is left there.
 */
import { dayOf } from '../../base/calendar.ts'
import { hours, minutes, seconds } from '../../base/clock.ts'
import type { Instant } from '../../base/clock.ts'
import { customerOfExternal } from '../../customer/index.ts'
import { leaveOn, leavesFrom, sendersOf } from '../../outbox/index.ts'
import { currentCadence } from '../../cadence/index.ts'
import type { Follower } from '../../interaction/index.ts'
import { failureWords } from '../protocol/result.ts'
import type { Failure } from '../protocol/result.ts'
import { askHandOver, doneHandOver, postponeHandOver, readyHandOvers, takeHandOver } from './kf.store.ts'
import type { HandOver } from './kf.store.ts'
import type { KfParts } from './parts.ts'
import { kfActor, sourceOf } from './pull.ts'

/** Asked longer ago, she has been answered, or has gone. */
const withinMs = hours(24)
/** A call takes less: until then nobody else is at it. */
const callMs = seconds(30)
const againMs = [seconds(2), seconds(10), minutes(1), minutes(5)]
const atOnce = 20

export const handOverFollower = ({ wake }: Pick<KfParts, 'wake'>): Follower => ({
  name: 'kf-hand-over',
  kinds: ['kf-said'],
  async handle(ctx, rows) {
    const asked = rows.filter(({ detail, at }) => detail['meaning'] === 'human' && at > ctx.now - withinMs)
    if (asked.length === 0) return
    const cadence = await currentCadence(ctx.tx)
    if (cadence?.touchpoints.some(({ rules }) => rules.kind === 'kf-human') !== true) return
    for (const { who, detail, sourceKey: msgid } of asked)
      if (who.external !== undefined)
        await askHandOver(ctx.tx, { kfid: String(detail['kfid']), external: who.external, msgid }, ctx.now)
    if (wake) ctx.afterCommit(wake)
  },
})

/** Answers how many were looked at. */
export async function handOverDue(parts: KfParts, now: Instant): Promise<number> {
  const due = await readyHandOvers(parts.db.reader, now, atOnce)
  for (const one of due) {
    const failure = await handOver(parts, one)
    if (failure) await giveBack(parts, one, failure)
  }
  return due.length
}

/** 2 in the pool, 3 with a person. */
type Turn = { readonly state: 2 } | { readonly state: 3; readonly staff: string }

async function handOver(parts: KfParts, one: HandOver): Promise<Failure | null> {
  const { api, act, clock } = parts
  const pair = { open_kfid: one.kfid, external_userid: one.external }
  const before = await api.kfState(pair)
  if (before.kind !== 'ok') return before
  const { service_state: state, servicer_userid: staff } = before.value
  if (state === 2 || state === 3) {
    // An attempt of ours whose answer was lost has done it; otherwise it was somebody else, and nothing is told.
    const turn: Turn = state === 3 ? { state, staff } : { state }
    await (one.attempts > 0 ? settle(parts, one, turn, '') : drop(parts, one))
    return null
  }
  if (state === 4) {
    await drop(parts, one)
    return null
  }
  if (!(await act(kfActor, (ctx) => takeHandOver(ctx.tx, one, clock.now() + callMs)))) return null
  const advisor = await advisorThere(parts, one)
  const direct =
    advisor === null ? null : await api.changeKfState({ ...pair, service_state: 3, servicer_userid: advisor })
  if (advisor !== null && direct?.kind === 'ok') {
    await settle(parts, one, { state: 3, staff: advisor }, direct.value.msg_code)
    return null
  }
  if (direct?.kind === 'unknown') return direct
  // She may be full, or off duty since: then whoever is free.
  const pooled = await api.changeKfState({ ...pair, service_state: 2 })
  if (pooled.kind !== 'ok') return pooled
  await settle(parts, one, { state: 2 }, pooled.value.msg_code)
  return null
}

/** Her advisor, taking customers at this account right now; null when nobody. */
async function advisorThere({ db, api, clock }: KfParts, one: HandOver): Promise<string | null> {
  const customer = await customerOfExternal(db.reader, one.external)
  const advisor = customer === null ? undefined : (await sendersOf(db.reader, [customer])).get(customer)
  if (!advisor) return null
  const today = dayOf(clock.now())
  const leaves = (await leavesFrom(db.reader, today)).filter(({ staff }) => staff === advisor.staff)
  if (leaveOn(leaves, today) !== null) return null
  const serving = await api.servicers(one.kfid)
  if (serving.kind !== 'ok') return null
  const there = serving.value.servicer_list.some(
    ({ userid, status = 0 }) => userid?.toLowerCase() === advisor.staff.toLowerCase() && status === 0,
  )
  return there ? advisor.staff : null
}

const drop = ({ act }: KfParts, one: HandOver): Promise<boolean> =>
  act(kfActor, (ctx) => doneHandOver(ctx.tx, one))

const settle = ({ act, corpId }: KfParts, one: HandOver, turn: Turn, code: string): Promise<void> =>
  act(kfActor, async (ctx) => {
    if (!(await doneHandOver(ctx.tx, one))) return
    ctx.record({
      kind: 'kf-handed-over',
      at: ctx.now,
      source: sourceOf(corpId, one.kfid),
      sourceKey: `handed-over:${one.msgid}`,
      who: { external: one.external, ...(turn.state === 3 ? { staff: turn.staff } : {}) },
      detail: { kfid: one.kfid, state: turn.state, asked: one.msgid, ...(code === '' ? {} : { code }) },
    })
  })

async function giveBack({ act, log }: KfParts, one: HandOver, failure: Failure): Promise<void> {
  const wait = againMs[one.attempts]
  const why = failureWords(failure)
  if (wait === undefined)
    log.error({ kfid: one.kfid, msgid: one.msgid, why }, 'who asked for a person could not be handed over')
  else log.warn({ kfid: one.kfid, why }, 'handing over will be tried again')
  await act(kfActor, async (ctx) => {
    if (wait === undefined) await doneHandOver(ctx.tx, one)
    else await postponeHandOver(ctx.tx, one, ctx.now + wait)
  })
}
