/** Random numbers from a seed: the same customer gives the same interval on every machine and at every run. */

export interface Random {
  /** Uniform in (0, 1). */
  uniform(): number
  normal(): number
  gamma(shape: number, rate: number): number
  /** The logarithm of a Gamma(shape, 1) draw: finite also where the draw itself underflows. */
  logGamma(shape: number): number
  beta(a: number, b: number): number
  exponential(rate: number): number
  poisson(mean: number): number
  /** How many trials until the first success, at least 1; never more than `most`. */
  geometric(p: number, most: number): number
}

/** sfc32 (Chris Doty-Humphrey), seeded through a splitmix32 step. */
export function randomFrom(seed: number): Random {
  let state = seed | 0
  const mix = (): number => {
    state = (state + 0x9e3779b9) | 0
    let t = state ^ (state >>> 16)
    t = Math.imul(t, 0x21f0aaad)
    t ^= t >>> 15
    t = Math.imul(t, 0x735a2d97)
    return (t ^ (t >>> 15)) | 0
  }
  let [a, b, c, d] = [mix(), mix(), mix(), 1]
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (c << 21) | (c >>> 11)
    c = (c + t) | 0
    return t >>> 0
  }
  for (let i = 0; i < 12; i += 1) next()
  const uniform = (): number => (next() + 0.5) / 4_294_967_296
  let spare: number | null = null
  const normal = (): number => {
    if (spare !== null) {
      const kept = spare
      spare = null
      return kept
    }
    const radius = Math.sqrt(-2 * Math.log(uniform()))
    const angle = 2 * Math.PI * uniform()
    spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
  const random: Random = {
    uniform,
    normal,
    gamma: (shape, rate) => Math.exp(logGammaDraw(shape, random)) / rate,
    logGamma: (shape) => logGammaDraw(shape, random),
    beta(p, q) {
      // On the log scale, so that two tiny shapes do not become 0/0.
      const u = logGammaDraw(p, random)
      const v = logGammaDraw(q, random)
      return 1 / (1 + Math.exp(v - u))
    },
    exponential: (rate) => -Math.log(uniform()) / rate,
    poisson: (mean) => poisson(mean, random),
    geometric(p, most) {
      if (p >= 1) return 1
      if (p <= 0) return most
      return Math.min(most, Math.floor(Math.log(uniform()) / Math.log1p(-p)) + 1)
    },
  }
  return random
}

/** The logarithm of a Gamma(shape, 1) draw (Marsaglia & Tsang 2000), also for shapes whose draws underflow. */
function logGammaDraw(shape: number, random: Random): number {
  if (shape < 1) return logGammaDraw(shape + 1, random) + Math.log(random.uniform()) / shape
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const z = random.normal()
    const v = (1 + c * z) ** 3
    if (v <= 0) continue
    if (Math.log(random.uniform()) < 0.5 * z * z + d - d * v + d * Math.log(v)) return Math.log(d * v)
  }
}

/** By inversion for small means; through gamma draws (Ahrens & Dieter 1974) for large ones. */
function poisson(mean: number, random: Random): number {
  let left = mean
  let count = 0
  // The m-th event of a unit process comes at a Gamma(m) time: halve the rest of the way until little is left.
  while (left > 30) {
    if (left > 1e9) return count + Math.round(left + Math.sqrt(left) * random.normal())
    const m = Math.floor((left * 7) / 8)
    const at = random.gamma(m, 1)
    if (at > left) return count + binomial(m - 1, left / at, random)
    count += m
    left -= at
  }
  const limit = Math.exp(-left)
  let product = random.uniform()
  while (product > limit) {
    count += 1
    product *= random.uniform()
  }
  return count
}

/** Splits at beta order statistics while n is large, then counts. */
function binomial(n: number, p: number, random: Random): number {
  let [left, share, count] = [n, p, 0]
  while (left > 40) {
    const middle = 1 + Math.floor(left / 2)
    const at = random.beta(middle, left + 1 - middle)
    if (at >= share) {
      left = middle - 1
      share /= at
    } else {
      count += middle
      left -= middle
      share = (share - at) / (1 - at)
    }
  }
  for (let k = 0; k < left; k += 1) if (random.uniform() < share) count += 1
  return count
}
