import { ApiError } from './errors.ts'
import type { Rng, RngImage } from './rng.ts'
import type { Fault, FaultKind, FaultRequest } from './types.ts'

const kinds: readonly FaultKind[] = [
  'refuse',
  'reset-before',
  'reset-after',
  'timeout-after',
  'errcode',
  'http-502-html',
  'slow',
  'truncate',
  'bad-json',
  'missing-errcode',
  'invalidate-token',
  'expire-token',
  'duplicate',
]

/** Faults that strike calls; the first match in order of adding wins, except that `slow` adds up with others. */
export interface Faults {
  add(request: FaultRequest, now: number): Fault
  list(): readonly Fault[]
  clear(id?: string): void
  strike(api: string, now: number, only?: readonly FaultKind[]): Fault | null
  image(): FaultsImage
  restore(image: FaultsImage): void
}

export interface FaultsImage {
  readonly faults: Fault[]
  readonly count: number
  readonly rng: RngImage
}

export function isFaultKind(kind: unknown): kind is FaultKind {
  return kinds.some((known) => known === kind)
}

export function createFaults(rng: Rng): Faults {
  let faults: Fault[] = []
  let count = 0
  return {
    add(request, now) {
      if (!isFaultKind(request.kind)) throw new ApiError(40058, `kind is one of ${kinds.join(', ')}`)
      if (request.kind === 'errcode' && typeof request.errcode !== 'number')
        throw new ApiError(40063, 'errcode')
      const windowed = request.kind === 'errcode' && request.ms !== undefined
      const fault: Fault = {
        ...request,
        id: `fault${++count}`,
        struck: 0,
        untilAt: windowed ? now + (request.ms ?? 0) : null,
      }
      faults.push(fault)
      return fault
    },
    list: () => faults,
    clear(id) {
      faults = id === undefined ? [] : faults.filter((fault) => fault.id !== id)
    },
    strike(api, now, only) {
      for (const fault of faults) {
        if (only && !only.includes(fault.kind)) continue
        if (!matches(fault, api)) continue
        if (fault.untilAt !== null && now >= fault.untilAt) continue
        if (fault.times !== undefined && fault.struck >= fault.times) continue
        if (fault.probability !== undefined && rng.next() >= fault.probability) continue
        fault.struck++
        return fault
      }
      return null
    },
    image: () => ({ faults, count, rng: rng.image() }),
    restore(image) {
      faults = image.faults
      count = image.count
      rng.restore(image.rng)
    },
  }
}

/** `add_msg_template`, `externalcontact/add_msg_template` and the full path all name the same API. */
function matches(fault: Fault, api: string): boolean {
  if (fault.api === undefined) return api !== 'callback'
  const wanted = fault.api.replace(/^\/?(cgi-bin\/)?/, '')
  return api === wanted || api.endsWith(`/${wanted}`)
}
