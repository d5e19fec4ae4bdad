/**
 * Links of 获客助手: who came by which, what is left of the paid quota, and what WeCom tells of them by itself (WECOM.md
 * §2.8, §3.10). Whoever opened a link without its channel, or whose event got lost, is found in the link's own list.
 */
import { z } from 'zod'
import type { Instant } from '../../base/clock.ts'
import type { Reader } from '../../base/db.ts'
import { OutsideFailure } from '../../base/errors.ts'
import { readMeta, writeMeta } from '../../base/meta.ts'
import { enteredBy, lockWay, updateWay, waysOf } from '../../customer/index.ts'
import type { Way } from '../../customer/index.ts'
import type { Follower } from '../../interaction/index.ts'
import { failureWords } from '../protocol/result.ts'
import { askReread, doneReread, postponeReread, readyRereads } from '../sync.store.ts'
import { record } from './deeds.ts'
import { wayActor } from './settle.ts'
import type { WayParts } from './settle.ts'

const meta = 'acquisition-quota'
const againMs = 60_000
const mostPages = 1_000

const quotaShape = z.object({ total: z.number(), balance: z.number(), at: z.number() })
export interface Quota {
  readonly total: number
  readonly balance: number
  readonly at: Instant
}

/** As last read; null where no link was ever in use. */
export async function knownQuota(reader: Reader): Promise<Quota | null> {
  const kept = await readMeta(reader, meta)
  return kept === null ? null : quotaShape.parse(JSON.parse(kept))
}

export const acquisitionFollower: Follower = {
  name: 'wecom-acquisition',
  kinds: ['acquisition-told'],
  async handle(ctx, rows) {
    for (const { detail } of rows) {
      const { ChangeType: change, LinkId: linkId } = detail
      if (typeof linkId !== 'string') {
        await askReread(ctx.tx, 'acquisition-quota', 'all', ctx.now)
        continue
      }
      const known = (await waysOf(ctx.tx)).find(({ remoteId }) => remoteId === linkId)
      const way = known && (await lockWay(ctx.tx, known.id))
      if (way?.state !== 'live') continue
      if (change === 'delete_link') {
        const gone: Way = { ...way, state: 'lost', why: '链接在企业微信里被删除', readyAt: null }
        await updateWay(ctx.tx, gone)
        record(ctx, 'way-lost', gone)
      } else await updateWay(ctx.tx, { ...way, why: '链接不可用：接待的顾问都不在了，请换顾问' })
    }
  },
}

/** What an event asked for; answers how many things. */
export async function readQuotaDue(parts: WayParts, now: Instant): Promise<number> {
  const [wish] = await readyRereads(parts.db.reader, ['acquisition-quota'], now, 1)
  if (!wish) return 0
  const why = await readQuota(parts)
  await parts.act(wayActor, (ctx) =>
    why === null ? doneReread(ctx.tx, wish) : postponeReread(ctx.tx, wish, now + againMs),
  )
  return 1
}

/** Null when it was read, else why not. */
async function readQuota({ api, act, log }: WayParts): Promise<string | null> {
  const read = await api.acquisitionQuota()
  if (read.kind !== 'ok') {
    log.warn({ why: failureWords(read) }, 'the quota of acquisition links could not be read')
    return failureWords(read)
  }
  const { total, balance } = read.value
  await act(wayActor, (ctx) => writeMeta(ctx.tx, meta, JSON.stringify({ total, balance, at: ctx.now })))
  return null
}

/** Each hour, where there are links. */
export async function readAcquired(parts: WayParts): Promise<void> {
  const links = (await waysOf(parts.db.reader)).filter(
    ({ kind, state }) => kind === 'link' && state === 'live',
  )
  if (links.length === 0) return
  const why = await readQuota(parts)
  for (const link of links) await readCustomers(parts, link)
  if (why !== null) throw new OutsideFailure(`customer_acquisition_quota: ${why}`)
}

async function readCustomers({ api, act }: WayParts, link: Way): Promise<void> {
  let from = ''
  for (let page = 0; page < mostPages; page += 1) {
    const read = await api.acquisitionCustomers(link.remoteId ?? '', from)
    if (read.kind !== 'ok')
      throw new OutsideFailure(`the customers of ${link.name} cannot be read: ${failureWords(read)}`)
    const { customer_list: customers, next_cursor: next } = read.value
    if (customers.length > 0)
      await act(wayActor, async (ctx) => {
        const known = await enteredBy(
          ctx.tx,
          link.mark,
          customers.map((one) => one.external_userid),
        )
        for (const { external_userid: external, userid: staff } of customers) {
          if (known.has(`${external}\n${staff}`)) continue
          ctx.record({
            kind: 'way-entered',
            at: ctx.now,
            source: 'wecom-way',
            sourceKey: `${link.id}:${external}:${staff}`,
            who: { external, staff },
            detail: { State: link.mark, found: 'link' },
          })
        }
      })
    from = next
    if (from === '') return
  }
}
