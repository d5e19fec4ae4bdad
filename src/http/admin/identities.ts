/** Who is who: pairs that wait for a person, and what she decides about them. */
import type { Act } from '../../base/act.ts'
import type { Db } from '../../base/db.ts'
import { keepApart, listConflicts, mergeCustomers, unmergeCustomer } from '../../customer/index.ts'
import { identityConflictsQuery, mergeBody, unmergeBody } from '../contract.ts'
import type { IdentityConflictList, MergeAnswer, UnmergeAnswer } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Access, Call, Route } from '../route.ts'

const readers: Access = { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] }
const deciders: Access = { kind: 'staff', roles: ['admin', 'operator'] }

const actorOf = (call: Call) => ({ kind: 'staff', userid: call.staff?.userid ?? '' }) as const

export const identityRoutes = ({ db, act }: { readonly db: Db; readonly act: Act }): Route[] => [
  {
    method: 'GET',
    path: '/api/admin/identity-conflicts',
    access: readers,
    async handle({ query }) {
      const answer: IdentityConflictList = await listConflicts(
        db.reader,
        parse(identityConflictsQuery, query).limit,
      )
      return { json: answer }
    },
  },
  {
    method: 'POST',
    path: '/api/admin/customers/:id/merge',
    access: deciders,
    async handle(call) {
      const { other, reason } = parse(mergeBody, call.body)
      const answer: MergeAnswer = await act(actorOf(call), (ctx) =>
        mergeCustomers(ctx, call.params['id'] ?? '', other, reason),
      )
      return { json: answer }
    },
  },
  {
    method: 'POST',
    path: '/api/admin/customers/:id/keep-apart',
    access: deciders,
    async handle(call) {
      const { other, reason } = parse(mergeBody, call.body)
      await act(actorOf(call), (ctx) => keepApart(ctx, call.params['id'] ?? '', other, reason))
      return { json: { apart: [call.params['id'] ?? '', other] } }
    },
  },
  {
    method: 'POST',
    path: '/api/admin/customers/:id/unmerge',
    access: deciders,
    async handle(call) {
      const { reason } = parse(unmergeBody, call.body)
      const { from, to, identities } = await act(actorOf(call), (ctx) =>
        unmergeCustomer(ctx, call.params['id'] ?? '', reason),
      )
      const answer: UnmergeAnswer = { from, to, identities: identities.length }
      return { json: answer }
    },
  },
]
