/** Who is who: names, identities, and the advisors of a customer. */
import type { Who } from '../base/act.ts'
import type { Instant } from '../base/clock.ts'
import type { Reader } from '../base/db.ts'
import {
  activeContacts,
  contactsOfStaff,
  hasContact,
  identitiesOfCustomers,
  knownIdentities,
  profileNames,
  staffNames,
} from './customer.store.ts'
import type { Identity, IdentityKind } from './identity.ts'

/** Somebody of the staff whom she has as a contact. */
export interface Advisor {
  readonly customer: string
  readonly external: string
  readonly staff: string
  readonly staffName: string
  /** May write to customers (客户联系). */
  readonly maySpeak: boolean
  readonly addedAt: Instant
  readonly remark: string | null
  /** The customer's name as WeCom shows it. */
  readonly name: string
}

/** The active contacts of each customer, the oldest first. Without `customers`: of everybody who has one. */
export async function advisorsOf(
  reader: Reader,
  customers: readonly string[] | null = null,
): Promise<Map<string, Advisor[]>> {
  const advisors = new Map<string, Advisor[]>()
  for (const row of await activeContacts(reader, customers)) {
    const advisor = {
      customer: row.customer,
      external: row.external,
      staff: row.staff,
      staffName: row.staff_name ?? row.staff,
      maySpeak: row.contact !== 0,
      addedAt: row.added_at,
      remark: row.remark,
      name: row.name ?? row.external,
    }
    const known = advisors.get(row.customer)
    if (known) known.push(advisor)
    else advisors.set(row.customer, [advisor])
  }
  return advisors
}

/** May this member of staff see her in the sidebar? Only while they are in contact. */
export const ownsCustomer = (reader: Reader, staff: string, external: string): Promise<boolean> =>
  hasContact(reader, staff, external)

export async function customerOf(reader: Reader, identity: Identity): Promise<string | null> {
  const [found] = (await knownIdentities(reader, [identity])).values()
  return found?.customer ?? null
}

export const customerOfExternal = (reader: Reader, external: string): Promise<string | null> =>
  customerOf(reader, { kind: 'external', value: external })

export interface Identities {
  readonly externals: readonly string[]
  readonly unionids: readonly string[]
  readonly shopIds: readonly string[]
  readonly phoneHashes: readonly string[]
}

/** One identity as seen, for a row about her; the external one first, since it is what channels and pages know. */
export function whoOfCustomer(identities: Identities | undefined): Who {
  const [external] = identities?.externals ?? []
  if (external !== undefined) return { external }
  const [shopId] = identities?.shopIds ?? []
  if (shopId !== undefined) return { shopId }
  const [unionid] = identities?.unionids ?? []
  if (unionid !== undefined) return { unionid }
  const [phoneHash] = identities?.phoneHashes ?? []
  return phoneHash === undefined ? {} : { phoneHash }
}

export async function identitiesOf(
  reader: Reader,
  customers: readonly string[],
): Promise<Map<string, Identities>> {
  const found = new Map<
    string,
    { externals: string[]; unionids: string[]; shopIds: string[]; phoneHashes: string[] }
  >()
  const listOf = {
    external: 'externals',
    union: 'unionids',
    shop: 'shopIds',
    phone: 'phoneHashes',
  } as const satisfies Record<IdentityKind, string>
  for (const { customer, kind, value } of await identitiesOfCustomers(reader, customers)) {
    const mine = found.get(customer) ?? { externals: [], unionids: [], shopIds: [], phoneHashes: [] }
    found.set(customer, mine)
    mine[listOf[kind]].push(value)
  }
  return found
}

/** Names for the eyes of staff; somebody without a WeCom profile is called after her number in the shop. */
export async function namesOf(reader: Reader, customers: readonly string[]): Promise<Map<string, string>> {
  const identities = await identitiesOf(reader, customers)
  const externals = [...identities.values()].flatMap((one) => one.externals)
  const profiles = await profileNames(reader, externals)
  const names = new Map<string, string>()
  for (const [customer, { externals: hers, shopIds }] of identities) {
    const known = hers.map((external) => profiles.get(external)).find((name) => name !== undefined)
    names.set(customer, known ?? (shopIds[0] === undefined ? '微信客户' : `客户 ${shopIds[0]}`))
  }
  return names
}

/** Names as WeCom shows them, by external_userid; unknown ones are absent. */
export const namesOfExternals = (
  reader: Reader,
  externals: readonly string[],
): Promise<Map<string, string>> => profileNames(reader, externals)

export const namesOfStaff = (reader: Reader): Promise<Map<string, string>> => staffNames(reader)

export const externalsOfStaff = (reader: Reader, staff: string): Promise<string[]> =>
  contactsOfStaff(reader, staff)
