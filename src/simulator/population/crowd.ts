/** What all the crowd's deeds share: the rules, the tally, the world and who is who in it. */
import { natureOf } from '../shop/people.ts'
import { products } from '../shop/products.ts'
import { randomOf } from '../shop/random.ts'
import type { Random } from '../shop/random.ts'
import type { Household, Nature, ShopProduct, SidebarHabit } from '../shop/shop.ts'
import { dayOf, weekMs } from '../shop/shop.ts'
import type { SeededCustomer, World } from '../types.ts'
import type { Browser } from './browser.ts'
import { createBrowser } from './browser.ts'
import type { CrowdRules } from './rules.ts'
import type { Tally } from './tally.ts'

/** Someone with a phone. */
export interface Person {
  readonly id: string
  readonly household: Household
  readonly browser: Browser
  /** Nobody's contact: the server learns her openid only. */
  isStranger(): boolean
  /** When messages reached her, of the last seven days, and how many ever did. */
  readonly received: number[]
  everReceived: number
  optedOut: boolean
}

export interface Crowd {
  readonly seed: number
  readonly rules: CrowdRules
  readonly tally: Tally
  readonly world: World
  readonly baseUrl: string
  readonly eventsKey: string
  readonly huntAnswers: Readonly<Record<string, string>>
  readonly products: readonly ShopProduct[]
  person(id: string): Person
  /** Whom the crowd brought itself, before the world meets her. */
  introduce(id: string, household: Household): void
  habitOf(userid: string): SidebarHabit
  /**
   * Chance of one deed, independent of whatever else happened. Its words must be the story's own (who, when, how
   * often): tokens, ports and ids of the server under test differ from run to run.
   */
  chance(...words: readonly (string | number)[]): Random
  /** Runs a deed at its instant; what it throws is counted, never lost and never the simulator's trouble. */
  at(when: number, what: string, deed: () => Promise<void> | void): void
}

export function createCrowd(
  given: Pick<Crowd, 'seed' | 'rules' | 'tally' | 'world' | 'baseUrl' | 'eventsKey' | 'huntAnswers'>,
): Crowd {
  const { seed, world, tally } = given
  const persons = new Map<string, Person>()
  const households = new Map<string, Household>()
  for (const customer of world.shop()?.customers ?? [])
    if (isHousehold(customer)) households.set(customer.external_userid, customer)

  const isStranger = (id: string) => (world.customer(id)?.follows.size ?? 0) === 0
  const personOf = (id: string): Person => ({
    id,
    household:
      households.get(id) ?? unknownHousehold(seed, id, world.customer(id)?.shopId ?? null, world.now()),
    browser: createBrowser({
      baseUrl: given.baseUrl,
      as: () => (isStranger(id) ? (world.customer(id)?.openid ?? id) : id),
    }),
    isStranger: () => isStranger(id),
    received: [],
    everReceived: 0,
    optedOut: false,
  })

  return {
    ...given,
    products,
    person(id) {
      const known = persons.get(id)
      if (known) return known
      const person = personOf(id)
      persons.set(id, person)
      return person
    },
    introduce(id, household) {
      households.set(id, household)
    },
    habitOf(userid) {
      const seeded = world.shop()?.staff.find((advisor) => advisor.userid === userid)
      if (seeded && 'sidebar' in seeded && isHabit(seeded.sidebar)) return seeded.sidebar
      const mode = world.staff().find((advisor) => advisor.userid === userid)?.confirm.mode
      return mode === 'never' ? 'never' : mode === 'late' ? 'slow' : 'prompt'
    },
    chance: (...words) => randomOf(seed, ...words),
    at(when, what, deed) {
      world.schedule(Math.max(when, world.now()), async () => {
        try {
          await deed()
        } catch (error) {
          tally.fail(what, error)
        }
      })
    },
  }
}

const isHabit = (value: unknown): value is SidebarHabit =>
  value === 'prompt' || value === 'slow' || value === 'never'

const isHousehold = (customer: SeededCustomer): customer is SeededCustomer & Household =>
  'nature' in customer && 'childBirthday' in customer && customer.shopId !== undefined

/** Someone the seeded shop does not describe (a contact added over the simulator's control routes). */
function unknownHousehold(seed: number, id: string, shopId: string | null, now: number): Household {
  const random = randomOf(seed, 'household', id)
  const nature: Nature = natureOf(random, now, shopId !== null)
  return { shopId: shopId ?? id, nature, childBirthday: dayOf(now - random.between(0, 150) * weekMs) }
}
