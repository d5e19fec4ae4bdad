import { system } from '../base/act.ts'
import type { Act } from '../base/act.ts'
import { hours } from '../base/clock.ts'
import type { Job } from '../base/jobs.ts'
import { sweepAccess } from './session.ts'

export const createAccessJobs = (parts: { readonly act: Act }): readonly Job[] => [
  {
    name: 'sweep-sessions',
    schedule: { every: 'minutes', minutes: 60 },
    // One sweep takes away everything that is over, however many were missed.
    catchUpMs: hours(1),
    run: () => parts.act(system('sweep-sessions'), sweepAccess),
  },
]
