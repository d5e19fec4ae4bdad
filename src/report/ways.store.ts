import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'

export interface WayFigureRow {
  readonly mark: string
  readonly added: number
  readonly friends: number
  readonly bought: number
  readonly revenue_fen: number
}

/**
 * Of everybody who came by each way since then: who is still there (a contact, or in the group), who bought after she had
 * come, and for how much, less what was given back. Whoever came twice by one way counts once, from the first time.
 */
export const wayFigures = (reader: Reader, since: Instant): Promise<WayFigureRow[]> =>
  reader.rows<WayFigureRow>(
    `with came as (
       select e.mark, i.customer, min(e.at) as at,
              max(case when r.external is not null or m.member is not null then 1 else 0 end) as friend
         from entrance e
         join identity i on i.kind = 'external' and i.value = e.external
         left join relation r on r.external = e.external and r.staff = e.place and r.state = 'active'
         left join group_member m on m.chat = e.place and m.member = e.external
        where e.mark in (select mark from way)
        group by e.mark, i.customer having min(e.at) >= $1),
     spent as (
       select c.mark, c.customer, c.friend,
              (select sum(o.amount_fen - o.refunded_fen) from shop_order o
                where o.customer = c.customer and o.at >= c.at) as fen,
              (select max(case when o.amount_fen > o.refunded_fen then 1 else 0 end) from shop_order o
                where o.customer = c.customer and o.at >= c.at) as bought
         from came c)
     select mark, cast(count(*) as bigint) as added, cast(sum(friend) as bigint) as friends,
            cast(sum(coalesce(bought, 0)) as bigint) as bought, cast(sum(coalesce(fen, 0)) as bigint) as revenue_fen
       from spent group by mark order by mark`,
    [since],
  )
