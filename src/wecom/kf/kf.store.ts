/** How far each account of 微信客服 is read, and who waits to be handed over. */
import type { Instant } from '../../base/clock.ts'
import type { Reader, Tx } from '../../base/db.ts'

export interface KfAccount {
  readonly kfid: string
  readonly name: string
  readonly state: 'listed' | 'gone'
  readonly cursor: string
  readonly epoch: number
  readonly asks: number
  readonly token: string | null
  readonly token_at: Instant | null
  readonly ready_at: Instant | null
  readonly pulled_at: Instant | null
  readonly why: string
}

const columns = 'kfid, name, state, cursor, epoch, asks, token, token_at, ready_at, pulled_at, why'

export const kfAccounts = (reader: Reader): Promise<KfAccount[]> =>
  reader.rows<KfAccount>(`select ${columns} from kf_account order by kfid`)

export const readyAccounts = (reader: Reader, now: Instant): Promise<KfAccount[]> =>
  reader.rows<KfAccount>(`select ${columns} from kf_account where ready_at <= $1 order by ready_at, kfid`, [
    now,
  ])

export async function nextPull(reader: Reader): Promise<Instant | null> {
  const [row] = await reader.rows<{ at: number | null }>('select min(ready_at) as at from kf_account')
  return row?.at ?? null
}

const fresh = (kfid: string, name: string, now: Instant) => ({
  kfid,
  name,
  state: 'listed',
  cursor: '',
  epoch: 0,
  asks: 1,
  token: null,
  token_at: null,
  ready_at: now,
  pulled_at: null,
  why: '',
})

/** There is something to pull at this account, known or not. */
export const askPull = (
  tx: Tx,
  kfid: string,
  token: { readonly token: string; readonly at: Instant },
  now: Instant,
): Promise<number> =>
  tx.insert(
    'kf_account',
    [{ ...fresh(kfid, '', now), token: token.token, token_at: token.at }],
    `ON CONFLICT (kfid) DO UPDATE SET asks = kf_account.asks + 1, token = excluded.token, token_at = excluded.token_at,
     ready_at = excluded.ready_at, state = excluded.state`,
  )

/** Events get lost: whoever has not been asked for is looked at all the same. */
export const askAll = (tx: Tx, now: Instant): Promise<number> =>
  tx.run(
    `UPDATE kf_account SET asks = asks + 1, ready_at = $1 WHERE state = 'listed' AND (ready_at IS NULL OR ready_at > $2)`,
    [now, now],
  )

/** The list of today; a new account is pulled at once. */
export async function saveAccounts(
  tx: Tx,
  listed: readonly { readonly kfid: string; readonly name: string }[],
  now: Instant,
): Promise<void> {
  const known = new Map((await kfAccounts(tx)).map((one) => [one.kfid, one]))
  const changed = listed.filter(({ kfid, name }) => {
    const one = known.get(kfid)
    return one === undefined || one.name !== name || one.state !== 'listed'
  })
  if (changed.length > 0)
    await tx.insert(
      'kf_account',
      changed.map(({ kfid, name }) => fresh(kfid, name, now)),
      'ON CONFLICT (kfid) DO UPDATE SET name = excluded.name, state = excluded.state, ready_at = excluded.ready_at',
    )
  const still = new Set(listed.map(({ kfid }) => kfid))
  for (const { kfid, state } of known.values())
    if (state === 'listed' && !still.has(kfid))
      await tx.run(`UPDATE kf_account SET state = 'gone', ready_at = NULL, why = '' WHERE kfid = $1`, [kfid])
}

/** A page was read. False: somebody else has read on meanwhile, and nothing of this page may be written. */
export const moveOn = async (
  tx: Tx,
  at: Pick<KfAccount, 'kfid' | 'epoch'>,
  cursor: string,
): Promise<boolean> =>
  (await tx.run('UPDATE kf_account SET cursor = $1, epoch = epoch + 1 WHERE kfid = $2 AND epoch = $3', [
    cursor,
    at.kfid,
    at.epoch,
  ])) === 1

/** To its end. A wish that came meanwhile stays. */
export const endPull = (tx: Tx, at: Pick<KfAccount, 'kfid' | 'asks'>, now: Instant): Promise<number> =>
  tx.run(
    `UPDATE kf_account SET pulled_at = $1, why = '', ready_at = CASE WHEN asks = $2 THEN NULL ELSE ready_at END WHERE kfid = $3`,
    [now, at.asks, at.kfid],
  )

/** Unless there is a newer wish: that one is looked at now. */
export const postponePull = (
  tx: Tx,
  at: Pick<KfAccount, 'kfid' | 'asks'>,
  to: Instant,
  why: string,
): Promise<number> =>
  tx.run('UPDATE kf_account SET ready_at = $1, why = $2 WHERE kfid = $3 AND asks = $4', [
    to,
    why,
    at.kfid,
    at.asks,
  ])

// ------------------------------------------------------------------ handing over

export interface HandOver {
  readonly kfid: string
  readonly external: string
  readonly msgid: string
  readonly asked_at: Instant
  readonly attempts: number
}

/** The latest wish counts; while one is under way she need not ask twice. */
export const askHandOver = (
  tx: Tx,
  wish: Pick<HandOver, 'kfid' | 'external' | 'msgid'>,
  now: Instant,
): Promise<number> =>
  tx.insert(
    'kf_hand_over',
    [{ ...wish, asked_at: now, ready_at: now, attempts: 0 }],
    'ON CONFLICT (kfid, external) DO NOTHING',
  )

export const readyHandOvers = (reader: Reader, now: Instant, limit: number): Promise<HandOver[]> =>
  reader.rows<HandOver>(
    `select kfid, external, msgid, asked_at, attempts from kf_hand_over where ready_at <= $1
     order by ready_at, kfid, external limit ${String(limit)}`,
    [now],
  )

export async function nextHandOver(reader: Reader): Promise<Instant | null> {
  const [row] = await reader.rows<{ at: number | null }>('select min(ready_at) as at from kf_hand_over')
  return row?.at ?? null
}

/** False: somebody else has done it. */
export const doneHandOver = async (tx: Tx, one: HandOver): Promise<boolean> =>
  (await tx.run('DELETE FROM kf_hand_over WHERE kfid = $1 AND external = $2 AND msgid = $3', [
    one.kfid,
    one.external,
    one.msgid,
  ])) === 1

/** It did not go; counted like an attempt, also where no call was made. */
export const postponeHandOver = (tx: Tx, one: HandOver, to: Instant): Promise<number> =>
  tx.run(
    'UPDATE kf_hand_over SET attempts = $1, ready_at = $2 WHERE kfid = $3 AND external = $4 AND msgid = $5',
    [one.attempts + 1, to, one.kfid, one.external, one.msgid],
  )

/** Before each call: whoever finds an attempt made knows that it may have been done. False: somebody else is at it. */
export const takeHandOver = async (tx: Tx, one: HandOver, until: Instant): Promise<boolean> =>
  (await tx.run(
    'UPDATE kf_hand_over SET attempts = attempts + 1, ready_at = $1 WHERE kfid = $2 AND external = $3 AND attempts = $4',
    [until, one.kfid, one.external, one.attempts],
  )) === 1
