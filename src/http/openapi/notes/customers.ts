import {
  audienceDraft,
  audienceExplainBody,
  audiencePreviewBody,
  customersQuery,
  identityConflictsQuery,
  mergeBody,
  movesQuery,
  namedAdvisorBody,
  pageQuery,
  unmergeBody,
} from '../../contract.ts'
import { fields, list, one, paged, say, text } from '../note.ts'
import type { Area } from '../note.ts'

export const customersArea: Area = {
  name: 'customers',
  title: say('后台：客户与人群', 'Console: customers and audiences'),
  says: say(
    '客户、分层、身份合并、人群和动态标签。',
    'Customers, tiers, who is who, audiences, dynamic tags.',
  ),
  routes: {
    'GET /api/admin/customers': {
      says: say('客户列表', 'The list of customers'),
      query: customersQuery,
      answer: paged('CustomerRow'),
    },
    'GET /api/admin/customers/:id': {
      says: say('一位客户的全部情况', 'Everything about a customer'),
      answer: one('CustomerCard'),
    },
    'GET /api/admin/customers/:id/touchpoints': {
      says: say('她过去和将来收到什么，为什么', 'What she hears, past and to come, and why'),
      answer: paged('CalendarSubject'),
    },
    'GET /api/admin/customers/:id/moves': {
      says: say('她的分层变化，新的在前', 'Her moves between tiers, the newest first'),
      query: pageQuery,
      answer: paged('TierMove'),
    },
    'GET /api/admin/named-advisors': {
      says: say(
        '专属顾问：有多少位，谁在头部却还没有',
        'Named advisors: how many there are, and who of the top has none',
      ),
      answer: one('NamedAdvisors'),
    },
    'PUT /api/admin/customers/:id/named-advisor': {
      says: say('指定或取消她的专属顾问', 'Name her advisor, or take the naming back'),
      body: namedAdvisorBody,
      answer: one('NamedAdvisorSet'),
      refuses: { 409: ['not-her-advisor', 'not-named'] },
    },
    'GET /api/admin/tier-moves': {
      says: say('两天之间客户在分层间的流动', 'How customers moved between tiers from one day to another'),
      query: movesQuery,
      answer: one('TierFlows'),
    },
    'GET /api/admin/identity-conflicts': {
      says: say('等人判断是否为同一人的客户', 'Pairs that wait for a person: are they the same customer?'),
      query: identityConflictsQuery,
      answer: one('IdentityConflictList'),
    },
    'POST /api/admin/customers/:id/merge': {
      says: say('合并为同一位客户', 'They are the same customer'),
      body: mergeBody,
      answer: one('MergeAnswer'),
      refuses: { 409: ['same-customer'] },
    },
    'POST /api/admin/customers/:id/keep-apart': {
      says: say('确认为两位不同的客户', 'They are two customers'),
      body: mergeBody,
      answer: fields({ apart: { type: 'array', items: text } }),
      refuses: { 409: ['same-customer'] },
    },
    'POST /api/admin/customers/:id/unmerge': {
      says: say('撤销一次合并', 'Undo a merge'),
      body: unmergeBody,
      answer: one('UnmergeAnswer'),
      refuses: { 409: ['not-merged', 'which-merge'] },
    },
    'GET /api/admin/audience/fields': {
      says: say('人群规则可以问什么', 'What a rule of an audience may ask'),
      answer: list('AudienceField'),
    },
    'POST /api/admin/audience/preview': {
      says: say('这条规则现在圈到多少人，有哪些', 'How many a rule finds now, and some of them'),
      body: audiencePreviewBody,
      answer: one('AudiencePreview'),
      refuses: { 400: ['invalid-audience'] },
    },
    'POST /api/admin/audience/explain': {
      says: say('她为什么在，或不在这个人群里', 'Why she is in it, or not'),
      body: audienceExplainBody,
      answer: one('AudienceWhy'),
      refuses: { 400: ['invalid-audience'], 404: ['not-found'] },
    },
    'GET /api/admin/audiences': {
      says: say('保存的人群', 'The saved audiences'),
      answer: list('SavedAudienceRow'),
    },
    'GET /api/admin/audiences/:name': {
      says: say('一个保存的人群', 'A saved audience'),
      answer: one('SavedAudienceRow'),
    },
    'PUT /api/admin/audiences/:name': {
      says: say('保存人群', 'Save an audience'),
      body: audienceDraft.omit({ name: true }),
      answer: one('SavedAudienceRow'),
      refuses: { 400: ['invalid-audience'], 409: ['stale-version'] },
    },
    'DELETE /api/admin/audiences/:name': {
      says: say('删除人群', 'Remove an audience'),
      answer: fields({ removed: { const: true } }),
      refuses: { 409: ['audience-in-use'] },
    },
    'GET /api/admin/tags': {
      says: say('动态标签，各有多少人', 'The dynamic tags, and how many carry each'),
      answer: one('AdminTags'),
    },
  },
}
