/** The written list: a field is an entry in one of these files. Folders to the right add theirs in app.ts. */
import type { AudienceField } from '../field.ts'
import { attributeFields } from './attributes.ts'
import { behaviourFields } from './behaviour.ts'
import { peopleFields } from './people.ts'
import { purchaseFields } from './purchases.ts'
import { rfmFields } from './rfm.ts'
import { standingFields } from './standing.ts'
import { valueFields } from './value.ts'

export const audienceFields: readonly AudienceField[] = [
  ...purchaseFields,
  ...standingFields,
  ...rfmFields,
  ...behaviourFields,
  ...valueFields,
  ...peopleFields,
  ...attributeFields,
]
