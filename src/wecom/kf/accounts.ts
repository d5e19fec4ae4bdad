/** Which accounts of 微信客服 there are: asked at the start, each hour, and when WeCom says that something changed. */
import { minutes } from '../../base/clock.ts'
import type { Instant } from '../../base/clock.ts'
import { failureWords } from '../protocol/result.ts'
import type { Failure, Result } from '../protocol/result.ts'
import { doneReread, postponeReread, readyRereads } from '../sync.store.ts'
import { kfAccounts, saveAccounts } from './kf.store.ts'
import type { KfParts } from './parts.ts'
import { kfActor } from './pull.ts'

interface Listed {
  readonly kfid: string
  readonly name: string
}

const perPage = 100
/** WeCom has 5,000 at most. */
const mostPages = 50
const againMs = minutes(1)

/** Answers why not, or null. A shop without 微信客服 may not even ask: that is no trouble. */
export async function readAccounts(parts: KfParts): Promise<string | null> {
  const listed = await listAll(parts)
  if (listed.kind === 'ok') {
    await parts.act(kfActor, (ctx) => saveAccounts(ctx.tx, listed.value, ctx.now))
    return null
  }
  const known = await kfAccounts(parts.db.reader)
  const why = failureWords(listed)
  const has = known.some(({ state }) => state === 'listed')
  if (has) parts.log.warn({ why }, 'the accounts of 微信客服 could not be read')
  else parts.log.info({ why }, 'no accounts of 微信客服 can be read')
  return has || listed.kind !== 'error' ? why : null
}

async function listAll({ api }: KfParts): Promise<Result<Listed[]> | Failure> {
  const found: Listed[] = []
  for (let page = 0; page < mostPages; page += 1) {
    const answer = await api.kfAccounts(page * perPage)
    if (answer.kind !== 'ok') return answer
    const list = answer.value.account_list
    found.push(...list.map(({ open_kfid: kfid, name }) => ({ kfid, name })))
    if (list.length < perPage) break
  }
  return { kind: 'ok', value: found }
}

/** What an event asked for. */
export async function readAccountsDue(parts: KfParts, now: Instant): Promise<number> {
  const [wish] = await readyRereads(parts.db.reader, ['kf-accounts'], now, 1)
  if (!wish) return 0
  const why = await readAccounts(parts)
  await parts.act(kfActor, (ctx) =>
    why === null ? doneReread(ctx.tx, wish) : postponeReread(ctx.tx, wish, now + againMs),
  )
  return 1
}
