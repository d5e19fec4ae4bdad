/** What WeCom would refuse never leaves; the refusal has the code that WeCom has for it (WECOM.md §8, §1.2). */
import { troubleOf } from '../../content/index.ts'
import type { FileTrouble, MediaUse } from '../../content/index.ts'
import { meaningOf } from './errors.ts'
import type { FormFile } from './multipart.ts'
import type { Failure } from './result.ts'

const codes: Readonly<Record<FileTrouble['kind'], number>> = {
  tiny: 44001,
  large: 45001,
  format: 41065,
  pixels: 41081,
  long: 41082,
}

/** Null when it may be sent. */
export function refusalOf({ bytes }: FormFile, use: MediaUse): Failure | null {
  const trouble = troubleOf(bytes, use)
  if (trouble === null) return null
  const code = codes[trouble.kind]
  return { kind: 'error', code, ...meaningOf(code), words: trouble.words }
}
