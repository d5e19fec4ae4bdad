/** The options of `siyu clv …`; what the verbs do is in clv.ts, loaded when one is asked for. */
import type { Command } from 'commander'

/** Makes an action of a verb that answers one document. */
type AsDocument = <A extends readonly unknown[]>(
  verb: (...given: A) => Promise<unknown>,
  list?: string,
) => (...given: A) => Promise<void>

export function addClvVerbs(siyu: Command, document: AsDocument): void {
  const group = siyu.command('clv').description('customer lifetime value: fit, look, apply')
  const verbs = () => import('./clv.ts')
  group
    .command('fit')
    .description('maximum likelihood on the orders of the store; money in major units, time in weeks')
    .requiredOption('--model <name>', 'pareto-nbd, mbg-nbd, bg-nbd, bg-bb or gamma-gamma')
    .requiredOption('--calibration-end <date>', 'the last day that counts, YYYY-MM-DD')
    .action(document(async (options: object) => (await verbs()).clvFitVerb(options)))
}
