/** The options of `siyu cadence …`; each verb's module is loaded only when it is asked for. */
import type { Command } from 'commander'
import { print, printDocument } from './output.ts'
import type { OutputOptions } from './output.ts'

interface Wiring {
  /** Makes an action of a verb that answers one document. */
  readonly document: <A extends readonly unknown[]>(
    verb: (...given: A) => Promise<unknown>,
    list?: string,
  ) => (...given: A) => Promise<void>
  /** Adds the options of a verb that answers a list. */
  readonly lists: (command: Command) => Command
}

const verbs = () => import('./cadence-verbs.ts')
/** Without the database and all that hangs on it. */
const offline = () => import('./cadence-offline.ts')

export function addCadenceVerbs(siyu: Command, { document, lists }: Wiring): void {
  const group = siyu.command('cadence').description('who hears what and when: check, look ahead, publish')
  group
    .command('validate')
    .description('every mistake with its line and fix; exit code 3 if there is one')
    .argument('[file]', 'default: config/cadence.yaml')
    .action(document(async (file: string | undefined) => (await offline()).validateVerb(file)))
  lists(
    group
      .command('plan')
      .description('the dry run: who gets what, who is skipped and why; nothing is written')
      .option('--from <date>', 'YYYY-MM-DD; default today')
      .option('--days <n>', 'how many days', '7')
      .option('--file <file>', 'a cadence that is not published'),
  ).action(async (options: { from?: string; days?: string; file?: string }) =>
    (await verbs()).planVerb(options),
  )
  group
    .command('explain')
    .description('why a customer hears what she hears, and why not: touchpoint by touchpoint')
    .argument('<customer>', 'customer id, external_userid or id in the shop')
    .option('--days <n>', 'how many days ahead', '14')
    .action(async (who: string, options: OutputOptions & { days?: string }) => {
      const found = await (await verbs()).explainVerb(who, options)
      if (options.json) await printDocument(found, options)
      else await print((await verbs()).explanationText(found))
    })
  group
    .command('try')
    .description('send the words of a touchpoint to a member of staff, marked 【测试】; never counted')
    .argument('<touchpoint>', 'its name in the cadence')
    .requiredOption('--to <userid>', 'whose WeCom')
    .option('--customer <customer>', 'whose name and figures fill it; default: an invented customer')
    .option('--file <file>', 'a cadence that is not published')
    .action(
      document(async (touchpoint: string, options: { to: string; customer?: string; file?: string }) =>
        (await verbs()).tryVerb(touchpoint, options),
      ),
    )
  group
    .command('campaigns')
    .description('what each campaign says and when, how far it is, and what came of it')
    .argument('[name]', 'one of them, with its runnings')
    .action(async (name: string | undefined, options: OutputOptions) => {
      const found = await (await verbs()).campaignsVerb(name)
      if (options.json) await printDocument(found, options)
      else await print((await verbs()).campaignsText(found))
    })
  group
    .command('experiments')
    .description('what is tested and what it says so far; the universal holdout')
    .argument('[name]', 'one of them, whole')
    .action(document(async (name: string | undefined) => (await verbs()).experimentsVerb(name)))
  group
    .command('diff')
    .description('what a file would change, in words and in the next seven days')
    .argument('<file>')
    .option('--unified', 'the lines that differ as well, as diff -u tells them')
    .action(async (file: string, options: OutputOptions & { unified?: boolean }) => {
      const found = await (await verbs()).diffVerb(file, options)
      if (options.json || !('changes' in found)) await printDocument(found, options)
      else await print((await verbs()).differenceText(found))
    })
  group
    .command('apply')
    .description('publish a file as the next version; where approval is required, submit it as a draft')
    .argument('[file]')
    .option('--preset <name>', 'only the touchpoints of config/presets/<name>.cadence.yaml; the rest stays')
    .option('--note <words>', 'why')
    .action(
      document(async (file: string | undefined, options: { note?: string; preset?: string }) =>
        (await verbs()).applyVerb(file, options),
      ),
    )
  const handles = (command: Command): Command =>
    command
      .argument('<reason>')
      .option('--campaign <name>', 'only this campaign')
      .option('--channel <name>', 'only this channel, such as broadcast')
      .option('--touchpoint <name>', 'only this touchpoint')
  handles(
    group.command('pause').description('the kill switch: no call starts later than 5 s from now'),
  ).action(document(async (reason: string, options: object) => (await verbs()).pauseVerb(reason, options)))
  handles(group.command('resume').description('undo pause')).action(
    document(async (reason: string, options: object) => (await verbs()).resumeVerb(reason, options)),
  )
  lists(group.command('pauses').description('what is paused now, since when, by whom and why')).action(
    document(async () => (await verbs()).pausesVerb(), 'pauses'),
  )
  lists(
    group.command('reasons').description('every reason why something is said later or not at all'),
  ).action(document(async () => (await import('./reasons.ts')).reasonsVerb(), 'reasons'))
  group
    .command('rollback')
    .description('publish the text of an older version as the next one')
    .argument('<version>')
    .option('--note <words>', 'why')
    .action(
      document(async (version: string, options: { note?: string }) =>
        (await verbs()).rollbackVerb(version, options),
      ),
    )
  group
    .command('schema')
    .description('the JSON schema of cadence.yaml, for editors')
    .option('--write', 'also into cadence.schema.json of the configuration folder')
    .action(document(async (options: { write?: boolean }) => (await offline()).schemaVerb(options)))
  addDraftVerbs(group, { document, lists })
  group
    .command('quota')
    .description("which rule of WeCom's broadcast quota is in force, and whether results speak against it")
    .option('--confirm', 'the rule in the cadence is right: stop using the stricter one')
    .action(document(async (options: { confirm?: boolean }) => (await verbs()).quotaVerb(options)))
}

function addDraftVerbs(cadenceGroup: Command, { document, lists }: Wiring): void {
  const group = cadenceGroup
    .command('draft')
    .description('drafts of the cadence: saved with mistakes, submitted without, approved by somebody else')
  group
    .command('save')
    .argument('<file>')
    .option('--id <id>', 'an own draft that it replaces; without it a new one')
    .option('--note <words>', 'why')
    .action(
      document(async (file: string, options: { id?: string; note?: string }) =>
        (await verbs()).draftSaveVerb(file, options),
      ),
    )
  lists(group.command('list').description('those that wait for somebody first')).action(
    document(async () => (await verbs()).draftListVerb(), 'items'),
  )
  group
    .command('show')
    .argument('<id>')
    .action(document(async (id: string) => (await verbs()).draftShowVerb(id)))
  for (const [deed, description] of [
    ['submit', 'ask for an approval; only without mistakes'],
    ['approve', 'somebody else than its author; the shell is one hand'],
    ['reject', 'with --words that say why'],
    ['withdraw', 'take it back'],
    ['publish', 'make it the next version'],
  ] as const)
    group
      .command(deed)
      .description(description)
      .argument('<id>')
      .option('--words <words>', 'to its author')
      .option('--hash <sha256>', 'of the text that was read; refused when it is another one now')
      .action(
        document(async (id: string, options: { words?: string; hash?: string }) =>
          (await verbs()).draftVerb(deed, id, options),
        ),
      )
}
