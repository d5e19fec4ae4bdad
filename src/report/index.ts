/** What the folders to the right may use. */
export { customerCard, listCustomers } from './customers.ts'
export type { CustomerOverview, CustomerQuery, ReportParts } from './customers.ts'
export { overview } from './overview.ts'
