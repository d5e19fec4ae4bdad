/**
 * Who is in which arm: a pure function of seed, experiment and unit (a customer, or a group), so that nothing need be
 * remembered, the dry run shows what the day will do, and nobody is moved by planning again.
 *
 * Every arm but the control has a place of its own on the unit interval and grows inside it at the control's cost: two
 * arms grow from the two ends, three or more each in an equal slot. Raising a share or the small range therefore never
 * moves anybody who is in an arm already. Adding or removing an arm is another experiment and needs another seed.
 */
import { createHash } from 'node:crypto'

export interface Lottery {
  readonly name: string
  readonly seed: string
  /** The first is the control. Shares in percent, 100 together. */
  readonly arms: readonly { readonly name: string; readonly share: number }[]
  /** In percent; null = everybody takes part. */
  readonly smallRange: number | null
}

export interface Assignment {
  readonly arm: string
  /** False outside the small range: she gets the control's words and is not part of the experiment. */
  readonly counted: boolean
}

/** Uniform in [0, 1) with 48 bits. */
export function unitOf(...words: readonly string[]): number {
  return createHash('sha256').update(words.join('|')).digest().readUIntBE(0, 6) / 2 ** 48
}

/** With three treatments or more, each has a slot of this width and no more. */
export const mostPerTreatment = (treatments: number): number => (treatments < 3 ? 100 : 100 / treatments)

export function assign({ name, seed, arms, smallRange }: Lottery, unit: string): Assignment {
  const control = arms[0]?.name ?? ''
  if (smallRange !== null && unitOf(seed, name, 'range', unit) * 100 >= smallRange)
    return { arm: control, counted: false }
  const at = unitOf(seed, name, unit) * 100
  const treatments = arms.slice(1)
  const width = mostPerTreatment(treatments.length)
  const found = treatments.find(({ share }, i) => {
    if (treatments.length < 3) return i === 0 ? at < share : at >= 100 - share
    return at >= i * width && at < i * width + share
  })
  return { arm: found?.name ?? control, counted: true }
}
