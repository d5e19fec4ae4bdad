/** `siyu log --kind --customer --since --limit`: the newest rows of the interaction log, oldest first. */
import { DateTime } from 'luxon'
import { isDay, isoOf, shopZone } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { customerOf, identitiesOf } from '../customer/index.ts'
import type { IdentityKind } from '../customer/index.ts'
import { isKind, kinds, readLog } from '../interaction/index.ts'
import type { LogRow } from '../interaction/index.ts'

export interface LogVerbOptions {
  /** One kind, or several separated by commas. */
  readonly kind?: string | undefined
  /** A customer's id, or any identity of hers: external_userid, id in the shop, hash of the phone. */
  readonly customer?: string | undefined
  /** A day, or an instant in ISO 8601. */
  readonly since?: string | undefined
  readonly limit?: string | number | undefined
}

export interface LogVerbRow extends Omit<LogRow, 'at' | 'recordedAt'> {
  readonly at: string
  readonly recordedAt: string
}

const maxLimit = 100_000

export async function runLog({ db }: { readonly db: Db }, options: LogVerbOptions): Promise<LogVerbRow[]> {
  const limit = Number(options.limit ?? 100)
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit)
    throw new Refusal('usage', `--limit ${String(options.limit)} is not a number of rows.`, 400, {
      fix: `Use a whole number from 1 to ${String(maxLimit)}.`,
    })
  const wanted = (options.kind ?? '').split(',').filter((kind) => kind !== '')
  const unknown = wanted.find((kind) => !isKind(kind))
  if (unknown !== undefined)
    throw new Refusal('usage', `--kind ${unknown} is not a kind of interaction.`, 400, {
      fix: `Use one of ${Object.keys(kinds).join(', ')}.`,
    })
  const rows = await readLog(db.reader, {
    limit,
    newestFirst: true,
    kinds: wanted,
    ...(options.customer === undefined ? {} : { identities: await identitiesNamed(db, options.customer) }),
    ...(options.since === undefined ? {} : { sinceAt: readSince(options.since) }),
  })
  return rows.reverse().map((row) => ({ ...row, at: isoOf(row.at), recordedAt: isoOf(row.recordedAt) }))
}

/** Every name she is known by, when she is known; else the name as given (somebody who is no customer). */
async function identitiesNamed({ reader }: Db, name: string): Promise<string[]> {
  const candidates = [name]
  for (const kind of ['external', 'shop', 'phone'] satisfies IdentityKind[]) {
    const customer = await customerOf(reader, { kind, value: name })
    if (customer !== null) candidates.push(customer)
  }
  const known = [...(await identitiesOf(reader, candidates)).values()]
  const names = known.flatMap((one) => [...one.externals, ...one.shopIds, ...one.phoneHashes])
  return names.length === 0 ? [name] : [...new Set(names)]
}

function readSince(text: string): Instant {
  const at = DateTime.fromISO(text, { zone: shopZone })
  if (!isDay(text) && !(/T/.test(text) && at.isValid))
    throw new Refusal('usage', `--since ${text} is neither a day nor an instant.`, 400, {
      fix: 'Write 2026-05-20, or 2026-05-20T09:30:00+08:00.',
    })
  return at.toMillis()
}
