import { cadencePlan } from '../src/cli/cadence.ts'
import type { CadencePlanned, PlannedPromise, PlanOptions } from '../src/cli/cadence.ts'
import type { CadenceParts } from '../src/cadence/index.ts'

/** All that `siyu cadence plan` tells, kept. */
export async function planOf(
  parts: CadenceParts,
  options: PlanOptions,
): Promise<CadencePlanned & { readonly promises: readonly PlannedPromise[] }> {
  const promises: PlannedPromise[] = []
  const planned = await cadencePlan(parts, options, (part) => {
    promises.push(...part)
    return Promise.resolve()
  })
  return { ...planned, promises }
}
