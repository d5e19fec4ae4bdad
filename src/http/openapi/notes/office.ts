import { auditQuery, compareBody, restoreConfirmBody, staffRoles } from '../../contract.ts'
import { fields, json, number, one, paged, pageOf, say, text } from '../note.ts'
import type { Area } from '../note.ts'

const audit = pageOf('AuditItem')

export const officeArea: Area = {
  name: 'office',
  title: say('后台：概览与管理', 'Console: overview and administration'),
  says: say(
    '概览、人员角色、操作记录和恢复确认。',
    'The overview, roles, the audit chain, a restored database.',
  ),
  routes: {
    'GET /api/admin/me': { says: say('我是谁，有哪些角色', 'Who I am, with my roles'), answer: one('Me') },
    'GET /api/admin/overview': {
      says: say('门店概览', 'The shop at a glance'),
      answer: one('Overview'),
    },
    'GET /api/admin/first-buyers': {
      says: say(
        '首购后 7 天内触达了多少位，其余为什么没有',
        'How many first buyers were reached within a week, and why the others were not',
      ),
      answer: one('FirstBuyers'),
    },
    'GET /api/admin/audit': {
      says: say('操作记录', 'What people did'),
      query: auditQuery,
      answer: json({
        ...audit,
        properties: {
          ...audit.properties,
          kinds: {
            type: 'object',
            additionalProperties: text,
            description: 'Every kind of deed with its words, for a filter.',
          },
        },
        required: [...(audit.required ?? []), 'kinds'],
      }),
    },
    'GET /api/admin/audit/verify': {
      says: say('操作记录有没有被改过', 'Does the audit chain still hold'),
      answer: one('AuditCheck'),
    },
    'GET /api/admin/staff': {
      says: say('员工和他们的角色', 'Staff with their roles'),
      answer: paged('StaffRoles'),
    },
    'PUT /api/admin/staff/:userid/roles': {
      says: say('给员工角色', 'Give roles'),
      body: staffRoles,
      answer: fields({ userid: text, given: { type: 'array', items: text } }),
      refuses: { 409: ['own-role'] },
    },
    'GET /api/admin/wecom': {
      says: say('与企业微信的比对进行到哪里', 'How the comparison with WeCom stands'),
      answer: one('WecomStanding'),
    },
    'POST /api/admin/wecom/compare': {
      says: say(
        '立即与企业微信比对；agree 表示确认大量减少属实',
        'Compare with WeCom now; agree: the very many who are missing are really gone',
      ),
      body: compareBody,
      answer: one('WecomStanding'),
      refuses: { 409: ['nothing-held'] },
    },
    'POST /api/admin/restore/confirm': {
      says: say('确认从备份恢复的数据库可以继续发送', 'A database from a backup may go on sending'),
      body: restoreConfirmBody,
      answer: fields({ unknown: number, expired: number, asked: number }),
      refuses: { 409: ['not-quarantined'] },
    },
  },
}
