/** What the folders to the right may use. */
export { importOrders } from './import-orders.ts'
export type { ImportOptions, ImportParts, OrdersImported } from './import-orders.ts'
export { importProducts } from './import-products.ts'
export type { ProductsImported } from './import-products.ts'
export type { Encoding } from './text-file.ts'
export { openOrderLines } from './order-lines.ts'
export type { OrderLine, OrderLinesFile } from './order-lines.ts'
