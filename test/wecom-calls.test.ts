/**
 * Client and simulator, who share no code, speak with each other: each family of calls from its making to its end. What
 * one of them read differently in WECOM.md comes to light here.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format } from 'prettier'
import type { Options } from 'prettier'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hours, minutes, seconds, wallClock } from '../src/base/clock.ts'
import { apis } from '../src/simulator/api/index.ts'
import { startSimulator } from '../src/simulator/index.ts'
import type { Simulator } from '../src/simulator/index.ts'
import { createApi, createClient } from '../src/wecom/index.ts'
import type { WecomApi, WecomClient } from '../src/wecom/index.ts'
import { callTable } from '../src/wecom/protocol/calls/table.fixture.ts'
import { jpg, png } from '../src/content/media-samples.ts'

const startAt = Date.UTC(2026, 4, 20, 2)
let simulator: Simulator
let client: WecomClient
let api: WecomApi

beforeAll(async () => {
  simulator = await startSimulator({ clock: 'virtual', startAt, empty: true })
  const { world, credentials } = simulator
  for (const userid of ['lin', 'wang', 'zhao'])
    world.addStaff({ userid, name: userid, confirm: { mode: 'never' } })
  for (const n of [1, 2, 3])
    world.addContact({ userid: 'lin', external_userid: `wm${String(n)}`, silent: true })
  world.createGroup({ owner: 'lin', name: '育儿群', chat_id: 'wr1', members: ['wm1'] })
  const { corpId, agentSecret } = credentials
  const clock = { now: () => simulator.now(), steady: () => wallClock.steady() }
  client = createClient({ apiUrl: simulator.url, corpId, agentSecret, retryBaseMs: 1 }, { clock })
  api = createApi(client)
})
afterAll(async () => {
  await client.close()
  await simulator.close()
})

type Answer<T> = { readonly kind: 'ok'; readonly value: T } | { readonly kind: string }

/** The value of an answer that both sides understood; anything else is told whole. */
async function ok<T>(answer: Promise<Answer<T>>): Promise<T> {
  const got = await answer
  if (got.kind !== 'ok' || !('value' in got)) throw new Error(`not ok: ${JSON.stringify(got)}`)
  return got.value
}
const codeOf = async (answer: Promise<Answer<unknown>>): Promise<number | null> => {
  const got = await answer
  return 'code' in got && typeof got.code === 'number' ? got.code : null
}
const later = (ms: number): Promise<void> => simulator.advanceTo(simulator.now() + ms)
const control = async (path: string, body: object): Promise<Record<string, unknown>> => {
  const answer = await fetch(`${simulator.url}/sim/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
  return (await answer.json()) as Record<string, unknown>
}
const day = Math.floor(startAt / 1_000)
const picture = { name: 'a.jpg', bytes: jpg(800, 600) }

const pathOf = (leaves: string): string => leaves.replace(/^\w+ /, '')

it('the simulator answers every path the client knows', () => {
  const paths = Object.values(callTable).map(({ leaves }) => pathOf(leaves))
  expect([...new Set(paths)].filter((path) => !apis.has(path))).toEqual([])
})

/** Call, who knows it, and whether both were heard speaking of it below. */
function tableOfCalls(): string {
  const here = readFileSync(fileURLToPath(import.meta.url), 'utf8')
  const names = new Map<string, string[]>()
  for (const [name, { leaves }] of Object.entries(callTable))
    names.set(pathOf(leaves), [...(names.get(pathOf(leaves)) ?? []), name])
  const rows = [...new Set([...names.keys(), ...apis.keys()])].sort().map((path) => {
    const known = names.get(path) ?? []
    const heard = known.some((name) => here.includes(`api.${name}(`))
    return `| \`${path}\` | ${known.join(', ')} | ${apis.has(path) ? 'yes' : ''} | ${heard ? 'together' : ''} |`
  })
  return ['| call | client | simulator | heard |', '| --- | --- | --- | --- |', ...rows].join('\n')
}

it('the table of src/wecom/README.md is of today (WRITE_CALLS=1 writes it)', async () => {
  const file = fileURLToPath(new URL('../src/wecom/README.md', import.meta.url))
  const text = readFileSync(file, 'utf8')
  const [head = ''] = text.split('<!-- calls -->')
  const settings = JSON.parse(
    readFileSync(new URL('../.config/prettier.json', import.meta.url), 'utf8'),
  ) as Options
  const wanted = await format(`${head}<!-- calls -->\n\n${tableOfCalls()}\n`, {
    ...settings,
    parser: 'markdown',
  })
  if (process.env['WRITE_CALLS']) writeFileSync(file, wanted)
  else expect(text).toBe(wanted)
})

describe('ways in', () => {
  it('a contact way: made, read, changed, listed, scanned, deleted', async () => {
    const made = await ok(api.addContactWay({ type: 2, scene: 2, user: ['lin', 'wang'], state: 'poster' }))
    expect(made.qr_code).toMatch(/^http/)
    const { contact_way: way } = await ok(api.contactWay(made.config_id))
    expect(way).toMatchObject({ config_id: made.config_id, state: 'poster', user: ['lin', 'wang'] })
    await ok(api.updateContactWay({ config_id: made.config_id, user: ['wang'], state: 'shop' }))
    const span = { start_time: day - 60, end_time: day + 3_600 }
    expect((await ok(api.contactWays(span))).contact_way.map(({ config_id: id }) => id)).toEqual([
      made.config_id,
    ])
    await control(`qr/${made.config_id}`, { external_userid: 'wmWay' })
    const { follow_user: follow } = await ok(api.customer('wmWay'))
    expect(follow.map(({ userid, state }) => [userid, state])).toEqual([['wang', 'shop']])
    await ok(api.deleteContactWay(made.config_id))
    expect(await codeOf(api.contactWay(made.config_id))).toBe(40058)
  })

  it('a join way leads into the group, with its state', async () => {
    const { config_id: id } = await ok(api.addJoinWay({ scene: 2, chat_id_list: ['wr1'], state: 'wall' }))
    expect((await ok(api.joinWay(id))).join_way).toMatchObject({ config_id: id, chat_id_list: ['wr1'] })
    await control(`qr/${id}`, { external_userid: 'wm2' })
    const { group_chat: group } = await ok(api.group('wr1'))
    expect(group.member_list.map(({ userid }) => userid)).toContain('wm2')
    await ok(api.updateJoinWay({ config_id: id, scene: 2, chat_id_list: ['wr1'], state: 'door' }))
    await ok(api.deleteJoinWay(id))
  })

  it('an acquisition link: made, opened, counted, deleted', async () => {
    const range = { user_list: ['lin'], department_list: [] }
    const { link } = await ok(api.createAcquisitionLink({ link_name: '春茶', range }))
    await control('acquisition/buy', { count: 100, expire_date: day + 86_400 * 30 })
    await control('acquisition/open', {
      link_id: link.link_id,
      customer_channel: 'ad7',
      external_userid: 'wmAd',
    })
    const { customer_list: customers } = await ok(api.acquisitionCustomers(link.link_id))
    expect(customers).toMatchObject([{ external_userid: 'wmAd', userid: 'lin', state: 'ad7' }])
    expect((await ok(api.acquisitionQuota())).balance).toBe(99)
    expect((await ok(api.acquisitionLinks())).link_id_list).toEqual([link.link_id])
    await ok(api.updateAcquisitionLink({ link_id: link.link_id, link_name: '夏茶' }))
    expect((await ok(api.acquisitionLink(link.link_id))).link).toMatchObject({ link_name: '夏茶' })
    const counted = await ok(api.acquisitionStatistic(link.link_id, { start_time: day, end_time: day }))
    expect(counted).toMatchObject({ click_link_customer_cnt: 1, new_customer_cnt: 1 })
    await ok(api.deleteAcquisitionLink(link.link_id))
  })
})

describe('words for many', () => {
  it('a moment: the job, the staff who publish, who sees and likes it, its end', async () => {
    const { media_id: id } = await ok(api.uploadAttachment('moment', 'image', picture))
    const { jobid } = await ok(
      api.addMoment({
        text: { content: '春茶到店' },
        attachments: [{ msgtype: 'image', image: { media_id: id } }],
        visible_range: { sender_list: { user_list: ['lin'] } },
      }),
    )
    await later(minutes(5))
    const job = await ok(api.momentJob(jobid))
    expect(job.status).toBe(3)
    const moment = job.result?.moment_id ?? ''
    expect((await ok(api.momentTasks(moment))).task_list).toMatchObject([
      { userid: 'lin', publish_status: 0 },
    ])
    simulator.world.confirm('lin', moment)
    expect((await ok(api.momentTasks(moment))).task_list).toMatchObject([
      { userid: 'lin', publish_status: 1 },
    ])
    const seen = (await ok(api.momentCustomers(moment, 'lin'))).customer_list
    expect(seen.map(({ external_userid: external }) => external)).toContain('wm1')
    expect((await ok(api.momentResults(moment, 'lin'))).customer_list.length).toBeGreaterThan(0)
    simulator.world.reactToMoment('like', moment, 'lin', 'wm1')
    expect((await ok(api.momentComments(moment, 'lin'))).like_list).toMatchObject([
      { external_userid: 'wm1' },
    ])
    const span = { start_time: day - 60, end_time: day + 3_600 }
    expect(
      (await ok(api.moments({ ...span, filter_type: 2 }))).moment_list.map((one) => one.moment_id),
    ).toEqual([moment])
    await ok(api.cancelMoment(moment))
    expect(await codeOf(api.cancelMoment(moment))).toBe(41093)
  })

  it('a welcome for groups, kept as a template', async () => {
    const { template_id: id } = await ok(
      api.addGroupWelcome({ text: { content: '%NICKNAME%，欢迎' }, notify: 0 }),
    )
    await ok(api.editGroupWelcome({ template_id: id, text: { content: '欢迎' } }))
    expect(await ok(api.groupWelcome(id))).toMatchObject({ text: { content: '欢迎' } })
    await ok(api.deleteGroupWelcome(id))
  })

  it('an internal group and a message robot', async () => {
    const { chatid } = await ok(api.createChat({ name: '店长群', owner: 'lin', userlist: ['lin', 'wang'] }))
    await ok(api.updateChat({ chatid, add_user_list: ['zhao'] }))
    expect((await ok(api.chat(chatid))).chat_info).toMatchObject({ userlist: ['lin', 'wang', 'zhao'] })
    await ok(api.sendToChat({ chatid, msgtype: 'text', text: { content: '早会' } }))
    const { key } = (await control('robots/add', { members: ['lin'] })) as { key: string }
    await ok(api.sendByRobot(key, { msgtype: 'markdown', markdown: { content: '**早**' } }))
    await ok(api.sendImageByRobot(key, { name: 'a.png', bytes: png(10, 10) }))
    const table = { name: '表.csv', bytes: Buffer.from('一,二,三') }
    expect((await ok(api.uploadForRobot(key, 'file', table))).media_id).not.toBe('')
  })
})

describe('who and what there is', () => {
  it('rule groups and their tags', async () => {
    const made = await control('strategies/create', { name: '门店', admins: ['lin'] })
    const id = Number(made['strategy_id'])
    expect((await ok(api.strategies())).strategy.map(({ strategy_id: one }) => one)).toEqual([id])
    expect((await ok(api.strategy(id))).strategy).toMatchObject({ strategy_id: id, strategy_name: '门店' })
    const { tag_group: group } = await ok(
      api.addStrategyTags({ strategy_id: id, group_name: '分层', tag: [{ name: '高' }] }),
    )
    const [tag] = group.tag
    await ok(api.editStrategyTag({ id: tag?.id ?? '', name: '高价值' }))
    const { tag_group: groups } = await ok(api.strategyTags({ strategy_id: id }))
    expect(groups.flatMap((one) => one.tag.map(({ name }) => name))).toEqual(['高价值'])
    await ok(api.deleteStrategyTags({ tag_id: [tag?.id ?? ''] }))
  })

  it('a rule group: made below another, read, changed, ended', async () => {
    const range = [{ type: 1, userid: 'lin' }] as const
    const top = { strategy_name: '总部', admin_list: ['lin'], range: [{ type: 2, partyid: 1 }] } as const
    const { strategy_id: parent } = await ok(
      api.createStrategy({ ...top, privilege: { view_customer_list: false } }),
    )
    const { strategy_id: id } = await ok(
      api.createStrategy({ parent_id: parent, strategy_name: '东区', admin_list: ['wang'], range }),
    )
    expect((await ok(api.strategy(id))).strategy).toMatchObject({
      parent_id: parent,
      admin_list: ['wang'],
      privilege: { view_customer_list: false },
    })
    await ok(
      api.editStrategy({
        strategy_id: id,
        strategy_name: '西区',
        range_add: [{ type: 1, userid: 'zhao' }],
        range_del: range,
      }),
    )
    expect((await ok(api.strategyRange(id))).range).toEqual([{ type: 1, userid: 'zhao' }])
    expect(await codeOf(api.deleteStrategy(parent))).toBe(40058)
    await ok(api.deleteStrategy(id))
    await ok(api.deleteStrategy(parent))
    expect(await codeOf(api.strategy(id))).toBe(40058)
  })

  it('the archive: seats, who agreed, internal groups and robots', async () => {
    await control('archive/seats', { userid_list: ['lin'], type: 2 })
    expect((await ok(api.archivedStaff(2))).ids).toEqual(['lin'])
    expect((await ok(api.archivedStaff(3))).ids).toEqual([])
    const pair = { userid: 'lin', exteranalopenid: 'wm1' }
    const asked = async () => (await ok(api.archiveAgreements([pair]))).agreeinfo
    expect(await asked()).toMatchObject([{ ...pair, agree_status: 'Disagree' }])
    await control('archive/answer', { userid: 'lin', external_userid: 'wm1' })
    await control('archive/answer', { chat_id: 'wr1', external_userid: 'wm1', status: 'Default_Agree' })
    expect(await asked()).toMatchObject([{ agree_status: 'Agree' }])
    const { agreeinfo: inRoom } = await ok(api.archiveRoomAgreements('wr1'))
    expect(inRoom).toContainEqual(
      expect.objectContaining({ exteranalopenid: 'wm1', agree_status: 'Default_Agree' }),
    )
    const { chatid } = await ok(api.createChat({ name: '晨会', userlist: ['lin', 'wang'] }))
    const room = await ok(api.archivedRoom(chatid))
    expect(room).toMatchObject({ roomname: '晨会', members: [{ memberid: 'lin' }, { memberid: 'wang' }] })
    expect(await codeOf(api.archivedRoom('wr1'))).toBe(40058)
    const { robot_id: robot } = await control('archive/robot', { name: '小助手', creator_userid: 'lin' })
    expect((await ok(api.archivedRobot(String(robot)))).data).toMatchObject({ name: '小助手' })
    await control('archive/seats', { userid_list: ['lin'], type: 0 })
  })

  it('who stands at the door, by the older path', async () => {
    const door = new URL(`${simulator.url}/connect/oauth2/authorize`)
    const { corpId } = simulator.credentials
    const query = { appid: corpId, redirect_uri: 'http://here/', response_type: 'code', scope: 'snsapi_base' }
    const enter = async (as: string): Promise<string> => {
      door.search = new URLSearchParams({ ...query, as }).toString()
      const answer = await fetch(door, { redirect: 'manual' })
      return new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
    }
    expect(await ok(api.visitorByOldPath(await enter('lin')))).toMatchObject({ userid: 'lin' })
    expect(await ok(api.visitorByOldPath(await enter('wm1')))).toMatchObject({ external: 'wm1' })
    expect(await codeOf(api.visitorByOldPath('nonsense'))).toBe(40029)
  })

  it('forbidden words and the album', async () => {
    const applicable = { user_list: ['lin'] }
    const rule = { rule_name: '私单', word_list: ['转账'], semantics_list: [], intercept_type: 1 } as const
    const { rule_id: id } = await ok(api.addInterceptRule({ ...rule, applicable_range: applicable }))
    expect((await ok(api.interceptRules())).rule_list).toMatchObject([{ rule_id: id, rule_name: '私单' }])
    await ok(api.updateInterceptRule({ rule_id: id, word_list: ['转账', '微信号'] }))
    expect((await ok(api.interceptRule(id))).rule).toMatchObject({ word_list: ['转账', '微信号'] })
    await ok(api.deleteInterceptRule(id))
    const { media_id: media } = await ok(api.uploadAttachment('album', 'image', picture))
    const { product_id: product } = await ok(
      api.addProduct({
        description: '春茶 250 克',
        price: 12_800,
        attachments: [{ type: 'image', image: { media_id: media } }],
      }),
    )
    await ok(api.updateProduct({ product_id: product, price: 9_900 }))
    expect((await ok(api.product(product))).product).toMatchObject({ price: 9_900 })
    expect((await ok(api.products())).product_list).toHaveLength(1)
    await ok(api.deleteProduct(product))
  })

  it('customers of a leaver go to somebody else, and so do her groups', async () => {
    simulator.world.addContact({ userid: 'zhao', external_userid: 'wmZhao', silent: true })
    simulator.world.createGroup({ owner: 'zhao', name: '旧群', chat_id: 'wrZhao', members: ['wmZhao'] })
    simulator.world.removeStaff('zhao')
    const { info } = await ok(api.unassigned())
    expect(info).toMatchObject([{ handover_userid: 'zhao', external_userid: 'wmZhao' }])
    const pair = { handover_userid: 'zhao', takeover_userid: 'wang' }
    const { customer } = await ok(api.transferResigned({ ...pair, external_userid: ['wmZhao'] }))
    expect(customer).toMatchObject([{ external_userid: 'wmZhao', errcode: 0 }])
    await later(hours(25))
    expect((await ok(api.transferResignedResults(pair))).customer).toMatchObject([{ status: 1 }])
    const { failed_chat_list: failed } = await ok(
      api.transferResignedGroups({ chat_id_list: ['wrZhao'], new_owner: 'wang' }),
    )
    expect(failed).toEqual([])
    await later(hours(25))
    expect((await ok(api.group('wrZhao'))).group_chat.owner).toBe('wang')
  })

  it('what happened yesterday, counted', async () => {
    await later(hours(30))
    const span = { start_time: day - 7_200, end_time: day - 7_200 }
    const { behavior_data: rows } = await ok(api.staffBehaviour({ userid: ['lin'], ...span }))
    expect(rows).toHaveLength(1)
    const owner = { owner_filter: { userid_list: ['lin'] } }
    const first = day - ((day + 8 * 3_600) % 86_400)
    expect((await ok(api.groupStatistics({ day_begin_time: first, ...owner }))).items).toMatchObject([
      { owner: 'lin' },
    ])
    expect((await ok(api.groupStatisticsByDay({ day_begin_time: first, ...owner }))).items).toHaveLength(1)
  })
})

describe('微信客服', () => {
  it('an account, its servicers, a chat with menu, and what was said', async () => {
    const { media_id: face } = await ok(api.uploadMedia('image', picture))
    const { open_kfid: kf } = await ok(api.addKfAccount({ name: '小思', media_id: face }))
    await ok(api.updateKfAccount({ open_kfid: kf, name: '思语' }))
    expect((await ok(api.kfAccounts())).account_list).toMatchObject([{ open_kfid: kf, name: '思语' }])
    expect((await ok(api.kfContactWay(kf, 'poster'))).url).toMatch(/^http/)
    await ok(api.addServicers({ open_kfid: kf, userid_list: ['lin'] }))
    expect((await ok(api.servicers(kf))).servicer_list).toMatchObject([{ userid: 'lin' }])
    simulator.world.kfEnter(kf, 'wm1')
    simulator.world.kfSays(kf, 'wm1', '有货吗')
    const chat = { open_kfid: kf, external_userid: 'wm1' }
    expect((await ok(api.kfState(chat))).service_state).toBe(0)
    // A page may be empty although there is more.
    const all = []
    for (let cursor = '', more = true; more;) {
      const page = await ok(api.pullKf({ open_kfid: kf, cursor }))
      all.push(...page.msg_list.filter((one) => one !== null))
      cursor = page.next_cursor
      more = page.has_more
    }
    const said = all.filter(({ origin }) => origin === 3)
    expect(said).toMatchObject([{ external_userid: 'wm1', msgtype: 'text' }])
    await ok(
      api.sendKf({
        touser: 'wm1',
        open_kfid: kf,
        msgtype: 'msgmenu',
        msgmenu: { head_content: '喝哪种？', list: [{ type: 'click', click: { id: '1', content: '绿茶' } }] },
      }),
    )
    expect((await ok(api.kfCustomers(['wm1'], true))).customer_list).toMatchObject([
      { external_userid: 'wm1' },
    ])
    await ok(api.changeKfState({ ...chat, service_state: 3, servicer_userid: 'lin' }))
    await control('kf/upgrade-range', { userid_list: ['lin'], chat_id_list: [] })
    await ok(api.upgradeService({ ...chat, type: 1, member: { userid: 'lin', wording: '加我' } }))
    await ok(api.cancelUpgrade(chat))
    await later(seconds(1))
    await ok(api.removeServicers({ open_kfid: kf, userid_list: ['lin'] }))
    await ok(api.deleteKfAccount(kf))
    expect(await codeOf(api.kfState(chat))).toBe(95000)
  })
})
