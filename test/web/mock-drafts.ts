/** The mock's drafts, audit and roles: enough of the rules to walk a draft from one pair of hands to another. */
import { createHash } from 'node:crypto'
import type {
  AuditItem,
  CadenceDraftDetail,
  CadenceDraftItem,
  CadenceVersionText,
  Paged,
  StaffRoles,
} from '../../src/http/contract.ts'
import type { Answer, Asked, MockRoute, MockState } from './mock-api.ts'
import { problem } from './mock-api.ts'
import { firstYaml, problemsOf } from './mock-cadence.ts'
import { now } from './mock-shop.ts'

export interface MockDrafts {
  readonly drafts: (CadenceDraftItem & { yaml: string; by: string })[]
  readonly audit: AuditItem[]
  readonly staff: StaffRoles[]
}

export const startDrafts = (): MockDrafts => ({
  drafts: [],
  audit: [
    {
      seq: 2,
      title: '节奏发布',
      what: 'cadence-published',
      about: 'version:4',
      words: '唤醒券改为 48 小时有效',
    },
    { seq: 1, title: '暂停触达', what: 'sending-paused', about: '', words: '价格写错，先停下核对' },
  ].map((one) => ({ ...one, at: now, who: 'staff:linjia', name: '林佳', hash: 'ab'.repeat(32) })),
  staff: [
    { userid: 'linjia', name: '林佳', active: true, fixed: true, given: [], advisor: false },
    { userid: 'shenyiming', name: '沈一鸣', active: true, fixed: false, given: ['approver'], advisor: true },
    { userid: 'zhouyan', name: '周妍', active: true, fixed: false, given: [], advisor: true },
  ],
})

const hashOf = (yaml: string): string => createHash('sha256').update(yaml).digest('hex')

export const draftRoutes = (state: MockState): MockRoute[] => {
  const { drafts } = state
  const seen = (one: (typeof drafts)[number]): CadenceDraftItem => {
    const { yaml, by, ...item } = one
    return { ...item, mine: by === state.me.userid, mistakes: problemsOf(yaml).length }
  }
  const found = ({ params }: Asked) => drafts.findIndex(({ id }) => id === params['id'])
  const change = (asked: Asked, set: Partial<CadenceDraftItem> & { yaml?: string }): Answer => {
    const at = found(asked)
    const before = drafts[at]
    if (!before) return problem(404, 'not-found', '没有这份草稿')
    if (asked.body['epoch'] !== before.epoch)
      return problem(409, 'draft-changed', '草稿在您打开之后又改过了', '刷新后看过最新内容再操作')
    const after = { ...before, ...set, epoch: before.epoch + 1 }
    drafts[at] = after
    return { body: seen(after) }
  }
  const post = (deed: string, set: (asked: Asked) => Partial<CadenceDraftItem>): MockRoute => ({
    method: 'POST',
    path: `/api/admin/cadence/drafts/:id/${deed}`,
    answer: (asked) => change(asked, set(asked)),
  })
  const decided = ({ body }: Asked) => ({
    decidedBy: state.me.name,
    decidedAt: now,
    words: String(body['words'] ?? ''),
  })
  return [
    {
      method: 'GET',
      path: '/api/admin/cadence/drafts',
      answer: () => ({
        body: { total: drafts.length, items: drafts.map(seen) } satisfies Paged<CadenceDraftItem>,
      }),
    },
    {
      method: 'GET',
      path: '/api/admin/cadence/drafts/:id',
      answer: (asked) => {
        const one = drafts[found(asked)]
        if (!one) return problem(404, 'not-found', '没有这份草稿')
        const body: CadenceDraftDetail = { ...seen(one), yaml: one.yaml, problems: problemsOf(one.yaml) }
        return { body }
      },
    },
    {
      method: 'POST',
      path: '/api/admin/cadence/drafts',
      answer: (asked) => {
        const { body } = asked
        const yaml = String(body['yaml'])
        const set = { yaml, hash: hashOf(yaml), note: String(body['note']), state: 'open' as const }
        if (typeof body['id'] === 'string') return change({ ...asked, params: { id: body['id'] } }, set)
        const made = {
          ...set,
          id: `d${String(drafts.length + 1)}`,
          author: state.me.name,
          by: state.me.userid,
          mine: true,
          baseVersion: Number(body['baseVersion']),
          words: '',
          epoch: 1,
          changedAt: now,
          mistakes: 0,
        }
        drafts.unshift(made)
        return { body: seen(made) }
      },
    },
    post('submit', () => ({ state: 'submitted' })),
    post('withdraw', () => ({ state: 'withdrawn' })),
    post('rebase', () => ({ state: 'open', baseVersion: state.document.version })),
    post('approve', (asked) => ({ ...decided(asked), state: 'approved' })),
    post('reject', (asked) => ({ ...decided(asked), state: 'rejected' })),
    {
      method: 'POST',
      path: '/api/admin/cadence/drafts/:id/publish',
      answer: (asked) => {
        const one = drafts[found(asked)]
        if (!one) return problem(404, 'not-found', '没有这份草稿')
        if (one.baseVersion !== state.document.version)
          return problem(409, 'stale-version', '草稿基于旧版本', '合并后再发布', {
            threeWay: {
              base: one.baseVersion,
              newest: state.document.version,
              yours: [{ path: 'a', words: '「daily-tip」从 10:00 改到 10:30' }],
              theirs: [{ path: 'b', words: '门店：名称由 小树苗 改为 小树' }],
              both: [],
            },
          })
        const version = state.document.version + 1
        const made = { version, publishedAt: now, publishedBy: state.me.name, note: one.note }
        state.document = { ...state.document, ...made, yaml: one.yaml }
        state.versions = [made, ...state.versions]
        return change(asked, { state: 'published', publishedVersion: version })
      },
    },
    {
      method: 'GET',
      path: '/api/admin/cadence/versions/:version',
      answer: ({ params }) => {
        const one = state.versions.find(({ version }) => version === Number(params['version']))
        if (!one) return problem(404, 'not-found', '没有这一版')
        return {
          body: {
            ...one,
            yaml: firstYaml.replace('gapHours: 48', 'gapHours: 24'),
          } satisfies CadenceVersionText,
        }
      },
    },
    {
      method: 'POST',
      path: '/api/admin/cadence/versions/:version/rollback',
      answer: ({ params }) => {
        const to = Number(params['version'])
        const made = { version: state.document.version + 1, publishedAt: now, publishedBy: state.me.name }
        const told = { ...made, note: `回滚到第 ${String(to)} 版`, rolledBackTo: to }
        state.document = { ...state.document, ...told }
        state.versions = [told, ...state.versions]
        return { body: { published: state.document } }
      },
    },
    {
      method: 'GET',
      path: '/api/admin/cadence/schema',
      answer: () => ({
        body: {
          properties: {
            manners: {
              title: '分寸',
              properties: {
                complaintDays: { title: '投诉静默天数', description: '投诉未解决时不发营销', default: 14 },
              },
            },
          },
        },
      }),
    },
    {
      method: 'GET',
      path: '/api/admin/audit',
      answer: ({ query }) => {
        const items = state.audit.filter(({ what }) => !query.get('what') || what === query.get('what'))
        const kinds = { 'cadence-published': '节奏发布', 'sending-paused': '暂停触达' }
        return { body: { total: items.length, items, kinds } }
      },
    },
    {
      method: 'GET',
      path: '/api/admin/audit/verify',
      answer: () => ({ body: { ok: true, entries: 2, head: 'ab'.repeat(32), broken: null } }),
    },
    {
      method: 'GET',
      path: '/api/admin/staff',
      answer: () => ({ body: { total: state.staff.length, items: state.staff } }),
    },
    {
      method: 'PUT',
      path: '/api/admin/staff/:userid/roles',
      answer: ({ params, body }) => {
        const at = state.staff.findIndex(({ userid }) => userid === params['userid'])
        const before = state.staff[at]
        if (!before) return problem(404, 'not-found', '没有这个人')
        state.staff[at] = { ...before, given: body['roles'] as StaffRoles['given'] }
        return { body: {} }
      },
    },
  ]
}
