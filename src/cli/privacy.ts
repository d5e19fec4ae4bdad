/** `siyu privacy export|erase WHO`: a person's right to see what is kept of her, and to have it forgotten. */
import { packageRoot } from '../base/env.ts'
import { eraseCustomer, erasureListFile, handOutPerson } from '../privacy.ts'
import type { Erased, PersonExport } from '../privacy.ts'
import { withCore } from './data.ts'

export const exportVerb = (who: string): Promise<PersonExport> => withCore((core) => handOutPerson(core, who))

export const eraseVerb = (who: string, reason: string): Promise<Erased & { readonly peakMemoryMb: number }> =>
  withCore(async (core) => {
    const listFile = erasureListFile(core.env.databaseUrl, packageRoot)
    return {
      ...(await eraseCustomer({ ...core, listFile }, who, reason)),
      peakMemoryMb: Math.round(process.resourceUsage().maxRSS / 1024),
    }
  })
