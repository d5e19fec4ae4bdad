/** Every channel that WeCom carries, held to the port's contract against the simulator. */
import { virtualClock } from '../base/clock.ts'
import type { Channel, ParcelDraft } from '../delivery/index.ts'
import { channelContract } from '../delivery/channel.contract.ts'
import type { ChannelRig, Mishap } from '../delivery/channel.contract.ts'
import { channelTitles } from '../outbox/index.ts'
import type { ChannelName } from '../outbox/index.ts'
import { startSimulator } from '../simulator/index.ts'
import type { FaultRequest, Simulator } from '../simulator/index.ts'
import { createWecomChannels } from './channels.ts'
import { noMedia } from './no-media.fixture.ts'
import { createApi } from './protocol/api.ts'
import { createClient } from './protocol/client.ts'
import { robotsOf } from './robots.fixture.ts'

const startAt = Date.UTC(2026, 4, 20, 2)
const publicUrl = 'https://siyu.example.com'

const apiOf: Readonly<Record<string, string>> = {
  welcome: 'send_welcome_msg',
  'advisor-task': 'message/send',
  'phone-task': 'message/send',
  broadcast: 'add_msg_template',
  'group-broadcast': 'add_msg_template',
  kf: 'kf/send_msg',
  'app-message': 'message/send',
  moments: 'add_moment_task',
  robot: 'webhook/send',
}

/** Codes strike until they are cleared: the client tries some of them again by itself. */
const faultOf: Readonly<Record<Exclude<Mishap, 'gone'>, Omit<FaultRequest, 'api'>>> = {
  'lost-before': { kind: 'reset-before' },
  'lost-after': { kind: 'reset-after' },
  late: { kind: 'timeout-after', ms: 1_000 },
  cut: { kind: 'truncate' },
  garbage: { kind: 'bad-json' },
  busy: { kind: 'errcode', errcode: -1 },
  limit: { kind: 'errcode', errcode: 45009 },
  forbidden: { kind: 'errcode', errcode: 85002 },
  'no-permission': { kind: 'errcode', errcode: 48002 },
}

async function openRig(name: ChannelName): Promise<ChannelRig> {
  const clock = virtualClock(startAt)
  const simulator = await startSimulator({ clock: 'virtual', startAt, empty: true })
  // Nobody listens there; without an address WeCom takes no card with a menu.
  await simulator.setCallback('http://127.0.0.1:9/wecom/callback')
  for (const userid of ['lin', 'wang'])
    simulator.world.addStaff({ userid, name: userid, confirm: { mode: 'never' } })
  simulator.world.addContact({ userid: 'wang', external_userid: 'wmStranger', silent: true })
  const robots = robotsOf({ 早会: await robotKey(simulator) })
  const { corpId, agentId, agentSecret } = simulator.credentials
  const settings = { corpId, agentSecret, retryBaseMs: 1, timeoutMs: 250 }
  const client = createClient({ ...settings, apiUrl: simulator.url }, { clock })
  const away = createClient({ ...settings, apiUrl: 'http://127.0.0.1:9' }, { clock })
  const channelOf = (one: typeof client): Channel => {
    const parts = {
      api: createApi(one),
      media: noMedia,
      clock,
      hears: () => true,
      publicUrl,
      agentId: String(agentId),
      robots,
    }
    const found = createWecomChannels(parts).find((channel) => channel.name === name)
    if (!found) throw new Error(`no channel ${name}`)
    return found
  }
  const [here, gone] = [channelOf(client), channelOf(away)]
  async function pass(ms: number): Promise<void> {
    await simulator.advanceTo(simulator.now() + ms)
    clock.set(simulator.now())
  }
  let reachable = true
  const channel: Channel = {
    ...here,
    send: (parcel, signal) => (reachable ? here : gone).send(parcel, signal),
  }
  const kfid = name === 'kf' ? await openDesk(client) : ''
  const world = worldOf(simulator, name, kfid)
  return {
    channel,
    now: () => clock.now(),
    pass,
    async draft(subjects) {
      // Ten moments a minute.
      if (name === 'moments') await pass(6_500)
      return world.draft(subjects)
    },
    ...(name === 'broadcast' ? { stranger: 'wmStranger' } : {}),
    ...(name === 'group-broadcast' ? { stranger: world.foreignGroup, listsSentOnly: true } : {}),
    cutsWords: name.endsWith('-task'),
    ...(name === 'moments' ? { waitsForEach: true, remindsFreely: true, sureAfterMs: 960_000 } : {}),
    next(mishap) {
      if (mishap === 'gone') reachable = false
      else simulator.addFault({ ...faultOf[mishap], api: apiOf[name] ?? '' })
    },
    calm() {
      reachable = true
      simulator.clearFaults()
    },
    live: (parcel) =>
      new Set(
        simulator
          .ledger()
          .filter(({ status }) => status !== 'cancelled')
          .filter(
            (row) =>
              row.text.includes(parcel.batchToken) ||
              JSON.stringify(row.body).includes(parcel.recipients[0]?.promise ?? '-'),
          )
          .map(({ msgid }) => msgid),
      ).size,
    ...(here.results
      ? {
          async press(remoteId, except) {
            if (name === 'moments') return world.publish(remoteId, except?.subject)
            if (except?.reason === 2) world.part(except.subject)
            if (except?.reason === 3) await world.exhaust(except.subject, here)
            simulator.world.confirm('lin', remoteId)
            simulator.settings.quotaMode = 'month-days'
          },
        }
      : {}),
    async close() {
      await client.close()
      await away.close()
      await simulator.close()
    },
  }
}

async function robotKey({ url }: Simulator): Promise<string> {
  const answer = await fetch(`${url}/sim/robots/add`, {
    method: 'POST',
    body: JSON.stringify({ members: ['lin', 'wang'] }),
  })
  return ((await answer.json()) as { key: string }).key
}

async function openDesk(client: ReturnType<typeof createClient>): Promise<string> {
  const made = await createApi(client).addKfAccount({ name: '小店客服', media_id: '' })
  if (made.kind !== 'ok') throw new Error(JSON.stringify(made))
  return made.value.open_kfid
}

/** Who is written to: new people or groups for each draft, so that the drafts do not get into each other's way. */
function worldOf(simulator: Simulator, name: ChannelName, kfid: string) {
  const { world } = simulator
  let count = 0
  const isGroup = name === 'group-broadcast'
  const foreignGroup = world.createGroup({ owner: 'wang', name: '别的群' }).chatId
  function subject(): Pick<ParcelDraft['recipients'][number], 'subject' | 'welcomeCode' | 'kf'> {
    count += 1
    if (name === 'moments') {
      const userid = `staff${String(count)}`
      world.addStaff({ userid, name: userid, confirm: { mode: 'never' } })
      world.addContact({ userid, external_userid: `wmOf${userid}`, silent: true })
      return { subject: userid }
    }
    if (name === 'app-message') return { subject: 'lin' }
    if (name === 'robot') return { subject: '早会' }
    if (name === 'kf') {
      const external = `wmPerson${String(count)}`
      world.kfSays(kfid, external, '在吗')
      return { subject: external, kf: { account: kfid } }
    }
    if (isGroup) return { subject: world.createGroup({ owner: 'lin', name: `群${String(count)}` }).chatId }
    const external_userid = `wmPerson${String(count)}`
    const silent = name !== 'welcome'
    const { welcomeCode } = world.addContact({ userid: 'lin', external_userid, silent })
    return { subject: external_userid, ...(welcomeCode === null ? {} : { welcomeCode }) }
  }
  function draft(subjects: number): ParcelDraft {
    const batchToken = `token-${name}-${String((count += 1))}`
    return {
      id: `parcel-${batchToken}`,
      channel: name,
      sender: 'lin',
      batchToken,
      text: `今天来投票吧 ${publicUrl}/h5/l/b.${batchToken}.game~7`,
      recipients: Array.from({ length: subjects }, (_, n) => ({
        ...subject(),
        promise: `promise-${batchToken}-${String(n)}`,
        title: '复购关怀',
        name: '小米妈妈',
        why: '三周没有下单',
      })),
    }
  }
  return {
    foreignGroup,
    draft,
    /** Whoever was asked publishes, but for one. */
    publish(moment: string, except: string | undefined) {
      const asked = simulator
        .ledger()
        .filter(({ msgid, status }) => msgid === moment && status === 'accepted')
      for (const userid of new Set(asked.map(({ sender }) => sender)))
        if (userid !== except) world.confirm(userid, moment)
    },
    part(one: string) {
      if (isGroup) world.changeGroup(one, { owner: 'wang' })
      else world.removeContact('lin', one, 'customer')
    },
    /** She has had her broadcast of the day. */
    async exhaust(one: string, channel: Channel) {
      simulator.settings.quotaMode = '1-per-day'
      if (!isGroup) return world.staffBroadcast('lin', [one])
      const other = draft(1)
      const recipients = other.recipients.map((recipient) => ({ ...recipient, subject: one }))
      const body = channel.compose({ ...other, recipients })
      const at = simulator.now()
      const outcome = await channel.send(
        { ...other, recipients, body, intentAt: at, calledAt: at },
        AbortSignal.timeout(5_000),
      )
      if (outcome.kind !== 'waiting') throw new Error(`the quota was not spent: ${outcome.kind}`)
      world.confirm('lin', outcome.remoteId)
    },
  }
}

/** Nothing is asked of these: they only say what each channel offers. */
const shown = createWecomChannels({
  api: createApi(
    createClient(
      { apiUrl: 'http://127.0.0.1:9', corpId: 'none', agentSecret: 'none' },
      { clock: virtualClock(0) },
    ),
  ),
  media: noMedia,
  hears: () => true,
  clock: virtualClock(0),
  publicUrl,
  agentId: '1',
  robots: robotsOf({ 早会: 'none' }),
})
for (const one of shown) channelContract(channelTitles[one.name], one, () => openRig(one.name))
