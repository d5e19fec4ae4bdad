/** "Why did she not get it?": one customer, every touchpoint, the past and the days to come. */
import { dayOf } from '../base/calendar.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import { Refusal } from '../base/errors.ts'
import type { TierRules } from '../segment/index.ts'
import { memberOf, readPeople, standingsOf, unreachable } from './audience.ts'
import { promisesOfCustomer } from './cadence.store.ts'
import { subjectViews } from './calendar.ts'
import type { SubjectView } from './calendar.ts'
import { madeOf, previewDays } from './preview.ts'
import type { Foreseen } from './preview.ts'
import { isForCustomers } from './stage.ts'
import { currentCadence } from './versions.ts'

const pastPromises = 50

export interface ExplainParts {
  readonly reader: Reader
  readonly tierRules: TierRules
}

export interface Explained {
  readonly customer: string
  readonly name: string
  readonly tier: string
  readonly tierTitle: string
  readonly tierReason: string
  readonly advisor: string | null
  /** One line per touchpoint for customers: does it look at her at all? */
  readonly touchpoints: readonly {
    readonly touchpoint: string
    readonly title: string
    readonly words: string
  }[]
  /** Coming and past, newest first. */
  readonly promises: readonly (SubjectView & {
    readonly touchpoint: string
    readonly title: string
    readonly day: string
  })[]
}

/** Past promises and the dry run of the coming days, newest first. */
export async function promisesAround(
  parts: ExplainParts,
  customer: string,
  now: Instant,
  days: number,
): Promise<Foreseen[]> {
  const { reader, tierRules } = parts
  const cadence = await currentCadence(reader)
  const past = (await promisesOfCustomer(reader, customer, pastPromises)).map(madeOf)
  if (!cadence) return past
  const span = { from: dayOf(now), days, now, customers: [customer] }
  const { promises } = await previewDays({ reader, tierRules, cadence }, span)
  const coming = promises.filter(({ known }) => !known)
  return [...coming, ...past].sort((a, b) => b.dueAt - a.dueAt)
}

export async function explainCustomer(
  parts: ExplainParts,
  customer: string,
  now: Instant,
  days = 14,
): Promise<Explained> {
  const { reader, tierRules } = parts
  const [standing] = await standingsOf(reader, tierRules, dayOf(now), [customer])
  if (!standing)
    throw new Refusal('not-found', '没有这位客户', 404, { fix: '用 customers 页或 segment 命令查客户编号' })
  const member = memberOf(standing, await readPeople(reader, dayOf(now), [customer]))
  const cadence = await currentCadence(reader)
  const promises = await promisesAround(parts, customer, now, days)
  const views = await subjectViews(parts, promises)
  const cannot = unreachable(member)
  return {
    customer,
    name: member.name,
    tier: member.tier,
    tierTitle: member.tierTitle,
    tierReason: member.tierReason,
    advisor: member.advisor?.name ?? null,
    touchpoints: (cadence?.touchpoints ?? []).filter(isForCustomers).map(({ name, title, tiers }) => ({
      touchpoint: name,
      title,
      words: wordsFor(tiers, member.tier, member.tierTitle, tierRules, cannot?.words ?? null),
    })),
    promises: views.map((view, i) => ({
      ...view,
      touchpoint: promises[i]?.touchpoint ?? '',
      title: promises[i]?.title ?? '',
      day: promises[i]?.day ?? '',
    })),
  }
}

function wordsFor(
  tiers: readonly string[] | null,
  tier: string,
  tierTitle: string,
  rules: TierRules,
  cannot: string | null,
): string {
  const titles = new Map([...rules.tiers, rules.lead].map(({ name, title }) => [name, title]))
  if (tiers !== null && !tiers.includes(tier))
    return `不适用：只面向${tiers.map((name) => titles.get(name) ?? name).join('、')}，该客户是${tierTitle}`
  return cannot === null ? '适用' : `适用，但${cannot}`
}
