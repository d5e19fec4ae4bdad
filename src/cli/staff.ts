/** `siyu staff leave|back|leaves`: who is away, and who speaks for her. */
import type { Act, Actor } from '../base/act.ts'
import { dayOf, isDay } from '../base/calendar.ts'
import type { Day } from '../base/calendar.ts'
import type { Clock } from '../base/clock.ts'
import type { Db } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import { endLeave, leavesFrom, setLeave } from '../outbox/index.ts'
import { withCore } from './data.ts'

interface Parts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
}

export interface LeaveDocument {
  readonly staff: string
  readonly name: string
  readonly from: Day
  readonly to: Day
  readonly deputy: string | null
}

const actor = (verb: string): Actor => ({ kind: 'cli', verb: `staff ${verb}` })

const dayFor = (flag: string, text: string): Day => {
  if (isDay(text)) return text
  throw new Refusal('usage', `${flag} ${text} is not a day.`, 400, { fix: 'Write it as 2026-05-20.' })
}

export async function staffLeaves({ db, clock }: Parts): Promise<{ readonly leaves: LeaveDocument[] }> {
  const rows = await leavesFrom(db.reader, dayOf(clock.now()))
  return {
    leaves: rows.map(({ staff, name, from_day: from, to_day: to, deputy }) => ({
      staff,
      name,
      from,
      to,
      deputy,
    })),
  }
}

export async function staffLeave(
  parts: Parts,
  staff: string,
  options: { readonly from: string; readonly to: string; readonly deputy?: string | undefined },
): Promise<{ readonly leaves: LeaveDocument[] }> {
  const leave = {
    staff,
    from_day: dayFor('--from', options.from),
    to_day: dayFor('--to', options.to),
    deputy: options.deputy ?? null,
  }
  await parts.act(actor('leave'), (ctx) => setLeave(ctx, leave))
  return staffLeaves(parts)
}

export async function staffBack(
  parts: Parts,
  staff: string,
  options: { readonly from: string },
): Promise<{ readonly leaves: LeaveDocument[] }> {
  const from = dayFor('--from', options.from)
  if (!(await parts.act(actor('back'), (ctx) => endLeave(ctx, staff, from))))
    throw new Refusal('not-found', `${staff} has no leave that begins on ${from}.`, 404, {
      fix: 'Run: siyu staff leaves',
    })
  return staffLeaves(parts)
}

export const leavesVerb = (): Promise<unknown> => withCore((core) => staffLeaves(core))
export const leaveVerb = (
  staff: string,
  options: { from: string; to: string; deputy?: string },
): Promise<unknown> => withCore((core) => staffLeave(core, staff, options))
export const backVerb = (staff: string, options: { from: string }): Promise<unknown> =>
  withCore((core) => staffBack(core, staff, options))
