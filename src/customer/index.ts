/** What the folders to the right may use. */
import { consentProjection, topicProjection } from './consent.ts'

export { customerTables } from './customer.tables.ts'
export { resolveCustomers, customersOfRows } from './resolve.ts'
export { chooseTopics, optIn, optOut, optedOutOf, subscriptionsOf } from './consent.ts'
export type { Choice, Purpose, Subscriptions } from './consent.ts'
export { findStaff } from './staff.store.ts'
export type { StaffMember } from './staff.store.ts'
export { findGroup, isGroupMember } from './groups.store.ts'
export {
  areContactsKnown,
  dismissGroup,
  endContact,
  isGroupKnown,
  saveContacts,
  saveGroup,
  saveStaff,
} from './mirror.ts'
export type { ContactSeen, GroupSeen, StaffSeen } from './mirror.ts'
export {
  advisorOf,
  advisorsOf,
  customerOf,
  customerOfExternal,
  externalsOfStaff,
  identitiesOf,
  namesOf,
  namesOfExternals,
  namesOfStaff,
  ownsCustomer,
} from './people.ts'
export type { Advisor, Identities } from './people.ts'
export { customerIdOf, isStranger } from './identity.ts'
export type { Identity, IdentityKind } from './identity.ts'
export { phoneHasher, plainPhone } from './phone.ts'
export type { HashPhone } from './phone.ts'

export const customerProjections = [consentProjection, topicProjection]
