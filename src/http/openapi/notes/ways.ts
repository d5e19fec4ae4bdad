import { wayAdoption, wayBody, wayChange } from '../../contract.ts'
import { one, say } from '../note.ts'
import type { Area } from '../note.ts'

export const waysArea: Area = {
  name: 'ways',
  title: say('后台：渠道', 'Console: ways'),
  says: say(
    '客户从哪里进来：渠道活码、群活码、获客链接，各带来多少人。',
    'By which way customers come: codes of advisors and groups, acquisition links, and what each has brought.',
  ),
  routes: {
    'GET /api/admin/ways': {
      says: say('渠道和它们带来的客户', 'Ways, with what they brought'),
      answer: one('WayList'),
    },
    'POST /api/admin/ways': {
      says: say('新建渠道，并在企业微信里建好', 'Make a way, in WeCom too'),
      body: wayBody,
      answer: one('WayItem'),
      refuses: { 409: ['name-taken', 'mark-taken'] },
    },
    'POST /api/admin/ways/compare': {
      says: say(
        '与企业微信对比：那边多出来的、丢失的',
        'What WeCom has and we do not know, and what it lost',
      ),
      answer: one('WayComparison'),
    },
    'POST /api/admin/ways/adopt': {
      says: say('把企业微信里已有的渠道码收进来', 'Adopt one that was made elsewhere'),
      body: wayAdoption,
      answer: one('WayItem'),
      refuses: { 404: ['not-found'], 409: ['name-taken'] },
    },
    'PUT /api/admin/ways/:id': {
      says: say('修改渠道', 'Change a way'),
      body: wayChange,
      answer: one('WayItem'),
      refuses: { 404: ['not-found'], 409: ['name-taken', 'way-underway'] },
    },
    'POST /api/admin/ways/:id/end': {
      says: say('停用渠道：码和链接从此失效', 'End a way: its code or link leads nowhere'),
      answer: one('WayItem'),
      refuses: { 404: ['not-found'] },
    },
    'POST /api/admin/ways/:id/again': {
      says: say('在企业微信里重建一个', 'Make it again in WeCom'),
      answer: one('WayItem'),
      refuses: { 404: ['not-found'], 409: ['way-lives'] },
    },
    'GET /api/admin/ways/:id/picture': {
      says: say('渠道码的图片', 'The picture of its code'),
      answer: { kind: 'picture', says: say('PNG 或 JPEG', 'PNG or JPEG') },
      refuses: { 404: ['not-found'] },
    },
  },
}
