/**
 * Who keeps the buckets that several workers share. One process: memory. PostgreSQL: a row per channel, moved by one
 * statement on the database's clock. Redis, where it is set: a key per channel, moved by a script on Redis' clock.
 */
import type { Clock } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import type { Log } from '../base/log.ts'
import { createMemoryLimiter, createSharedLimiter } from './bucket.ts'
import type { Limiter, Reserve } from './bucket.ts'
import type { Redis } from './redis.ts'

/** A place further ahead than this was taken by a clock that has since been put back: begin anew. */
const horizonUs = 3_600_000_000

/**
 * The clock is read in SET, after the row is ours. Losing the last half second of a bucket with the whole database costs
 * nothing that counts, so nobody waits for the disk.
 */
const moveRow = `with quick as materialized (select set_config('synchronous_commit', 'off', true) as off)
insert into rate_bucket as b (name, due_us)
select $1::text, (extract(epoch from clock_timestamp()) * 1000000)::bigint + $2::bigint from quick
on conflict (name) do update set due_us = $2::bigint + case
  when b.due_us > (extract(epoch from clock_timestamp()) * 1000000)::bigint + ${String(horizonUs)}
  then (extract(epoch from clock_timestamp()) * 1000000)::bigint
  else greatest(b.due_us, (extract(epoch from clock_timestamp()) * 1000000)::bigint) end
returning due_us, (extract(epoch from clock_timestamp()) * 1000000)::bigint as now_us`

export function reserveInPostgres(db: Pick<Db, 'single'>): Reserve {
  return async (name, spacingMs, n) => {
    const takenUs = Math.round(spacingMs * n * 1_000)
    const [row] = await db.single<{ due_us: number; now_us: number }>(moveRow, [name, takenUs])
    if (!row) throw new Error('A rate bucket answered nothing.')
    return { nowMs: row.now_us / 1_000, offsetMs: (row.due_us - takenUs - row.now_us) / 1_000 }
  }
}

/** Numbers stay below 2^53, and Lua would print them short of digits. */
const moveKey = `local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local due = tonumber(redis.call('GET', KEYS[1]) or '0')
if due < now or due > now + ${String(horizonUs)} then due = now end
redis.call('SET', KEYS[1], string.format('%.0f', due + ARGV[1]), 'PX', string.format('%.0f', math.ceil((due + ARGV[1] - now) / 1000) + 1000))
return { string.format('%.0f', now), string.format('%.0f', due - now) }`

export function reserveInRedis(redis: Pick<Redis, 'script' | 'prefix'>): Reserve {
  return async (name, spacingMs, n) => {
    const [nowUs, offsetUs] = await redis.script(
      moveKey,
      [`${redis.prefix}:rate:${name}`],
      [String(Math.round(spacingMs * n * 1_000))],
    )
    return { nowMs: Number(nowUs) / 1_000, offsetMs: Number(offsetUs) / 1_000 }
  }
}

export interface LimiterParts {
  readonly db: Db
  readonly clock: Clock
  readonly log: Log
  readonly redis: Redis | null
}

export function createLimiter({ db, clock, log, redis }: LimiterParts): Limiter {
  if (db.dialect === 'sqlite') return createMemoryLimiter(clock)
  const inPostgres = reserveInPostgres(db)
  if (redis === null) return createSharedLimiter(clock, inPostgres)
  const inRedis = reserveInRedis(redis)
  return createSharedLimiter(clock, async (name, spacingMs, n) => {
    if (redis.missing() === null) {
      try {
        return await inRedis(name, spacingMs, n)
      } catch (error) {
        log.warn({ err: error }, 'Redis did not answer; the rate is kept by PostgreSQL meanwhile')
      }
    }
    // Half the rate: another worker may still reach Redis, and the two do not know of each other.
    return inPostgres(name, spacingMs * 2, n)
  })
}
