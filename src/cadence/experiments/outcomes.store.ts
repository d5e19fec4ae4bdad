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
  replied: ['chat-said', 'kf-said'],
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

const deedKinds = quoted(Object.values(kindsOf).flat())
const deedFlags = (['replied', 'clicked', 'opted_out'] as const)
  .map((name) => `case when l.kind in (${quoted(kindsOf[name])}) then 1 else 0 end as ${name}`)
  .join(', ')
const noDeeds = '0 as replied, 0 as clicked, 0 as opted_out'

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

/**
 * Customers, by arm, version of the cadence and state of their window. What each did is put under her own row and summed
 * up, instead of joining the three: PostgreSQL believes that a CTE is small and would loop over it.
 */
export function customerTallies(
  reader: Reader,
  scope: Scope,
  { windowMs, now }: Clocked,
): Promise<TallyRow[]> {
  const within = (at: string): string => `${at} >= u.at and ${at} < u.at + ${String(windowMs)}`
  const own = 'u.unit, u.arm, u.version, u.dropped, u.at, u.queued, u.sent, u.crossed'
  const mature = `case when u.at + ${String(windowMs)} <= ${String(now)} then 1 else 0 end`
  const sums = metricsSql
    .map((name) => `${whole(`u.${name}`)} as ${name}, ${whole(`u.sent * u.${name}`)} as sent_${name}`)
    .join(', ')
  const sql = `with ${unitsSql('customer', scope, windowMs)},
    told as (
      select ${own}, 0 as ordered, 0 as fen, ${noDeeds} from units u
      union all
      select ${own}, 1 as ordered, o.amount_fen - o.refunded_fen as fen, ${noDeeds}
      from units u join shop_order o on o.customer = u.unit and ${within('o.at')}
      where o.amount_fen > o.refunded_fen
      union all
      select ${own}, 0 as ordered, 0 as fen, ${deedFlags}
      from units u join identity i on i.customer = u.unit and i.kind = 'external'
        join log l on l.external = i.value and ${within('l.at')}
      where l.kind in (${deedKinds})),
    people as (
      select ${own}, ${metricsSql.map((name) => `max(u.${name}) as ${name}`).join(', ')},
        cast(sum(u.fen) as bigint) as fen
      from told u group by ${own})
    select u.arm, u.version, u.dropped, ${mature} as mature,
      cast(count(*) as bigint) as n, ${whole('u.queued')} as queued, ${whole('u.sent')} as sent,
      ${whole('u.crossed')} as crossed,
      ${whole(`case when u.at > ${String(now - freshMs)} then 1 else 0 end`)} as fresh, ${sums},
      ${whole('u.fen')} as fen,
      coalesce(sum(cast(u.fen as double precision) * cast(u.fen as double precision)), 0) as fen_squares,
      cast(max(u.at) as bigint) as newest_at
    from people u where u.at <= ${String(now)}
    group by u.arm, u.version, u.dropped, ${mature}
    order by u.arm, u.version, u.dropped, ${mature}`
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
  const own = 'u.unit, u.arm, u.version, u.at, u.queued, u.sent, u.crossed'
  const members = `units u join group_member m on m.chat = u.unit and m.kind = 2 and m.joined_at < u.at + ${String(windowMs)}`
  const sql = `with ${unitsSql('subject', scope, windowMs)},
    told as (
      select ${own}, m.member, 0 as ordered, 0 as fen, ${noDeeds}
      from units u left join group_member m on m.chat = u.unit and m.kind = 2 and m.joined_at < u.at + ${String(windowMs)}
      where u.dropped = 0
      union all
      select ${own}, m.member, 1 as ordered, o.amount_fen - o.refunded_fen as fen, ${noDeeds}
      from ${members} join identity i on i.kind = 'external' and i.value = m.member
        join shop_order o on o.customer = i.customer and ${within('o.at')}
      where u.dropped = 0 and o.amount_fen > o.refunded_fen
      union all
      select ${own}, m.member, 0 as ordered, 0 as fen, ${deedFlags}
      from ${members} join log l on l.external = m.member and ${within('l.at')}
      where u.dropped = 0 and l.kind in (${deedKinds})),
    people as (
      select ${own}, u.member, ${metricsSql.map((name) => `max(u.${name}) as ${name}`).join(', ')},
        cast(sum(u.fen) as bigint) as fen
      from told u group by ${own}, u.member)
    select ${own}, case when u.at + ${String(windowMs)} <= ${String(now)} then 1 else 0 end as mature,
      cast(count(u.member) as bigint) as members,
      ${metricsSql.map((name) => `${whole(`u.${name}`)} as ${name}`).join(', ')}, ${whole('u.fen')} as fen
    from people u where u.at <= ${String(now)}
    group by ${own} order by u.unit`
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
