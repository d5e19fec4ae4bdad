/** A message arrived: some read it, some tap its link after a while, a few leave or buy because of it. */
import type { Random } from '../shop/random.ts'
import { dayMs } from '../shop/shop.ts'
import type { LedgerRow } from '../types.ts'
import { buyLater } from './buying.ts'
import type { Crowd, Person } from './crowd.ts'
import { minuteMs, waitMinutes, whenAwake } from './hours.ts'
import { lookAround } from './playing.ts'

export function listenForMessages(crowd: Crowd): void {
  crowd.world.onDelivered((row) => {
    if (row.recipientKind === 'group') groupReceives(crowd, row)
    else if (row.recipientKind === 'customer') customerReceives(crowd, row)
  })
}

function customerReceives(crowd: Crowd, row: LedgerRow): void {
  const person = crowd.person(row.recipient)
  const random = receive(crowd, person, row, crowd.rules.clickPersonal)
  if (random.chance(crowd.rules.orderAfterPersonal * eagernessOf(crowd, person)))
    buyLater(crowd, person, random, 'message')
}

function groupReceives(crowd: Crowd, row: LedgerRow): void {
  for (const member of crowd.world.group(row.recipient)?.members.values() ?? []) {
    if (member.type !== 2) continue
    const person = crowd.person(member.id)
    receive(crowd, person, row, crowd.rules.clickGroup)
  }
}

function receive(crowd: Crowd, person: Person, row: LedgerRow, chance: number): Random {
  const now = crowd.world.now()
  const nth = ++person.everReceived
  const random = crowd.chance('receive', person.id, nth)
  crowd.tally.add('messages')
  person.received.push(now)
  while ((person.received[0] ?? now) < now - 7 * dayMs) person.received.shift()
  const { link, lure } = ourLink(crowd, row, random)
  // Curiosity is 0.44 on average: the rule's chance is that of the average person.
  if (!link || !random.chance(Math.min(0.95, (lure * chance * person.household.nature.curiosity) / 0.44)))
    return random
  const when = whenAwake(now + waitMinutes(random, crowd.rules.clickAfterMinutes) * minuteMs, random)
  crowd.at(when, `click of ${person.id}`, () => click(crowd, person, link, nth))
  return random
}

/** Nobody opens the settings out of curiosity; who does so has mostly had enough. */
const lureOfSettings = 0.02
const isSettings = (link: string): boolean => /[./~]subscription$/.test(link)

/** One of the links to the shop's own server; a message to elsewhere is counted and left alone. */
function ourLink(
  crowd: Crowd,
  row: LedgerRow,
  random: Random,
): { readonly link: string | undefined; readonly lure: number } {
  const ours = row.links.filter((link) => link.startsWith(`${crowd.baseUrl}/h5/`))
  if (ours.length === 0 && row.links.length > 0) crowd.tally.add('foreignLinks')
  const inviting = ours.filter((link) => !isSettings(link))
  if (inviting.length === 0) return { link: ours[0], lure: lureOfSettings }
  return { link: random.pick(inviting), lure: 1 }
}

async function click(crowd: Crowd, person: Person, link: string, nth: number): Promise<void> {
  const random = crowd.chance('click', person.id, nth)
  const page = await person.browser.open(link)
  crowd.tally.add('clicks')
  if (random.chance(crowd.rules.orderAfterClick * eagernessOf(crowd, person)))
    buyLater(crowd, person, random, 'click')
  await lookAround(crowd, person, page.hash, random)
}

/** Who already left the shop can be won back, though not easily; who never bought may begin. */
function eagernessOf(crowd: Crowd, person: Person): number {
  if (person.isStranger()) return 0
  const { ordersPerWeek, leavesAt } = person.household.nature
  if (ordersPerWeek === 0) return 0.4
  return leavesAt > crowd.world.now() ? 1 : 0.5
}
