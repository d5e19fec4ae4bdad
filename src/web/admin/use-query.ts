import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** Reads and writes the address's query, so that filters and open drawers survive a reload and can be sent to a colleague. */
export const useAddress = () => {
  const route = useRoute()
  const router = useRouter()
  const get = (name: string): string => {
    const value = route.query[name]
    return typeof value === 'string' ? value : ''
  }
  /** Empty values leave the address; `push` makes the browser's Back undo it. */
  const set = (values: Readonly<Record<string, string>>, how: 'push' | 'replace' = 'replace'): void => {
    const query = { ...route.query }
    for (const [name, value] of Object.entries(values)) {
      if (value) query[name] = value
      else Reflect.deleteProperty(query, name)
    }
    void router[how]({ query })
  }
  const field = (name: string, alsoClear: readonly string[] = []): WritableComputedRef<string> =>
    computed({
      get: () => get(name),
      set: (value) => set({ ...Object.fromEntries(alsoClear.map((other) => [other, ''])), [name]: value }),
    })
  return { get, set, field }
}
