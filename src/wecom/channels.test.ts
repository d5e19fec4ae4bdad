/** What is peculiar to each channel (the rest is channels.contract.test.ts), against the simulator; what was really said is read from the simulator's own ledger. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hours, minutes, seconds, virtualClock } from '../base/clock.ts'
import type { VirtualClock } from '../base/clock.ts'
import type { Channel, Parcel, ParcelDraft, RecipientResult } from '../delivery/index.ts'
import type { ChannelName } from '../outbox/index.ts'
import { startSimulator } from '../simulator/index.ts'
import type { LedgerRow, Simulator } from '../simulator/index.ts'
import { createWecomChannels } from './channels.ts'
import { noMedia } from './no-media.fixture.ts'
import { robotsOf } from './robots.fixture.ts'
import { createApi } from './protocol/api.ts'
import { createStaffNote } from './staff-note.ts'
import { createClient } from './protocol/client.ts'
import type { WecomClient } from './protocol/client.ts'

const startAt = Date.UTC(2026, 4, 20, 2)
const signal = AbortSignal.timeout(600_000)

let simulator: Simulator
let client: WecomClient
let clock: VirtualClock
let channels: ReadonlyMap<ChannelName, Channel>

beforeEach(async () => {
  clock = virtualClock(startAt)
  simulator = await startSimulator({
    clock: 'virtual',
    startAt,
    empty: true,
    settings: { dispatchMs: 10_000 },
  })
  // Nobody listens there; without an address WeCom takes no card with a menu.
  await simulator.setCallback('http://127.0.0.1:9/wecom/callback')
  for (const userid of ['lin', 'wang'])
    simulator.world.addStaff({ userid, name: userid, confirm: { mode: 'never' } })
  for (const external_userid of ['wm1', 'wm2', 'wm3'])
    simulator.world.addContact({ userid: 'lin', external_userid, silent: true })
  const { corpId, agentId, agentSecret } = simulator.credentials
  client = createClient(
    { apiUrl: simulator.url, corpId, agentSecret, retryBaseMs: 5, timeoutMs: 400 },
    { clock },
  )
  channels = new Map(
    createWecomChannels({
      api: createApi(client),
      media: noMedia,
      clock,
      hears: () => true,
      publicUrl: 'https://siyu.example.com',
      agentId: String(agentId),
      robots: robotsOf(),
    }).map((channel) => [channel.name, channel]),
  )
})
afterEach(async () => {
  await client.close()
  await simulator.close()
})

const channel = (name: ChannelName): Channel => {
  const found = channels.get(name)
  if (!found) throw new Error(`no channel ${name}`)
  return found
}
const pass = async (ms: number): Promise<void> => {
  await simulator.advanceTo(simulator.now() + ms)
  clock.set(simulator.now())
}

function parcelFor(name: ChannelName, more: Partial<ParcelDraft> = {}): Parcel {
  const batchToken = `tok${Math.random().toString(36).slice(2)}`
  const draft: ParcelDraft = {
    id: `parcel-${batchToken}`,
    channel: name,
    sender: 'lin',
    batchToken,
    text: `今天来投票吧 https://siyu.example.com/h5/l/b.${batchToken}.game~7`,
    recipients: [
      {
        promise: `promise-${batchToken}`,
        subject: 'wm1',
        title: '复购关怀',
        name: '小米妈妈',
        why: '三周没有下单',
      },
    ],
    ...more,
  }
  return { ...draft, body: channel(name).compose(draft), intentAt: clock.now(), calledAt: clock.now() }
}
const to = (...subjects: string[]): Pick<ParcelDraft, 'recipients'> => ({
  recipients: subjects.map((subject) => ({
    promise: `p-${subject}`,
    subject,
    title: 't',
    name: '',
    why: '',
  })),
})
const said = (api: LedgerRow['api']): LedgerRow[] => simulator.ledger().filter((row) => row.api === api)
async function all(results: AsyncIterable<RecipientResult> | undefined): Promise<RecipientResult[]> {
  const list: RecipientResult[] = []
  for await (const result of results ?? []) list.push(result)
  return list
}

describe('welcome', () => {
  const welcomed = (code: string): Parcel =>
    parcelFor('welcome', {
      text: '您好，我是林顾问',
      recipients: [{ promise: 'p', subject: 'wmNew', title: '欢迎', name: '', why: '', welcomeCode: code }],
    })
  const newcomer = (external_userid: string): string =>
    simulator.world.addContact({ userid: 'lin', external_userid }).welcomeCode ?? ''

  it('is said once, however often it is repeated after a lost answer', async () => {
    const parcel = welcomed(newcomer('wmNew'))
    simulator.addFault({ api: 'externalcontact/send_welcome_msg', kind: 'reset-after', times: 1 })
    expect((await channel('welcome').send(parcel, signal)).kind).toBe('unknown')
    expect((await channel('welcome').send(parcel, signal)).kind).toBe('sent')
    expect(said('send_welcome_msg')).toHaveLength(1)
    expect(channel('welcome').resendWithinMs).toBe(seconds(18))
  })

  it('waits out another app, and ends when the code is too old', async () => {
    const parcel = welcomed(newcomer('wmOther'))
    simulator.addFault({ api: 'externalcontact/send_welcome_msg', kind: 'errcode', errcode: 41096, times: 2 })
    expect((await channel('welcome').send(parcel, signal)).kind).toBe('sent')
    const late = welcomed(newcomer('wmLate'))
    await pass(seconds(21))
    expect(await channel('welcome').send(late, signal)).toMatchObject({
      kind: 'refused',
      code: 'welcome-late',
    })
    expect(await channel('welcome').send({ ...late, calledAt: clock.now() }, signal)).toMatchObject({
      kind: 'refused',
    })
    expect(said('send_welcome_msg')).toHaveLength(1)
  })
})

describe('advisor task', () => {
  it('is a card with title, why and the way to the customer, and waits for the advisor', async () => {
    const parcel = parcelFor('advisor-task')
    expect(await channel('advisor-task').send(parcel, signal)).toMatchObject({
      kind: 'waiting',
      why: 'advisor-must-send',
    })
    const [row] = said('message/send')
    expect(row).toMatchObject({ recipientKind: 'staff', recipient: 'lin' })
    const shown = JSON.stringify(row?.body)
    for (const part of [
      '复购关怀',
      '三周没有下单',
      '小米妈妈',
      'https://siyu.example.com/sidebar/#/customer/wm1',
    ])
      expect(shown).toContain(part)
    const body = JSON.parse(parcel.body) as Record<string, unknown>
    expect(body).toMatchObject({ enable_duplicate_check: 1, duplicate_check_interval: 14_400 })
  })

  it('has a menu, and goes without it where nobody would hear what is pressed', async () => {
    const bodyOf = (parcel: Parcel): { template_card: { action_menu?: object } } =>
      JSON.parse(parcel.body) as { template_card: { action_menu?: object } }
    await simulator.setCallback(null)
    const atOnce = [parcelFor('advisor-task'), parcelFor('advisor-task')]
    expect(atOnce.map((one) => bodyOf(one).template_card.action_menu)).not.toContain(undefined)
    // All that were under way together, so that the channel does not rest for the second one.
    for (const outcome of await Promise.all(atOnce.map((one) => channel('advisor-task').send(one, signal)))) {
      expect(outcome).toMatchObject({ kind: 'retry', afterMs: 0, anew: true })
      expect(outcome).not.toHaveProperty('channelWide')
    }
    const second = parcelFor('advisor-task')
    expect(bodyOf(second).template_card.action_menu).toBeUndefined()
    expect((await channel('advisor-task').send(second, signal)).kind).toBe('waiting')
    // An hour later the address may have been entered.
    await pass(hours(1))
    expect(bodyOf(parcelFor('advisor-task')).template_card.action_menu).toBeDefined()
  })

  it('is shown once when the same bytes go out again, also when only its task id tells', async () => {
    const parcel = parcelFor('advisor-task')
    simulator.addFault({ api: 'message/send', kind: 'reset-after', times: 1 })
    expect((await channel('advisor-task').send(parcel, signal)).kind).toBe('unknown')
    expect((await channel('advisor-task').send(parcel, signal)).kind).toBe('waiting')
    await pass(hours(5))
    expect((await channel('advisor-task').send(parcel, signal)).kind).toBe('waiting')
    expect(said('message/send')).toHaveLength(1)
  })

  it('names a ceiling below the one beyond which WeCom drops cards while saying ok', () => {
    const { perMinute = 0, perHour = 0 } = channel('advisor-task').perSender ?? {}
    expect([perMinute, perHour]).toEqual([25, 900])
  })

  it('is refused for a member who is gone', async () => {
    const parcel = parcelFor('advisor-task', { sender: 'nobody' })
    expect(await channel('advisor-task').send(parcel, signal)).toMatchObject({
      kind: 'refused',
      code: 'nobody-reachable',
    })
    expect(
      (await channel('advisor-task').send(parcelFor('advisor-task', { sender: null }), signal)).kind,
    ).toBe('refused')
  })
})

describe('broadcast', () => {
  it('waits for the advisor, names strangers at once, and tells who got it after she pressed', async () => {
    const parcel = parcelFor('broadcast', to('wm1', 'wm2', 'wm3', 'wmStranger'))
    const outcome = await channel('broadcast').send(parcel, signal)
    expect(outcome).toMatchObject({
      kind: 'waiting',
      failed: [{ subject: 'wmStranger', code: 'not-a-friend' }],
    })
    if (outcome.kind !== 'waiting') return
    const asked = { ...parcel, remoteId: outcome.remoteId }
    const results = (): Promise<RecipientResult[]> => all(channel('broadcast').results?.(asked, signal))
    await expect(results()).rejects.toMatchObject({ name: 'OutsideFailure' })
    await pass(seconds(30))
    expect((await results()).map(({ status }) => status)).toEqual(['waiting', 'waiting', 'waiting'])
    simulator.world.removeContact('lin', 'wm2', 'customer')
    simulator.world.confirm('lin', outcome.remoteId)
    const after = new Map((await results()).map((result) => [result.subject, result]))
    expect(after.get('wm1')).toMatchObject({ status: 'sent' })
    expect(after.get('wm1')?.at).toBe(Math.floor(clock.now() / 1000) * 1000)
    expect(after.get('wm2')).toMatchObject({ status: 'refused', code: 'not-a-friend' })
  })

  it('that got lost on the way back is found by its token, and nothing else is', async () => {
    const parcel = parcelFor('broadcast', to('wm1', 'wm2'))
    await channel('broadcast').send(parcelFor('broadcast', to('wm3')), signal)
    simulator.addFault({ api: 'externalcontact/add_msg_template', kind: 'reset-after', times: 1 })
    expect((await channel('broadcast').send(parcel, signal)).kind).toBe('unknown')
    const find = () => channel('broadcast').find?.(parcel, signal)
    expect(await find()).toBe('unsure')
    await pass(seconds(30))
    const made = said('add_msg_template').find(({ text }) => text === parcel.text)
    expect(await find()).toEqual([{ remoteId: made?.msgid, confirmed: false }])
    simulator.world.confirm('lin', made?.msgid ?? '')
    expect(await find()).toEqual([{ remoteId: made?.msgid, confirmed: true }])
    const second = await channel('broadcast').send(parcel, signal)
    await pass(seconds(30))
    expect(await find()).toHaveLength(2)
    expect(second.kind).toBe('waiting')
  })

  it('that never arrived is surely absent; words without a token are for a person to judge', async () => {
    const parcel = parcelFor('broadcast')
    simulator.addFault({ api: 'externalcontact/add_msg_template', kind: 'reset-before', times: 1 })
    expect((await channel('broadcast').send(parcel, signal)).kind).toBe('unknown')
    await pass(minutes(1))
    expect(await channel('broadcast').find?.(parcel, signal)).toEqual([])
    expect(await channel('broadcast').find?.({ ...parcel, text: '没有链接' }, signal)).toBe('unsure')
    expect(await channel('broadcast').find?.({ ...parcel, sender: 'wang' }, signal)).toEqual([])
  })

  it('can be taken back, twice without harm, and reminds three times a day', async () => {
    const outcome = await channel('broadcast').send(parcelFor('broadcast'), signal)
    if (outcome.kind !== 'waiting') throw new Error(outcome.kind)
    const remind = () => channel('broadcast').remind?.(outcome.remoteId, signal)
    expect([await remind(), await remind(), await remind(), await remind()]).toEqual([
      'reminded',
      'reminded',
      'reminded',
      'too-often',
    ])
    await channel('broadcast').cancel?.(outcome.remoteId, signal)
    await channel('broadcast').cancel?.(outcome.remoteId, signal)
    expect(said('add_msg_template').map(({ status }) => status)).toEqual(['cancelled'])
    await expect(channel('broadcast').cancel?.('msgUnknown', signal)).rejects.toMatchObject({
      name: 'OutsideFailure',
    })
  })

  it('reads results page by page', async () => {
    const many = Array.from({ length: 1_200 }, (_, i) => `wmMany${String(i)}`)
    for (const external_userid of many)
      simulator.world.addContact({ userid: 'wang', external_userid, silent: true })
    const parcel = parcelFor('broadcast', { sender: 'wang', ...to(...many) })
    const outcome = await channel('broadcast').send(parcel, signal)
    if (outcome.kind !== 'waiting') throw new Error(outcome.kind)
    await pass(seconds(30))
    simulator.world.confirm('wang', outcome.remoteId)
    const results = await all(
      channel('broadcast').results?.({ ...parcel, remoteId: outcome.remoteId }, signal),
    )
    expect(results.filter(({ status }) => status === 'sent')).toHaveLength(1_200)
  })
})

describe('group broadcast', () => {
  it('goes to the owner’s groups and tells which got it', async () => {
    const own = simulator.world.createGroup({ owner: 'lin', name: '育儿群', members: ['wm1'] }).chatId
    const foreign = simulator.world.createGroup({ owner: 'wang', name: '别的群' }).chatId
    const parcel = parcelFor('group-broadcast', to(own, foreign))
    const outcome = await channel('group-broadcast').send(parcel, signal)
    expect(outcome).toMatchObject({ kind: 'waiting', failed: [{ subject: foreign }] })
    if (outcome.kind !== 'waiting') return
    await pass(seconds(30))
    expect(await channel('group-broadcast').find?.(parcel, signal)).toEqual([
      { remoteId: outcome.remoteId, confirmed: false },
    ])
    simulator.world.confirm('lin', outcome.remoteId)
    expect(
      await all(channel('group-broadcast').results?.({ ...parcel, remoteId: outcome.remoteId }, signal)),
    ).toMatchObject([
      { subject: own, status: 'sent' },
      { subject: foreign, status: 'refused', code: 'not-delivered' },
    ])
  })
})

describe('a note to a member of staff', () => {
  const post = (userid: string) =>
    createStaffNote({ api: createApi(client), agentId: String(simulator.credentials.agentId) })(
      userid,
      '【测试】每周好物',
    )

  it('arrives as the words they are, and tells nobody, lost and away apart', async () => {
    expect(await post('lin')).toEqual({ kind: 'sent' })
    expect(said('message/send').map(({ recipient, text }) => ({ recipient, text }))).toEqual([
      { recipient: 'lin', text: '【测试】每周好物' },
    ])
    expect(await post('ghost')).toMatchObject({
      kind: 'refused',
      fix: expect.stringContaining('可见范围') as string,
    })
    simulator.addFault({ api: 'message/send', kind: 'reset-after', times: 1 })
    expect(await post('lin')).toMatchObject({ kind: 'unknown' })
    simulator.addFault({ api: 'message/send', kind: 'errcode', errcode: 40056, times: 1 })
    expect(await post('lin')).toMatchObject({
      kind: 'refused',
      fix: expect.stringContaining('doctor') as string,
    })
  })
})
