/**
 * The group robots of the environment, and which of them WeCom says are of no use: removed from their group or switched
 * off there (93000, 93004, 93008). Such a one is left alone for a day, or until it has another key.
 */
import type { Clock } from '../base/clock.ts'
import { hours } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { sha256 } from '../base/ids.ts'
import type { Log } from '../base/log.ts'
import { readMeta, writeMeta } from '../base/meta.ts'

const leftAloneMs = hours(24)

export interface Robots {
  readonly names: readonly string[]
  /** Null: the environment names no such robot. */
  keyOf(name: string): string | null
  isOutOfUse(name: string): Promise<boolean>
  putOutOfUse(name: string, why: string): Promise<void>
  /** It has spoken. */
  isWell(name: string): Promise<void>
  /** For /readyz; null when all are of use. */
  missing(): Promise<string | null>
}

interface Out {
  readonly at: number
  readonly why: string
  /** Which key it was, told by nobody. */
  readonly mark: string
}

const metaOf = (name: string): string => `robot-out-of-use:${name}`
const markOf = (key: string): string => sha256(`robot\n${key}`).slice(0, 16)

export function createRobots(parts: {
  readonly db: Db
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  readonly keys: ReadonlyMap<string, string>
}): Robots {
  const { db, clock, log, keys } = parts

  async function outOf(name: string): Promise<Out | null> {
    const key = keys.get(name)
    const text = await readMeta(db.reader, metaOf(name))
    const out = text === null || text === '' ? null : (JSON.parse(text) as Out)
    return out !== null && key !== undefined && out.mark === markOf(key) ? out : null
  }

  return {
    names: [...keys.keys()],
    keyOf: (name) => keys.get(name) ?? null,
    async isOutOfUse(name) {
      const out = await outOf(name)
      return out !== null && clock.now() < out.at + leftAloneMs
    },
    async putOutOfUse(name, why) {
      const out: Out = { at: clock.now(), why, mark: markOf(keys.get(name) ?? '') }
      log.error({ robot: name, why }, 'a group robot is out of use: look whether it is still in its group')
      await db.tx((tx) => writeMeta(tx, metaOf(name), JSON.stringify(out)))
    },
    async isWell(name) {
      if ((await outOf(name)) !== null) await db.tx((tx) => writeMeta(tx, metaOf(name), ''))
    },
    async missing() {
      const out: string[] = []
      for (const name of keys.keys()) {
        const found = await outOf(name)
        if (found) out.push(`${name}: ${found.why}`)
      }
      return out.length === 0 ? null : `group robots out of use: ${out.join('; ')}`
    },
  }
}
