/** `siyu way add|list|end|compare`: the entrances into the private domain. */
import type { Actor } from '../base/act.ts'
import { isoOf } from '../base/calendar.ts'
import { Refusal } from '../base/errors.ts'
import { createQuarantineWatch } from '../base/quarantine.ts'
import type { Core } from '../core.ts'
import { wayCalled, waysOf } from '../customer/index.ts'
import type { Way, WayKind } from '../customer/index.ts'
import { wayReports } from '../report/index.ts'
import type { WayReport } from '../report/index.ts'
import { createWays, noSuchWay } from '../wecom/index.ts'
import type { Ways } from '../wecom/index.ts'
import { withCore } from './data.ts'
import { withApi } from './with-api.ts'

export interface WayFlags {
  readonly kind: WayKind
  readonly mark?: string
  readonly staff?: string
  readonly groups?: string
  readonly tags?: string
  readonly remark?: string
  readonly verify?: boolean
}

export interface WayDocument {
  readonly id: string
  readonly kind: WayKind
  readonly name: string
  readonly mark: string
  readonly state: Way['state']
  readonly why: string | null
  readonly url: string | null
  readonly staff: readonly string[]
  readonly groups: readonly string[]
  readonly tags: readonly string[]
  readonly skipVerify: boolean
  readonly createdBy: string
  readonly createdAt: string
  readonly endedAt: string | null
}

const actor = (verb: string): Actor => ({ kind: 'cli', verb: `way ${verb}` })
const listed = (text: string | undefined): string[] =>
  (text ?? '')
    .split(/[,，]/)
    .map((one) => one.trim())
    .filter((one) => one !== '')

const documentOf = (way: Way): WayDocument => ({
  id: way.id,
  kind: way.kind,
  name: way.name,
  mark: way.mark,
  state: way.state,
  why: way.why === '' ? null : way.why,
  url: way.url,
  staff: way.staff,
  groups: way.chats,
  tags: way.tags,
  skipVerify: way.skipVerify,
  createdBy: way.createdBy,
  createdAt: isoOf(way.createdAt),
  endedAt: way.endedAt === null ? null : isoOf(way.endedAt),
})

const withWays = <T>(work: (ways: Ways, core: Core) => Promise<T>): Promise<T> =>
  withCore(
    (core) =>
      withApi(core, (api, log) => {
        const { db, act, clock, env } = core
        const restored = createQuarantineWatch(db.reader)
        return work(
          createWays({ db, act, clock, log, api, restored, lookDelaysMs: env.reconcileDelaysMs }),
          core,
        )
      }),
    { speaks: true },
  )

export const addVerb = (name: string, flags: WayFlags): Promise<WayDocument> =>
  withWays(async (ways) =>
    documentOf(
      await ways.add(actor('add'), {
        kind: flags.kind,
        mark: flags.mark,
        name,
        staff: listed(flags.staff),
        chats: listed(flags.groups),
        tags: listed(flags.tags),
        remark: flags.remark ?? '',
        skipVerify: flags.verify !== true,
      }),
    ),
  )

export const listVerb = (): Promise<{ readonly ways: readonly (WayDocument & WayReport)[] }> =>
  withCore(async ({ db, clock }) => {
    const report = await wayReports(db.reader, clock.now())
    return { ways: (await waysOf(db.reader)).map((way) => ({ ...documentOf(way), ...report(way.mark) })) }
  })

export const endVerb = (called: string): Promise<WayDocument> =>
  withWays(async (ways, { db }) => {
    const way = await wayCalled(db.reader, called)
    if (!way) throw noSuchWay()
    return documentOf(await ways.end(actor('end'), way.id))
  })

export const compareVerb = ({
  adopt,
  name,
  kind,
}: {
  readonly adopt?: string
  readonly name?: string
  readonly kind: WayKind
}): Promise<unknown> =>
  withWays(async (ways) => {
    if (adopt !== undefined) {
      if (name === undefined)
        throw new Refusal('usage', 'How shall the adopted way be called?', 400, { fix: 'add --name NAME' })
      return documentOf(await ways.adopt(actor('compare'), { kind, remoteId: adopt, name }))
    }
    const { at, unknown, more, lost } = await ways.compare()
    return { at: isoOf(at), unknown, more, lost }
  })
