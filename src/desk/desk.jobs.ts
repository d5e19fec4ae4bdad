/** Jobs as data: after the fit of customer value, and each night, whoever is at the top gets an advisor by name. */
import { days } from '../base/clock.ts'
import type { Job } from '../base/jobs.ts'
import { nameAdvisors } from './named-advisors.ts'
import type { NamingParts } from './named-advisors.ts'

export const createDeskJobs = (parts: NamingParts): Job[] => [
  {
    name: 'named-advisors',
    // Behind clv-weekly (03:30), which may take minutes in a large shop; before the day is planned.
    schedule: { every: 'day', at: '04:30' },
    catchUpMs: days(1),
    async run() {
      await nameAdvisors(parts)
    },
  },
]
