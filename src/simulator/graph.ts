import { WorldError } from './errors.ts'

/**
 * Objects as a JSON document and back: Map, Set and Buffer keep their kind, and what two places share is shared again
 * afterwards (a ledger row and the task that settles it are one object).
 */
export type Encoded = null | boolean | number | string | Encoded[] | { [name: string]: Encoded }

export function encode(root: unknown): Encoded {
  const seen = new Map<object, number>()
  const shared = findShared(root)
  const walk = (value: unknown, where: string): Encoded => {
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (typeof value !== 'object')
      throw new WorldError(`${where} is a ${typeof value}: no snapshot can keep it`)
    const number = seen.get(value)
    if (number !== undefined) return { $ref: number }
    if (!shared.has(value)) return inner(value, where)
    seen.set(value, seen.size)
    return { $shared: inner(value, where) }
  }
  const each = (values: Iterable<unknown>, where: string): Encoded[] =>
    Array.from(values, (value, i) => walk(value, `${where}[${i}]`))
  const inner = (value: object, where: string): Encoded => {
    if (Array.isArray(value)) return each(value, where)
    if (value instanceof Map)
      return {
        $map: Array.from(value, ([key, one]) => [walk(key, where), walk(one, `${where}.${String(key)}`)]),
      }
    if (value instanceof Set) return { $set: each(value, where) }
    if (Buffer.isBuffer(value)) return { $bytes: value.toString('base64') }
    if (Object.getPrototypeOf(value) !== Object.prototype)
      throw new WorldError(`${where} is a ${value.constructor.name}: no snapshot can keep it`)
    const fields = Object.entries(value).filter(([, one]) => one !== undefined)
    const pairs = fields.map(([name, one]) => [name, walk(one, `${where}.${name}`)] as const)
    // Names of our own marks in somebody's message must not be taken for them.
    if (pairs.some(([name]) => name.startsWith('$') || name === '__proto__'))
      return { $pairs: pairs.map(([name, one]) => [name, one]) }
    return Object.fromEntries(pairs)
  }
  return walk(root, 'world')
}

/** What is reached by more than one way. */
function findShared(root: unknown): Set<object> {
  const once = new Set<object>()
  const shared = new Set<object>()
  const waiting: unknown[] = [root]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (value === null || typeof value !== 'object') continue
    if (once.has(value)) {
      shared.add(value)
      continue
    }
    once.add(value)
    if (value instanceof Map) for (const pair of value) waiting.push(pair[0], pair[1])
    else if (value instanceof Set || Array.isArray(value)) for (const one of value) waiting.push(one)
    else if (!Buffer.isBuffer(value)) for (const one of Object.values(value)) waiting.push(one)
  }
  return shared
}

export function decode(document: Encoded): unknown {
  const known: unknown[] = []
  const walk = (value: Encoded, keep: (made: unknown) => void = () => {}): unknown => {
    if (value === null || typeof value !== 'object') return value
    if (Array.isArray(value)) {
      const list: unknown[] = []
      keep(list)
      for (const one of value) list.push(walk(one))
      return list
    }
    if (typeof value['$ref'] === 'number') {
      if (!(value['$ref'] in known)) throw new WorldError('the document names a part it does not hold')
      return known[value['$ref']]
    }
    if (value['$shared'] !== undefined) {
      // Numbered before it is filled, as it was on the way out: parts of it may lead back to it.
      const number = known.push(undefined) - 1
      return walk(value['$shared'], (made) => (known[number] = made))
    }
    if (value['$map'] !== undefined) {
      const map = new Map<unknown, unknown>()
      keep(map)
      for (const [key, one] of pairsOf(value['$map'])) map.set(walk(key), walk(one))
      return map
    }
    if (value['$set'] !== undefined) {
      const set = new Set<unknown>()
      keep(set)
      for (const one of listOf(value['$set'])) set.add(walk(one))
      return set
    }
    if (typeof value['$bytes'] === 'string') {
      const bytes = Buffer.from(value['$bytes'], 'base64')
      keep(bytes)
      return bytes
    }
    const object: Record<string, unknown> = {}
    keep(object)
    const pairs = value['$pairs'] === undefined ? Object.entries(value) : pairsOf(value['$pairs'])
    for (const [name, one] of pairs) {
      const field = { value: walk(one), enumerable: true, writable: true, configurable: true }
      Object.defineProperty(object, String(name), field)
    }
    return object
  }
  return walk(document)
}

function listOf(value: Encoded): Encoded[] {
  if (!Array.isArray(value)) throw new WorldError('the document is damaged: a list is missing')
  return value
}

function pairsOf(value: Encoded): [Encoded, Encoded][] {
  return listOf(value).map((pair) => {
    const [key, one] = listOf(pair)
    if (key === undefined || one === undefined) throw new WorldError('the document is damaged: half a pair')
    return [key, one]
  })
}
