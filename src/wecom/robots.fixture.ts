/** Group robots for tests without a database. */
import type { Robots } from './robots.ts'

export function robotsOf(keys: Readonly<Record<string, string>> = {}): Robots {
  const out = new Map<string, string>()
  return {
    names: Object.keys(keys),
    keyOf: (name) => keys[name] ?? null,
    isOutOfUse: (name) => Promise.resolve(out.has(name)),
    putOutOfUse: (name, why) => Promise.resolve(void out.set(name, why)),
    isWell: (name) => Promise.resolve(void out.delete(name)),
    missing: () => Promise.resolve(null),
  }
}
