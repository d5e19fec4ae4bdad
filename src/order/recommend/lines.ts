import type { Reader } from '../../base/db.ts'
import type { LinesSource } from './co-purchase.store.ts'

/** The order lines of the store: `customer, order_key, sku, day_no`. */
export const orderLines = (reader: Pick<Reader, 'dialect'>): LinesSource =>
  reader.dialect === 'sqlite'
    ? `(select o.customer, o.source_key as order_key, cast(json_extract(j.value, '$.sku') as text) as sku,
          cast(julianday(o.day) - 2440587.5 as integer) as day_no
        from shop_order o, json_each(o.items) j where o.refunded_day is null)`
    : `(select o.customer, o.source_key as order_key, j.value ->> 'sku' as sku,
          cast(o.day as date) - date '1970-01-01' as day_no
        from shop_order o, jsonb_array_elements(cast(o.items as jsonb)) j(value) where o.refunded_day is null)`
