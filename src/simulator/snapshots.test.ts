import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { createClient, smallShop, type Client, type Json } from '../../test/simulator/bench.ts'
import { decode, encode } from './graph.ts'
import { startSimulator, type Simulator, type SimulatorOptions } from './index.ts'

const startAt = 1_790_000_000_000
const shop = {
  ...smallShop,
  staff: smallShop.staff.map((one) => ({ ...one, confirm: { mode: 'late', afterMs: 900_000 } as const })),
}

const running: Simulator[] = []
async function open(options: SimulatorOptions = {}): Promise<{ sim: Simulator; client: Client }> {
  const sim = await startSimulator({ shop, clock: 'virtual', startAt, ...options })
  running.push(sim)
  return { sim, client: createClient(sim) }
}
afterEach(async () => {
  for (const sim of running.splice(0)) await sim.close()
})

type Act = (sim: Simulator, client: Client, pick: number) => Promise<unknown>

const oneOf = <T>(list: readonly T[], pick: number): T => {
  const one = list[pick % list.length]
  if (one === undefined) throw new Error('an empty list')
  return one
}
const customer = (sim: Simulator, pick: number): string => oneOf(sim.world.customers(), pick).externalUserId
const staff = (_sim: Simulator, pick: number): string => oneOf(['LiMei', 'zhangwei'], pick)
const lastMsgid = (sim: Simulator): string => sim.ledger().at(-1)?.msgid ?? ''

/** What people, apps and time may do; an act that cannot be done answers why, and that must repeat, too. */
const acts: Readonly<Record<string, Act>> = {
  broadcast: (sim, client, pick) =>
    client.post('externalcontact/add_msg_template', {
      chat_type: 'single',
      sender: staff(sim, pick),
      external_userid: [customer(sim, pick)],
      text: { content: `话 ${String(pick)} https://example.com/${String(pick)}` },
    }),
  moment: (_sim, client) => client.post('externalcontact/add_moment_task', { text: { content: '上新' } }),
  message: (sim, client, pick) =>
    client.post('message/send', {
      touser: staff(sim, pick),
      agentid: sim.credentials.agentId,
      msgtype: 'text',
      text: { content: `$ref ${String(pick)}` },
    }),
  way: (sim, client, pick) =>
    client.post('externalcontact/add_contact_way', { type: 1, scene: 2, user: [staff(sim, pick)] }),
  transfer: (sim, client, pick) =>
    client.post('externalcontact/transfer_customer', {
      handover_userid: 'LiMei',
      takeover_userid: 'zhangwei',
      external_userid: [customer(sim, pick)],
    }),
  upload: async (sim, client, pick) => {
    const form = new FormData()
    form.append('media', new Blob([`file ${String(pick)}`]), 'a.txt')
    const { access_token: token } = await client.get('gettoken', {
      corpid: sim.credentials.corpId,
      corpsecret: sim.credentials.agentSecret,
    })
    const url = `${sim.url}/cgi-bin/media/upload?type=file&access_token=${String(token)}`
    return (await fetch(url, { method: 'POST', body: form })).json()
  },
  tag: (_sim, client, pick) =>
    client.post('externalcontact/add_corp_tag', { group_name: '层', tag: [{ name: `t${String(pick)}` }] }),
  kf: async (_sim, client) => {
    const made = await client.post('kf/account/add', { name: '客服', media_id: 'none' })
    return [made, await client.post('kf/account/list', {})]
  },
  meet: async (sim, _client, pick) =>
    sim.world.addContact({ userid: staff(sim, pick), state: `s${String(pick)}` }),
  leave: async (sim, _client, pick) =>
    sim.world.removeContact(staff(sim, pick), customer(sim, pick), 'customer'),
  press: async (sim, _client, pick) => sim.world.confirm(staff(sim, pick), lastMsgid(sim)),
  chat: async (sim, _client, pick) =>
    sim.world.sendChatMessage({
      userid: staff(sim, pick),
      external_userid: customer(sim, pick),
      msgtype: 'text',
      text: { content: '您好' },
    }),
  join: async (sim, _client, pick) => sim.world.joinGroup('wrG', [customer(sim, pick)], { scene: 3 }),
  fault: async (sim, _client, pick) =>
    sim.addFault({ kind: 'errcode', errcode: -1, probability: 0.3, times: 1 + (pick % 3) }),
  settings: (_sim, client, pick) =>
    client.sim('POST', 'settings', { quotaMode: oneOf(['month-days', '7-per-week', '1-per-day'], pick) }),
  limit: (_sim, client, pick) =>
    client.sim('POST', 'settings', { rateLimits: { perMinute: 2 + (pick % 5), perHour: 1_000 } }),
  later: async (sim, _client, pick) => sim.advanceTo(sim.now() + (pick % 7) * 400_000),
  nextDay: async (sim) => sim.advanceTo(sim.now() + 86_400_000),
}

type Story = readonly { readonly act: string; readonly pick: number }[]

async function live(sim: Simulator, story: Story): Promise<unknown> {
  // A token of its own for each telling: a client that remembers one would ask less the second time.
  const client = createClient(sim)
  const answers: unknown[] = []
  for (const { act, pick } of story) {
    try {
      answers.push([act, (await acts[act]?.(sim, client, pick)) ?? null])
    } catch (error) {
      answers.push([act, String(error)])
    }
  }
  await sim.idle()
  const callbacks = ((await client.sim('GET', 'callbacks'))['rows'] as Json[]).map((row) => row['xml'])
  const told = JSON.stringify({
    answers,
    ledger: sim.ledger(),
    calls: sim.calls(),
    callbacks,
    now: sim.now(),
    next: sim.nextEventAt(),
    random: sim.world.random(),
  })
  // Each has an address of its own, which stands in codes to scan.
  return JSON.parse(told.replaceAll(sim.url, 'http://here'))
}

test('the same acts after a restore have the same consequences, here and in another process’ simulator', async () => {
  const { sim } = await open()
  const { sim: other } = await open()
  const story = fc.array(fc.record({ act: fc.constantFrom(...Object.keys(acts)), pick: fc.nat(40) }), {
    maxLength: 14,
  })
  await fc.assert(
    fc.asyncProperty(story, story, async (before, after) => {
      sim.reset()
      await live(sim, before)
      const { id } = await sim.snapshots.take('middle')
      const file = JSON.stringify(sim.snapshots.document(id))
      const first = await live(sim, after)
      await sim.snapshots.restore(id)
      expect(await live(sim, after)).toEqual(first)
      await other.snapshots.restore(other.snapshots.load(JSON.parse(file)).id)
      expect(await live(other, after)).toEqual(first)
    }),
    { numRuns: 60 },
  )
}, 120_000)

test('taken, listed, handed out, loaded and dropped over HTTP', async () => {
  const { sim, client } = await open()
  const taken = await client.sim('POST', 'snapshot', { name: '开门前' })
  expect(taken).toEqual({ id: 'snap1', name: '开门前', takenAt: startAt })
  sim.world.removeStaff('LiMei')
  await sim.advanceTo(startAt + 5_000)
  const file = await client.sim('GET', 'snapshot/snap1')
  expect(await client.sim('POST', 'snapshot', file)).toMatchObject({ id: 'snap2', name: '开门前' })
  expect(await client.sim('POST', 'restore', { id: 'snap2' })).toEqual({ id: 'snap2', now: startAt })
  expect(sim.now()).toBe(startAt)
  expect(sim.world.staff().map(({ userid }) => userid)).toEqual(['LiMei', 'zhangwei'])
  expect(await client.sim('DELETE', 'snapshot/snap1')).toMatchObject({ snapshots: [{ id: 'snap2' }] })
  expect(String((await client.sim('POST', 'restore', { id: 'snap1' }))['error'])).toContain(
    'no snapshot snap1',
  )
})

test('what cannot be kept is named, and a foreign document is refused', async () => {
  const { sim, client } = await open()
  const undo = sim.world.schedule(sim.now() + 1_000, () => {})
  await expect(sim.snapshots.take()).rejects.toThrow('1 functions wait on the agenda')
  undo()
  const { id } = await sim.snapshots.take()
  const { sim: foreign } = await open({ seed: 2 })
  expect(() => foreign.snapshots.load(sim.snapshots.document(id))).toThrow('start with the seed')
  const damaged = { ...sim.snapshots.document(id), world: { state: { $ref: 7 } } }
  expect(String((await client.sim('POST', 'snapshot', damaged))['error'])).toContain('does not hold')
  expect(() => sim.snapshots.load({ a: 1 })).toThrow('this is no')
})

test('a wall clock goes on from the moment of the snapshot', async () => {
  const { sim } = await open({ clock: 'wall' })
  const { id } = await sim.snapshots.take()
  await sim.advanceTo(sim.now() + 86_400_000)
  await sim.snapshots.restore(id)
  expect(sim.now() - startAt).toBeLessThan(10_000)
  expect(sim.mode()).toBe('wall')
})

test('kinds, sharing, circles and strange names survive the document', () => {
  const shared = { row: 1 }
  const circle: Record<string, unknown> = { bytes: Buffer.from([0, 255]), of: new Set([shared]) }
  circle['me'] = circle
  const strange = JSON.parse('{"$map":1,"__proto__":{"a":1},"plain":[null]}') as object
  const world = {
    map: new Map<unknown, unknown>([
      ['k', shared],
      [3, circle],
    ]),
    strange,
  }
  const back = decode(JSON.parse(JSON.stringify(encode(world))) as never) as typeof world
  expect(back).toEqual(world)
  const again = back.map.get(3) as { me: unknown; of: Set<unknown> }
  expect(again.me).toBe(again)
  expect([...again.of][0]).toBe(back.map.get('k'))
  expect(Object.keys(back.strange)).toContain('__proto__')
  expect(() => encode({ a: { b: () => 1 } })).toThrow('world.a.b is a function')
  expect(() => encode({ at: new Date(0) })).toThrow('world.at is a Date')
})
