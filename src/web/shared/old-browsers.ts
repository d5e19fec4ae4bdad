/**
 * What chrome64 and safari12 lack and our libraries use. Vite lowers syntax, never the library: import this module
 * first in `main.ts` of the sidebar and of H5.
 */
type Loose = Record<string, unknown>

const add = (target: object, name: string, value: unknown): void => {
  if (!(name in target)) Object.defineProperty(target, name, { value, writable: true, configurable: true })
}

add(window, 'globalThis', window)
add(window, 'queueMicrotask', (work: () => void) => {
  void Promise.resolve().then(work)
})
add(Object, 'fromEntries', (pairs: Iterable<readonly [string, unknown]>) => {
  const made: Loose = {}
  for (const [key, value] of pairs) made[key] = value
  return made
})
add(Array.prototype, 'flat', function flat(this: unknown[], depth = 1): unknown[] {
  return this.reduce<unknown[]>(
    (all, item) => all.concat(Array.isArray(item) && depth > 1 ? (item as unknown[]).flat(depth - 1) : item),
    [],
  )
})
add(
  Array.prototype,
  'flatMap',
  function flatMap(this: unknown[], make: (item: unknown, index: number) => unknown): unknown[] {
    return this.reduce<unknown[]>((all, item, index) => all.concat(make(item, index)), [])
  },
)
function at(this: ArrayLike<unknown>, index: number): unknown {
  return this[index < 0 ? this.length + index : index]
}
add(Array.prototype, 'at', at)
add(String.prototype, 'at', at)
add(String.prototype, 'replaceAll', function replaceAll(this: string, from: string, to: string): string {
  return this.split(from).join(to)
})
add(Promise, 'allSettled', (all: Iterable<unknown>) =>
  Promise.all(
    Array.from(all, (one) =>
      Promise.resolve(one).then(
        (value) => ({ status: 'fulfilled', value }),
        (reason: unknown) => ({ status: 'rejected', reason }),
      ),
    ),
  ),
)
