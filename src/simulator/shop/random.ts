/**
 * Seeded chance. A stream is named by words, not by the order of calls: `randomOf(7, 'clicks', 'wm123', 'msg9')`
 * gives the same numbers whatever else was drawn before, so one more customer does not change all the others.
 */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform integer, both ends included. */
  int(least: number, most: number): number
  between(least: number, most: number): number
  chance(probability: number): boolean
  pick<T>(list: readonly T[]): T
  /** `count` different members of the list, in random order. */
  sample<T>(list: readonly T[], count: number): T[]
  exponential(rate: number): number
  normal(): number
  /** Shape and rate: the mean is shape / rate. */
  gamma(shape: number, rate: number): number
}

/** splitmix32 over the words of the name: turns any seed into four well-mixed state words. */
function stateOf(words: readonly (string | number)[]): [number, number, number, number] {
  let hash = 0x9e3779b9
  for (const word of words) {
    for (const letter of `${word}\u0000`) {
      hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193)
      hash = (hash ^ (hash >>> 15)) >>> 0
    }
  }
  const mix = () => {
    hash = (hash + 0x9e3779b9) >>> 0
    let word = hash
    word = Math.imul(word ^ (word >>> 16), 0x21f0aaad)
    word = Math.imul(word ^ (word >>> 15), 0x735a2d97)
    return (word ^ (word >>> 15)) >>> 0
  }
  return [mix(), mix(), mix(), mix() | 1]
}

/** xoshiro128**: small, fast and good enough for a population of thousands. */
function generator(words: readonly (string | number)[]): () => number {
  let [a, b, c, d] = stateOf(words)
  const rotate = (value: number, by: number) => (value << by) | (value >>> (32 - by))
  return () => {
    const word = Math.imul(rotate(Math.imul(b, 5), 7), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11)
    return word / 4_294_967_296
  }
}

export function randomOf(...words: readonly (string | number)[]): Random {
  const next = generator(words)
  const int = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  // 1 - next() lies in (0, 1], so that the logarithm is finite.
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
  return {
    next,
    int,
    between: (least, most) => least + next() * (most - least),
    chance: (probability) => next() < probability,
    pick: (list) => member(list, int(0, list.length - 1)),
    sample(list, count) {
      const rest = [...list]
      for (let i = 0; i < Math.min(count, rest.length); i++) {
        const other = int(i, rest.length - 1)
        const held = member(rest, i)
        rest[i] = member(rest, other)
        rest[other] = held
      }
      return rest.slice(0, count)
    },
    exponential: (rate) => -Math.log(1 - next()) / rate,
    normal,
    gamma: (shape, rate) => gamma(shape, next, normal) / rate,
  }
}

function member<T>(list: readonly T[], index: number): T {
  if (index < 0 || index >= list.length) throw new RangeError('cannot pick from an empty list')
  return list[index] as T
}

/** Marsaglia and Tsang's squeeze for shape >= 1; below 1 a shape one higher is drawn and shrunk by a power. */
function gamma(shape: number, next: () => number, normal: () => number): number {
  if (!(shape > 0)) throw new RangeError('a gamma needs a positive shape')
  if (shape < 1) return gamma(shape + 1, next, normal) * Math.pow(1 - next(), 1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - next()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}
