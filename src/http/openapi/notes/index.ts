/** The areas in the order they are read in: what a shop's developer needs first. */
import { cadenceArea } from './cadence.ts'
import { customersArea } from './customers.ts'
import { docsArea } from './docs.ts'
import { membersArea } from './members.ts'
import { officeArea } from './office.ts'
import { sendingArea } from './sending.ts'
import { shopArea } from './shop.ts'
import { sidebarArea } from './sidebar.ts'
import { signInArea } from './sign-in.ts'
import { waysArea } from './ways.ts'
import type { Area } from '../note.ts'

export const areas: readonly Area[] = [
  shopArea,
  membersArea,
  sidebarArea,
  officeArea,
  customersArea,
  cadenceArea,
  sendingArea,
  waysArea,
  signInArea,
  docsArea,
]
