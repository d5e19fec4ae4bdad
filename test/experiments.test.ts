/** Experiments through the planner and back from the database: who hears which arm, and what became of it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { system } from '../src/base/act.ts'
import { addDays, dayOf, instantOf, timeOf } from '../src/base/calendar.ts'
import { days, hours } from '../src/base/clock.ts'
import {
  currentCadence,
  decideExperiment,
  draftWith,
  experimentReport,
  holdoutReport,
  planDay,
  previewDays,
  readCadence,
  seedCadence,
  stepExperiments,
} from '../src/cadence/index.ts'
import type { CadenceParts, ExperimentReport } from '../src/cadence/index.ts'
import { cadenceExperiments } from '../src/cli/experiments.ts'
import { saveContacts, saveGroup, saveStaff } from '../src/customer/index.ts'
import { readLog } from '../src/interaction/index.ts'
import { onBothDatabases } from './database.ts'
import { openStore } from './store.ts'
import type { TestStore } from './store.ts'

const wednesday = '2026-11-18'
const yaml = (more = '') => `shop: {name: 小禾}
touchpoints:
  weekly-note:
    tiers: [high, mid, new, dormant, other]
    weekday: 3
    at: '10:00'
    # 换季时改这里
    wordings: ['原来的话 [[link:me]]']
  daily-tip:
    interests: {辅食: [原来的一条]}
experiments:
  warm:
    touchpoint: weekly-note
    what: wording
    from: ${wednesday}
    minimumPerArm: 50
    primary: {windowDays: 7}
    arms:
      - {name: now, title: 现状, share: 50}
      - {name: warmer, title: 更暖, share: 50, set: {at: '14:30', wordings: ['更暖的话 [[link:me]]']}}
${more}`
const tip = `  tip:
    touchpoint: daily-tip
    what: wording
    from: ${wednesday}
    minimumPerArm: 2
    seed: '2'
    arms: [{name: now, share: 50}, {name: short, share: 50, set: {headline: 短的}}]
`
/** Its first day is a Thursday, the day after the other tests begin. */
const feast = `  feast-words:
    touchpoint: feast-start
    what: offer
    from: ${wednesday}
    minimumPerArm: 2
    arms: [{name: now, share: 50}, {name: gift, share: 50, set: {at: '15:00', offer: {yuanOff: 50}}}]
campaigns:
  feast:
    title: 囤货节
    from: ${addDays(wednesday, 1)}
    until: ${addDays(wednesday, 3)}
    start:
      # 开场白
      wording: '开始啦：{{ offer.words }} [[link:subscription]]'
      offer: {yuanOff: 30, days: 2}
`
const small = `    smallRange: {percent: 60, thenRollOut: true, afterDays: 7, guard: {optOutMax: 2}}
`

onBothDatabases('experiments', (open) => {
  let store: TestStore
  let parts: CadenceParts

  const start = async (text: string): Promise<void> => {
    store = await openStore(open, instantOf(wednesday, '08:31'))
    parts = { db: store.db, act: store.act, clock: store.clock, tierRules: store.rules }
    await store.act(system('seed'), async (ctx) => {
      await seedCadence(ctx, store.rules, { yaml: text, path: 'cadence.yaml', source: 'database' })
      await saveStaff(ctx, [{ userid: 'zhang', name: '张小敏', active: true, contact: true }], true)
    })
  }
  const report = async (name = 'warm'): Promise<ExperimentReport> => {
    const cadence = (await currentCadence(store.db.reader)) ?? expect.fail()
    return (await experimentReport(store.db.reader, cadence, name, store.clock.now())) ?? expect.fail()
  }
  const rowsOf = (touchpoint: string) =>
    store.db.reader.rows<{
      subject: string
      day: string
      experiment: string | null
      arm: string | null
      wanted_at: number
      content: string
    }>(
      'select subject, day, experiment, arm, wanted_at, content from promise where touchpoint = $1 order by day, subject',
      [touchpoint],
    )

  describe('the planner', () => {
    afterEach(() => store.drop())
    const people = Array.from({ length: 40 }, (_, i) => `m${String(i)}`)
    const shop = async (text: string): Promise<void> => {
      await start(text)
      await store.say(
        ...people.map((shopId) => ({
          kind: 'order-placed',
          at: instantOf(addDays(wednesday, -40), '09:00'),
          source: 'shop',
          sourceKey: shopId,
          who: { shopId, external: `wm-${shopId}` },
          detail: { amountFen: 9_900, items: [] },
        })),
      )
      await store.act(system('mirror'), async (ctx) => {
        await saveContacts(
          ctx,
          people.map((id) => ({
            external: `wm-${id}`,
            staff: 'zhang',
            name: id,
            gender: 2,
            addedAt: instantOf('2026-01-01'),
          })),
        )
        for (let n = 0; n < 8; n += 1)
          await saveGroup(ctx, {
            chat: `wr${String(n)}`,
            name: '辅食群',
            owner: 'zhang',
            members: [],
            memberVersion: '1',
          })
      })
    }

    it('gives each customer and each group one arm, as the dry run shows, and the same one again', async () => {
      await shop(yaml(tip))
      const cadence = (await currentCadence(store.db.reader)) ?? expect.fail()
      const { promises } = await previewDays(
        { reader: store.db.reader, tierRules: store.rules, cadence },
        { from: wednesday, days: 1, now: store.clock.now() },
      )
      await planDay(parts, wednesday)
      const rows = [...(await rowsOf('weekly-note')), ...(await rowsOf('daily-tip'))]
      const foretold = new Map(promises.map((one) => [one.subject, one.variant]))
      expect(rows).toHaveLength(48)
      for (const { subject, experiment, arm } of rows)
        expect(foretold.get(subject)).toEqual({ experiment, arm })
      for (const { experiment, arm, wanted_at, content } of rows.filter((row) => row.experiment === 'warm')) {
        expect(content).toContain(arm === 'warmer' ? '更暖的话' : '原来的话')
        expect(timeOf(wanted_at).slice(0, 2)).toBe(arm === 'warmer' ? '14' : '10')
        expect(experiment).toBe('warm')
      }
      const warmer = rows.filter(({ arm }) => arm === 'warmer').length
      expect(warmer).toBeGreaterThan(8)
      expect(warmer).toBeLessThan(32)
      expect(new Set(rows.filter((row) => row.experiment === 'tip').map(({ arm }) => arm))).toEqual(
        new Set(['now', 'short']),
      )
      expect((await planDay(parts, wednesday)).every(({ known }) => known)).toBe(true)
      const started = (await readLog(store.db.reader, { limit: 1_000 })).filter(
        ({ kind }) => kind === 'experiment-started',
      )
      expect(started.map(({ detail }) => detail['experiment'])).toEqual(['warm', 'tip'])
      const groups = await report('tip')
      expect(groups.warnings[0]).toContain('有效样本是群的数量')
      expect(groups.arms.reduce((sum, { entered }) => sum + entered, 0)).toBe(0)
      store.clock.advance(days(8))
      expect((await report('tip')).arms.reduce((sum, { n }) => sum + n, 0)).toBe(8)
    })

    it('tries two openings of a campaign, and writes the better one into it', async () => {
      await shop(yaml(feast))
      const thursday = addDays(wednesday, 1)
      store.clock.advance(days(1))
      await planDay(parts, thursday)
      const rows = await rowsOf('feast-start')
      expect(rows).toHaveLength(40)
      for (const { experiment, arm, content, wanted_at } of rows) {
        expect(experiment).toBe('feast-words')
        expect(content).toContain(arm === 'gift' ? '50' : '30')
        expect(timeOf(wanted_at).slice(0, 2)).toBe(arm === 'gift' ? '15' : '10')
      }
      expect(new Set(rows.map(({ arm }) => arm))).toEqual(new Set(['now', 'gift']))
      store.clock.advance(days(8))
      const read = await report('feast-words')
      expect(read.experiment.touchpointTitle).toBe('囤货节·开始')
      expect(read.arms.reduce((sum, { n }) => sum + n, 0)).toBe(40)
      const sets = read.arms[1]?.sets.join() ?? ''
      expect(sets).toMatch(/^囤货节：.*15:00/)
      const gift = read.experiment.arms[1] ?? expect.fail()
      const draft = draftWith(yaml(feast), read.experiment, gift)
      const again = readCadence(draft.yaml, { tiers: null })
      expect(again.mistakes).toEqual([])
      expect(again.cadence?.raw).toMatchObject({
        campaigns: { feast: { start: { at: '15:00', offer: { yuanOff: 50, days: 2 } } } },
      })
      expect(draft.yaml).toContain('# 开场白')
      expect(again.cadence?.experiments.map(({ name }) => name)).toEqual(['warm'])
    })

    it('leaves whoever is outside the small range with the control and uncounted, until it is rolled out', async () => {
      await shop(yaml(small))
      await planDay(parts, wednesday)
      const rows = await rowsOf('weekly-note')
      const outside = rows.filter(({ experiment }) => experiment === null)
      expect(outside.length).toBeGreaterThan(4)
      expect(outside.every(({ content }) => content.includes('原来的话'))).toBe(true)

      await store.act({ kind: 'staff', userid: 'zhang' }, (ctx) =>
        decideExperiment(ctx, {
          name: 'warm',
          how: 'rolled-out',
          arm: 'warmer',
          why: '更受欢迎',
          by: '张小敏',
        }),
      )
      const next = addDays(wednesday, 7)
      store.clock.advance(days(7))
      await planDay(parts, next)
      const later = (await rowsOf('weekly-note')).filter(({ day }) => day === next)
      expect(later).toHaveLength(40)
      expect(
        later.every(({ experiment, content }) => experiment === null && content.includes('更暖的话')),
      ).toBe(true)
      const rolled = await report()
      expect([rolled.phase, rolled.words]).toEqual(['rolled-out', '已对所有人采用“更暖”：更受欢迎'])

      await store.act({ kind: 'staff', userid: 'zhang' }, (ctx) =>
        decideExperiment(ctx, { name: 'warm', how: 'stopped', arm: null, why: '', by: '张小敏' }),
      )
      const { cadence } = readCadence(yaml(small), { tiers: null })
      const { promises } = await previewDays(
        { reader: store.db.reader, tierRules: store.rules, cadence: cadence ?? expect.fail() },
        { from: addDays(next, 7), days: 1, now: store.clock.now() },
      )
      const notes = promises.filter(({ touchpoint }) => touchpoint === 'weekly-note')
      expect(notes.every(({ text, variant }) => text.includes('原来的话') && variant === null)).toBe(true)
    })
  })

  describe('the reading', () => {
    let at = instantOf(wednesday, '10:00')
    let prefix = 0
    interface Life {
      readonly arm: 'now' | 'warmer'
      readonly sent?: boolean
      readonly reason?: string
      readonly wantedAt?: number
      readonly orders?: readonly number[]
      readonly deed?: 'link-clicked' | 'opted-out'
    }
    const promiseOf = (customer: string, life: Life, n = 1) => ({
      id: `${customer}-${String(n)}`,
      dedupe_key: `weekly-note:${customer}:${String(n)}`,
      touchpoint: 'weekly-note',
      title: '每周一对一',
      cadence_version: 1,
      purpose: 'marketing',
      personal: 1,
      channel: 'advisor-task',
      subject_kind: 'customer',
      subject: `wm-${customer}`,
      customer,
      sender: 'zhang',
      day: dayOf(life.wantedAt ?? at),
      wanted_at: life.wantedAt ?? at,
      due_at: life.wantedAt ?? at,
      expires_at: at + days(2),
      decision: life.reason === undefined ? 'queued' : 'declined',
      reason_code: life.reason ?? 'ok',
      reason_words: '',
      state: life.reason === undefined ? 'sent' : null,
      content: '{"text":""}',
      priority: 1,
      attempts: 0,
      epoch: 0,
      crashes: 0,
      ready_at: at,
      created_at: at,
      sent_at: life.sent === true ? at + hours(1) : null,
      experiment: life.arm === 'now' || life.reason !== 'holdout' ? 'warm' : null,
      arm: life.arm,
    })
    const live = async (lives: readonly Life[], more: readonly object[] = []): Promise<void> => {
      await store.db.tx(async (tx) => {
        await tx.insert('promise', [...lives.map((life, i) => promiseOf(nameOf(i), life)), ...more] as never)
        const orders = lives.flatMap(({ orders = [] }, i) =>
          orders.map((after, n) => ({
            source_key: `${nameOf(i)}-${String(n)}`,
            customer: nameOf(i),
            at: at + after,
            day: dayOf(at + after),
            amount_fen: 10_000,
            refunded_fen: 0,
            refunded_day: null,
            items: '[]',
          })),
        )
        await tx.insert('shop_order', orders)
        await tx.insert(
          'identity',
          lives.map((_, i) => ({
            kind: 'external',
            value: `wm-${nameOf(i)}`,
            customer: nameOf(i),
            seq: 0,
          })),
        )
      })
      await store.say(
        ...lives.flatMap(({ deed }, i) =>
          deed === undefined
            ? []
            : [
                {
                  kind: deed,
                  at: at + hours(2),
                  source: 'test',
                  sourceKey: nameOf(i),
                  who: { external: `wm-${nameOf(i)}` },
                  detail: { purpose: 'marketing' },
                },
              ],
        ),
      )
    }
    const times = (n: number, life: Life): Life[] => Array.from({ length: n }, () => life)
    beforeAll(() => start(yaml(small)))
    afterAll(() => store.drop())
    beforeEach(() => {
      prefix += 1
      at = instantOf(addDays(wednesday, 28 * prefix), '10:00')
      store.clock.set(at)
    })
    afterEach(() =>
      store.db.tx(async (tx) => {
        for (const table of ['promise', 'shop_order', 'identity', 'experiment_decision'])
          await tx.run(`delete from ${table}`)
      }),
    )
    const nameOf = (i: number): string => `c${String(prefix)}-${String(i)}`

    it('counts orders within the window after the planned moment, once each person', async () => {
      await live(
        [
          { arm: 'now', orders: [-1, days(7)] },
          { arm: 'now', orders: [0] },
          { arm: 'warmer', sent: true, orders: [days(7) - 1, hours(3)], deed: 'link-clicked' },
          { arm: 'warmer', reason: 'opted-out', orders: [hours(1)] },
          { arm: 'warmer', wantedAt: at + days(5), orders: [days(6)] },
        ],
        [promiseOf(nameOf(0), { arm: 'warmer', wantedAt: at + days(1), sent: true }, 2)],
      )
      store.clock.set(at + days(8))
      const [control, arm] = (await report()).arms
      expect(control).toMatchObject({
        entered: 2,
        n: 2,
        sent: 1,
        crossed: 1,
        waiting: 0,
        hits: { 'sent-to-order': 1 },
      })
      expect(control?.fen).toEqual({ n: 2, sum: 10_000, squares: 1e8 })
      expect(arm).toMatchObject({
        entered: 2,
        n: 1,
        waiting: 1,
        unreachable: 1,
        hits: { 'sent-to-order': 1, click: 1, 'opt-out': 0 },
        sentHits: { 'sent-to-order': 1, click: 1 },
        fen: { n: 1, sum: 20_000, squares: 4e8 },
      })
      expect(arm?.sets.join()).toContain('时间由 10:00 改为 14:30')
    })

    it('refuses an arm and an experiment that are not there', async () => {
      const press = (name: string, arm: string) =>
        store.act(system('test'), (ctx) =>
          decideExperiment(ctx, { name, how: 'rolled-out', arm, why: '', by: 'x' }),
        )
      await expect(press('cold', 'now')).rejects.toMatchObject({ code: 'not-found' })
      await expect(press('warm', 'colder')).rejects.toMatchObject({ code: 'not-found' })
    })

    it('says a clear winner, all and delivered beside each other, and rolls it out by itself', async () => {
      await live([
        ...times(16, { arm: 'now', sent: true, orders: [hours(5)] }),
        ...times(64, { arm: 'now', sent: true }),
        ...times(80, { arm: 'now' }),
        ...times(48, { arm: 'warmer', sent: true, orders: [hours(5)] }),
        ...times(32, { arm: 'warmer', sent: true }),
        ...times(80, { arm: 'warmer' }),
      ])
      store.clock.set(at + days(6))
      expect((await report()).findings.state).toBe('collecting')
      expect(await stepExperiments(parts)).toEqual([])
      store.clock.set(at + days(8))
      const found = await report()
      const [one] = found.findings.comparisons
      expect(found.findings).toMatchObject({ state: 'better', arm: 'warmer' })
      expect(one?.assigned.absolute.value).toBeCloseTo(0.2)
      expect(one?.delivered?.absolute.value).toBeCloseTo(0.4)
      expect(one?.complier).toMatchObject({ kind: 'estimate', effect: { value: expect.closeTo(0.4) } })
      expect(one?.value.absolute.value).toBeCloseTo(2_000)
      expect(found.words).toMatch(
        /^“更暖”的下单率比“现状”高 20\.0 个百分点（95% 区间 .*），相对增加 200\.0%，差别可信/,
      )
      expect(found.warnings.join()).toContain('不是随机分的')

      const list = await cadenceExperiments(parts, undefined)
      expect(list).toMatchObject({ items: [{ name: 'warm', entered: 320, phase: 'running' }] })
      expect(await cadenceExperiments(parts, 'warm')).toMatchObject({
        state: 'better',
        confidence: 95,
        arms: [
          { title: '现状', due: 160, sent: 80 },
          { title: '更暖', due: 160, sent: 80 },
        ],
        comparisons: [{ arm: 'warmer', isClear: true, complier: { value: expect.closeTo(0.4) } }],
      })
      await expect(cadenceExperiments(parts, 'cold')).rejects.toMatchObject({ code: 'not-found' })

      expect(await stepExperiments(parts)).toEqual(['warm'])
      expect(await stepExperiments(parts)).toEqual([])
      expect((await report()).phase).toBe('rolled-out')
      const { experiment } = await report()
      const draft = draftWith(yaml(small), experiment, experiment.arms[1] ?? expect.fail())
      expect(draft.yaml).toContain('at: 14:30')
      expect(draft.yaml).toContain('# 换季时改这里')
      expect(draft.yaml).not.toContain('experiments')
      expect(readCadence(draft.yaml, { tiers: null }).mistakes).toEqual([])
      expect(draft.words.join()).toContain('时间由 10:00 改为 14:30')
    })

    it('stops by itself where too many opt out', async () => {
      await live([
        ...times(100, { arm: 'now' }),
        ...times(3, { arm: 'warmer', deed: 'opted-out' }),
        ...times(97, { arm: 'warmer' }),
      ])
      store.clock.set(at + days(1))
      expect(await stepExperiments(parts)).toEqual(['warm'])
      const found = await report()
      expect([found.phase, found.words]).toEqual([
        'stopped',
        '已停止，所有人按“现状”：“更暖”的退订率 3.0% 超过 2%',
      ])
    })

    it('withholds the result when the split is not the one that was promised', async () => {
      await live([...times(200, { arm: 'now' }), ...times(120, { arm: 'warmer', orders: [hours(1)] })])
      store.clock.set(at + days(8))
      const { findings, words } = await report()
      expect([findings.state, findings.comparisons]).toEqual(['broken', []])
      expect(words).toContain('应为 160 : 160，实为 200 : 120')
      expect(await stepExperiments(parts)).toEqual([])
    })

    it('reads the universal holdout by the same clock', async () => {
      await live([
        ...times(110, { arm: 'warmer', reason: 'holdout' }),
        ...times(60, { arm: 'warmer', sent: true, orders: [hours(5)] }),
        ...times(60, { arm: 'warmer' }),
      ])
      store.clock.set(at + days(8))
      const found = await holdoutReport(store.db.reader, {
        since: dayOf(at),
        windowDays: 7,
        now: store.clock.now(),
      })
      expect([found.heldOut.n, found.treated.n]).toEqual([110, 120])
      expect(found.order?.absolute.value).toBeCloseTo(0.5)
      expect(found.complier).toMatchObject({ against: 'nothing-sent', effect: { value: expect.closeTo(1) } })
      expect(found.words).toContain('高 50.0 个百分点')
      const none = await holdoutReport(store.db.reader, {
        since: addDays(dayOf(at), 1),
        windowDays: 7,
        now: store.clock.now(),
      })
      expect(none.words).toContain('还没有对照组')
    })
  })
})
