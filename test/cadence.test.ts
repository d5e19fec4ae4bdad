import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Happening } from '../src/base/act.ts'
import { addDays, dayOf, instantOf, isoOf } from '../src/base/calendar.ts'
import { days, hours, minutes } from '../src/base/clock.ts'
import { loadHolidays } from '../src/base/holidays.ts'
import { createLog } from '../src/base/log.ts'
import {
  createCadenceFollowers,
  createCalendar,
  currentCadence,
  diffCadence,
  explainCustomer,
  planDay,
  previewDays,
  publish,
  publishAndPlan,
  seedCadence,
  versionList,
} from '../src/cadence/index.ts'
import type { CadenceParts, Foreseen } from '../src/cadence/index.ts'
import { cadenceExplain, explanationText } from '../src/cli/cadence.ts'
import { customersInGroups, optOut, saveContacts, saveGroup, saveStaff } from '../src/customer/index.ts'
import { linksIn } from '../src/content/index.ts'
import { findGame } from '../src/game/index.ts'
import { createFollowers, readLog } from '../src/interaction/index.ts'
import type { Followers } from '../src/interaction/index.ts'
import { currentManners, lockPromises, move, promiseById } from '../src/outbox/index.ts'
import type { Decided } from '../src/outbox/index.ts'
import { couponsOf, createRewardFollowers } from '../src/reward/index.ts'
import { onBothDatabases } from './database.ts'
import { planOf } from './plan-of.ts'
import { configDir, openStore } from './store.ts'
import type { TestStore } from './store.ts'

const yaml = readFileSync(join(configDir, 'cadence.yaml'), 'utf8')
/** Wednesday 2026-11-18, a week with a hunt. */
const wednesday = '2026-11-18'

const order = (shopId: string, day: string, fen: number, n = 1, external?: string): Happening => ({
  kind: 'order-placed',
  at: instantOf(day, '09:00'),
  source: 'shop',
  sourceKey: `${shopId}:${day}:${String(n)}`,
  who: { shopId, ...(external === undefined ? {} : { external }) },
  detail: { amountFen: fen, items: [] },
})

/** Bought often and much, so far as this shop goes. */
const loyal = (shopId: string, external?: string): Happening[] =>
  [10, 30, 50, 70].map((ago) => order(shopId, addDays(wednesday, -ago), 90_000, 1, external))

onBothDatabases('the cadence', (open) => {
  let store: TestStore
  let parts: CadenceParts
  let followers: Followers
  let woken: number

  beforeEach(async () => {
    store = await openStore(open, instantOf(wednesday, '08:31'))
    woken = 0
    parts = {
      db: store.db,
      act: store.act,
      clock: store.clock,
      tierRules: store.rules,
      wakeDelivery: () => void (woken += 1),
    }
    followers = createFollowers(store.db, store.act, createCadenceFollowers(parts), createLog('silent'))
    await store.act({ kind: 'system', name: 'seed' }, async (ctx) => {
      await seedCadence(ctx, store.rules, { yaml, path: 'cadence.yaml', source: 'database' })
      await saveStaff(ctx, [{ userid: 'zhang', name: '张小敏', active: true, contact: true }], true)
      await saveGroup(ctx, {
        chat: 'wr1',
        name: '小禾辅食交流营',
        owner: 'zhang',
        members: [],
        memberVersion: '1',
      })
    })
    await store.say(
      ...loyal('m1', 'wm1'),
      ...loyal('m2', 'wm2'),
      ...loyal('m3'),
      ...[300, 320].map((ago) => order('m4', addDays(wednesday, -ago), 5_000, 1, 'wm4')),
      ...Array.from({ length: 20 }, (_, i) => order(`x${String(i)}`, addDays(wednesday, -40), 1_000)),
    )
    await befriend('wm1', '王芳', 2)
    await befriend('wm2', '李强', 1)
    await befriend('wm4', '赵六', 1)
    await followers.catchUp()
  })
  afterEach(() => store.drop())

  const befriend = (external: string, name: string, gender: number): Promise<void> =>
    store.act({ kind: 'system', name: 'mirror' }, async (ctx) => {
      await saveContacts(ctx, [{ external, staff: 'zhang', name, gender, addedAt: instantOf('2026-01-01') }])
    })
  const previewOf = async (
    from: string,
    n: number,
    now = store.clock.now(),
  ): Promise<readonly Foreseen[]> => {
    const cadence = (await currentCadence(store.db.reader)) ?? expect.fail()
    return (
      await previewDays({ reader: store.db.reader, tierRules: store.rules, cadence }, { from, days: n, now })
    ).promises
  }
  const of = (
    all: readonly Pick<Decided, 'touchpoint' | 'subject' | 'decision' | 'reasonCode'>[],
    touchpoint: string,
  ) =>
    all
      .filter((one) => one.touchpoint === touchpoint)
      .map(({ subject, decision, reasonCode }) => ({ subject, decision, reasonCode }))
      .sort((a, b) =>
        a.reasonCode < b.reasonCode ? 1 : a.reasonCode > b.reasonCode ? -1 : a.subject < b.subject ? -1 : 1,
      )

  it('gives every customer for whom a touchpoint is due a decision with a reason, and nobody else', async () => {
    const decided = of(await previewOf(wednesday, 1), 'weekly-note')
    expect(decided.map(({ subject }) => subject)).toEqual(expect.arrayContaining(['wm1', 'wm2']))
    expect(decided).toHaveLength(3)
    expect(decided.filter(({ decision }) => decision === 'queued')).toHaveLength(2)
    expect(decided.find(({ decision }) => decision === 'declined')?.reasonCode).toBe('no-advisor')
  })

  it('plans what the dry run foretold for the same instant, and run again changes nothing', async () => {
    const foretold = await previewOf(wednesday, 1)
    const planned = await planDay(parts, wednesday)
    const key = (one: {
      touchpoint: string
      subject: string
      decision: string
      reasonCode: string
      dueAt: number
    }) => [one.touchpoint, one.subject, one.decision, one.reasonCode, one.dueAt].join(' ')
    expect(planned.map(key).sort()).toEqual(foretold.map(key).sort())
    const rows = () => store.db.reader.rows('select * from promise order by id')
    const before = await rows()
    expect(before).toHaveLength(planned.length)
    store.clock.advance(hours(1))
    expect((await planDay(parts, wednesday)).every(({ known }) => known)).toBe(true)
    expect(await rows()).toEqual(before)
    // What was decided stands, also in a later dry run.
    expect((await previewOf(wednesday, 1)).map(key).sort()).toEqual(planned.map(key).sort())
  })

  it('speaks to a person by her name and says why, and shows the way out', async () => {
    const [note] = (await planDay(parts, wednesday)).filter(({ subject }) => subject === 'wm1')
    expect(note?.content.text).toContain('王女士')
    expect(note?.content.text).toContain('[[link:subscription]]')
    expect(note?.content.why).toContain('每周一对一')
    expect(note).toMatchObject({
      channel: 'advisor-task',
      personal: true,
      sender: 'zhang',
      cadenceVersion: 1,
    })
  })

  it('gives a group one message a day, with tip, poll and clue in it', async () => {
    const thursday = addDays(wednesday, 1)
    for (const day of [wednesday, thursday]) {
      const mine = (await planDay(parts, day)).filter(({ subjectKind }) => subjectKind === 'group')
      expect(mine).toHaveLength(1)
      expect(mine[0]?.content.text).toContain('辅食')
      expect(linksIn(mine[0]?.content.text ?? '')).toEqual(
        day === thursday
          ? ['game/poll-2026-W47', 'game/hunt-growup-2026-W47', 'me', 'subscription']
          : ['game/hunt-growup-2026-W47', 'me', 'subscription'],
      )
      store.clock.advance(days(1))
    }
    expect((await findGame(store.db.reader, 'poll-2026-W47'))?.title).toBeTruthy()
    expect((await findGame(store.db.reader, 'hunt-growup-2026-W47'))?.kind).toBe('hunt')
  })

  it('leaves out of a full group message what matters least, and says so', async () => {
    const fair = (n: number): string =>
      `  fair-${String(n)}:\n    title: 集市${String(n)}\n    priority: ${String(30 + n)}\n    from: '${wednesday}'\n    until: '${wednesday}'\n    groups: { at: '10:00', updates: [{ day: 1, text: ${'逛'.repeat(220)}${String(n)} }] }\n`
    const full = yaml.replace(
      'campaigns:\n',
      `campaigns:\n${Array.from({ length: 7 }, (_, n) => fair(n)).join('')}`,
    )
    await store.act({ kind: 'system', name: 'test' }, (ctx) =>
      publish(ctx, store.rules, { yaml: full, note: '', by: '张', baseVersion: 1 }),
    )
    const mine = (await planDay(parts, wednesday)).filter(({ subjectKind }) => subjectKind === 'group')
    const [message, ...others] = mine.filter(({ decision }) => decision !== 'declined')
    expect(others).toEqual([])
    const text = message?.content.text ?? ''
    expect(Buffer.byteLength(text)).toBeLessThan(4_000)
    const left = mine.filter(({ decision }) => decision === 'declined')
    expect(left.length).toBeGreaterThan(0)
    expect(new Set(left.map(({ reasonCode }) => reasonCode))).toEqual(new Set(['too-long']))
    // The least important ones, and each either in the message or among the left out.
    const numbers = left.map(({ touchpoint }) => Number(/^fair-(\d)-live$/.exec(touchpoint)?.[1]))
    expect(numbers.sort()).toEqual(numbers.map((_, n) => n))
    for (let n = 0; n < 7; n += 1) expect(text.includes(`集市${String(n)}`)).toBe(!numbers.includes(n))
  })

  it('wakes the sleeping once, gives the coupon when the message went out, and does not wake her again', async () => {
    const tuesday = addDays(wednesday, 6)
    const ahead = of(await previewOf(wednesday, 14), 'wake-up')
    expect(ahead.filter(({ decision }) => decision === 'queued')).toEqual([
      { subject: 'wm4', decision: 'queued', reasonCode: 'ok' },
    ])
    expect(ahead.filter(({ reasonCode }) => reasonCode === 'woken-before')).toHaveLength(1)
    store.clock.set(instantOf(tuesday, '08:31'))
    const [wake] = (await planDay(parts, tuesday)).filter(({ touchpoint }) => touchpoint === 'wake-up')
    expect(wake).toMatchObject({ decision: 'queued', channel: 'broadcast', personal: false })
    expect(wake?.content.text).not.toContain('赵')
    await deliver(wake?.dedupeKey ?? '')
    await followers.catchUp()
    const coupons = await couponsOf(store.db.reader, wake?.customer ?? '')
    expect(coupons.map(({ title, expires_at: until }) => ({ title, until }))).toEqual([
      { title: '老朋友回归 7折券', until: store.clock.now() + hours(48) },
    ])
    expect(
      of(await previewOf(tuesday, 14), 'wake-up').filter(({ reasonCode }) => reasonCode === 'woken-before'),
    ).toHaveLength(1)
  })

  it('gives a coupon for each promise that was kept, two on one day and none twice', async () => {
    const twice = yaml.replace(
      'touchpoints:\n',
      `touchpoints:\n  good-news:\n    kind: level-change\n    afterMinutes: 0\n    moves:\n      - { to: silver, wording: 银卡, offer: { words: 银卡礼 } }\n      - { to: gold, wording: 金卡, offer: { words: 金卡礼 } }\n`,
    )
    await store.act({ kind: 'system', name: 'test' }, (ctx) =>
      publish(ctx, store.rules, {
        yaml: twice
          .replace('marketingPerDay: 1', 'marketingPerDay: 5')
          .replace('marketingPerWeek: 2', 'marketingPerWeek: 20')
          .replace('gapHours: 48', 'gapHours: 0'),
        note: '',
        by: '张',
        baseVersion: 1,
      }),
    )
    const moved = (from: string, to: string): Happening => ({
      kind: 'level-moved',
      at: store.clock.now(),
      source: 'reward',
      sourceKey: `level:test:${to}`,
      who: { external: 'wm1' },
      detail: { from, to, cause: 'spent', day: dayOf(store.clock.now()) },
    })
    store.clock.set(instantOf(wednesday, '12:00'))
    await store.say(moved('ordinary', 'silver'))
    await followers.catchUp()
    const keys = async (): Promise<string[]> =>
      (
        await store.db.reader.rows<{ dedupe_key: string }>(
          "select dedupe_key from promise where touchpoint = 'good-news' and decision <> 'declined' order by dedupe_key",
        )
      ).map((row) => row.dedupe_key)
    const [first = ''] = await keys()
    await deliver(first)
    await followers.catchUp()
    await store.say(moved('silver', 'gold'))
    await followers.catchUp()
    const second = (await keys()).find((key) => key !== first) ?? ''
    await deliver(second)
    await followers.catchUp()
    const customer = first.split(':')[1] ?? ''
    const titles = async (): Promise<string[]> =>
      (await couponsOf(store.db.reader, customer)).map(({ title }) => title).sort()
    expect(await titles()).toEqual(['金卡礼', '银卡礼'])
    // The rows are handed over once more, as after a crash between two commits.
    const gifts = createCadenceFollowers(parts).find(({ kinds }) => kinds?.includes('touch-sent'))
    const rows = await readLog(store.db.reader, { limit: 100, kinds: ['touch-sent'] })
    await store.act({ kind: 'system', name: 'test' }, async (ctx) => gifts?.handle(ctx, rows))
    expect(rows.length).toBeGreaterThanOrEqual(2)
    expect(await titles()).toEqual(['金卡礼', '银卡礼'])
  })

  it.each([
    ['while it is still in the queue', false],
    ['after its coupon was given', true],
  ])('gives one ladder coupon a year, also when the touchpoint is renamed %s', async (_when, isSaid) => {
    const tuesday = addDays(wednesday, 6)
    store.clock.set(instantOf(tuesday, '08:31'))
    const [wake] = (await planDay(parts, tuesday)).filter(({ touchpoint }) => touchpoint === 'wake-up')
    if (isSaid) {
      await deliver(wake?.dedupeKey ?? '')
      await followers.catchUp()
    }
    const renamed = yaml
      .replace('  wake-up:\n', '  come-back:\n    kind: wake-up\n')
      .replace(/(kind: wake-up\n.*\n    weekday: )周二/, '$1周三')
    await store.act({ kind: 'system', name: 'test' }, (ctx) =>
      publish(ctx, store.rules, { yaml: renamed, note: '', by: '张', baseVersion: 1 }),
    )
    expect(of(await previewOf(addDays(tuesday, 1), 14), 'come-back')).toEqual([
      { subject: 'wm4', decision: 'declined', reasonCode: 'woken-before' },
      { subject: 'wm4', decision: 'declined', reasonCode: 'woken-before' },
    ])
  })

  it('reaches the lowest rung of the ladder in the tier of the active, before anybody is called asleep', async () => {
    await store.say(order('m9', addDays(wednesday, -90), 5_000, 1, 'wm9'))
    await befriend('wm9', '孙七', 2)
    await followers.catchUp()
    const tuesday = addDays(wednesday, 6)
    store.clock.set(instantOf(tuesday, '08:31'))
    const wakes = (await planDay(parts, tuesday)).filter(({ touchpoint }) => touchpoint === 'wake-up')
    const [ninth] = wakes.filter(({ subject }) => subject === 'wm9')
    expect(ninth?.decision).toBe('queued')
    expect(ninth?.content.gift).toMatchObject({ title: '老朋友回归 8折券', validHours: 48 })
    // Whoever bought 46 days ago is neither told nor given a reason.
    expect(wakes.map(({ subject }) => subject).sort()).toEqual(['wm4', 'wm9'])
  })

  it('welcomes back whoever buys again after a long quiet, with the level that was lent, and gives the gift', async () => {
    const [{ customer = '' } = {}] = await store.db.reader.rows<{ customer: string }>(
      `select customer from identity where kind = 'external' and value = 'wm4'`,
    )
    const rewards = createFollowers(store.db, store.act, createRewardFollowers(), createLog('silent'))
    await rewards.catchUp()
    await store.say({ ...order('m4', wednesday, 5_000), source: 'api', who: { external: 'wm4' } })
    await rewards.catchUp()
    await followers.catchUp()
    const welcomes = () =>
      store.db.reader.rows<{ dedupe_key: string; decision: string; content: string; expires_at: number }>(
        `select dedupe_key, decision, content, expires_at from promise where touchpoint = 'welcome-back'`,
      )
    const [welcome, ...more] = await welcomes()
    expect(more).toEqual([])
    expect(welcome?.decision).not.toBe('declined')
    expect(welcome?.expires_at).toBe(store.clock.now() + hours(72))
    const content = JSON.parse(welcome?.content ?? '') as { text: string; why: string }
    expect(content.text).toContain('您的银卡权益体验到 2027-02-15')
    expect(content.why).toContain('隔 300 天回来下单')
    await deliver(welcome?.dedupe_key ?? '')
    await followers.catchUp()
    expect((await couponsOf(store.db.reader, customer)).map(({ title, family }) => [title, family])).toEqual([
      ['回归礼一份', 'welcome-back'],
    ])
    // The lent level speaks through this alone.
    expect(
      await store.db.reader.rows(
        `select 1 from promise where touchpoint = 'level-change' and customer = $1`,
        [customer],
      ),
    ).toEqual([])
  })

  it('follows an answer of a survey with its outcome: a comparison and a price for who went elsewhere', async () => {
    const answered = (choice: string): Happening => ({
      kind: 'poll-voted',
      at: store.clock.now(),
      source: 'game:survey-2026-11',
      sourceKey: choice,
      who: { external: 'wm4' },
      detail: { game: 'survey-2026-11', choices: [choice] },
    })
    const promises = () =>
      store.db.reader.rows<{ touchpoint: string; decision: string; state: string | null; content: string }>(
        `select touchpoint, decision, state, content from promise
         where touchpoint in ('answer-follow-up', 'recovery') order by created_at, dedupe_key`,
      )
    await store.say(answered('competitor'))
    await followers.catchUp()
    const [first] = await promises()
    expect(first).toMatchObject({ touchpoint: 'answer-follow-up', state: 'queued' })
    const { why, gift } = JSON.parse(first?.content ?? '') as { why: string; gift: object }
    expect(why).toContain('拿同款对比说明')
    expect(gift).toMatchObject({ terms: { kind: 'percent', percentOff: 10 }, validHours: 168 })
    // Said otherwise: the unhappy are a human's, and nothing is offered meanwhile.
    store.clock.advance(minutes(5))
    await store.say(answered('bad-experience'))
    await followers.catchUp()
    expect((await promises()).map(({ touchpoint, state }) => [touchpoint, state])).toEqual([
      ['answer-follow-up', 'cancelled'],
      ['recovery', 'queued'],
    ])
  })

  it('foretells fourteen days as they come when nobody answers and everything is sent on time', async () => {
    const busy = yaml.replace(
      'touchpoints:\n',
      `touchpoints:\n  monday-note:\n    kind: weekly-note\n    weekday: 一\n    wordings: ['{{ customer.salutation }}，周一好']\n  friday-note:\n    kind: weekly-note\n    weekday: 五\n    at: '14:30'\n    tiers: [high, dormant]\n    wordings: ['周五好']\n`,
    )
    await store.act({ kind: 'system', name: 'test' }, (ctx) =>
      publish(ctx, store.rules, { yaml: busy, note: '', by: '张', baseVersion: 1 }),
    )
    const key = (one: Foreseen | Decided): string =>
      [one.touchpoint, one.subject, one.day, one.decision, one.reasonCode, isoOf(one.dueAt)].join(' ')
    const foretold = await previewOf(wednesday, 14)
    const lived: Decided[] = []
    for (let n = 0; n < 14; n += 1) {
      const day = addDays(wednesday, n)
      if (n > 0) store.clock.set(instantOf(day, '08:31'))
      const planned = await planDay(parts, day)
      lived.push(...planned)
      const said = planned.filter(({ decision }) => decision !== 'declined').sort((a, b) => a.dueAt - b.dueAt)
      for (const { dueAt, dedupeKey } of said) {
        store.clock.set(Math.max(dueAt, store.clock.now()))
        await deliver(dedupeKey)
      }
    }
    expect(new Set(lived.map(({ decision }) => decision))).toEqual(new Set(['queued', 'later', 'declined']))
    expect(lived.map(key).sort()).toEqual(foretold.map(key).sort())
  })

  const deliver = (dedupeKey: string): Promise<void> =>
    store.act({ kind: 'system', name: 'delivery' }, async (ctx) => {
      const [row] = await ctx.tx.rows<{ id: string }>('select id from promise where dedupe_key = $1', [
        dedupeKey,
      ])
      for (const to of ['claimed', 'intent', 'sent'] as const)
        await move(ctx, await lockPromises(ctx.tx, [row?.id ?? '']), { to })
      expect((await promiseById(ctx.tx, row?.id ?? ''))?.state).toBe('sent')
    })

  it('welcomes whoever has just been added, within its seconds, by the one who added her', async () => {
    await store.say({
      kind: 'contact-added',
      at: store.clock.now(),
      source: 'wecom',
      sourceKey: 'add1',
      who: { external: 'wm9', staff: 'zhang' },
      detail: { WelcomeCode: 'code9' },
    })
    await store.say({
      kind: 'contact-added',
      at: store.clock.now(),
      source: 'wecom',
      sourceKey: 'add2',
      who: { external: 'wm8', staff: 'zhang' },
      detail: {},
    })
    await followers.catchUp()
    const rows = await store.db.reader.rows<{
      subject: string
      sender: string
      content: string
      expires_at: number
      decision: string
    }>(`select subject, sender, content, expires_at, decision from promise where channel = 'welcome'`)
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      subject: 'wm9',
      sender: 'zhang',
      decision: 'queued',
      expires_at: store.clock.now() + 18_000,
    })
    expect(JSON.parse(rows[0]?.content ?? '{}')).toMatchObject({ welcomeCode: 'code9' })
    expect(woken).toBe(1)
  })

  it('visits after the first order, 24 hours later, once; an order of long ago is no occasion', async () => {
    await befriend('wm7', '孙丽', 2)
    const at = store.clock.now()
    const first = { ...order('m7', wednesday, 8_000, 1, 'wm7'), at }
    await store.say(first)
    await store.say({ ...first, sourceKey: 'second', at: at + 60_000 })
    await followers.catchUp()
    const rows = await store.db.reader.rows<{
      subject: string
      wanted_at: number
      expires_at: number
      day: string
    }>(`select subject, wanted_at, expires_at, day from promise where touchpoint = 'follow-up'`)
    expect(rows).toEqual([
      { subject: 'wm7', wanted_at: at + hours(24), expires_at: at + hours(48), day: addDays(wednesday, 1) },
    ])
    store.clock.advance(days(1))
    expect(of(await previewOf(addDays(wednesday, 1), 1), 'follow-up')).toHaveLength(1)
  })

  it('visits also whoever became a contact only after her first order', async () => {
    await store.say(order('m6', wednesday, 8_000, 1, 'wm6'))
    await followers.catchUp()
    const visits = () => store.db.reader.rows(`select decision from promise where touchpoint = 'follow-up'`)
    expect(await visits()).toEqual([])
    await befriend('wm6', '周敏', 2)
    store.clock.advance(days(1))
    await planDay(parts, addDays(wednesday, 1))
    expect(await visits()).toEqual([{ decision: 'queued' }])
  })

  it('says that she opted out, in the dry run and in the plan', async () => {
    const [{ customer = null } = {}] = (await previewOf(wednesday, 1)).filter(
      ({ subject }) => subject === 'wm1',
    )
    await store.act({ kind: 'system', name: 'test' }, (ctx) =>
      optOut(ctx, 'wm1', { via: 'h5', purpose: 'marketing' }),
    )
    expect(
      of(await previewOf(wednesday, 1), 'weekly-note').find(({ subject }) => subject === 'wm1'),
    ).toMatchObject({
      decision: 'declined',
      reasonCode: 'opted-out',
    })
    const explained = await explainCustomer(
      { reader: store.db.reader, tierRules: store.rules },
      customer ?? '',
      store.clock.now(),
    )
    expect(explained.promises.map(({ reason }) => reason.code)).toContain('opted-out')
    expect(explained.touchpoints.find(({ touchpoint }) => touchpoint === 'wake-up')?.words).toContain(
      '不适用',
    )
  })

  it('tells touchpoint by touchpoint whom it looks for, what rests her, when she is next and what would end it', async () => {
    const explain = async () => {
      const [{ customer = '' } = {}] = await store.db.reader.rows<{ customer: string }>(
        `select customer from identity where kind = 'external' and value = 'wm1'`,
      )
      return cadenceExplain(parts, { customer })
    }
    const one = (of: Awaited<ReturnType<typeof explain>>, name: string) =>
      of.touchpoints.find(({ touchpoint }) => touchpoint === name) ?? expect.fail(name)
    const before = await explain()
    expect(one(before, 'weekly-note')).toMatchObject({
      applies: true,
      words: '适用',
      channelTitle: '顾问任务',
      looksFor: '所有人',
      nextDay: wednesday,
      occasion: { key: '', words: '', product: null },
      rests: null,
      next: { day: wednesday, decision: 'queued', reason: { code: 'ok' }, state: null },
      latest: null,
      endedBy: [],
    })
    expect(one(before, 'wake-up')).toMatchObject({
      applies: false,
      occasion: null,
      nextDay: '2026-11-24',
      rests: { days: 360, until: null },
      next: null,
    })
    expect(one(before, 'quiet-reminder')).toMatchObject({
      looksFor: expect.stringMatching(/最近一次购买后第 \d+ 天的客户/) as string,
      occasion: null,
      endedBy: [{ kind: 'order-placed', words: '下单' }],
    })
    expect(one(before, 'clicked-not-bought')).toMatchObject({
      looksFor: '发生“打上动态标签”时马上判断',
      nextDay: null,
    })
    // A call of today rests her; the note of today is a decision that was made.
    await planDay(parts, wednesday)
    const [{ id = '' } = {}] = await store.db.reader.rows<{ id: string }>(
      `select id from promise where touchpoint = 'weekly-note' and subject = 'wm1'`,
    )
    await store.db.tx((tx) => tx.run(`update promise set touchpoint = 'phone-call' where id = $1`, [id]))
    const after = await explain()
    expect(one(after, 'phone-call')).toMatchObject({
      rests: { until: addDays(wednesday, one(after, 'phone-call').rests?.days ?? 0) },
      latest: { day: wednesday, decision: 'queued' },
    })
    const text = explanationText(after)
    expect(text).toContain('找谁：最近一次购买后第')
    expect(text).toContain('什么会取消：发生“下单”后')
    expect(text).toMatch(/休息：.*起可以再说/)
  })

  it('carries the caps of one day to the next: nobody hears two offers within 48 hours', async () => {
    const second = `touchpoints:\n  second-note:\n    kind: weekly-note\n    weekday: 四\n    wordings: ['{{ customer.salutation }}，再说一句']\n`
    await publishAndPlan(
      parts,
      { kind: 'staff', userid: 'zhang' },
      { yaml: yaml.replace('touchpoints:\n', second), note: '', by: '张', baseVersion: 1 },
    )
    expect(
      of(await previewOf(wednesday, 2), 'second-note').filter(({ subject }) => subject.startsWith('wm')),
    ).toEqual([
      { subject: 'wm1', decision: 'declined', reasonCode: 'gap' },
      { subject: 'wm2', decision: 'declined', reasonCode: 'gap' },
    ])
    // The same, had today not been planned yet.
    await store.db.tx((tx) => tx.run('DELETE FROM promise'))
    expect(
      of(await previewOf(wednesday, 2), 'second-note').filter(({ reasonCode }) => reasonCode === 'gap'),
    ).toHaveLength(2)
  })

  it('shows the words of the dry run and of the promises, although it keeps none of a customer’s', async () => {
    await planDay(parts, wednesday)
    const calendar = createCalendar({
      reader: store.db.reader,
      tierRules: store.rules,
      holidays: loadHolidays(configDir),
    })
    const foreseen = await previewOf(wednesday, 8)
    const cells = [...new Set(foreseen.map(({ day, touchpoint }) => `${day} ${touchpoint}`))]
    const texts: string[] = []
    for (const cell of cells) {
      const [day = '', touchpoint = ''] = cell.split(' ')
      const expected = foreseen.filter((one) => one.day === day && one.touchpoint === touchpoint)
      const { items } = await calendar.subjects({ day, touchpoint, page: 1, size: 50 }, store.clock.now())
      expect([cell, items.map(({ text = '' }) => text)]).toEqual([cell, expected.map(({ text }) => text)])
      if (expected.some(({ subjectKind }) => subjectKind === 'customer'))
        texts.push(...expected.map(({ text }) => text))
    }
    expect(foreseen.some(({ known }) => known) && foreseen.some(({ known }) => !known)).toBe(true)
    expect(texts.filter((text) => text !== '').length).toBeGreaterThan(3)
  })

  it('tells what is planned while it looks', async () => {
    let isPlanned = false
    const { reader } = store.db
    const slow = {
      ...reader,
      rows: async <T extends object>(sql: string, params?: readonly (string | number | null)[]) => {
        if (!isPlanned && sql.includes('features')) {
          isPlanned = true
          await planDay(parts, wednesday)
        }
        return reader.rows<T>(sql, params)
      },
    }
    const cadence = await currentCadence(reader)
    if (!cadence) throw new Error('no cadence')
    const span = { from: wednesday, days: 2, now: store.clock.now() }
    const told = async (over: typeof reader): Promise<string[]> =>
      (await previewDays({ reader: over, tierRules: store.rules, cadence }, span)).promises
        .map(({ dedupeKey, day, decision }) => `${day} ${dedupeKey} ${decision}`)
        .sort()
    const meanwhile = await told(slow)
    expect(isPlanned).toBe(true)
    expect(meanwhile).toEqual(await told(reader))
    expect(new Set(meanwhile).size).toBe(meanwhile.length)
  })

  it('looks ahead once for all who ask meanwhile, anew after a happening, and where it took long, after a while', async () => {
    let looks = 0
    let tookMs = 0
    const { reader } = store.db
    const calendar = createCalendar({
      reader: {
        ...reader,
        rows: async (sql, params) => {
          if (sql.includes('features')) {
            looks += 1
            passed += tookMs
          }
          return reader.rows(sql, params)
        },
      },
      tierRules: store.rules,
      holidays: loadHolidays(configDir),
    })
    let passed = 0
    const real = performance.now.bind(performance)
    const spy = vi.spyOn(performance, 'now').mockImplementation(() => real() + passed)
    try {
      const look = () => calendar.calendar(wednesday, 3, store.clock.now())
      const since = async (): Promise<number> => {
        const before = looks
        await look()
        return looks - before
      }
      const [one, other] = await Promise.all([look(), look()])
      expect(one).toEqual(other)
      const once = looks
      expect(once).toBeGreaterThan(0)
      // A cell of a shown week is of the same dry run.
      await calendar.subjects(
        { day: addDays(wednesday, 1), touchpoint: 'daily-tip', page: 1, size: 10 },
        store.clock.now(),
      )
      expect(looks).toBe(once)
      await store.act({ kind: 'staff', userid: 'zhang' }, (ctx) =>
        optOut(ctx, 'wm1', { via: 'h5', purpose: 'marketing' }),
      )
      expect(await since()).toBe(once)

      // The day is not planned anew any more.
      store.clock.advance(minutes(10))
      const note = (await planDay(parts, wednesday)).find(
        ({ touchpoint, decision }) => touchpoint === 'weekly-note' && decision !== 'declined',
      )
      tookMs = 5_000
      await store.act({ kind: 'staff', userid: 'zhang' }, (ctx) =>
        optOut(ctx, 'wm2', { via: 'h5', purpose: 'marketing' }),
      )
      expect(await since()).toBe(once)
      await store.act({ kind: 'staff', userid: 'zhang' }, (ctx) =>
        optOut(ctx, 'wm4', { via: 'h5', purpose: 'marketing' }),
      )
      expect(await since()).toBe(0)
      // What left meanwhile is shown with its words all the same.
      await deliver(note?.dedupeKey ?? '')
      const before = looks
      const { items } = await calendar.subjects(
        { day: wednesday, touchpoint: 'weekly-note', page: 1, size: 10 },
        store.clock.now(),
      )
      expect(items.find(({ subject }) => subject === note?.customer)?.text).toBe(note?.content.text)
      expect(looks - before).toBeLessThan(once)
      passed += 6 * 60_000
      expect(await since()).toBe(once)
    } finally {
      spy.mockRestore()
    }
  })

  it('shows past days from promises and coming days from the dry run, with the reasons', async () => {
    const planned = await planDay(parts, wednesday)
    for (const { decision, dedupeKey } of planned) if (decision !== 'declined') await deliver(dedupeKey)
    store.clock.advance(days(1))
    const calendar = createCalendar({
      reader: store.db.reader,
      tierRules: store.rules,
      holidays: loadHolidays(configDir),
    })
    const view = await calendar.calendar(wednesday, 3, store.clock.now())
    expect(view.days.map(({ day, weekday, isToday }) => [day, weekday, isToday])).toEqual([
      [wednesday, 3, false],
      [addDays(wednesday, 1), 4, true],
      [addDays(wednesday, 2), 5, false],
    ])
    const [past, today] = view.days
    expect(past?.entries.find(({ touchpoint }) => touchpoint === 'weekly-note')).toMatchObject({
      planned: false,
      queued: 2,
      sent: 2,
      declined: 1,
      channelTitle: '顾问任务',
      // Off the round minute.
      at: expect.stringMatching(/^10:(0[2-9]|1[0-4])$/) as string,
      reasons: [{ code: 'no-advisor', count: 1, words: '未添加企业微信，没有顾问可以联系' }],
    })
    expect(today?.entries.find(({ touchpoint }) => touchpoint === 'daily-tip')).toMatchObject({
      planned: true,
      queued: 1,
    })
    const subjects = await calendar.subjects(
      { day: wednesday, touchpoint: 'weekly-note', page: 1, size: 10 },
      store.clock.now(),
    )
    expect(subjects.total).toBe(3)
    expect(subjects.items.map(({ name }) => name).sort()).toEqual(['客户 m3', '李强', '王芳'].sort())
    expect(subjects.items.find(({ name }) => name === '王芳')).toMatchObject({
      tier: 'high',
      advisor: '张小敏',
      decision: 'queued',
    })
    expect(subjects.people).toBeUndefined()
    // Two in the group, one of them staff; in a second group she is still one person.
    await store.db.tx((tx) =>
      tx.insert(
        'group_member',
        [
          { chat: 'wr1', member: 'wm1', kind: 2, joined_at: 0 },
          { chat: 'wr1', member: 'zhang', kind: 1, joined_at: 0 },
          { chat: 'wr2', member: 'wm1', kind: 2, joined_at: 0 },
        ],
        'ON CONFLICT (chat, member) DO NOTHING',
      ),
    )
    const groups = await calendar.subjects(
      { day: wednesday, touchpoint: 'daily-tip', page: 1, size: 10 },
      store.clock.now(),
    )
    expect(groups).toMatchObject({ total: 1, people: 1 })
    expect(await customersInGroups(store.db.reader, ['wr1', 'wr2'])).toBe(1)
    expect(await customersInGroups(store.db.reader, [])).toBe(0)
  })

  it('publishes versions: the same text is no new one, a stale author is refused, manners reach the outbox', async () => {
    const act = (text: string, baseVersion: number | null) =>
      store.act({ kind: 'staff', userid: 'zhang' }, (ctx) =>
        publish(ctx, store.rules, { yaml: text, note: '改', by: '张', baseVersion }),
      )
    expect((await act(yaml, 1)).version).toBe(1)
    const changed = yaml.replace('marketingPerWeek: 2', 'marketingPerWeek: 3')
    expect((await act(changed, 1)).version).toBe(2)
    expect((await currentManners(store.db.reader)).marketingPerWeek).toBe(3)
    await expect(act(yaml, 1)).rejects.toMatchObject({ code: 'stale-version', status: 409 })
    await expect(act(yaml.replace('weekday: 周三', 'weekday: 周八'), 2)).rejects.toMatchObject({
      code: 'invalid-cadence',
      detail: { problems: [{ path: 'touchpoints.weekly-note.weekday' }] },
    })
    expect((await versionList(store.db.reader)).map(({ version }) => version)).toEqual([2, 1])
  })

  it('decides again what a wrong cadence declined today, and nothing that the correction does not touch', async () => {
    const planned = async () => of(await planDay(parts, wednesday), 'weekly-note')
    const rows = () =>
      store.db.reader.rows<{
        dedupe_key: string
        reason_code: string
        state: string | null
        version: number
      }>(`select dedupe_key, reason_code, state, cadence_version as version from promise order by dedupe_key`)
    const publishText = (text: string) =>
      publishAndPlan(
        parts,
        { kind: 'system', name: 'test' },
        { yaml: text, note: '', by: 'li', baseVersion: null },
      )
    const wrong = yaml.replace('blackout: []', `blackout: ['${wednesday}']`)
    expect(wrong).not.toBe(yaml)
    await publishText(wrong)
    expect(await planned()).toEqual([
      expect.objectContaining({ decision: 'declined', reasonCode: 'no-advisor' }),
      expect.objectContaining({ subject: 'wm1', decision: 'declined', reasonCode: 'blackout' }),
      expect.objectContaining({ subject: 'wm2', decision: 'declined', reasonCode: 'blackout' }),
    ])
    // Another touchpoint's words are no reason to look again.
    const before = await rows()
    await publishText(wrong.replace(/(replenish:\n)/, '$1    priority: 41\n'))
    expect(await rows()).toEqual(before)

    await publishText(yaml)
    const after = await rows()
    const notes = (all: typeof after) => all.filter(({ dedupe_key: key }) => key.startsWith('weekly-note:'))
    expect(notes(after).filter(({ state }) => state === 'queued')).toHaveLength(2)
    // Whose reason still holds keeps the row that said so.
    const alone = ({ reason_code: code }: { reason_code: string }) => code === 'no-advisor'
    expect(notes(after).filter(alone)).toEqual(notes(before).filter(alone))
    expect(notes(after).filter(alone)).toHaveLength(1)
    expect(after.map(({ dedupe_key: key }) => key)).toEqual(before.map(({ dedupe_key: key }) => key))
    // Once it is promised it stays promised, whatever is published next.
    await publishText(wrong)
    expect(notes(await rows())).toEqual(notes(after))
  })

  it('tells what an edit changes, in words and in the next seven days', async () => {
    const changed = yaml
      .replace('weekday: 周三', 'weekday: 周五')
      .replace('weekday: 周四\n    at', 'weekday: 周四\n    enabled: true\n    at')
    const diff = await diffCadence(
      { reader: store.db.reader, tierRules: store.rules },
      changed,
      store.clock.now(),
    )
    expect(diff.changes.map(({ words }) => words)).toContain('高价值每周一对一：星期由 周三 改为 周五')
    expect(diff.effect).toEqual(
      expect.arrayContaining([
        {
          day: wednesday,
          touchpoint: 'weekly-note',
          title: '高价值每周一对一',
          before: { queued: 2, declined: 1 },
          after: { queued: 0, declined: 0 },
        },
        expect.objectContaining({
          day: addDays(wednesday, 2),
          touchpoint: 'weekly-note',
          after: { queued: 2, declined: 1 },
        }),
      ]),
    )
    expect(
      (await diffCadence({ reader: store.db.reader, tierRules: store.rules }, yaml, store.clock.now()))
        .changes,
    ).toEqual([])
  })

  it('answers `cadence plan` from any day on, with the tiers of each day', async () => {
    const { promises } = await planOf(parts, { from: wednesday, days: 7 })
    expect(promises.filter(({ touchpoint }) => touchpoint === 'weekly-note')).toHaveLength(3)
    expect(promises.find(({ subject }) => subject === 'm3')).toMatchObject({
      touchpoint: 'weekly-note',
      decision: 'declined',
      reasonCode: 'no-advisor',
      day: wednesday,
    })
    // A year earlier nobody had bought anything yet.
    const earlier = await planOf(parts, { from: '2025-01-01', days: 7 })
    expect(earlier.promises.filter(({ customer }) => customer !== null)).toEqual([])
    await expect(planOf(parts, { from: 'tomorrow' })).rejects.toMatchObject({ code: 'usage' })
  })
})

describe('the days of a test', () => {
  it('are the ones it says', () => expect(dayOf(instantOf(wednesday))).toBe(wednesday))
})
