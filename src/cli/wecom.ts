/** `siyu wecom compare|status`: our picture of staff, contacts and groups against WeCom's. */
import type { Actor } from '../base/act.ts'
import { isoOf } from '../base/calendar.ts'
import type { Core } from '../core.ts'
import { createSync } from '../wecom/index.ts'
import type { ComparisonStanding, Sync } from '../wecom/index.ts'
import { withCore } from './data.ts'
import { say } from './output.ts'
import { withApi } from './with-api.ts'

const actor: Actor = { kind: 'cli', verb: 'wecom compare' }
const tellEveryMs = 2_000

export interface StandingDocument {
  readonly state: ComparisonStanding['state']
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly contacts: number
  readonly groups: number
  readonly why: string | null
  readonly lost: { readonly contacts: number; readonly groups: number } | null
}

const documentOf = (one: ComparisonStanding): StandingDocument => ({
  state: one.state,
  startedAt: one.startedAt === null ? null : isoOf(one.startedAt),
  endedAt: one.endedAt === null ? null : isoOf(one.endedAt),
  contacts: one.contacts,
  groups: one.groups,
  why: one.why === '' ? null : one.why,
  lost: one.state === 'held' ? { contacts: one.lostContacts, groups: one.lostGroups } : null,
})

async function withSync<T>(core: Core, work: (sync: Sync) => Promise<T>): Promise<T> {
  const { db, act, clock, erasures } = core
  return withApi(core, (api, log) => work(createSync({ db, act, clock, log, erasures, api })))
}

export const compareVerb = ({ agree }: { readonly agree?: boolean }): Promise<StandingDocument> =>
  withCore(
    (core) =>
      withSync(core, async (sync) => {
        if (agree === true) await sync.agreeToLosses(actor)
        const telling = setInterval(() => {
          void sync
            .standing()
            .then(({ contacts, groups }) =>
              say(`${String(contacts)} contacts, ${String(groups)} groups so far`),
            )
        }, tellEveryMs)
        try {
          await sync.compareAll()
        } finally {
          clearInterval(telling)
        }
        return documentOf(await sync.standing())
      }),
    { speaks: true },
  )

export const standingVerb = (): Promise<StandingDocument> =>
  withCore((core) => withSync(core, async (sync) => documentOf(await sync.standing())))
