/** Dynamic tags when the log is told again: computed from the facts told, with the catalogue and the rules of today. */
import { createAct } from '../../base/act.ts'
import type { Act } from '../../base/act.ts'
import type { Clock } from '../../base/clock.ts'
import type { Db } from '../../base/db.ts'
import type { Derived } from '../../interaction/index.ts'
import { retagEverybody, retagMany } from './retag.ts'
import type { TagRules } from './tag-rules.ts'
import { copyCatalogue, nextDue } from './tags.store.ts'

export interface TagsRetoldParts {
  readonly db: Db
  readonly act: Act
  readonly clock: Clock
  readonly tagRules: TagRules
}

/** Before the standings in the list, which compare the wanted corp tags of both. */
export const tagsRetold = (parts: TagsRetoldParts): Derived => ({
  name: 'tags',
  keeps: [
    { table: 'dynamic_tag', of: 'customer' },
    { table: 'tag_due', of: 'customer' },
  ],
  kinds: [],
  told: () => Promise.resolve(),
  async finish(scratch, log) {
    await copyCatalogue(scratch, log)
    // What time has yet to change in the shop (its server may be off) is no difference: the moment before is compared.
    const next = await nextDue(log)
    const now = Math.min(parts.clock.now(), (next ?? Number.MAX_SAFE_INTEGER) - 1)
    const clock: Clock = { now: () => now, steady: () => parts.clock.steady() }
    const act = createAct({ db: scratch, clock, flush: () => Promise.resolve() })
    await retagEverybody({ db: scratch, act, clock, tagRules: parts.tagRules }, 'rules')
  },
  async mend(customers) {
    await retagMany(parts, customers, 'rules')
  },
})
