/** The rules of dynamic tags, how many customers carry each now, and the newest of them with their names. */
import type { Reader } from '../../base/db.ts'
import { namesOf } from '../../customer/index.ts'
import { tagOverview } from '../../segment/index.ts'
import type { TagRules } from '../../segment/index.ts'
import type { AdminTags } from '../contract.ts'
import type { Route } from '../route.ts'

export const adminTagRoutes = ({
  reader,
  rules,
}: {
  readonly reader: Reader
  readonly rules: TagRules
}): Route[] => [
  {
    method: 'GET',
    path: '/api/admin/tags',
    access: { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] },
    async handle({ now }) {
      const tags = await tagOverview(reader, rules, now)
      const shown = tags.flatMap(({ sample }) => sample.map(({ customer }) => customer))
      const names = await namesOf(reader, [...new Set(shown)])
      const answer: AdminTags = {
        tags: tags.map(({ sample, nextExpiry, group, ...tag }) => ({
          ...tag,
          ...(group === null ? {} : { group }),
          ...(nextExpiry === null ? {} : { nextExpiry }),
          sample: sample.map(({ customer, since, expires, reason }) => ({
            customer,
            name: names.get(customer) ?? customer,
            since,
            ...(expires === null ? {} : { expires }),
            reason,
          })),
        })),
      }
      return { json: answer }
    },
  },
]
