/** A database that came from a backup waits for a person: here she says that she has looked. */
import type { Act } from '../../base/act.ts'
import { confirmRestore } from '../../delivery/index.ts'
import { restoreConfirmBody } from '../contract.ts'
import { parse } from '../parse.ts'
import type { Route } from '../route.ts'

export const restoreRoutes = (parts: { readonly act: Act }): Route[] => [
  {
    method: 'POST',
    path: '/api/admin/restore/confirm',
    access: { kind: 'staff', roles: ['admin'] },
    async handle(call) {
      const { reason } = parse(restoreConfirmBody, call.body)
      const userid = call.staff?.userid ?? ''
      return { json: await confirmRestore(parts.act, { kind: 'staff', userid }, { by: userid, reason }) }
    },
  },
]
