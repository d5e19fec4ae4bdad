/** What the rows about merges say. They are our own rows: whatever else they held would be a bug, and throws. */
import { z } from 'zod'
import type { LogRow } from '../interaction/index.ts'
import { identityKinds } from './identity.ts'
import type { Identity } from './identity.ts'

const identities = z.array(z.object({ kind: z.enum(identityKinds), value: z.string() }))
const pair = z.object({ kept: z.string(), other: z.string() })
const back = z.object({ from: z.string(), to: z.string(), merge: z.int(), identities })

export const mergeIn = ({ detail }: Pick<LogRow, 'detail'>): z.infer<typeof pair> => pair.parse(detail)

export interface Unmerge {
  readonly from: string
  readonly to: string
  /** Number of the row that merged them. */
  readonly merge: number
  /** Those that go back. */
  readonly identities: readonly Identity[]
}

export const unmergeIn = ({ detail }: Pick<LogRow, 'detail'>): Unmerge => back.parse(detail)

export const identitiesInMerge = ({ detail }: Pick<LogRow, 'detail'>): Identity[] =>
  z.object({ identities }).parse(detail).identities
