/** 微信客服 as a part of the server: what follows the log, what runs by the clock, and what of it is due now. */
import { minutes } from '../../base/clock.ts'
import type { Instant } from '../../base/clock.ts'
import { OutsideFailure } from '../../base/errors.ts'
import type { Job } from '../../base/jobs.ts'
import type { Follower } from '../../interaction/index.ts'
import { askReread } from '../sync.store.ts'
import { readAccounts, readAccountsDue } from './accounts.ts'
import { failedFollower } from './failed.ts'
import { handOverDue, handOverFollower } from './hand-over.ts'
import { askAll, askPull, kfAccounts, nextHandOver, nextPull } from './kf.store.ts'
import type { KfParts } from './parts.ts'
import { nameDue } from './people.ts'
import { kfActor, pullDue } from './pull.ts'

export type { KfParts } from './parts.ts'

export interface Kf {
  readonly followers: readonly Follower[]
  readonly jobs: readonly Job[]
  /** What was missed while nobody was there: all accounts are read again. */
  begin(): Promise<void>
  /** Reads what is due; answers how many things. */
  readDue(now: Instant): Promise<number>
  /** Hands over who asked for a person. */
  handOverDue(now: Instant): Promise<number>
  nextDueAt(): Promise<Instant | null>
  /** Null when every account was read to its end, else what is missing. */
  incomplete(): Promise<string | null>
}

/** A pull that is due for longer than this is behind. */
const behindMs = minutes(2)

export function createKf(parts: KfParts): Kf {
  const { db, act, clock } = parts
  const askForAll = async (): Promise<void> => {
    if ((await kfAccounts(db.reader)).some(({ state }) => state === 'listed'))
      await act(kfActor, (ctx) => askAll(ctx.tx, ctx.now))
  }
  const list = async (): Promise<void> => {
    const why = await readAccounts(parts)
    if (why !== null) throw new OutsideFailure(`kf/account/list: ${why}`)
  }
  return {
    followers: [pullFollower(parts), handOverFollower(parts), failedFollower],
    jobs: [
      {
        name: 'kf-accounts',
        schedule: { every: 'minutes', minutes: 60 },
        catchUpMs: minutes(60),
        run: list,
      },
      {
        name: 'kf-pull',
        schedule: { every: 'minutes', minutes: 5 },
        catchUpMs: minutes(5),
        run: askForAll,
      },
    ],
    async begin() {
      await askForAll()
      await readAccounts(parts)
    },
    readDue: async (now) =>
      (await readAccountsDue(parts, now)) + (await pullDue(parts, now)) + (await nameDue(parts, now)),
    handOverDue: (now) => handOverDue(parts, now),
    async nextDueAt() {
      const times = [await nextPull(db.reader), await nextHandOver(db.reader)].filter((at) => at !== null)
      return times.length === 0 ? null : Math.min(...times)
    },
    async incomplete() {
      const late = (await kfAccounts(db.reader)).filter(
        ({ state, why, pulled_at: pulledAt, ready_at: readyAt }) =>
          state === 'listed' &&
          (why !== '' || pulledAt === null || (readyAt !== null && readyAt < clock.now() - behindMs)),
      )
      const [first] = late
      if (!first) return null
      const which = `${String(late.length)} accounts of 微信客服 are not read to their end`
      return first.why === '' ? which : `${which}: ${first.why}`
    },
  }
}

const pullFollower = ({ wake }: Pick<KfParts, 'wake'>): Follower => ({
  name: 'kf-pull',
  kinds: ['kf-changed'],
  // A greeting has twenty seconds from the event, this reading included.
  urgent: true,
  async handle(ctx, rows) {
    for (const { detail, at } of rows) {
      const [kfid, token] = [detail['OpenKfId'], detail['Token']]
      if (detail['Event'] !== 'kf_msg_or_event') await askReread(ctx.tx, 'kf-accounts', 'all', ctx.now)
      else if (typeof kfid === 'string')
        await askPull(ctx.tx, kfid, { token: typeof token === 'string' ? token : '', at }, ctx.now)
    }
    if (wake) ctx.afterCommit(wake)
  },
})
