/**
 * What people do in the town: customers who buy, vote, come, go and have had enough, advisors who press or do not, an
 * operator with a switch. Who does what, and when, is the seed's choice; nobody's deed depends on how the server did it.
 */
import { system } from '../../src/base/act.ts'
import type { Actor, Ctx } from '../../src/base/act.ts'
import { isoOf } from '../../src/base/calendar.ts'
import { Refusal } from '../../src/base/errors.ts'
import { newestVersion, publishAndPlan } from '../../src/cadence/index.ts'
import { optIn, optOut } from '../../src/customer/index.ts'
import { beginSend, settleSend, skipTask } from '../../src/desk/index.ts'
import { play } from '../../src/game/index.ts'
import { pauseSending, resolveHeld, resumeSending } from '../../src/outbox/index.ts'
import { WorldError } from '../../src/simulator/errors.ts'
import type { Town } from './town.ts'
import { postEvents } from './town.ts'

export interface Deed {
  readonly name: string
  /** How often it happens, compared with the others. */
  readonly weight: number
  run(): Promise<void>
}

export interface People {
  readonly deeds: readonly Deed[]
  /** Tasks in the advisors' clients that nobody has pressed yet. */
  readonly tasks: { readonly userid: string; readonly msgid: string }[]
  /** Everybody does at once what she is asked to: for the last days, and for a town without surprises. */
  attend(): Promise<void>
  /** Phone numbers that were spoken of; no log may hold one. */
  readonly phones: readonly string[]
  isPaused(): Promise<boolean>
}

interface TaskRow {
  readonly id: string
  readonly sender: string
  readonly subject: string
  readonly content: string
}

export function createPeople(town: Town): People {
  const { chance, simulator } = town
  const { world } = simulator
  const tasks: { userid: string; msgid: string }[] = []
  const phones: string[] = []
  /** Sent from the sidebar, and the server does not know it yet. */
  const unsettled: TaskRow[] = []
  let count = 0

  world.onStaffMessage(({ kind, userid, msgid }) => {
    if (kind === 'task' && !tasks.some((one) => one.msgid === msgid && one.userid === userid))
      tasks.push({ userid, msgid })
  })

  /** What a person is told she cannot do (any more) is no defect. */
  async function trying(deed: () => Promise<unknown>): Promise<void> {
    try {
      await deed()
    } catch (error) {
      if (!(error instanceof Refusal) && !(error instanceof WorldError)) throw error
    }
  }
  const act = async <T>(
    name: string,
    deed: (ctx: Ctx) => Promise<T>,
    actor: Actor = system(name),
  ): Promise<T> => {
    const { app } = town
    if (!app) throw new Refusal('down', 'the server is down', 503)
    return app.importParts.act(actor, deed)
  }
  const read = <Row extends object>(
    sql: string,
    params: readonly (string | number)[] = [],
  ): Promise<Row[]> => (town.app ? town.app.db.reader.rows<Row>(sql, params) : Promise.resolve([]))

  const contacts = (): string[] =>
    world
      .customers()
      .filter(({ follows }) => follows.size > 0)
      .map(({ externalUserId }) => externalUserId)

  /** An advisor looks at her phone and presses what is there, mostly all of it. */
  async function confirm(): Promise<void> {
    if (tasks.length === 0) return
    const { userid } = chance.pick(tasks)
    for (const task of tasks.filter((one) => one.userid === userid && chance.hit(0.8))) {
      tasks.splice(tasks.indexOf(task), 1)
      await trying(() => Promise.resolve(world.confirm(task.userid, task.msgid)))
    }
  }

  async function press(task: TaskRow): Promise<void> {
    const { text } = JSON.parse(task.content) as { text: string }
    const words = wordsOf(task.id, text)
    await act('press', (ctx) => beginSend(ctx, task.sender, task.id, words))
    const sent = world.sendChatMessage({
      userid: task.sender,
      external_userid: task.subject,
      msgtype: 'text',
      text: { content: words },
    })
    if (!sent.ok) return void (await act('press', (ctx) => settleSend(ctx, task.sender, task.id, 'not-sent')))
    unsettled.push(task)
    await settlePress(task)
  }
  const linkOf = (promise: string): string =>
    `/h5/l/p.${Buffer.from(promise.replaceAll('-', ''), 'hex').toString('base64url')}`
  /** The sidebar shows the words with the links filled in. */
  const wordsOf = (promise: string, text: string): string =>
    `${text.replaceAll(/\[\[link:[^\]]*\]\]/g, '')} http://127.0.0.1:3000${linkOf(promise)}`
  async function settlePress(task: TaskRow): Promise<void> {
    try {
      await act('press', (ctx) => settleSend(ctx, task.sender, task.id, 'sent'))
    } catch (error) {
      // She is no customer of hers any more, or the server is down: the first can never be said, the second later.
      if (!(error instanceof Refusal) || error.code === 'down') throw error
    }
    const index = unsettled.indexOf(task)
    if (index >= 0) unsettled.splice(index, 1)
  }
  const waitingTasks = (): Promise<TaskRow[]> =>
    read<TaskRow>(
      `select id, sender, subject, content from promise
        where channel = 'advisor-task' and state = 'waiting' and pressed_at is null order by id limit 20`,
    )

  async function sidebar(): Promise<void> {
    const [late] = unsettled
    if (late) return trying(() => settlePress(late))
    const open = await waitingTasks()
    if (open.length === 0) return
    const task = chance.pick(open)
    if (chance.hit(0.15))
      await trying(() => act('skip', (ctx) => skipTask(ctx, task.sender, task.id, '刚在门店聊过')))
    else await trying(() => press(task))
  }

  async function buy(): Promise<void> {
    const known = world.customers().filter(({ shopId }) => shopId !== null)
    if (known.length === 0) return
    const { shopId, externalUserId, follows } = chance.pick(known)
    const product = chance.pick(town.shop.products)
    const phone = `138${String(10_000_000 + chance.below(90_000_000))}`
    const named = chance.hit(0.3)
    if (named) phones.push(phone)
    const id = `sim-${String((count += 1))}`
    await trying(() =>
      postEvents(town, [
        {
          id,
          kind: 'order',
          at: isoOf(town.now() - chance.below(600_000)),
          customer: {
            shopId,
            ...(follows.size > 0 ? { external: externalUserId } : {}),
            ...(named ? { phone } : {}),
          },
          orderId: id,
          amountFen: product.priceFen,
          items: [{ sku: product.sku, quantity: 1, amountFen: product.priceFen }],
        },
      ]),
    )
  }

  async function vote(): Promise<void> {
    const games = await read<{ id: string; settings: string }>(
      `select id, settings from game where kind = 'poll' and opens_at <= $1 and closes_at > $1`,
      [town.now()],
    )
    const voters = contacts()
    if (games.length === 0 || voters.length === 0) return
    const game = chance.pick(games)
    const external = chance.pick(voters)
    const { options } = JSON.parse(game.settings) as { options: { id: string }[] }
    const [who] = await read<{ customer: string }>(
      `select customer from identity where kind = 'external' and value = $1`,
      [external],
    )
    const choices = [chance.pick(options).id]
    if (who)
      await trying(() =>
        act('vote', (ctx) =>
          play(ctx, { key: who.customer, who: { external }, via: 'h5' }, game.id, { choices }),
        ),
      )
  }

  async function wish(out: boolean): Promise<void> {
    const all = contacts()
    if (all.length === 0) return
    const external = chance.pick(all)
    const choice = { purpose: chance.hit(0.8) ? ('marketing' as const) : ('service' as const), via: 'h5' }
    await trying(() =>
      act('wish', (ctx) => (out ? optOut(ctx, external, choice) : optIn(ctx, external, choice))),
    )
  }

  function come(): void {
    const advisor = chance.pick(world.staff())
    const before = world.customers().filter(({ follows }) => follows.size === 0)
    if (before.length > 0 && chance.hit(0.4))
      world.addContact({ userid: advisor.userid, external_userid: chance.pick(before).externalUserId })
    else world.addContact({ userid: advisor.userid, name: `新客${String((count += 1))}`, gender: 2 })
  }

  function quit(): void {
    const all = world.customers().filter(({ follows }) => follows.size > 0)
    if (all.length < 10) return
    const { externalUserId, follows } = chance.pick(all)
    world.removeContact(
      chance.pick([...follows.keys()]),
      externalUserId,
      chance.hit(0.5) ? 'customer' : 'staff',
    )
  }

  function group(): void {
    const one = chance.pick(world.groups())
    const members = [...one.members.values()].filter(({ type }) => type === 2)
    const outside = contacts().filter((id) => !one.members.has(id))
    if (members.length > 3 && chance.hit(0.5)) world.leaveGroup(one.chatId, [chance.pick(members).id])
    else if (outside.length > 0) world.joinGroup(one.chatId, [chance.pick(outside)])
  }

  async function publish(): Promise<void> {
    const { app } = town
    if (!app) return
    const { db, act, clock, rules } = app.importParts
    const newest = await newestVersion(db.reader)
    if (!newest) return
    const at = chance.pick(['09:45', '10:00', '10:30', '14:45', '19:45'])
    const yaml = newest.yaml.replace(/(daily-tip:\n\s+at: )'[\d:]+'/, `$1'${at}'`)
    const publishing = { yaml, note: 'simulation', by: 'operator', baseVersion: newest.version }
    await trying(() =>
      publishAndPlan({ db, act, clock, tierRules: rules }, { kind: 'staff', userid: 'operator' }, publishing),
    )
  }

  const isPaused = async (): Promise<boolean> =>
    (await read(`select name from pause where scope = 'global'`)).length > 0

  async function flick(): Promise<void> {
    const resumes = await isPaused()
    await trying(() =>
      act(
        'switch',
        async (ctx) => {
          if (resumes) await resumeSending(ctx, 'operator', '')
          else await pauseSending(ctx, 'operator', '演练')
        },
        { kind: 'staff', userid: 'operator' },
      ),
    )
  }

  async function decideHeld(): Promise<void> {
    const [held] = await read<{ id: string; channel: string }>(
      `select id, channel from promise where state = 'held' order by id limit 1`,
    )
    if (!held) return
    // A card that arrived is not yet a word to the customer: only what she was sent from the sidebar is.
    const mark = held.channel === 'advisor-task' ? linkOf(held.id) : held.id
    const arrived = simulator
      .ledger()
      .some(
        (row) =>
          row.status !== 'cancelled' &&
          (held.channel !== 'advisor-task' || row.via === 'sidebar') &&
          JSON.stringify(row.body).includes(mark),
      )
    await trying(() => act('held', (ctx) => resolveHeld(ctx, held.id, arrived ? 'sent' : 'cancel')))
  }

  const now = (deed: () => void) => (): Promise<void> => trying(() => Promise.resolve(deed()))
  return {
    tasks,
    phones,
    isPaused,
    deeds: [
      { name: 'confirm', weight: 14, run: confirm },
      { name: 'sidebar', weight: 12, run: sidebar },
      { name: 'buy', weight: 6, run: buy },
      { name: 'vote', weight: 4, run: vote },
      { name: 'opt-out', weight: 1, run: () => wish(true) },
      { name: 'opt-in', weight: 0.5, run: () => wish(false) },
      { name: 'come', weight: 5, run: now(come) },
      { name: 'quit', weight: 1.5, run: now(quit) },
      { name: 'group', weight: 1, run: now(group) },
      {
        name: 'own-broadcast',
        weight: 0.5,
        run: now(() => world.staffBroadcast(chance.pick(world.staff()).userid, [chance.pick(contacts())])),
      },
      { name: 'publish', weight: 0.3, run: publish },
      { name: 'switch', weight: 0.25, run: flick },
      { name: 'held', weight: 2, run: decideHeld },
    ],
    async attend() {
      if (await isPaused()) await flick()
      for (const task of tasks.splice(0))
        await trying(() => Promise.resolve(world.confirm(task.userid, task.msgid)))
      for (const task of [...unsettled]) await trying(() => settlePress(task))
      for (const task of await waitingTasks()) await trying(() => press(task))
      await decideHeld()
    },
  }
}
