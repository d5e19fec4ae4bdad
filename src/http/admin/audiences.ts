/** The rule builder's back end: what may be asked, how many that is, who for example, and why one is in or out. */
import type { Act, Actor, Ctx } from '../../base/act.ts'
import { isoOf } from '../../base/calendar.ts'
import type { Reader } from '../../base/db.ts'
import { Refusal } from '../../base/errors.ts'
import { currentCadence } from '../../cadence/index.ts'
import {
  explainMember,
  previewAudience,
  removeAudience,
  saveAudience,
  savedAudience,
  savedAudiences,
  shownFields,
} from '../../segment/index.ts'
import type { AudienceParts, SavedAudience } from '../../segment/index.ts'
import { audienceDraft, audienceExplainBody, audiencePreviewBody } from '../contract.ts'
import type {
  AudienceField,
  AudiencePreview,
  AudienceWhy,
  CustomerRow,
  SavedAudienceRow,
} from '../contract.ts'
import { parse } from '../parse.ts'
import type { Access, Call, Route } from '../route.ts'

const readers: Access = { kind: 'staff', roles: ['admin', 'operator', 'approver', 'analyst'] }
const editors: Access = { kind: 'staff', roles: ['admin', 'operator'] }

export interface AudienceRouteParts extends AudienceParts {
  readonly act: Act
  readonly reader: Reader
  /** Rows of the customer list, in this order. */
  readonly rowsOf: (customers: readonly string[]) => Promise<CustomerRow[]>
}

const actorOf = ({ staff }: Call): Actor => ({ kind: 'staff', userid: staff?.userid ?? '' })

const shown = ({ name, title, rule, version, updatedAt, updatedBy }: SavedAudience): SavedAudienceRow => ({
  name,
  title,
  rule,
  version,
  updatedAt: isoOf(updatedAt),
  updatedBy,
})

export const audienceRoutes = (parts: AudienceRouteParts): Route[] => [
  {
    method: 'GET',
    path: '/api/admin/audience/fields',
    access: readers,
    async handle() {
      const answer: readonly AudienceField[] = await shownFields(parts, parts.reader)
      return { json: answer }
    },
  },
  {
    method: 'POST',
    path: '/api/admin/audience/preview',
    access: readers,
    async handle({ body, now }) {
      const { rule, sample } = parse(audiencePreviewBody, body)
      const found = await previewAudience(parts, parts.reader, rule, now, sample)
      const answer: AudiencePreview = {
        count: found.count,
        of: found.of,
        sample: await parts.rowsOf(found.sample),
      }
      return { json: answer }
    },
  },
  {
    method: 'POST',
    path: '/api/admin/audience/explain',
    access: readers,
    async handle({ body, now }) {
      const { rule, customer } = parse(audienceExplainBody, body)
      const why = await explainMember(parts, parts.reader, rule, customer, now)
      if (!why) throw new Refusal('not-found', '没有这位客户', 404, { fix: '请从客户列表重新选择' })
      const answer: AudienceWhy = why
      return { json: answer }
    },
  },
  {
    method: 'GET',
    path: '/api/admin/audiences',
    access: readers,
    async handle() {
      const answer: readonly SavedAudienceRow[] = (await savedAudiences(parts.reader)).map(shown)
      return { json: answer }
    },
  },
  {
    method: 'GET',
    path: '/api/admin/audiences/:name',
    access: readers,
    async handle({ params }) {
      const answer: SavedAudienceRow = shown(await savedAudience(parts.reader, params['name'] ?? ''))
      return { json: answer }
    },
  },
  {
    method: 'PUT',
    path: '/api/admin/audiences/:name',
    access: editors,
    async handle(call) {
      const draft = parse(audienceDraft, { ...(call.body as object), name: call.params['name'] })
      const saved = await parts.act(actorOf(call), (ctx) => saveAudience(ctx, parts, draft))
      const answer: SavedAudienceRow = shown(saved)
      return { json: answer }
    },
  },
  {
    method: 'DELETE',
    path: '/api/admin/audiences/:name',
    access: editors,
    async handle(call) {
      const name = call.params['name'] ?? ''
      await parts.act(actorOf(call), async (ctx) => {
        await refuseInUse(ctx, name)
        await removeAudience(ctx, name)
      })
      return { json: { removed: true } }
    },
  },
]

/** A touchpoint of the cadence in force that names it would speak to nobody from then on. */
async function refuseInUse(ctx: Ctx, name: string): Promise<void> {
  const users = (await currentCadence(ctx.tx))?.touchpoints.filter(({ audience }) => audience === name) ?? []
  if (users.length === 0) return
  throw new Refusal(
    'audience-in-use',
    `触点在用这个人群：${users.map(({ title }) => title).join('、')}`,
    409,
    {
      fix: '先在节奏里让这些触点不再用这个人群并发布，再删除人群',
    },
  )
}
