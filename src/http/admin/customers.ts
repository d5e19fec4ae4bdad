/** The shop at a glance, the list of customers, and everything about one of them. */
import type { Instant } from '../../base/clock.ts'
import { Refusal } from '../../base/errors.ts'
import { addDays, dayOf } from '../../base/calendar.ts'
import type { Db } from '../../base/db.ts'
import { firstBuyers, isCustomer, listCustomers, overview } from '../../report/index.ts'
import type { CustomerCards, ReportParts } from '../../report/index.ts'
import { tierFlows, tierMovesOf } from '../../segment/index.ts'
import { customersQuery, movesQuery, pageQuery } from '../contract.ts'
import type {
  CalendarSubject,
  CustomerCard,
  CustomerRow,
  FirstBuyers,
  Overview,
  Paged,
  TierFlows,
  TierMove,
} from '../contract.ts'
import { parse } from '../parse.ts'
import type { Access, Route } from '../route.ts'

/** Advisors see their own customers in the sidebar, not everybody's here. */
const console: Access = { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] }

export interface CustomerRouteParts extends ReportParts {
  readonly db: Db
  readonly card: CustomerCards
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
    path: '/api/admin/first-buyers',
    access: console,
    async handle({ now }) {
      // Over everybody: on a connection of its own, so that nobody's page waits for it.
      const answer: FirstBuyers = await parts.db.aside((scratch) => firstBuyers(scratch, now))
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
      const card: CustomerCard | null = await parts.card(params['id'] ?? '', now)
      if (!card) throw noCustomer()
      return { json: card }
    },
  },
  {
    method: 'GET',
    path: '/api/admin/customers/:id/touchpoints',
    access: console,
    async handle({ params, now }) {
      const id = await mustExist(parts, params['id'] ?? '')
      const items = await parts.promisesOf(id, now)
      return { json: { total: items.length, items } satisfies Paged<CalendarSubject> }
    },
  },
  {
    method: 'GET',
    path: '/api/admin/customers/:id/moves',
    access: console,
    async handle({ params, query }) {
      const { page, size } = parse(pageQuery, query)
      const id = await mustExist(parts, params['id'] ?? '')
      const answer: Paged<TierMove> = await tierMovesOf(parts.reader, parts.rules, id, {
        limit: size,
        offset: (page - 1) * size,
      })
      return { json: answer }
    },
  },
  {
    method: 'GET',
    path: '/api/admin/tier-moves',
    access: console,
    async handle({ query, now }) {
      const asked = parse(movesQuery, query)
      const to = asked.to ?? dayOf(now)
      const from = asked.from ?? addDays(to, -30)
      if (from > to) throw new Refusal('invalid', '开始日期不能晚于结束日期', 400, { fix: '请调换两个日期' })
      // Over everybody: on a connection of its own, so that nobody's page waits for it.
      const answer: TierFlows = await parts.db.aside((scratch) => tierFlows(scratch, parts.rules, from, to))
      return { json: answer }
    },
  },
]

const noCustomer = (): Refusal =>
  new Refusal('not-found', '没有这位客户', 404, { fix: '请从客户列表重新打开' })

async function mustExist({ reader }: CustomerRouteParts, id: string): Promise<string> {
  if (!(await isCustomer(reader, id))) throw noCustomer()
  return id
}
