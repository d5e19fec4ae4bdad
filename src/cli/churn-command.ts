/** The options of `siyu churn …`; what the verbs do is in churn.ts, loaded when one is asked for. */
import type { Command } from 'commander'

/** Makes an action of a verb that answers one document. */
type AsDocument = <A extends readonly unknown[]>(
  verb: (...given: A) => Promise<unknown>,
  list?: string,
) => (...given: A) => Promise<void>

export function addChurnVerbs(siyu: Command, document: AsDocument): void {
  const group = siyu.command('churn').description('who is about to stay away, and how well we know it')
  const verbs = () => import('./churn.ts')
  group
    .command('evaluate')
    .description('precision, recall and lead time of the warning on held-out data, beside two simple rules')
    .option('--data <which>', 'store or simulated', 'store')
    .option('--from <date>', 'first origin, YYYY-MM-DD; default: 90 days after the first purchase')
    .option('--to <date>', 'last origin; default: the last that a label window fits behind')
    .option('--every <days>', 'from origin to origin, such as 30d', '30d')
    .option('--split <date>', 'origins from here on are the test; default: at 60 % of the data')
    .option('--note <words>', 'what has to be known of this data; shown with every figure')
    .option('--plot <file>', 'the precision-recall curve as SVG')
    .action(document(async (options: object) => (await verbs()).churnEvaluateVerb(options)))
  group
    .command('refresh')
    .description('look at everybody now, as the nightly job does; calibrates first when that is due')
    .action(document(async () => (await verbs()).churnRefreshVerb()))
  group
    .command('show')
    .description('the signal of one customer, with its words and her next purchase')
    .argument('<customer>', 'customer id, external_userid or id in the shop')
    .action(document(async (who: string) => (await verbs()).churnShowVerb(who)))
  group
    .command('list')
    .description('who stands warned, the newest first')
    .option('--limit <n>', 'how many', '50')
    .option('--jsonl', 'one JSON line per customer')
    .option('--summary', 'without the customers')
    .action(document(async (options: object) => (await verbs()).churnListVerb(options), 'customers'))
}
