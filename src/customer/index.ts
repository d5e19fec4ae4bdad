/** What the folders to the right may use. */
import type { People, Privacy } from '../interaction/index.ts'
import { consentProjection, topicProjection } from './consent.ts'
import { identitiesOfCustomers } from './customer.store.ts'
import { customersOfRows, resolveRows } from './resolve.ts'
import type { Erasures } from './erasure.ts'
import { sightingProjection } from './sightings.ts'
import { attributeProjection } from './describe.ts'
import { entranceProjection } from './entrance.ts'
import { namedAdvisorProjection } from './named.ts'

export { customerTables } from './customer.tables.ts'
export { aboutPeople, customersOfRows } from './resolve.ts'
export { findCustomer, keepApart, mergeCustomers, unmergeCustomer } from './merge.ts'
export type { Merged, Unmerged } from './merge.ts'
export { identitiesInParts } from './customer.store.ts'
export { keyOf } from './identity.ts'
export { createErasures, renamedIds } from './erasure.ts'
export type { Erasures } from './erasure.ts'
export { forgetIdentities, personOf, settleConflicts, whoOfIdentity } from './forget.ts'
export { listConflicts } from './conflicts.ts'
export type { ConflictSide, IdentityConflict } from './conflicts.ts'
export { changeSubscriptions, chooseTopics, optIn, optOut, optedOutOf, subscriptionsOf } from './consent.ts'
export type { Choice, Purpose, Subscriptions } from './consent.ts'
export { findStaff, staffList } from './staff.store.ts'
export type { StaffMember } from './staff.store.ts'
export { customersInGroups, findGroup, groupsAlive, isGroupMember } from './groups.store.ts'
export type { GroupAlive } from './groups.store.ts'
export {
  areContactsKnown,
  dismissGroup,
  endContact,
  isGroupKnown,
  saveContacts,
  saveGroup,
  saveStaff,
  saveStrangers,
  untiedUnionids,
} from './mirror.ts'
export type { ContactSeen, GroupSeen, StaffSeen, StrangerSeen } from './mirror.ts'
export {
  advisorsOf,
  customerOf,
  customerOfExternal,
  externalsOfStaff,
  identitiesOf,
  namesOf,
  namesOfExternals,
  namesOfStaff,
  ownsCustomer,
  whoOfCustomer,
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
export { namedAdvisorsOf, namedIn, namedLoads, unnamedIn, unnamedWords } from './named.ts'
export type { NamedAdvisor, NamedBy, NamedDetail, UnnamedDetail, UnnamedReason } from './named.ts'
export {
  customersOfWay,
  dueWays,
  enteredBy,
  enteredInto,
  findWay,
  insertWay,
  leaveWay,
  lockWay,
  nextWay,
  saveTags,
  takenBy,
  takeWay,
  updateWay,
  wayCalled,
  waysOf,
} from './ways.store.ts'
export type { Way, WayKind, WayState } from './ways.store.ts'
export { phoneHasher, plainPhone } from './phone.ts'
export type { HashPhone } from './phone.ts'

/** Who is who, for the flush and for whoever tells the log again. */
const peopleOf = (decides: boolean, erasures: Erasures | null): People => ({
  resolve: (tx, rows, moment) => resolveRows(tx, rows, { ...moment, decides, erased: erasures }),
  customersOfRows,
  identitiesOf: identitiesOfCustomers,
})

/** With the key of the installation: what is older than an erasure is not taken in again. */
export const createPeople = (erasures: Erasures): People => peopleOf(true, erasures)

export const people: People = peopleOf(true, null)

/** For the log told again: carries out what its rows say, and decides nothing anew. */
export const peopleAsTold: People = peopleOf(false, null)

/** Tables in which `resolve` keeps who is who. */
export const rollTables = ['identity', 'identity_conflict', 'customer_merge'] as const

export const customerProjections = [
  sightingProjection,
  consentProjection,
  topicProjection,
  attributeProjection,
  namedAdvisorProjection,
  entranceProjection,
]

/** Whether she is known at all, what WeCom shows of her, and what she told: the first two are facts, the rest is her. */
export const customerPrivacy: Privacy = {
  folder: 'customer',
  tables: [
    { table: 'customer', of: 'id', by: 'customer', then: 'keep' },
    { table: 'identity', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'customer_merge', of: 'kept', by: 'customer', then: 'keep' },
    { table: 'customer_merge', of: 'other', by: 'customer', then: 'keep' },
    { table: 'identity_conflict', of: 'one', by: 'customer', then: 'keep' },
    { table: 'identity_conflict', of: 'two', by: 'customer', then: 'keep' },
    { table: 'consent', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'topic_choice', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'named_advisor', of: 'customer', by: 'customer', then: 'keep' },
    { table: 'attribute', of: 'customer', by: 'customer', then: 'delete' },
    { table: 'profile', of: 'external', by: 'identity', then: 'delete' },
    { table: 'relation', of: 'external', by: 'identity', then: 'delete' },
    { table: 'group_member', of: 'member', by: 'identity', then: 'delete' },
    { table: 'entrance', of: 'external', by: 'identity', then: 'keep' },
  ],
}
