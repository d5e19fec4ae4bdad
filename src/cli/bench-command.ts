/** `siyu bench NAME`. */
import type { Command } from 'commander'
import type { BenchOptions } from '../bench/index.ts'
import { say } from './output.ts'

type Document = <A extends readonly unknown[]>(
  verb: (...given: A) => Promise<unknown>,
) => (...given: A) => Promise<void>

export function addBenchVerb(siyu: Command, document: Document): void {
  siyu
    .command('bench')
    .description('benchmarks of the project beside its named peers, as ratios; on databases of their own')
    .argument('<name>', 'clv, segment, plan, dispatch, crash, ingest, freshness, limiter, 360')
    .option('--sizes <numbers>', 'customers, separated by commas')
    .option('--databases <names>', 'sqlite,postgres')
    .option('--pairs <n>', 'interleaved pairs')
    .option('--seconds <n>', 'how long to measure')
    .option('--days <n>', 'days of the dry run, 0 for none')
    .option('--promises <n>', 'promises that go out at the permitted rate')
    .option('--rate <n>', 'events a second')
    .option('--writes <n>', 'writes a second beside the load')
    .option('--postgres-url <url>', 'a server to make databases on; otherwise one of its own is started')
    .option('--redis-url <url>', 'limiter: a Redis to measure on, beside BullMQ')
    .option('--database-url <url>', 'freshness: a database to make the shop in, or to use again')
    .action(
      document(async (name: string, options: BenchOptions) =>
        (await import('../bench/index.ts')).runBench(name, options, say),
      ),
    )
}
