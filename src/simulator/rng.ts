import { createHash } from 'node:crypto'

/**
 * Every id, nonce and dice roll of a simulator comes from one seeded generator, so that a failing run can be
 * repeated exactly. It is not meant to keep a secret.
 */
export interface Rng {
  /** Uniform in [0, 1). */
  next(): number
  text(length: number, alphabet?: string): string
  bytes(length: number): Buffer
  /** The position, and back to it. */
  image(): RngImage
  restore(image: RngImage): void
}

export type RngImage = readonly [number, number, number, number]

export const alphanumeric = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** The generator sfc32: small, fast, and good enough in every statistical test that matters here. */
export function createRng(seed: string): Rng {
  const digest = createHash('sha256').update(seed).digest()
  let a = digest.readInt32LE(0)
  let b = digest.readInt32LE(4)
  let c = digest.readInt32LE(8)
  let counter = 1
  const step = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) step()
  return {
    next: () => step() / 4294967296,
    text(length, alphabet = alphanumeric) {
      let out = ''
      for (let i = 0; i < length; i++) out += alphabet[step() % alphabet.length]
      return out
    },
    bytes(length) {
      const out = Buffer.alloc(length)
      for (let i = 0; i < length; i++) out[i] = step() & 255
      return out
    },
    image: () => [a, b, c, counter],
    restore(image) {
      ;[a, b, c, counter] = image
    },
  }
}
