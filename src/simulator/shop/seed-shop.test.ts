import { beforeAll, describe, expect, test } from 'vitest'
import type { SeededOrder } from '../types.ts'
import { seedShop } from './seed-shop.ts'
import { shopFiles } from './shop-files.ts'
import type { Shop } from './shop.ts'
import { dayMs } from './shop.ts'

const now = Date.parse('2026-05-20T09:00:00+08:00')
let shop: Shop
beforeAll(() => {
  shop = seedShop({ seed: 7, now })
})

const ordersByCustomer = (orders: readonly SeededOrder[]) => {
  const by = new Map<string, SeededOrder[]>()
  for (const order of orders) by.set(order.shopId, [...(by.get(order.shopId) ?? []), order])
  return by
}

test('the same seed and now give the same shop, another seed another', () => {
  expect(seedShop({ seed: 7, now })).toEqual(shop)
  expect(seedShop({ seed: 8, now }).orders[0]).not.toEqual(shop.orders[0])
})

test('600 contacts of 12 advisors, 8 groups, about 60 products, ids unique', () => {
  const contacts = shop.customers.filter((customer) => customer.follow.length > 0)
  expect(contacts).toHaveLength(600)
  expect(shop.staff).toHaveLength(12)
  expect(shop.groups).toHaveLength(8)
  expect(shop.products.length).toBeGreaterThanOrEqual(55)
  for (const ids of [
    shop.customers.map((customer) => customer.external_userid),
    shop.customers.map((customer) => customer.openid),
    shop.customers.map((customer) => customer.shopId),
    shop.groups.map((group) => group.chat_id),
    shop.products.map((product) => product.sku),
    shop.orders.map((order) => order.orderId),
  ]) {
    expect(new Set(ids).size).toBe(ids.length)
  }
  for (const advisor of shop.staff) {
    const load = contacts.filter((customer) => customer.follow[0]?.userid === advisor.userid).length
    expect(load).toBeGreaterThan(25)
  }
})

describe('groups', () => {
  test('an owner and 20 to 60 members each, some people in several, some nobody’s contact', () => {
    const staff = new Set(shop.staff.map((advisor) => advisor.userid))
    const contactOf = new Map(
      shop.customers.map((customer) => [customer.external_userid, customer.follow.length > 0]),
    )
    const seen = new Map<string, number>()
    for (const group of shop.groups) {
      expect(staff.has(group.owner)).toBe(true)
      const outside = group.members.filter((member) => member.type === 2)
      expect(outside.length).toBeGreaterThanOrEqual(20)
      expect(outside.length).toBeLessThanOrEqual(60)
      expect(outside.some((member) => contactOf.get(member.userid) === false)).toBe(true)
      for (const member of outside) {
        expect(contactOf.has(member.userid)).toBe(true)
        expect(member.join_time * 1000).toBeLessThanOrEqual(now)
        seen.set(member.userid, (seen.get(member.userid) ?? 0) + 1)
      }
    }
    expect([...seen.values()].some((count) => count > 1)).toBe(true)
  })
})

describe('orders', () => {
  test('oldest first, inside the 18 months, line amounts sum to the amount', () => {
    const skus = new Set(shop.products.map((product) => product.sku))
    let last = now - 549 * dayMs
    for (const order of shop.orders) {
      expect(order.at).toBeGreaterThanOrEqual(last)
      expect(order.at).toBeLessThan(now)
      last = order.at
      expect(order.items.length).toBeGreaterThan(0)
      expect(order.items.reduce((sum, item) => sum + item.amountFen, 0)).toBe(order.amountFen)
      for (const item of order.items) {
        expect(skus.has(item.sku)).toBe(true)
        expect(Number.isInteger(item.amountFen) && item.amountFen >= 0).toBe(true)
      }
    }
  })

  test.each([1, 7, 2026])('seed %d: a believable mix of steady, new, sleeping and never buying', (seed) => {
    const mixed = seedShop({ seed, now })
    const by = ordersByCustomer(mixed.orders)
    const daysAgo = (order: SeededOrder | undefined) => (now - (order?.at ?? 0)) / dayMs
    const share = (matches: (orders: SeededOrder[]) => boolean) => [...by.values()].filter(matches).length
    expect(share((orders) => orders.filter((order) => daysAgo(order) <= 90).length >= 3)).toBeGreaterThan(40)
    expect(share((orders) => daysAgo(orders[0]) <= 7)).toBeGreaterThanOrEqual(3)
    expect(share((orders) => daysAgo(orders.at(-1)) > 180)).toBeGreaterThan(120)
    expect(share((orders) => orders.length === 1)).toBeGreaterThan(100)
    expect(600 - by.size).toBeGreaterThan(50)
    expect(mixed.orders.length).toBeGreaterThan(1800)
  })

  test('nobody orders after the silent end, nor before the first day', () => {
    const by = ordersByCustomer(shop.orders)
    for (const customer of shop.customers) {
      const repeats = (by.get(customer.shopId) ?? []).slice(1)
      for (const order of repeats) expect(order.at).toBeLessThan(customer.nature.leavesAt + dayMs)
    }
  })
})

test('the files hold every order and product, amounts in yuan, instants with offset', () => {
  const files = shopFiles(shop)
  const orders = files.orders.trimEnd().split('\n')
  expect(orders[0]).toBe('order_id,shop_id,external_userid,date,amount,items')
  expect(orders).toHaveLength(shop.orders.length + 1)
  const pattern = /^XH\d{12},XH\d{6},wmXh\w{28},\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00,\d+\.\d\d,[\w.:;-]+$/
  for (const line of orders.slice(1)) expect(line).toMatch(pattern)
  const cents = orders.slice(1).reduce((sum, line) => sum + Math.round(Number(line.split(',')[4]) * 100), 0)
  expect(cents).toBe(shop.orders.reduce((sum, order) => sum + order.amountFen, 0))
  expect(files.products.split('\n')[0]).toContain('sku,name,category,stage')
  expect(files.products.trimEnd().split('\n')).toHaveLength(shop.products.length + 1)
})
