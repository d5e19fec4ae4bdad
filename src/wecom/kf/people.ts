/** Names of those who write in 微信客服 and are nobody's contact; WeCom tells them for 48 hours (WECOM.md §5). */
import { minutes, seconds } from '../../base/clock.ts'
import type { Instant } from '../../base/clock.ts'
import { saveStrangers } from '../../customer/index.ts'
import { tellUnionids } from '../contacts.ts'
import { doneReread, postponeReread, readyRereads } from '../sync.store.ts'
import type { KfParts } from './parts.ts'
import { kfActor } from './pull.ts'

/** The most that one call names. */
const atOnce = 100
const againMs = [seconds(10), minutes(1), minutes(10)]

/** Answers how many were asked for. */
export async function nameDue({ db, act, api }: KfParts, now: Instant): Promise<number> {
  const due = await readyRereads(db.reader, ['kf-customer'], now, atOnce)
  if (due.length === 0) return 0
  const answer = await api.kfCustomers(due.map(({ id }) => id))
  await act(kfActor, async (ctx) => {
    if (answer.kind !== 'ok') {
      for (const one of due) {
        const wait = againMs[one.attempts]
        if (wait === undefined) await doneReread(ctx.tx, one)
        else await postponeReread(ctx.tx, one, now + wait)
      }
      return
    }
    // Whoever was forgotten meanwhile is not waited for any more.
    const waited = new Set<string>()
    for (const one of due) if ((await doneReread(ctx.tx, one)) === 1) waited.add(one.id)
    const seen = answer.value.customer_list
      .filter((one) => waited.has(one.external_userid))
      .map((one) => ({
        external: one.external_userid,
        name: one.nickname,
        avatar: one.avatar,
        gender: one.gender,
        unionid: one.unionid,
      }))
    await saveStrangers(ctx, seen)
    await tellUnionids(ctx, seen)
  })
  return due.length
}
