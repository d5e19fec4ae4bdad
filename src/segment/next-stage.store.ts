import type { Reader } from '../base/db.ts'

const list = (values: readonly unknown[]): string => values.map((_, i) => `$${String(i + 1)}`).join(', ')

export interface ReplenishRow {
  readonly customer: string
  readonly sku: string
  readonly name: string
  readonly last_no: number
  readonly quantity: number
  readonly replenish_days: number
}

/** The last purchase of each product that is used up, with how many she bought that day. */
export const replenishRows = (
  reader: Reader,
  customers: readonly string[],
  dayNo: number,
): Promise<ReplenishRow[]> =>
  reader.rows<ReplenishRow>(
    `select i.customer, i.sku, p.name, i.day_no as last_no, cast(sum(i.quantity) as bigint) as quantity, p.replenish_days
     from order_item i join product p on p.sku = i.sku
     join (select customer, sku, max(day_no) as last_no from order_item
       where day_no <= ${String(dayNo)} and customer in (${list(customers)}) group by customer, sku) l
       on l.customer = i.customer and l.sku = i.sku and l.last_no = i.day_no
     where p.replenish_days > 0
     group by i.customer, i.sku, p.name, i.day_no, p.replenish_days order by i.customer, i.sku`,
    customers,
  )

export interface BirthdayRow {
  readonly customer: string
  readonly born_no: number
}

/** Birthdays of children as the guardian told them. */
export const childBirthdays = (reader: Reader, customers: readonly string[]): Promise<BirthdayRow[]> =>
  reader.rows<BirthdayRow>(
    `select customer, cast(number as bigint) as born_no from attribute
     where name = 'childBirthday' and number is not null and customer in (${list(customers)}) order by customer`,
    customers,
  )

export interface AgedRow {
  readonly customer: string
  readonly age_range: string
  readonly first_no: number
}

/** Of what age the children are for whom she bought: each age range with the day it was first bought for. */
export const agedPurchases = (
  reader: Reader,
  customers: readonly string[],
  dayNo: number,
): Promise<AgedRow[]> =>
  reader.rows<AgedRow>(
    `select i.customer, p.age_range, min(i.day_no) as first_no from order_item i join product p on p.sku = i.sku
     where i.day_no <= ${String(dayNo)} and p.age_range <> '' and i.customer in (${list(customers)})
     group by i.customer, p.age_range order by i.customer, p.age_range`,
    customers,
  )
