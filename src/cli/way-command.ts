/** The verbs below `siyu way`. */
import { Option } from 'commander'
import type { Command } from 'commander'
import type { WayFlags } from './way.ts'

interface Shared {
  readonly document: <A extends readonly unknown[]>(
    verb: (...given: A) => Promise<unknown>,
    list?: string,
  ) => (...given: A) => Promise<void>
  readonly lists: (command: Command) => Command
}

export function addWayVerbs(siyu: Command, { document, lists }: Shared): void {
  const group = siyu
    .command('way')
    .description('codes and links by which customers come, and what they brought')
  const verbs = () => import('./way.ts')
  group
    .command('add')
    .description('make a way, in WeCom too')
    .argument('<name>', 'such as 包裹卡')
    .addOption(
      new Option('--kind <kind>', 'contact: adds an advisor; join: leads into a group; link: 获客链接')
        .choices(['contact', 'join', 'link'])
        .default('contact'),
    )
    .option('--mark <mark>', 'what WeCom gives back with whoever comes by it; made up when left out')
    .option('--staff <userids>', 'separated by commas')
    .option('--groups <chats>', 'chat ids, separated by commas, in the order in which they fill')
    .option('--tags <tags>', 'for whoever comes by it, separated by commas')
    .option('--remark <words>', 'as WeCom keeps it')
    .option('--verify', 'the advisor has to accept each customer')
    .action(document(async (name: string, flags: WayFlags) => (await verbs()).addVerb(name, flags)))
  lists(group.command('list').description('every way with what it brought')).action(
    document(async () => (await verbs()).listVerb(), 'ways'),
  )
  group
    .command('end')
    .description('its code or link leads nowhere any more')
    .argument('<way>', 'its name, mark or id')
    .action(document(async (called: string) => (await verbs()).endVerb(called)))
  lists(
    group
      .command('compare')
      .description('what WeCom has and we do not know, and what it lost')
      .option('--adopt <id>', 'take this one in, by its id in WeCom')
      .option('--name <name>', 'how the adopted one is called')
      .addOption(
        new Option('--kind <kind>', 'of the adopted one')
          .choices(['contact', 'join', 'link'])
          .default('contact'),
      ),
  ).action(
    document(
      async (options: { adopt?: string; name?: string; kind: WayFlags['kind'] }) =>
        (await verbs()).compareVerb(options),
      'unknown',
    ),
  )
}
