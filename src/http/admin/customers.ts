/** The shop at a glance, the list of customers, and everything about one of them. */
import type { Instant } from '../../base/clock.ts'
import { Refusal } from '../../base/errors.ts'
import { customerCard, listCustomers, overview } from '../../report/index.ts'
import type { ReportParts } from '../../report/index.ts'
import { customersQuery } from '../contract.ts'
import type { CustomerCard, CustomerRow, Overview, Paged } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Access, Route } from '../route.ts'

/** Advisors see their own customers in the sidebar, not everybody's here. */
const console: Access = { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] }

export interface CustomerRouteParts extends ReportParts {
  /** Past promises and what the dry run foresees for her, newest first. */
  readonly promisesOf: (customer: string, now: Instant) => Promise<CustomerCard['touchpoints']>
}

export const adminCustomerRoutes = (parts: CustomerRouteParts): Route[] => [
  {
    method: 'GET',
    path: '/api/admin/overview',
    access: console,
    async handle({ now }) {
      const answer: Overview = await overview(parts, now)
      return { json: answer }
    },
  },
  {
    method: 'GET',
    path: '/api/admin/customers',
    access: console,
    async handle({ query }) {
      const answer: Paged<CustomerRow> = await listCustomers(parts, parse(customersQuery, query))
      return { json: answer }
    },
  },
  {
    method: 'GET',
    path: '/api/admin/customers/:id',
    access: console,
    async handle({ params, now }) {
      const card = await customerCard(parts, params['id'] ?? '', now)
      if (!card) throw new Refusal('not-found', '没有这位客户', 404, { fix: '请从客户列表重新打开' })
      const answer: CustomerCard = { ...card, touchpoints: await parts.promisesOf(card.id, now) }
      return { json: answer }
    },
  },
]
