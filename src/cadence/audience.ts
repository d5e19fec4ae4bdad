/** Everybody as touchpoints see them on a day: standing, advisor, a name to be called by. Read in bulk. */
import type { Day } from '../base/calendar.ts'
import type { Reader } from '../base/db.ts'
import { plainWords, salutationOf } from '../content/index.ts'
import { sendersOf } from '../outbox/index.ts'
import type { ChannelName, Sender } from '../outbox/index.ts'
import { levelsOf, pointsOfMany } from '../reward/index.ts'
import type { LevelOf } from '../reward/index.ts'
import { standingsAsOf } from '../segment/index.ts'
import type { Standing, TierRules } from '../segment/index.ts'
import { activeGroups, identityRows, profileRows, speakingStaff, worthRows } from './cadence.store.ts'
import type { Colleague, Group, LevelSeen, Member, Reason } from './touchpoint.ts'

/** What does not change with the day: contacts, names, groups, staff. */
export interface People {
  /** Who speaks to each. */
  readonly advisors: ReadonlyMap<string, Sender>
  /** The first external_userid of each customer, whether or not anybody is in contact with her. */
  readonly externals: ReadonlyMap<string, string>
  readonly shopIds: ReadonlyMap<string, string>
  readonly profiles: ReadonlyMap<string, { readonly name: string; readonly gender: number }>
  /** Expected spend of the coming year, in fen. */
  readonly worth: ReadonlyMap<string, number>
  readonly points: ReadonlyMap<string, number>
  readonly levels: ReadonlyMap<string, LevelSeen>
  readonly groups: readonly Group[]
  readonly staff: readonly Colleague[]
}

/** `today`: the day on which levels are told. */
export async function readPeople(
  reader: Reader,
  today: Day,
  customers: readonly string[] | null = null,
): Promise<People> {
  const identities = await identityRows(reader, customers)
  // The first of each: rows come in order, so later ones must not replace it.
  const firstOf = (kind: string): Map<string, string> =>
    new Map(
      identities
        .filter((one) => one.kind === kind)
        .toReversed()
        .map((one) => [one.customer, one.value]),
    )
  const externals = firstOf('external')
  const profiles = await profileRows(reader, customers === null ? null : [...externals.values()])
  return {
    advisors: await sendersOf(reader, customers),
    externals,
    shopIds: firstOf('shop'),
    profiles: new Map(profiles.map(({ external, name, gender }) => [external, { name, gender }])),
    worth: new Map((await worthRows(reader, customers)).map((row) => [row.customer, row.fen])),
    points: await pointsOfMany(reader, customers),
    levels: levelsSeen(await levelsOf(reader, customers, today)),
    groups: customers === null ? await activeGroups(reader) : [],
    staff: customers === null ? await speakingStaff(reader) : [],
  }
}

const levelsSeen = (levels: ReadonlyMap<string, LevelOf>): Map<string, LevelSeen> =>
  new Map(
    [...levels].map(([customer, { level, title, keepUntil, keepMissingFen }]) => [
      customer,
      { name: level, title, keepUntil, missingFen: keepMissingFen },
    ]),
  )

export const standingsOf = (
  reader: Reader,
  rules: TierRules,
  day: Day,
  customers: readonly string[] | null,
): Promise<Standing[]> => standingsAsOf(reader, rules, day, customers)

export function memberOf(standing: Standing, people: People): Member {
  const advisor = people.advisors.get(standing.customer)
  const external = advisor?.external ?? people.externals.get(standing.customer) ?? null
  const profile = external === null ? undefined : people.profiles.get(external)
  const shopId = people.shopIds.get(standing.customer)
  const seen = plainWords(profile?.name ?? '')
  return {
    customer: standing.customer,
    tier: standing.tier,
    tierTitle: standing.tierTitle,
    get tierReason() {
      return standing.reason
    },
    dormancy: standing.dormancy,
    firstDay: standing.firstDay ?? null,
    lastDay: standing.lastDay ?? null,
    purchases: standing.purchases,
    spentFen: standing.spentFen,
    name: seen !== '' ? seen : shopId === undefined ? '微信客户' : `客户 ${plainWords(shopId)}`,
    salutation: salutationOf({
      name: plainWords(profile?.name ?? ''),
      remark: plainWords(advisor?.remark ?? ''),
      gender: profile?.gender,
    }),
    external,
    advisor: advisor ? { userid: advisor.staff, name: plainWords(advisor.staffName) } : null,
    worthFen: people.worth.get(standing.customer) ?? 0,
    points: people.points.get(standing.customer) ?? 0,
    level: people.levels.get(standing.customer) ?? null,
  }
}

/** Why nobody can speak with her; null when somebody can. In 微信客服 the shop itself speaks. */
export function unreachable(member: Member, channel?: ChannelName): Reason | null {
  if (member.advisor || (channel === 'kf' && member.external !== null)) return null
  return member.external === null
    ? { code: 'no-advisor', words: '未添加企业微信，没有顾问可以联系' }
    : { code: 'no-advisor', words: '没有顾问：与顾问的好友关系已解除' }
}
