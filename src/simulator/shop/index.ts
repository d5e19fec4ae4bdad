/** The seeded shop, for whoever starts a simulator or feeds its files to `siyu import`. */
export { seedShop } from './seed-shop.ts'
export { shopFiles } from './shop-files.ts'
export type { ShopFiles } from './shop-files.ts'
export type { Nature, Shop, ShopAdvisor, ShopCustomer, ShopProduct } from './shop.ts'
