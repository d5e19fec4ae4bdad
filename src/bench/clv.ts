/**
 * `siyu bench clv`: our fit (three starts, analytic gradient, Newton steps, standard errors) against a plain Nelder-Mead
 * with grouped triples, in turn, on customers made like those of CDNOW: first purchases in twelve weeks, 39 weeks in all.
 * `fitsOfThread` is the same through the product's own thread, its start included.
 */
import { clvBench } from '../segment/index.ts'
import { plainFit } from './clv.peers.ts'
import { interleaved, peakMemoryMb, rounded } from './measure.ts'
import type { Costs } from './measure.ts'

export interface ClvBenchOptions {
  /** Numbers of customers. */
  readonly sizes: readonly number[]
  readonly pairs: number
  readonly say?: (words: string) => void
}

const { fitCounts, groupTriples, onThread, randomFrom } = clvBench
const models = ['bg-nbd', 'pareto-nbd'] as const
/** Published for CDNOW. */
const cdnow = { r: 0.553, alpha: 10.578, s: 0.606, beta: 11.669 }

function peopleLikeCdnow(customers: number): { x: number; tx: number; T: number }[] {
  const random = randomFrom(2_357)
  return Array.from({ length: customers }, () => {
    const days = 272 - Math.floor(random.uniform() * 84)
    const end = Math.min(days / 7, random.exponential(random.gamma(cdnow.s, cdnow.beta)))
    const rate = random.gamma(cdnow.r, cdnow.alpha)
    // Purchases have days, and two of one day are one.
    const bought = new Set<number>()
    for (let at = random.exponential(rate); at < end; at += random.exponential(rate))
      bought.add(Math.ceil(at * 7))
    return { x: bought.size, tx: Math.max(0, ...bought) / 7, T: days / 7 }
  })
}

interface Measured {
  readonly model: (typeof models)[number]
  readonly customers: number
  readonly distinct: number
  readonly ours: Costs
  readonly nelderMead: Costs
  readonly throughThread: Costs
  /** Nelder-Mead's CPU over ours: above 1 we are faster. */
  readonly ratioCpu: number
  readonly microsecondsPerDistinct: number
  readonly evaluations: { readonly ours: number; readonly nelderMead: number }
  readonly logLikelihood: { readonly ours: number; readonly nelderMead: number }
}

export async function benchClv({ sizes, pairs, say }: ClvBenchOptions) {
  const runs: Measured[] = []
  for (const customers of sizes) {
    const triples = groupTriples(peopleLikeCdnow(customers))
    for (const model of models) {
      say?.(`${model}: ${String(customers)} customers, ${String(triples.n.length)} distinct`)
      const ours = fitCounts(model, triples)
      const plain = plainFit(model, triples)
      const costs = await interleaved(pairs, {
        ours: () => Promise.resolve(fitCounts(model, triples)),
        nelderMead: () => Promise.resolve(plainFit(model, triples)),
        throughThread: () => onThread((thread) => thread.run('counts', { model, triples })),
      })
      runs.push({
        model,
        customers,
        distinct: triples.n.length,
        ...costs,
        ratioCpu: rounded(costs.nelderMead.cpuMs.median / costs.ours.cpuMs.median),
        microsecondsPerDistinct: rounded((1000 * costs.ours.ms.median) / triples.n.length),
        evaluations: { ours: ours.evaluations, nelderMead: plain.evaluations },
        logLikelihood: { ours: ours.logLikelihood, nelderMead: plain.logLikelihood },
      })
    }
  }
  return {
    bench: 'clv',
    product: ['ours', 'throughThread'],
    prototypes: ['nelderMead'],
    pairs,
    runs,
    peakMemoryMb: peakMemoryMb(),
  }
}
