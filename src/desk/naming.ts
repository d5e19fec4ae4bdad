/**
 * Who is whose 专属顾问: pure. The share at the top by expected value gets one. Whoever has one keeps her until she has
 * fallen below twice that share, so that nobody is passed to and fro at the edge; or until that advisor can no longer speak
 * with her. What a person decided stands, except that nobody is the advisor of somebody who has removed her.
 */
import type { Advisor, NamedAdvisor, UnnamedReason } from '../customer/index.ts'
import { chooseSender } from '../outbox/index.ts'

/** So many times the share may a customer fall and still keep her advisor. */
export const heldTimes = 2

export interface Standing {
  /** What is said of her now; null when nothing ever was, or when it was taken back. */
  readonly named: Pick<NamedAdvisor, 'staff' | 'by'> | null
  /** Her place by expected value; null when she is in nobody's reach, below twice the share. */
  readonly rank: number | null
  /** How many places there are. */
  readonly places: number
  /** Her contacts among the staff, the oldest first. */
  readonly advisors: readonly Advisor[]
  /** Has the advisor named for her left? */
  readonly hasLeft: boolean
  /** When each advisor talked last with her. */
  readonly talks: ReadonlyMap<string, number>
  /** How many customers each advisor is named for. */
  readonly load: ReadonlyMap<string, number>
}

export interface Step {
  /** Why the one she had is hers no longer. */
  readonly ends: UnnamedReason | null
  /** Who is named now. */
  readonly name: string | null
  /** She is among the first and nobody can be named: nobody has added her, or none of them may write. */
  readonly nobody: 'no-contact' | 'may-not-speak' | null
}

const nothing: Step = { ends: null, name: null, nobody: null }

export function stepFor(standing: Standing): Step {
  const { named, rank, places } = standing
  // A person wants nobody named.
  if (named !== null && named.staff === null) return nothing
  const inShare = rank !== null && rank <= places
  if (named === null) return inShare ? whoNow(standing) : nothing
  if (named.by === 'clv' && rank === null) return { ...nothing, ends: 'fallen' }
  const ends = whyEnded(standing)
  if (ends === null) return nothing
  // Named by a person, she may be anywhere; the place of a customer who is worth it is filled again at once.
  const again = named.by === 'clv' || inShare ? whoNow(standing) : nothing
  return { ...again, ends, nobody: inShare ? again.nobody : null }
}

function whyEnded({ named, advisors, hasLeft }: Standing): UnnamedReason | null {
  const contact = advisors.find(({ staff }) => staff === named?.staff)
  if (!contact) return hasLeft ? 'staff-left' : 'contact-ended'
  return !contact.maySpeak && named?.by === 'clv' ? 'may-not-speak' : null
}

/** As voices are chosen: who talked last, else the fewest named customers, else the oldest relation. */
function whoNow({ advisors, talks, load }: Standing): Step {
  if (advisors.length === 0) return { ...nothing, nobody: 'no-contact' }
  const chosen = chooseSender(advisors, talks, load)
  return chosen?.maySpeak === true
    ? { ...nothing, name: chosen.staff }
    : { ...nothing, nobody: 'may-not-speak' }
}
