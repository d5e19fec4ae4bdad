/** 专属顾问: who at the top has nobody, and a person's word on who is hers. */
import type { Act } from '../../base/act.ts'
import type { Db } from '../../base/db.ts'
import { nameAdvisor, namedList, takeBackAdvisor } from '../../desk/index.ts'
import { namedAdvisorBody } from '../contract.ts'
import type { NamedAdvisors, NamedAdvisorSet } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Access, Call, Route } from '../route.ts'

const readers: Access = { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] }
const deciders: Access = { kind: 'staff', roles: ['admin', 'operator'] }

const actorOf = (call: Call) => ({ kind: 'staff', userid: call.staff?.userid ?? '' }) as const
const mostShown = 200

export interface NamedAdvisorRouteParts {
  readonly db: Db
  readonly act: Act
  /** The share that gets one. */
  readonly percent: number
}

export const namedAdvisorRoutes = ({ db, act, percent }: NamedAdvisorRouteParts): Route[] => [
  {
    method: 'GET',
    path: '/api/admin/named-advisors',
    access: readers,
    async handle() {
      // In a large shop a few thousand customers are looked up: on a connection of its own.
      const found = await db.aside((scratch) => namedList(scratch, percent))
      const answer: NamedAdvisors = {
        percent: found.percent,
        of: found.of,
        places: found.places,
        named: found.named.length,
        byPerson: found.named.filter(({ by }) => by === 'person').length,
        nobody: {
          total: found.nobody.length,
          items: found.nobody
            .slice(0, mostShown)
            .map(({ customer, name, rank, why }) => ({ id: customer, name, rank, why })),
        },
      }
      return { json: answer }
    },
  },
  {
    method: 'PUT',
    path: '/api/admin/customers/:id/named-advisor',
    access: deciders,
    async handle(call) {
      const { staff, why } = parse(namedAdvisorBody, call.body)
      const id = call.params['id'] ?? ''
      await act(actorOf(call), (ctx) =>
        staff === null ? takeBackAdvisor(ctx, id, { said: why }) : nameAdvisor(ctx, id, { staff, said: why }),
      )
      return { json: { staff } satisfies NamedAdvisorSet }
    },
  },
]
