/** Polls and hunts with their results, newest first. */
import type { Reader } from '../../base/db.ts'
import { listGames, summarize } from '../../game/index.ts'
import type { AdminGame, Paged } from '../contract.ts'
import type { Route } from '../route.ts'

export const adminGameRoutes = ({ reader }: { readonly reader: Reader }): Route[] => [
  {
    method: 'GET',
    path: '/api/admin/games',
    access: { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] },
    async handle({ now }) {
      const games = await listGames(reader, 0, 100)
      const items: AdminGame[] = []
      for (const game of games) items.push(await summarize(reader, game, now))
      const paged: Paged<AdminGame> = { total: items.length, items }
      return { json: paged }
    },
  },
]
