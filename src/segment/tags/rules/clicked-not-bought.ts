import { z } from 'zod'
import { hours, minutes } from '../../../base/clock.ts'
import { dayNoOf } from '../../behaviour.ts'
import { defineTagRule } from '../rule.ts'

const settings = z.strictObject({
  /** How long after the click the tag holds. */
  hours: z.int().min(1).max(720).default(24),
  /** It begins this long after the click, for whoever is just paying. */
  afterMinutes: z.int().min(0).max(1440).default(0),
  /** Looks at a product's page count like clicks on its link. */
  looksToo: z.boolean().default(false),
})

export const clickedNotBought = defineTagRule({
  name: 'clicked-not-bought',
  title: '点开商品还没下单',
  settings,
  kinds: ['link-clicked', 'product-browsed', 'order-placed', 'order-refunded'],
  subjectIs: 'product',
  sql(s, { at, dayNo, items }) {
    const click = s.looksToo
      ? 'case when d.last_click_at is null or d.last_browse_at > d.last_click_at then d.last_browse_at else d.last_click_at end'
      : 'd.last_click_at'
    const first = at - hours(s.hours)
    return {
      customer: 'd.customer',
      since: `${click} + ${String(minutes(s.afterMinutes))}`,
      until: `${click} + ${String(hours(s.hours))}`,
      subject: 'd.sku',
      from: `touched t cross join interest_day d where d.customer = t.customer
        and d.day_no >= ${String(dayNoOf(first))} and d.day_no <= ${String(dayNo)} and ${click} > ${String(first)}
        and not exists (select 1 from ${items} i join shop_order o on o.source_key = i.order_key
          where i.customer = d.customer and i.sku = d.sku and i.day_no between d.day_no and ${String(dayNo)} and o.at >= ${click})`,
    }
  },
  explain: ({ hours: n }, { subject }) => `点开了${subject}，${String(n)}小时内还没有下单`,
})
