/** Who is named for whom, by whom, and who at the top has nobody: for the shell and the console. */
import { isoOf } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { namedAdvisorsOf, namesOf, namesOfStaff } from '../customer/index.ts'
import type { NamedBy } from '../customer/index.ts'
import { placesByClv } from '../segment/index.ts'
import { stepsOf } from './named-advisors.ts'
import { heldTimes } from './naming.ts'

export interface NamedLine {
  readonly customer: string
  readonly name: string
  readonly staff: string
  readonly staffName: string
  readonly by: NamedBy
  /** Who said so, where it was a person. */
  readonly person: string | null
  readonly since: string
  /** Her place now; null when she is below twice the share, or no model says it. */
  readonly rank: number | null
}

/** `next-run`: the next night names somebody for her. */
export type WhyNobody = 'no-contact' | 'may-not-speak' | 'taken-back' | 'next-run'

export interface NobodyLine {
  readonly customer: string
  readonly name: string
  readonly rank: number
  readonly why: WhyNobody
}

export interface NamedList {
  /** The share that gets a named advisor. */
  readonly percent: number
  /** How many have an estimate; 0 until a model was fitted. */
  readonly of: number
  /** How many of them are in the share. */
  readonly places: number
  /** In order of rank, those without one last. */
  readonly named: readonly NamedLine[]
  /** In the share and nobody's by name, in order of rank. */
  readonly nobody: readonly NobodyLine[]
}

export async function namedList(reader: Reader, percent: number): Promise<NamedList> {
  const places = await placesByClv(reader, percent, heldTimes)
  const known = await namedAdvisorsOf(reader)
  const top = [...places.ranks].filter(([, rank]) => rank <= places.count)
  const without = top.filter(([customer]) => (known.get(customer)?.staff ?? null) === null)
  const steps = await stepsOf(
    reader,
    places,
    without.map(([customer]) => customer),
  )
  const names = await namesOf(reader, [...new Set([...known.keys(), ...steps.keys()])])
  const staff = await namesOfStaff(reader)
  const rankOf = (customer: string): number => places.ranks.get(customer) ?? Number.MAX_SAFE_INTEGER
  const whyNobody = (customer: string): WhyNobody =>
    known.has(customer) ? 'taken-back' : (steps.get(customer)?.nobody ?? 'next-run')
  return {
    percent,
    of: places.of,
    places: places.count,
    named: [...known.values()]
      .flatMap((one): NamedLine[] =>
        one.staff === null
          ? []
          : [
              {
                customer: one.customer,
                name: names.get(one.customer) ?? one.customer,
                staff: one.staff,
                staffName: staff.get(one.staff) ?? one.staff,
                by: one.by,
                person: one.person,
                since: isoOf(one.since),
                rank: places.ranks.get(one.customer) ?? null,
              },
            ],
      )
      .sort((a, b) => rankOf(a.customer) - rankOf(b.customer)),
    nobody: without.map(([customer, rank]) => ({
      customer,
      name: names.get(customer) ?? customer,
      rank,
      why: whyNobody(customer),
    })),
  }
}
