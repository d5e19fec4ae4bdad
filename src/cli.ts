#!/usr/bin/env node
/** The command line: verbs and their options. Each verb's module is loaded only when it is asked for. */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Command, CommanderError, Option } from 'commander'
import { packageRoot } from './base/env.ts'
import { addBenchVerb } from './cli/bench-command.ts'
import { addCadenceVerbs } from './cli/cadence-command.ts'
import { addChurnVerbs } from './cli/churn-command.ts'
import { addClvVerbs } from './cli/clv-command.ts'
import { addWayVerbs } from './cli/way-command.ts'
import type { ArchiveFlags } from './cli/archive.ts'
import type { ImportFlags } from './cli/data.ts'
import { exitCodes, print, printDocument, report } from './cli/output.ts'
import type { OutputOptions } from './cli/output.ts'

const version = (
  JSON.parse(readFileSync(resolve(packageRoot, 'package.json'), 'utf8')) as { version: string }
).version

/** Runs a verb that answers one document. */
const document =
  <A extends readonly unknown[]>(verb: (...given: A) => Promise<unknown>, list?: string) =>
  async (...given: A): Promise<void> => {
    const options = given.at(-2) as OutputOptions
    await printDocument(await verb(...given), options, list)
  }

const lists = (command: Command): Command =>
  command.option('--jsonl', 'one JSON line per item').option('--summary', 'without the items')
const wholeNumber = (text: string): number => {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0)
    throw new CommanderError(exitCodes.usage, 'siyu.number', `error: "${text}" is not a whole number`)
  return value
}
const instant = (text: string): number => {
  const value = Date.parse(text)
  if (Number.isNaN(value))
    throw new CommanderError(exitCodes.usage, 'siyu.instant', `error: "${text}" is not an instant`)
  return value
}

function program(): Command {
  const siyu = new Command('siyu')
    .description('A bot server for WeCom that knows when to write, and when not to.')
    .version(version)
    // What follows a verb's name is that verb's, also below a verb that does something by itself.
    .enablePositionalOptions()
  siyu.showHelpAfterError('Add --help to a verb for its options.')
  setUp(siyu)
  run(siyu)
  data(siyu)
  archive(siyu)
  recommend(siyu)
  addBenchVerb(siyu, document)
  addClvVerbs(siyu, document)
  addChurnVerbs(siyu, document)
  customers(siyu)
  privacy(siyu)
  audience(siyu)
  addCadenceVerbs(siyu, { document, lists })
  media(siyu)
  addWayVerbs(siyu, { document, lists })
  staff(siyu)
  wecom(siyu)
  audit(siyu)
  // What follows the name of a verb is for that verb.
  siyu.enablePositionalOptions()
  for (const verb of allVerbs(siyu)) {
    if (verb.commands.length > 0) verb.enablePositionalOptions()
    verb.option('--json', 'one JSON document on stdout')
  }
  // Also a group: what it does not know must reach `main`, which gives the exit code.
  for (const command of everyCommand(siyu)) command.exitOverride()
  return siyu
}

/** Groups are no verbs, except for those that do something by themselves, too. */
const doesItself = new Set(['segment', 'restore'])
const everyCommand = (command: Command): Command[] => [command, ...command.commands.flatMap(everyCommand)]
const allVerbs = (command: Command): Command[] =>
  command.commands.flatMap((verb) => [
    ...(verb.commands.length === 0 || doesItself.has(verb.name()) ? [verb] : []),
    ...allVerbs(verb),
  ])

function setUp(siyu: Command): void {
  siyu
    .command('init')
    .description('write a .env with fresh keys and say what to enter in the WeCom console')
    .option('--corp-id <id>')
    .option('--agent-id <id>')
    .option('--agent-secret <secret>')
    .option('--public-url <url>')
    .option('--admins <userids>', 'separated by commas')
    .option('--database-url <url>')
    .option('--quota-mode <mode>', 'month-days, 7-per-week or 1-per-day, as set under 群发助手')
    .option(
      '--preset <name>',
      'a trade: its tiers.yaml and cadence.yaml from config/presets; the old ones are kept',
    )
    .option('--force', 'replace an existing .env; the old one is kept beside it')
    .action(document(async (options: object) => (await import('./cli/init.ts')).runInit(options)))
  siyu
    .command('migrate')
    .description('bring the database to this version, after a backup')
    .action(document(async () => (await import('./cli/migrate.ts')).runMigrate()))
  siyu
    .command('backup')
    .description('a copy of the whole database in one file, taken beside a running server')
    .argument('[file]', 'default: backups/ beside the database')
    .action(document(async (file: string | undefined) => (await import('./cli/backup.ts')).backupVerb(file)))
  const restore = siyu
    .command('restore')
    .description('a backup into an empty database; nothing is sent from it until somebody confirms')
    .enablePositionalOptions()
    .argument('<file>')
    .action(document(async (file: string) => (await import('./cli/backup.ts')).restoreVerb(file)))
  restore
    .command('confirm')
    .description('somebody has looked: what was open is judged, and sending goes on')
    .argument('<reason>', 'what was looked at; kept in the log')
    .action(document(async (reason: string) => (await import('./cli/backup.ts')).confirmRestoreVerb(reason)))
  siyu
    .command('doctor')
    .description('look at everything an installation needs and say what is wrong, with the fix')
    .action(
      document(async () => {
        const found = await (await import('./cli/doctor.ts')).runDoctor()
        if (!found.ok) process.exitCode = exitCodes.failed
        return found
      }),
    )
}

function run(siyu: Command): void {
  siyu
    .command('serve')
    .description('migrate and run the server')
    .option('--simulator [url]', 'against a simulator (its own, or the one at url); every page is marked')
    .action(async (options: { simulator?: string | true; json?: boolean }) =>
      (await import('./main.ts')).runServe(options),
    )
  siyu
    .command('demo')
    .description('a seeded shop on the simulator: fourteen days on a virtual clock, then served')
    .option('--days <n>', 'how many days', wholeNumber, 14)
    .option('--from <date>', 'first day, YYYY-MM-DD; default: today minus the days')
    .option('--seed <n>', 'another shop', wholeNumber, 1)
    .option('--port <n>', 'port of the server', wholeNumber)
    .option('--once', 'stop after the closing table')
    .action(
      async (options: {
        days: number
        from?: string
        seed: number
        port?: number
        once?: boolean
        json?: boolean
      }) => (await import('./demo/run.ts')).runDemo(options),
    )
  siyu
    .command('simulator')
    .description('the WeCom simulator alone')
    .option('--port <n>', '', wholeNumber, 0)
    .option('--host <address>', '', '127.0.0.1')
    .option('--callback <url>', 'where events are posted to')
    .option('--seed <n>', '', wholeNumber, 1)
    .option('--empty', 'without the seeded shop')
    .option('--latency <ms>', 'added to every call', wholeNumber)
    .addOption(
      new Option('--quota <mode>', 'rule of the broadcast quota').choices([
        'month-days',
        '7-per-week',
        '1-per-day',
      ]),
    )
    .addOption(
      new Option('--clock <mode>', 'virtual: time stands still until POST /sim/clock moves it').choices([
        'wall',
        'virtual',
      ]),
    )
    .option('--start-at <instant>', 'where the clock begins, for example 2026-05-20T09:00:00+08:00', instant)
    .action(async (options: SimulatorOptions) => {
      const { runSimulator } = await import('./simulator/main.ts')
      const { latency, quota, ...rest } = options
      process.exitCode = await runSimulator({
        ...rest,
        ...(latency === undefined ? {} : { latencyMs: latency }),
        ...(quota === undefined ? {} : { quotaMode: quota }),
      })
    })
  siyu
    .command('wechaty')
    .description('carry group chats to the server through wechaty (optional)')
    .requiredOption('--puppet <package>', 'for example wechaty-puppet-service')
    .action(async (options: { puppet: string }) => (await import('./cli/wechaty.ts')).runWechatyVerb(options))
}

interface SimulatorOptions {
  readonly port: number
  readonly host: string
  readonly callback?: string
  readonly seed: number
  readonly empty?: boolean
  readonly latency?: number
  readonly quota?: 'month-days' | '7-per-week' | '1-per-day'
  readonly clock?: 'wall' | 'virtual'
  readonly startAt?: number
  readonly json?: boolean
}

function data(siyu: Command): void {
  lists(
    siyu
      .command('import')
      .description(
        'orders, products, customers, events or tips from CSV, whitespace text or xlsx; a killed import is simply run again',
      )
      .argument('<what>', 'orders, products, customers, events or tips')
      .argument('<file>')
      .option('--map <columns>', 'customer=1,date=3,amount=5: names or 1-based positions')
      .option('--date-format <format>', 'for example yyyyMMdd')
      .option('--zone <name>', "of times without an offset, such as America/New_York; default: the shop's")
      .option('--unit <unit>', 'of amounts: yuan (default) or fen')
      .option('--kind <kind>', 'events: what every row is, such as campaign or browse')
      .option('--detail <columns>', 'events: further columns to keep, separated by commas')
      .option('--ignore <columns>', "customers: columns to pass over; '*' for all unknown ones")
      .option('--clear-empty', 'customers: an empty cell clears the attribute')
      .option('--lookup <file>', 'a second, small file whose columns are joined')
      .option('--on <columns>', 'COLUMN=COLUMN: of the file and of the lookup file')
      .option('--encoding <name>', 'utf-8, gbk, gb18030, utf-16le, utf-16be; found out when absent')
      .option('--errors <file>', 'where refused rows go; beside the file when absent')
      .option('--dry-run', 'read everything, write nothing'),
  ).action(
    document(async (what: string, file: string, options: ImportFlags) =>
      (await import('./cli/data.ts')).importVerb(what, file, options),
    ),
  )
  segmentVerbs(siyu)
  lists(
    siyu
      .command('log')
      .description('interactions as recorded')
      .option('--kind <kinds>', 'separated by commas')
      .option('--customer <id>', 'a customer id or any identity of hers')
      .option('--since <date>', 'a day or an instant')
      .option('--limit <n>', 'how many', '100'),
  ).action(document(async (options: object) => (await import('./cli/data.ts')).logVerb(options)))
}

function archive(siyu: Command): void {
  const group = siyu
    .command('archive')
    .description('the session archive (会话内容存档), one decrypted record of its SDK a line')
  const verbs = () => import('./cli/archive.ts')
  group
    .command('read')
    .description('record what customers said who agreed to it; read again, nothing happens twice')
    .argument('<file>', 'JSON lines, - for standard input')
    .option('--after <seq>', 'only what lies behind this number', wholeNumber)
    .option('--resume', 'only what lies behind the highest number read so far')
    .option('--limit <n>', 'at most so many records', wholeNumber)
    .option('--errors <file>', 'where lines that cannot be read are named; beside the file when absent')
    .option('--dry-run', 'read everything, write nothing')
    .action(
      document(async (file: string, options: ArchiveFlags) => (await verbs()).archiveReadVerb(file, options)),
    )
  group
    .command('position')
    .description('the highest number read so far: where a sidecar goes on')
    .action(document(async () => (await verbs()).archivePositionVerb()))
}

function recommend(siyu: Command): void {
  const group = siyu.command('recommend').description('what goes with what, counted from orders')
  const verbs = () => import('./cli/recommend.ts')
  group
    .command('refresh')
    .description('count anew what is bought together, as the nightly job does')
    .action(document(async () => (await verbs()).refreshRecommendVerb()))
  group
    .command('show')
    .description('what to offer a customer, and why')
    .argument('<customer>', 'customer id, external_userid or id in the shop')
    .option('--most <n>', 'how many', wholeNumber, 5)
    .action(
      document(async (who: string, options: { most: number }) =>
        (await verbs()).showRecommendVerb(who, options),
      ),
    )
  group
    .command('evaluate')
    .description('would it have offered what was bought next? Against popularity, with intervals')
    .option('--data <what>', 'store, simulator, or a file of orders or order lines', 'store')
    .option('--map <columns>', 'for a file: customer=1,order=3,sku=4,date=11')
    .option('--date-format <format>')
    .option('--k <n>', 'how many offers count', wholeNumber, 10)
    .option('--customers <n>', 'how many are asked for at most', wholeNumber, 5000)
    .option('--holdout-days <n>', 'the last days, held out', wholeNumber, 28)
    .option('--seed <n>', 'of the bootstrap and of the simulated shop', wholeNumber, 1)
    .option('--unit <unit>', 'customer or order; default: config/recommend.yaml')
    .option('--measure <measure>', 'cosine or lift')
    .action(document(async (options: object) => (await verbs()).evaluateRecommendVerb(options)))
}

function customers(siyu: Command): void {
  const group = siyu
    .command('customer')
    .description('who is who; WHO is a customer id, one from before a merge, or any identity of hers')
  const verbs = () => import('./cli/customer.ts')
  const reason = ['--reason <words>', 'why; kept in the log'] as const
  group
    .command('find')
    .description('the customer behind an id, external_userid, unionid, shop id or phone hash')
    .argument('<who>')
    .action(document(async (who: string) => (await verbs()).findVerb(who)))
  lists(
    group
      .command('conflicts')
      .description('pairs that one row named together and that contradict each other')
      .option('--limit <n>', 'how many', wholeNumber, 100),
  ).action(
    document(async (options: { limit: number }) => (await verbs()).conflictsVerb(options.limit), 'items'),
  )
  group
    .command('merge')
    .description('these two are one person; the one known first stays')
    .argument('<who>')
    .argument('<other>')
    .requiredOption(...reason)
    .action(
      document(async (a: string, b: string, options: { reason: string }) =>
        (await verbs()).mergeVerb(a, b, options.reason),
      ),
    )
  group
    .command('unmerge')
    .description('undo a merge; give the id that was merged away')
    .argument('<id>')
    .requiredOption(...reason)
    .action(
      document(async (id: string, options: { reason: string }) =>
        (await verbs()).unmergeVerb(id, options.reason),
      ),
    )
  group
    .command('apart')
    .description('these two of a conflict are two; they are not asked about again')
    .argument('<id>')
    .argument('<other>')
    .requiredOption(...reason)
    .action(
      document(async (a: string, b: string, options: { reason: string }) =>
        (await verbs()).apartVerb(a, b, options.reason),
      ),
    )
}

function segmentVerbs(siyu: Command): void {
  const verbs = () => import('./cli/data.ts')
  const segment = siyu
    .command('segment')
    .description('tiers, value types, lifecycle stages and dormancy as of a day')
    // An option that stands after a sub-verb belongs to it.
    .enablePositionalOptions()
    .option('--as-of <date>', 'YYYY-MM-DD; default today')
    .option('--preset <name>', 'what the rules of config/presets/<name>.yaml would say; writes nothing')
    .option('--matrix', 'the matrix of value types and classes, as a table')
    .option('--apply', 'write the standings of today')
    .option('--rebuild', 'tell the whole log again, compare every kept table and mend what differs')
    .option('--dry-run', 'with --rebuild: only compare; exit code 1 when anything differs')
    .action(async (options: SegmentFlags) => {
      if (options.rebuild === true) {
        await printDocument(await (await verbs()).rebuildVerb(options), options)
        return
      }
      const found = await (await verbs()).segmentVerb(options)
      if (options.matrix && !options.json) await print((await verbs()).matrixText(found))
      else await printDocument(found, options)
    })
  segment
    .command('explain')
    .description(
      'why a customer stands where she stands: every condition, scores, sleep and its likely cause',
    )
    .argument('<customer>', 'customer id, external_userid or id in the shop')
    .option('--as-of <date>', 'YYYY-MM-DD; default today')
    .option('--preset <name>', 'by the rules of config/presets/<name>.yaml')
    .action(async (who: string, options: SegmentFlags) => {
      const found = await (await verbs()).explainSegmentVerb(who, options)
      if (options.json) await printDocument(found, options)
      else await print((await verbs()).explanationText(found))
    })
  segment
    .command('tags')
    .description('dynamic tags as of a day, computed from the facts; writes nothing')
    .option('--as-of <date>', 'the end of that day, YYYY-MM-DD; default now')
    .action(document(async (options: { asOf?: string }) => (await verbs()).tagsVerb(options)))
  segment
    .command('moves')
    .description('customers by where they stood at the end of two days: what flowed from tier to tier')
    .option('--from <date>', 'YYYY-MM-DD; default: 30 days before --to')
    .option('--to <date>', 'YYYY-MM-DD; default today')
    .action(
      document(async (options: { from?: string; to?: string }) =>
        (await import('./cli/moves.ts')).segmentMovesVerb(options),
      ),
    )
}

interface SegmentFlags extends OutputOptions {
  readonly asOf?: string
  readonly apply?: boolean
  readonly preset?: string
  readonly matrix?: boolean
  readonly rebuild?: boolean
  readonly dryRun?: boolean
}

function audience(siyu: Command): void {
  const group = siyu
    .command('audience')
    .description('rules over customers: how many, who for example, and why')
  const verbs = () => import('./cli/data.ts')
  const rule = 'a JSON file, - for standard input, or the name of a saved audience'
  group
    .command('count')
    .description('how many are in it now, and a sample')
    .argument('<rule>', rule)
    .option('--sample <n>', 'how many customer ids', wholeNumber, 20)
    .action(
      document(async (given: string, options: { sample: number }) =>
        (await verbs()).audienceCountVerb(given, options.sample),
      ),
    )
  group
    .command('explain')
    .description('why one customer is in, or not')
    .argument('<rule>', rule)
    .argument('<customer>', 'customer id, external_userid or id in the shop')
    .action(
      document(async (given: string, customer: string) =>
        (await verbs()).audienceExplainVerb(given, customer),
      ),
    )
  group
    .command('fields')
    .description('what a rule may ask')
    .action(document(async () => (await verbs()).audienceFieldsVerb()))
}

function privacy(siyu: Command): void {
  const group = siyu
    .command('privacy')
    .description('what is kept of a person: all of it as JSON, or forgotten for good')
  const verbs = () => import('./cli/privacy.ts')
  group
    .command('export')
    .argument('<who>', 'a customer id or any identity of hers')
    .action(document(async (who: string) => (await verbs()).exportVerb(who)))
  group
    .command('erase')
    .description('names, words and identities go; her facts stay under a name that says nothing')
    .argument('<who>', 'a customer id or any identity of hers')
    .requiredOption('--reason <words>', 'why; kept in the log, so name nobody')
    .action(
      document(async (who: string, options: { reason: string }) =>
        (await verbs()).eraseVerb(who, options.reason),
      ),
    )
}

function media(siyu: Command): void {
  const group = siyu.command('media').description('files that messages may carry: pictures, films, documents')
  const verbs = () => import('./cli/media.ts')
  group
    .command('add')
    .description('put a file into the catalogue; adding the same one again changes nothing')
    .argument('<file>')
    .option('--name <name>', 'how the cadence calls it; default: the name of the file without its ending')
    .option('--type <type>', 'image, video, file or voice; default: what it looks like')
    .action(
      document(async (file: string, options: { name?: string; type?: string }) =>
        (await verbs()).mediaAddVerb(file, options),
      ),
    )
  lists(group.command('list').description('every file, and where it is named')).action(
    document(async () => (await verbs()).mediaListVerb(), 'media'),
  )
  group
    .command('remove')
    .description('refused while the cadence in force or a draft names it')
    .argument('<name>')
    .action(document(async (name: string) => (await verbs()).mediaRemoveVerb(name)))
}

function staff(siyu: Command): void {
  const group = siyu.command('staff').description('who is away, and who speaks for her')
  const verbs = () => import('./cli/staff.ts')
  group
    .command('leave')
    .description('an advisor goes on leave; both days included')
    .argument('<userid>')
    .requiredOption('--from <date>', 'YYYY-MM-DD')
    .requiredOption('--to <date>', 'YYYY-MM-DD')
    .option('--deputy <userid>', 'speaks for her to customers that are also his contacts')
    .action(
      document(async (userid: string, options: { from: string; to: string; deputy?: string }) =>
        (await verbs()).leaveVerb(userid, options),
      ),
    )
  group
    .command('back')
    .description('ends a leave, or takes it back')
    .argument('<userid>')
    .requiredOption('--from <date>', 'the day on which it begins')
    .action(
      document(async (userid: string, options: { from: string }) =>
        (await verbs()).backVerb(userid, options),
      ),
    )
  lists(group.command('leaves').description('everybody who is away now or will be')).action(
    document(async () => (await verbs()).leavesVerb(), 'leaves'),
  )
}

function wecom(siyu: Command): void {
  const group = siyu.command('wecom').description('our picture of staff, contacts and groups against WeCom’s')
  const verbs = () => import('./cli/wecom.ts')
  group
    .command('compare')
    .description('compare everything now; goes on where one broke off')
    .option('--agree', 'the very many whom WeCom no longer shows are really gone: let them go')
    .action(document(async (options: { agree?: boolean }) => (await verbs()).compareVerb(options)))
  group
    .command('status')
    .description('how the last comparison ended, or how far this one is')
    .action(document(async () => (await verbs()).standingVerb()))
}

function audit(siyu: Command): void {
  const group = siyu.command('audit').description('what people did, in a chain that shows any change')
  const verbs = () => import('./cli/audit.ts')
  group
    .command('verify')
    .description('walk the chain; exit code 1 and the first broken row when it does not hold')
    .action(document(async () => (await verbs()).auditVerifyVerb()))
  lists(
    group
      .command('list')
      .description('the newest first')
      .option('--what <kind>', 'such as cadence-published')
      .option('--who <actor>', 'begins with this: staff:zhang, cli:')
      .option('--from <date>', 'YYYY-MM-DD')
      .option('--limit <n>', 'how many', wholeNumber, 100),
  ).action(document(async (options: object) => (await verbs()).auditListVerb(options), 'items'))
}

async function main(): Promise<void> {
  try {
    await program().parseAsync(process.argv)
  } catch (error) {
    if (error instanceof CommanderError)
      process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    else process.exitCode = report(error)
  }
}

// A reader that went away (`| head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(exitCodes.ok)
})
await main()
