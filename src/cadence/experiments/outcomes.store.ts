/**
 * What became of everybody who was due, counted in the database. The clock starts at the planned moment of her first
 * promise, for those who were told and those who were not; whose window is not over yet is counted apart.
 */
import type { Reader, Value } from '../../base/db.ts'
import type { Instant } from '../../base/clock.ts'

/** Which promises, and what arm a unit belongs to. */
export interface Scope {
  readonly where: string
  readonly params: readonly Value[]
  /** Over the rows `mine` of one unit. */
  readonly arm: string
  /** Declined for these reasons at her first promise: nobody could have told her, whatever her arm. */
  readonly dropped: readonly string[]
}

export interface Clocked {
  readonly windowMs: number
  readonly now: Instant
}

const metricsSql = ['ordered', 'replied', 'clicked', 'opted_out'] as const
const kindsOf = {
  replied: ['chat-said', 'kf-changed'],
  clicked: ['link-clicked'],
  opted_out: ['opted-out'],
} as const

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ')
const flag = (condition: string): string => `max(case when ${condition} then 1 else 0 end)`
const whole = (sql: string): string => `cast(coalesce(sum(${sql}), 0) as bigint)`

/** `unit`: customer or subject. */
function unitsSql(unit: 'customer' | 'subject', scope: Scope, windowMs: number): string {
  return `mine as (
      select ${unit} as unit, arm, wanted_at, decision, reason_code, sent_at, cadence_version,
        min(wanted_at) over (partition by ${unit}) as at,
        row_number() over (partition by ${unit} order by wanted_at, dedupe_key) as place
      from promise where ${unit} is not null and ${scope.where}),
    units as (
      select unit, ${scope.arm} as arm, max(at) as at,
        max(case when place = 1 then cadence_version else 0 end) as version,
        ${flag(`place = 1 and reason_code in (${quoted([...scope.dropped, '-'])})`)} as dropped,
        ${flag(`decision <> 'declined'`)} as queued,
        ${flag(`sent_at is not null and sent_at < at + ${String(windowMs)}`)} as sent,
        case when count(distinct arm) > 1 then 1 else 0 end as crossed
      from mine group by unit)`
}

const deedFlags = (['replied', 'clicked', 'opted_out'] as const)
  .map((name) => `${flag(`l.kind in (${quoted(kindsOf[name])})`)} as ${name}`)
  .join(', ')
const deedKinds = quoted(Object.values(kindsOf).flat())

export interface TallyRow {
  readonly arm: string
  readonly version: number
  /** 1: nobody could have told her. */
  readonly dropped: number
  /** 1: her window is over. */
  readonly mature: number
  readonly n: number
  readonly queued: number
  readonly sent: number
  readonly crossed: number
  /** Entered within the last 14 days. */
  readonly fresh: number
  readonly ordered: number
  readonly replied: number
  readonly clicked: number
  readonly opted_out: number
  readonly sent_ordered: number
  readonly sent_replied: number
  readonly sent_clicked: number
  readonly sent_opted_out: number
  readonly fen: number
  readonly fen_squares: number
  readonly newest_at: number
}

/** Customers, by arm, version of the cadence and state of their window. */
export function customerTallies(
  reader: Reader,
  scope: Scope,
  { windowMs, now }: Clocked,
): Promise<TallyRow[]> {
  const within = (at: string): string => `${at} >= u.at and ${at} < u.at + ${String(windowMs)}`
  const sums = metricsSql
    .map(
      (name) =>
        `${whole(`coalesce(${name}, 0)`)} as ${name}, ${whole(`sent * coalesce(${name}, 0)`)} as sent_${name}`,
    )
    .join(', ')
  const sql = `with ${unitsSql('customer', scope, windowMs)},
    bought as (
      select u.unit, 1 as ordered, cast(sum(o.amount_fen - o.refunded_fen) as bigint) as fen
      from units u join shop_order o on o.customer = u.unit and ${within('o.at')}
      where o.amount_fen > o.refunded_fen group by u.unit),
    deeds as (
      select u.unit, ${deedFlags}
      from units u join identity i on i.customer = u.unit and i.kind = 'external'
        join log l on l.external = i.value and ${within('l.at')}
      where l.kind in (${deedKinds}) group by u.unit)
    select units.arm, units.version, units.dropped,
      case when units.at + ${String(windowMs)} <= ${String(now)} then 1 else 0 end as mature,
      cast(count(*) as bigint) as n, ${whole('queued')} as queued, ${whole('sent')} as sent,
      ${whole('crossed')} as crossed,
      ${whole(`case when units.at > ${String(now - freshMs)} then 1 else 0 end`)} as fresh, ${sums},
      ${whole('coalesce(fen, 0)')} as fen,
      coalesce(sum(cast(coalesce(fen, 0) as double precision) * cast(coalesce(fen, 0) as double precision)), 0) as fen_squares,
      cast(max(units.at) as bigint) as newest_at
    from units left join bought on bought.unit = units.unit left join deeds on deeds.unit = units.unit
    where units.at <= ${String(now)}
    group by units.arm, units.version, units.dropped, case when units.at + ${String(windowMs)} <= ${String(now)} then 1 else 0 end
    order by units.arm, units.version, units.dropped, mature`
  return reader.rows<TallyRow>(sql, scope.params)
}

export const freshMs = 14 * 86_400_000

export interface GroupRow {
  readonly arm: string
  readonly version: number
  readonly mature: number
  readonly queued: number
  readonly sent: number
  readonly crossed: number
  readonly at: number
  readonly members: number
  readonly ordered: number
  readonly replied: number
  readonly clicked: number
  readonly opted_out: number
  readonly fen: number
}

/** Groups, one row each: of their members, how many did it. Whoever left is not counted any more. */
export function groupTallies(reader: Reader, scope: Scope, { windowMs, now }: Clocked): Promise<GroupRow[]> {
  const within = (at: string): string => `${at} >= u.at and ${at} < u.at + ${String(windowMs)}`
  const sql = `with ${unitsSql('subject', scope, windowMs)},
    people as (
      select u.unit, u.at, m.member, i.customer
      from units u join group_member m on m.chat = u.unit and m.kind = 2 and m.joined_at < u.at + ${String(windowMs)}
        left join identity i on i.kind = 'external' and i.value = m.member),
    bought as (
      select u.unit, u.member, 1 as ordered, cast(sum(o.amount_fen - o.refunded_fen) as bigint) as fen
      from people u join shop_order o on o.customer = u.customer and ${within('o.at')}
      where o.amount_fen > o.refunded_fen group by u.unit, u.member),
    deeds as (
      select u.unit, u.member, ${deedFlags}
      from people u join log l on l.external = u.member and ${within('l.at')}
      where l.kind in (${deedKinds}) group by u.unit, u.member)
    select units.unit, units.arm, units.version,
      case when units.at + ${String(windowMs)} <= ${String(now)} then 1 else 0 end as mature,
      units.queued, units.sent, units.crossed, units.at, cast(count(p.member) as bigint) as members,
      ${metricsSql.map((name) => `${whole(`coalesce(${name}, 0)`)} as ${name}`).join(', ')},
      ${whole('coalesce(fen, 0)')} as fen
    from units left join people p on p.unit = units.unit
      left join bought b on b.unit = p.unit and b.member = p.member
      left join deeds d on d.unit = p.unit and d.member = p.member
    where units.at <= ${String(now)} and units.dropped = 0
    group by units.unit, units.arm, units.version, units.at, units.queued, units.sent, units.crossed
    order by units.unit`
  return reader.rows<GroupRow>(sql, scope.params)
}

/** The texts of these versions of the cadence: the shares that were promised when somebody entered. */
export async function yamlOfVersions(
  reader: Reader,
  versions: readonly number[],
): Promise<Map<number, string>> {
  if (versions.length === 0) return new Map()
  const places = versions.map((_, i) => `$${String(i + 1)}`).join(', ')
  const rows = await reader.rows<{ version: number; yaml: string }>(
    `select version, yaml from cadence_version where version in (${places})`,
    versions,
  )
  return new Map(rows.map(({ version, yaml }) => [version, yaml]))
}
