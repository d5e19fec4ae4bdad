/**
 * The peers of `bench plan`: the six rules of its cadence as somebody else would write them, on the same tables. They
 * are prototypes: one cap, a share held out and a unique key, but no windows, gaps, advisors' days, wordings or reasons.
 */
import type { Db, Reader } from '../base/db.ts'
import { openDuck } from './duck.ts'
import type { Duck, DuckTable } from './duck.ts'

export interface HandRule {
  readonly name: string
  readonly tiers: readonly string[]
  readonly priority: number
  readonly dueAt: number
}

/** Of 256 first halves of an id, so many are held out: a tenth. */
const heldOut = '1a'

/** One statement: the best rule of each customer whom somebody can reach. `day` is part of the key. */
export function handPlanSql(rules: readonly HandRule[], day: string): string {
  const rows = rules.flatMap(({ name, tiers, priority, dueAt }) =>
    tiers.map(
      (tier) =>
        `select '${name}' as rule, '${tier}' as tier, ${String(priority)} as priority, ${String(dueAt)} as due_at`,
    ),
  )
  return `insert into hand_promise (dedupe_key, customer, sender, rule, due_at)
    select rule || ':' || customer || ':${day}', customer, staff, rule, due_at from (
      select s.customer, r.staff, h.rule, h.due_at,
        row_number() over (partition by s.customer order by h.priority desc, h.rule) as nth
      from standing s
        join (${rows.join(' union all ')}) h on h.tier = s.tier
        join identity i on i.customer = s.customer and i.kind = 'external'
        join relation r on r.external = i.value and r.state = 'active'
        left join consent c on c.customer = s.customer and c.purpose = 'marketing' and c.opted_out = 1
      where c.customer is null and substr(s.customer, 2, 2) >= '${heldOut}') ranked
    where nth = 1`
}

export async function prepareHand(db: Db): Promise<void> {
  await db.source.query(
    'create table hand_promise (dedupe_key text primary key, customer text, sender text, rule text, due_at bigint)',
  )
}

export async function handPlan(db: Db, sql: string): Promise<number> {
  return db.tx((tx) => tx.run(`${sql.replace(/^insert/, 'INSERT')} on conflict do nothing`), 'bulk')
}

export async function clearHand(db: Db): Promise<void> {
  await db.tx((tx) => tx.run('DELETE FROM hand_promise'))
}

const duckTables: readonly DuckTable[] = [
  { table: 'standing', columns: { customer: 'text', tier: 'text' }, key: 'customer' },
  { table: 'identity', columns: { customer: 'text', kind: 'text', value: 'text' }, key: 'customer' },
  { table: 'relation', columns: { external: 'text', staff: 'text', state: 'text' }, key: 'external' },
  { table: 'consent', columns: { customer: 'text', purpose: 'text', opted_out: 'int' }, key: 'customer' },
]

/** Its table has no unique key: that is what it is known for leaving out. */
export async function openDuckPlan(reader: Reader): Promise<Duck> {
  const duck = await openDuck(reader, duckTables)
  await duck.rows(
    'create table hand_promise (dedupe_key varchar, customer varchar, sender varchar, rule varchar, due_at bigint)',
  )
  return duck
}

// ------------------------------------------------------------------ TypeORM

interface PromiseShape {
  readonly customer: string
  readonly dedupe_key: string
}

/** The tutorial shape: for each customer find what is known, judge in JavaScript, save. Answers how many were looked at. */
export async function ormPlan(
  db: Db,
  customers: readonly string[],
  rules: readonly HandRule[],
  day: string,
): Promise<number> {
  const repository = (name: string) => db.source.getRepository<Record<string, unknown>>(name)
  const ranked = rules.toSorted((a, b) => b.priority - a.priority)
  for (const customer of customers) {
    const standing = await repository('standing').findOne({ where: { customer } })
    const identity = await repository('identity').findOne({ where: { customer, kind: 'external' } })
    const relation = await repository('relation').findOne({
      where: { external: String(identity?.['value']), state: 'active' },
    })
    const consent = await repository('consent').findOne({ where: { customer, purpose: 'marketing' } })
    const before = (await repository('promise').find({ where: { customer } })) as unknown as PromiseShape[]
    const rule = ranked.find(({ tiers }) => tiers.includes(String(standing?.['tier'])))
    if (!rule || !relation || consent?.['opted_out'] === 1 || customer.slice(1, 3) < heldOut) continue
    const key = `orm:${rule.name}:${customer}:${day}`
    if (before.some(({ dedupe_key: known }) => known === key)) continue
    await repository('promise').save(
      promiseRow({
        key,
        customer,
        external: String(identity?.['value']),
        rule,
        day,
        staff: String(relation['staff']),
      }),
    )
  }
  return customers.length
}

interface Drawn {
  readonly key: string
  readonly customer: string
  readonly external: string
  readonly rule: HandRule
  readonly day: string
  readonly staff: string
}

const promiseRow = ({ key, customer, external, rule, day, staff }: Drawn): Record<string, unknown> => ({
  id: key,
  dedupe_key: key,
  touchpoint: rule.name,
  title: rule.name,
  cadence_version: 1,
  purpose: 'marketing',
  personal: 0,
  channel: 'broadcast',
  subject_kind: 'customer',
  subject: external,
  customer,
  sender: staff,
  day,
  wanted_at: rule.dueAt,
  due_at: rule.dueAt,
  expires_at: rule.dueAt,
  decision: 'queued',
  reason_code: 'ok',
  reason_words: '',
  state: 'queued',
  content: '{}',
  priority: rule.priority,
  attempts: 0,
  epoch: 0,
  crashes: 0,
  ready_at: rule.dueAt,
  created_at: rule.dueAt,
})
