import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Happening } from '../../base/act.ts'
import { addDays, instantOf } from '../../base/calendar.ts'
import type { Row } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import { customerIdOf } from '../../customer/index.ts'
import { onBothDatabases } from '../../../test/database.ts'
import { configDir, openStore } from '../../../test/store.ts'
import type { TestStore } from '../../../test/store.ts'
import {
  audienceMembers,
  explainMember,
  fieldMap,
  previewAudience,
  saveAudience,
  savedAudiences,
} from './audience.ts'
import type { AudienceParts } from './audience.ts'
import { loadTierRules } from '../tier-rules.ts'
import { loadTagRules } from '../tags/tag-rules.ts'
import { compile } from './compile.ts'
import { explain } from './explain.ts'
import { defineField } from './field.ts'
import type { AudienceField } from './field.ts'
import { audienceFields } from './fields/index.ts'
import { tagField } from './fields/tag.ts'
import { checkRule, maxConditions, maxDepth } from './rule.ts'

const today = '2026-05-20'
const now = instantOf(today, '10:00')
const idOf = (shopId: string): string => customerIdOf({ kind: 'shop', value: shopId })
const all = (...rules: readonly unknown[]): unknown => ({ combinator: 'and', rules })
const any = (...rules: readonly unknown[]): unknown => ({ combinator: 'or', rules })
const not = (rule: unknown): unknown => ({ ...(rule as object), not: true })
const is = (field: string, operator: string, value?: unknown, more?: unknown): unknown => ({
  field,
  operator,
  value,
  ...(more === undefined ? {} : { with: more }),
})

let n = 0
const happening = (
  kind: string,
  shopId: string,
  day: string,
  detail: Record<string, unknown>,
): Happening => ({
  kind,
  at: instantOf(day, '12:00'),
  source: 'test',
  sourceKey: `a${String((n += 1))}`,
  who: { shopId },
  detail,
})
const order = (shopId: string, daysAgo: number, amountFen: number, sku?: string): Happening =>
  happening('order-placed', shopId, addDays(today, -daysAgo), {
    amountFen,
    items: sku === undefined ? [] : [{ sku, quantity: 1 }],
  })

onBothDatabases('audiences', (open) => {
  let store: TestStore
  let parts: AudienceParts
  beforeEach(async () => {
    store = await openStore(open, now)
    parts = { rules: store.rules, fields: fieldMap(audienceFields, [tagField(loadTagRules(configDir))]) }
    await store.say(
      ...[5, 30, 60].map((days) => order('often', days, 50_000, 'milk')),
      order('once', 100, 8_000, 'toy'),
      order('gone', 400, 9_900),
      happening('product-browsed', 'looker', addDays(today, -1), { sku: 'milk' }),
    )
    await store.followers.catchUp()
  })
  afterEach(() => store.drop())

  const names = new Map(['often', 'once', 'gone', 'looker'].map((name) => [idOf(name), name]))
  const membersOf = async (rule: unknown): Promise<string[]> => {
    const found: string[] = []
    for await (const page of audienceMembers(parts, store.db.reader, rule, now, 2))
      found.push(...page.map((id) => names.get(id) ?? id))
    const { count } = await previewAudience(parts, store.db.reader, rule, now)
    expect(count).toBe(found.length)
    // Whoever is in says so, and whoever is not says why not.
    for (const id of names.keys()) {
      const why = await explainMember(parts, store.db.reader, rule, id, now)
      expect([names.get(id), why?.in]).toEqual([names.get(id), found.includes(names.get(id) ?? '')])
    }
    return found.sort()
  }

  it('are found by what was bought, when, and where somebody stands', async () => {
    expect(await membersOf(all(is('purchases', '>=', 2)))).toEqual(['often'])
    expect(await membersOf(all(is('spent', 'between', [8_000, 9_900])))).toEqual(['gone', 'once'])
  })

  it('count by windows, items and standing', async () => {
    expect(await membersOf(all(is('purchases-within', '>=', 2, { days: 31 })))).toEqual(['often'])
    expect(await membersOf(all(is('days-since-purchase', '>', 99)))).toEqual(['gone', 'once'])
    expect(await membersOf(all(is('days-since-purchase', 'null')))).toEqual(['looker'])
    expect(await membersOf(all(is('bought-sku', 'in', ['toy', 'nothing'])))).toEqual(['once'])
    expect(await membersOf(all(is('bought-sku', 'notIn', ['milk']), is('orders', '>', 0)))).toEqual([
      'gone',
      'once',
    ])
    expect(await membersOf(all(is('browsed-sku', 'in', ['milk'], { days: 7 })))).toEqual(['looker'])
    expect(await membersOf(all(is('tier', 'in', ['dormant'])))).toEqual(['gone'])
    expect(await membersOf(all(is('has-advisor', '=', false)))).toHaveLength(4)
    expect(await membersOf({ combinator: 'and', rules: [] })).toHaveLength(4)
    expect(await membersOf({ combinator: 'or', not: true, rules: [] })).toHaveLength(0)
    expect(await membersOf(all(is('value-type', 'in', ['重要价值'])))).toEqual(['often'])
    await store.db.tx((tx) =>
      tx.insert('dynamic_tag', [
        {
          customer: idOf('looker'),
          tag: 'price-sensitive',
          since_at: now - 1,
          expires_at: null,
          subject: '',
          reason: '',
        },
        {
          customer: idOf('gone'),
          tag: 'price-sensitive',
          since_at: now - 9,
          expires_at: now,
          subject: '',
          reason: '',
        },
      ]),
    )
    expect(await membersOf(all(is('tag', 'in', ['price-sensitive'])))).toEqual(['looker'])
    expect(await membersOf(all(is('value-52w', 'null'), is('alive-percent', 'null')))).toHaveLength(4)
    expect(await membersOf(all(is('churn-warning', '=', true)))).toEqual([])
    expect(await membersOf(all(is('recency-score', 'notNull')))).toEqual(['gone', 'often', 'once'])
    // Unknown meets no comparison, also not a reversed one from inside; the reversed group takes her.
    expect(await membersOf(all(is('average-order', '<', 1_000_000)))).toEqual(['gone', 'often', 'once'])
    expect(await membersOf(not(all(is('average-order', '<', 1_000_000))))).toEqual(['looker'])
  })

  it('say in words why somebody is in or out', async () => {
    const rule = all(is('tier', '=', 'dormant'), any(is('spent', '>=', 100_000), is('orders', '>', 3)))
    const out = await explainMember(parts, store.db.reader, rule, idOf('gone'), now)
    expect(out?.in).toBe(false)
    expect(out?.words).toBe('不符合：累计消费不少于¥1000.00（实际：¥99.00）；订单数大于3单（实际：1单）')
    const other = await explainMember(parts, store.db.reader, rule, idOf('looker'), now)
    expect(other?.words).toContain('分层等于沉睡（实际：潜在客户）')
    expect(await explainMember(parts, store.db.reader, rule, 'c-nobody', now)).toBeNull()
  })

  it('are saved with a version, and not over somebody else’s change', async () => {
    const draft = { name: 'quiet', title: '安静的客户', rule: all(is('orders', '=', 0)), baseVersion: 0 }
    const save = (one: typeof draft) =>
      store.act({ kind: 'staff', userid: 'li' }, (ctx) => saveAudience(ctx, parts, one))
    expect(await save(draft)).toMatchObject({ version: 1, updatedBy: 'li' })
    await expect(save(draft)).rejects.toMatchObject({ code: 'stale-version', status: 409 })
    await expect(save({ ...draft, name: 'bad', rule: all(is('nothing', '=', 1)) })).rejects.toThrow(Refusal)
    expect(await savedAudiences(store.db.reader)).toMatchObject([{ name: 'quiet', rule: draft.rule }])
  })

  it('answer the same in SQL and in memory, whatever the rule', async () => {
    const field = (name: string, kind: AudienceField['kind'], values: readonly (string | number | null)[]) =>
      defineField({
        name,
        title: name,
        group: 'test',
        kind,
        sql: ({ param }) =>
          `case c.first_seq ${values.map((value, i) => `when ${String(i)} then ${value === null ? 'null' : `cast(${param(value)} as ${typeof value === 'number' ? 'bigint' : 'text'})`}`).join(' ')} end`,
      })
    const value = {
      number: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.5, -2.5)),
      text: fc.constantFrom('a', 'b%', '_', 'ab', '甲', '甲乙', "o'", '😀x'),
    }
    const orNull = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: null })
    const condition = fc.oneof(
      fc.record({
        field: fc.constant('n'),
        operator: fc.constantFrom('=', '!=', '<', '<=', '>', '>='),
        value: value.number,
      }),
      fc
        .tuple(fc.constantFrom('between', 'notBetween'), value.number, value.number)
        .map(([operator, a, b]) => ({ field: 'n', operator, value: [Math.min(a, b), Math.max(a, b)] })),
      fc.record({ field: fc.constantFrom('n', 't'), operator: fc.constantFrom('null', 'notNull') }),
      fc.record({
        field: fc.constant('t'),
        operator: fc.constantFrom('=', '!=', 'contains', 'beginsWith'),
        value: value.text,
      }),
      fc.record({
        field: fc.constant('t'),
        operator: fc.constantFrom('in', 'notIn'),
        value: fc.array(value.text, { minLength: 1, maxLength: 3 }),
      }),
    )
    const group = fc.letrec((tie) => ({
      part: fc.oneof({ maxDepth: 3, withCrossShrink: true }, condition, tie('group')),
      group: fc.record({
        combinator: fc.constantFrom('and', 'or'),
        not: fc.boolean(),
        rules: fc.array(tie('part'), { minLength: 1, maxLength: 3 }),
      }),
    })).group
    const rows = [0, 1, 2, 3, 4, 5]
    await store.db.tx(async (tx) => {
      await tx.run('DELETE FROM customer')
      await tx.insert(
        'customer',
        rows.map((i) => ({ id: `x${String(i)}`, created_at: 0, first_seq: i })),
      )
    })
    await fc.assert(
      fc.asyncProperty(
        group,
        fc.array(orNull(fc.integer({ min: -3, max: 3 })), { minLength: 6, maxLength: 6 }),
        fc.array(orNull(value.text), { minLength: 6, maxLength: 6 }),
        async (raw, numbers, texts) => {
          const fields = fieldMap([field('n', 'number', numbers), field('t', 'text', texts)])
          const check = checkRule(raw, fields)
          if (!check.ok) return // deeper than allowed
          const made = compile(check.rule, { rules: store.rules, relations: new Map(), today: 0, now })
          const members = await store.db.reader.rows<{ customer: string }>(
            `${made.member()} select customer from member where ${made.where} order by customer`,
            [...made.memberParams, ...made.whereParams],
          )
          const everybody = await store.db.reader.rows<Row & { customer: string }>(
            `${made.member()} select * from member order by customer`,
            made.memberParams,
          )
          const inMemory = everybody.filter((row) => explain(check.rule, made, row, new Map()).in)
          expect(members.map(({ customer }) => customer)).toEqual(inMemory.map(({ customer }) => customer))
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('a rule', () => {
  const fields = fieldMap(audienceFields)
  const rules = loadTierRules(configDir)
  const mistakesOf = (raw: unknown): string => {
    const check = checkRule(raw, fields)
    return check.ok ? 'fine' : check.mistakes.map(({ path, message }) => `${path} ${message}`).join('\n')
  }

  it('is refused with the place of every mistake, and hostile ones do no harm', () => {
    for (const raw of [null, 1, 'x', [], {}, { combinator: 'and' }]) expect(mistakesOf(raw)).not.toBe('fine')
    expect(mistakesOf(all(is('purchases', '>=', 'three'), is("x'; drop table log", '=', 1)))).toMatch(
      /rules\.0\.value .*\nrules\.1\.field /,
    )
    expect(mistakesOf(all(is('purchases', 'like', 1)))).toContain('rules.0.operator')
    expect(mistakesOf(all(is('purchases', 'between', [5, 2])))).toContain('下限')
    expect(mistakesOf(all(is('purchases-within', '>', 1)))).toContain('rules.0.with')
    expect(mistakesOf(all(is('purchases-within', '>', 1, { days: 1.5 })))).toContain('rules.0.with.days')
    expect(mistakesOf(all(is('purchases', '>', 1, { days: 3 })))).toContain('没有附加设置')
    expect(mistakesOf(all(is('bought-sku', 'in', [])))).toContain('rules.0.value')
    expect(mistakesOf(all(all()))).toContain('空的条件组')
    expect(mistakesOf({ combinator: 'and', rules: [], __proto__: { x: 1 }, more: 1 })).toContain('more')
    expect(
      mistakesOf(all(...Array.from({ length: maxConditions + 1 }, () => is('orders', '>', 0)))),
    ).toContain('最多')
    let deep = all(is('orders', '>', 0))
    for (let i = 0; i < maxDepth; i += 1) deep = all(deep)
    expect(mistakesOf(deep)).toContain('嵌套')
    expect(mistakesOf(all(is('orders', '>', Number.NaN)))).not.toBe('fine')
    expect(mistakesOf(all(is('orders', '>', 1e300)))).not.toBe('fine')
  })

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (raw) => {
        const check = checkRule(raw, fields)
        if (check.ok) compile(check.rule, { rules, relations: new Map(), today: 0, now })
      }),
    )
  })
})
