/** The options of `siyu clv …`; what the verbs do is in clv.ts, loaded when one is asked for. */
import type { Command } from 'commander'

/** Makes an action of a verb that answers one document. */
type AsDocument = <A extends readonly unknown[]>(
  verb: (...given: A) => Promise<unknown>,
  list?: string,
) => (...given: A) => Promise<void>

const verbs = () => import('./clv.ts')

export function addClvVerbs(siyu: Command, document: AsDocument): void {
  const group = siyu
    .command('clv')
    .description('customer lifetime value: fit, look; time in weeks, money in major units')
  group
    .command('fit')
    .description('maximum likelihood with standard errors, the full log-likelihood, and what to beware of')
    .requiredOption('--model <name>', 'pareto-nbd, mbg-nbd, bg-nbd, bg-bb, gamma-gamma, or all')
    .option('--calibration-end <date>', 'the last day that counts, YYYY-MM-DD')
    .option(
      '--file <file>',
      'a summary instead of the store: x, t_x, T (frequency, recency, periods), m_x, weight',
    )
    .option('--map <columns>', 'for a file: x=2,tx=3,T=4,m=5,weight=6, names or positions')
    .option('--period <period>', 'opportunities of bg-bb in the store: week, month or 28d', 'week')
    .action(document(async (options: object) => (await verbs()).clvFitVerb(options)))
  look(group, 'track', 'repeat purchases by week, actual beside expected, the hold-out included').action(
    document(async (options: object) => (await verbs()).clvTrackVerb(options)),
  )
  look(group, 'holdout', 'purchases after the calibration by what was bought in it').action(
    document(async (options: object) => (await verbs()).clvHoldoutVerb(options)),
  )
  look(group, 'plot', 'the same as a picture (SVG)')
    .requiredOption('--kind <kind>', 'tracking, holdout, frequency or alive')
    .requiredOption('--out <file>', 'where the SVG goes')
    .option('--lang <language>', 'zh or en', 'en')
    .action(document(async (options: object) => (await verbs()).clvPlotVerb(options)))
  group
    .command('apply')
    .description("fit today's data, put the fit into the log, tell every customer's 12-month value from it")
    .option('--calibration-end <date>', 'values as of a past day; default: today')
    .option('--last-fit', 'tell them again from the fit in force, without fitting')
    .action(document(async (options: object) => (await verbs()).clvApplyVerb(options)))
  group
    .command('show')
    .description('one customer in words: history, P(alive), 12-month value with its interval, rank')
    .argument('<customer>', 'customer id, external_userid or id in the shop')
    .option('--lang <language>', 'zh or en', 'en')
    .action(document(async (who: string, options: object) => (await verbs()).clvShowVerb(who, options)))
  group
    .command('top')
    .description('the most valuable customers, who get a named advisor')
    .option('--percent <n>', 'default: advisorPercent of config/clv.yaml')
    .action(document(async (options: object) => (await verbs()).clvTopVerb(options), 'customers'))
  group
    .command('advisors')
    .description('who has a named advisor and by whom, and who at the top has nobody, with the reason')
    .option('--percent <n>', 'the share to look at; default: advisorPercent of config/clv.yaml')
    .action(document(async (options: object) => (await verbs()).clvAdvisorsVerb(options), 'named'))
}

const look = (group: Command, name: string, words: string): Command =>
  group
    .command(name)
    .description(words)
    .requiredOption('--model <name>', 'pareto-nbd, mbg-nbd or bg-nbd')
    .requiredOption('--calibration-end <date>', 'the last day that counts, YYYY-MM-DD')
    .option('--until <date>', 'the last day of the hold-out; default: the last day with a purchase')
