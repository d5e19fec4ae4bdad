import {
  cadenceDraft,
  cadenceDraftDecision,
  cadenceDraftSave,
  cadenceDraftSeen,
  cadencePublish,
  cadenceRollback,
  calendarEntriesQuery,
  calendarQuery,
  tryBody,
} from '../../contract.ts'
import { fields, json, number, one, paged, say } from '../note.ts'
import type { Area } from '../note.ts'

const draft = '/api/admin/cadence/drafts/:id'
const changed = ['read-only', 'draft-changed', 'wrong-state'] as const

export const cadenceArea: Area = {
  name: 'cadence',
  title: say('后台：节奏与日历', 'Console: cadence and calendar'),
  says: say(
    '节奏（配置文本）的版本、草稿与审批，以及它在日历上意味着什么。',
    'Versions, drafts and approval of the cadence (a text), and what it means on the calendar.',
  ),
  routes: {
    'GET /api/admin/calendar': {
      says: say('日历：哪天对谁说什么', 'The calendar: what is said to whom on which day'),
      query: calendarQuery,
      answer: one('Calendar'),
    },
    'GET /api/admin/calendar/entries': {
      says: say(
        '日历的一格：每位客户或社群，和原因',
        'A cell of the calendar: each customer or group, with its why',
      ),
      query: calendarEntriesQuery,
      answer: one('CalendarEntries'),
    },
    'GET /api/admin/cadence': {
      says: say('现行节奏', 'The cadence in force'),
      answer: one('CadenceDocument'),
    },
    'GET /api/admin/cadence/schema': {
      says: say('节奏的 JSON Schema，给编辑器用', 'The JSON Schema of a cadence, for editors'),
      answer: json({ type: 'object', description: 'JSON Schema, draft 7.', additionalProperties: true }),
    },
    'GET /api/admin/cadence/versions': {
      says: say('发布过的各版', 'The versions that were published'),
      answer: paged('CadenceVersion'),
    },
    'GET /api/admin/cadence/versions/:version': {
      says: say('某一版的全文', 'The text of a version'),
      answer: one('CadenceVersionText'),
    },
    'POST /api/admin/cadence/versions/:version/rollback': {
      says: say('回到某一版', 'Go back to a version'),
      body: cadenceRollback,
      answer: one('CadenceWished'),
      refuses: { 409: ['read-only', 'already-current', 'stale-version'], 422: ['invalid-cadence'] },
    },
    'POST /api/admin/cadence/validate': {
      says: say('检查一份节奏', 'Check a cadence'),
      body: cadenceDraft,
      answer: one('CadenceCheck'),
    },
    'POST /api/admin/cadence/diff': {
      says: say(
        '与现行版的差别，和接下来七天的影响',
        'What it changes, and what that does to the next seven days',
      ),
      body: cadenceDraft,
      answer: one('CadenceDiff'),
      refuses: { 422: ['invalid-cadence'] },
    },
    'POST /api/admin/cadence/publish': {
      says: say('直接发布（不需要审批时）', 'Publish at once, where nobody has to approve'),
      body: cadencePublish,
      answer: one('CadenceDocument'),
      refuses: { 409: ['read-only', 'approval-required', 'stale-version'], 422: ['invalid-cadence'] },
    },
    'GET /api/admin/cadence/drafts': {
      says: say('草稿', 'The drafts'),
      answer: paged('CadenceDraftItem'),
    },
    [`GET ${draft}`]: {
      says: say('一份草稿的全文和错误', 'A draft with its text and mistakes'),
      answer: one('CadenceDraftDetail'),
    },
    'POST /api/admin/cadence/drafts': {
      says: say('保存草稿', 'Save a draft'),
      body: cadenceDraftSave,
      answer: one('CadenceDraftItem'),
      refuses: { 403: ['not-your-draft'], 404: ['not-found'], 409: changed },
    },
    [`POST ${draft}/submit`]: {
      says: say('提交审批', 'Submit a draft for approval'),
      body: cadenceDraftSeen,
      answer: one('CadenceDraftItem'),
      refuses: {
        403: ['not-your-draft'],
        409: [...changed, 'stale-version'],
        422: ['invalid-cadence'],
      },
    },
    [`POST ${draft}/withdraw`]: {
      says: say('撤回草稿', 'Withdraw a draft'),
      body: cadenceDraftSeen,
      answer: one('CadenceDraftItem'),
      refuses: { 403: ['not-your-draft'], 409: changed },
    },
    [`POST ${draft}/rebase`]: {
      says: say('以现行版为准继续改', 'Go on from the version now in force'),
      body: cadenceDraftSeen,
      answer: one('CadenceDraftItem'),
      refuses: { 403: ['not-your-draft'], 409: changed },
    },
    [`POST ${draft}/approve`]: {
      says: say('批准', 'Approve a draft'),
      body: cadenceDraftDecision,
      answer: one('CadenceDraftItem'),
      refuses: {
        403: ['own-draft'],
        409: [...changed, 'stale-version'],
        422: ['invalid-cadence'],
      },
    },
    [`POST ${draft}/reject`]: {
      says: say('驳回，要写原因', 'Reject a draft, with words'),
      body: cadenceDraftDecision,
      answer: one('CadenceDraftItem'),
      refuses: { 400: ['words-missing'], 403: ['own-draft'], 409: changed },
    },
    [`POST ${draft}/publish`]: {
      says: say('发布草稿', 'Publish a draft'),
      body: cadenceDraftSeen,
      answer: fields({ version: number }),
      refuses: {
        409: [...changed, 'approval-required', 'stale-version'],
        422: ['invalid-cadence'],
      },
    },
    'POST /api/admin/touchpoints/:name/try': {
      says: say('试发给自己', 'Try a touchpoint on oneself'),
      body: tryBody,
      answer: one('TouchpointTried'),
      refuses: {
        404: ['no-such-touchpoint', 'no-such-staff', 'not-found'],
        409: ['quarantined', 'test-not-sent'],
        422: ['not-for-customers', 'nothing-to-say'],
      },
    },
  },
}
