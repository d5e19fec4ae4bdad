/** What the folders to the right may use. */
import type { People } from '../interaction/index.ts'
import { consentProjection, topicProjection } from './consent.ts'
import { identitiesOfCustomers } from './customer.store.ts'
import { customersOfRows, resolveRows } from './resolve.ts'
import { sightingProjection } from './sightings.ts'
import { attributeProjection } from './describe.ts'

export { customerTables } from './customer.tables.ts'
export { aboutPeople, customersOfRows } from './resolve.ts'
export { findCustomer, keepApart, mergeCustomers, unmergeCustomer } from './merge.ts'
export type { Merged, Unmerged } from './merge.ts'
export { listConflicts } from './conflicts.ts'
export type { ConflictSide, IdentityConflict } from './conflicts.ts'
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
  untiedUnionids,
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
export { attributesShape, loadAttributes, usualAttributes } from './attribute-schema.ts'
export type { AttributeKind, AttributeSpec } from './attribute-schema.ts'
export { childWithoutConsent, readAttribute } from './attribute-value.ts'
export type { AttributeValue } from './attribute-value.ts'
export { attributesOf, describing, sayingNew } from './describe.ts'
export type { Description, KnownAttribute } from './describe.ts'
export { phoneHasher, plainPhone } from './phone.ts'
export type { HashPhone } from './phone.ts'

/** Who is who, for the flush and for whoever tells the log again. */
const peopleOf = (decides: boolean): People => ({
  resolve: (tx, rows, { base, newId }) => resolveRows(tx, rows, { base, decides, newId }),
  customersOfRows,
  identitiesOf: identitiesOfCustomers,
})

export const people: People = peopleOf(true)

/** For the log told again: carries out what its rows say, and decides nothing anew. */
export const peopleAsTold: People = peopleOf(false)

/** Tables in which `resolve` keeps who is who. */
export const rollTables = ['identity', 'identity_conflict', 'customer_merge'] as const

export const customerProjections = [
  sightingProjection,
  consentProjection,
  topicProjection,
  attributeProjection,
]
