/** Who comes and goes: new contacts, customers who delete their advisor, people who join and leave groups. */
import { customerOf } from '../shop/people.ts'
import type { Random } from '../shop/random.ts'
import { dayMs, startOfDay } from '../shop/shop.ts'
import { buy, keepBuying } from './buying.ts'
import type { Crowd } from './crowd.ts'
import { countWithMean, someTimeOf, whenAwake } from './hours.ts'

/** Numbers of those who come during the story begin here, far from the seeded ones. */
const firstNumber = 50_001

/** Every day is drawn at its beginning; the first one counts from now on. */
export function liveDays(crowd: Crowd): void {
  let number = firstNumber
  const day = (start: number, from: number): void => {
    const random = crowd.chance('day', start)
    const joins = random.int(crowd.rules.joinsPerDay.least, crowd.rules.joinsPerDay.most)
    const plan = (count: number, what: string, deed: (random: Random) => void): void => {
      for (let i = 0; i < count; i++) {
        const own = crowd.chance(what, start, i)
        const when = someTimeOf(start, own)
        if (when >= from) crowd.at(when, what, () => deed(own))
      }
    }
    plan(joins, 'a new contact', (own) => join(crowd, number++, own))
    plan(countWithMean(random, crowd.rules.deletesPerDay), 'a lost contact', (own) =>
      deleteAdvisor(crowd, own),
    )
    plan(countWithMean(random, crowd.rules.groupJoinsPerDay), 'a new member', (own) => joinGroup(crowd, own))
    plan(countWithMean(random, crowd.rules.groupLeavesPerDay), 'a lost member', (own) =>
      leaveGroup(crowd, own),
    )
    crowd.at(start + dayMs, 'the next day', () => day(start + dayMs, start + dayMs))
  }
  day(startOfDay(crowd.world.now()), crowd.world.now())
}

function join(crowd: Crowd, number: number, random: Random): void {
  const { world } = crowd
  const now = world.now()
  const buys = random.chance(0.85)
  const fresh = customerOf({ seed: crowd.seed, number, entersAt: now, buys, follow: [] })
  const staff = world.staff().filter((advisor) => advisor.serves)
  // Those who found the parcel's code bought before; the others will, perhaps, within days.
  const byParcel = buys && random.chance(0.5)
  crowd.introduce(fresh.external_userid, fresh)
  world.addContact({
    userid: random.pick(staff).userid,
    external_userid: fresh.external_userid,
    name: fresh.name,
    gender: fresh.gender,
    unionid: fresh.unionid ?? '',
    state: byParcel ? 'parcel' : random.pick(['shop', 'fair']),
    addWay: 1,
  })
  crowd.tally.add('joins')
  const person = crowd.person(fresh.external_userid)
  keepBuying(crowd, person)
  if (!byParcel && !random.chance(0.5)) return
  const first = byParcel ? now : whenAwake(now + random.between(0.05, 4) * dayMs, random)
  if (buys) crowd.at(first, `first order of ${person.id}`, () => buy(crowd, person, random))
}

/** The more irritable of a few goes. */
function deleteAdvisor(crowd: Crowd, random: Random): void {
  const contacts = crowd.world
    .customers()
    .filter((customer) => [...customer.follows.values()].some((follow) => !follow.deletedByCustomer))
  const few = random.sample(contacts, 5)
  const irritation = (id: string) => crowd.person(id).household.nature.irritability
  const [one] = [...few].sort((a, b) => irritation(b.externalUserId) - irritation(a.externalUserId))
  const follow = [...(one?.follows.values() ?? [])].find((each) => !each.deletedByCustomer)
  if (!one || !follow) return
  crowd.world.removeContact(follow.userid, one.externalUserId, 'customer')
  crowd.tally.add('deletes')
}

function joinGroup(crowd: Crowd, random: Random): void {
  const groups = crowd.world.groups()
  if (groups.length === 0) return
  const group = random.pick(groups)
  const outside = crowd.world
    .customers()
    .filter((customer) => customer.follows.size > 0 && !group.members.has(customer.externalUserId))
  if (outside.length === 0) return
  crowd.world.joinGroup(group.chatId, [random.pick(outside).externalUserId], { scene: 3 })
  crowd.tally.add('groupJoins')
}

function leaveGroup(crowd: Crowd, random: Random): void {
  const groups = crowd.world.groups()
  if (groups.length === 0) return
  const group = random.pick(groups)
  const members = [...group.members.values()].filter((member) => member.type === 2)
  if (members.length === 0) return
  crowd.world.leaveGroup(group.chatId, [random.pick(members).id])
  crowd.tally.add('groupLeaves')
}
