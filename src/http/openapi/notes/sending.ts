import {
  campaignQuery,
  deliveriesQuery,
  experimentDecide,
  experimentDraftQuery,
  leaveBody,
  leaveEndBody,
  mediaBody,
  pauseBody,
  resolveBody,
} from '../../contract.ts'
import { fields, flag, one, paged, ref, say, text } from '../note.ts'
import type { Area } from '../note.ts'

const leaves = fields({ leaves: { type: 'array', items: ref('LeaveShown') } })
const target = { scope: { enum: ['global', 'campaign', 'channel', 'touchpoint'] }, name: text } as const

export const sendingArea: Area = {
  name: 'sending',
  title: say('后台：触达与效果', 'Console: sending and what comes of it'),
  says: say(
    '触达记录、活动、实验、游戏，以及总开关和休假。',
    'Deliveries, campaigns, experiments and games, the kill switch and who is on leave.',
  ),
  routes: {
    'GET /api/admin/deliveries': {
      says: say('触达记录，每条都有原因', 'Deliveries, each with its why'),
      query: deliveriesQuery,
      answer: paged('Delivery'),
    },
    'POST /api/admin/deliveries/:id/resolve': {
      says: say(
        '人工核对：发了、没发、重发',
        'What a person found out: it was sent, it was not, send it again',
      ),
      body: resolveBody,
      answer: fields({ resolved: { enum: ['sent', 'again', 'cancel'] } }),
      refuses: { 409: ['not-held'] },
    },
    'GET /api/admin/campaigns': {
      says: say('活动', 'The campaigns'),
      answer: one('CampaignList'),
    },
    'GET /api/admin/campaigns/:name': {
      says: say(
        '一个活动的一期：说了什么，结果如何',
        'One running of a campaign: what it says, and what came of it',
      ),
      query: campaignQuery,
      answer: one('CampaignView'),
    },
    'GET /api/admin/experiments': {
      says: say('实验', 'The experiments'),
      answer: one('ExperimentList'),
    },
    'GET /api/admin/experiments/:name': {
      says: say('一个实验的结果', 'What an experiment says'),
      answer: one('ExperimentView'),
    },
    'GET /api/admin/experiments/:name/draft': {
      says: say('把某一组写进节奏的草稿', 'The cadence with one arm written into it'),
      query: experimentDraftQuery,
      answer: one('ExperimentDraft'),
    },
    'POST /api/admin/experiments/:name/decide': {
      says: say('结束实验：全量某一组，或停止', 'End an experiment: one arm for everybody, or stop it'),
      body: experimentDecide,
      answer: one('ExperimentView'),
      refuses: { 409: ['already-decided'] },
    },
    'GET /api/admin/games': {
      says: say('投票和寻宝的结果', 'Polls and hunts with their results'),
      answer: paged('AdminGame'),
    },
    'GET /api/admin/media': {
      says: say('素材：话术可以附带的文件', 'Files that messages may carry'),
      answer: paged('MediaItem'),
    },
    'POST /api/admin/media': {
      says: say('上传素材', 'Add a file'),
      body: mediaBody,
      answer: one('MediaItem'),
      refuses: { 409: ['name-taken'] },
    },
    'GET /api/admin/media/:name/picture': {
      says: say('素材的图片', 'The picture of a file'),
      answer: { kind: 'picture', says: say('图片', 'the picture') },
    },
    'DELETE /api/admin/media/:name': {
      says: say('删除没有被使用的素材', 'Remove a file that nothing names'),
      answer: fields({ removed: { const: true } }),
      refuses: { 404: ['not-found'], 409: ['media-in-use'] },
    },
    'GET /api/admin/manners': {
      says: say('什么会拦住触达，现在暂停着什么', 'What holds back, and what is paused now'),
      answer: one('MannersView'),
    },
    'POST /api/admin/pause': {
      says: say('暂停发送，5 秒内生效', 'Pause sending, within 5 seconds'),
      body: pauseBody,
      answer: fields({ ...target, paused: { const: true }, by: text, at: text, reason: text }),
      refuses: { 422: ['bad-pause'] },
    },
    'POST /api/admin/resume': {
      says: say('恢复发送', 'Resume sending'),
      body: pauseBody,
      answer: fields({
        ...target,
        paused: { const: false },
        resumed: { ...flag, description: 'False: it was not paused.' },
      }),
      refuses: { 422: ['bad-pause'] },
    },
    'POST /api/admin/leaves': {
      says: say('记下顾问休假，可指定代班', 'An advisor is on leave, perhaps with a deputy'),
      body: leaveBody,
      answer: leaves,
      refuses: { 404: ['no-such-staff'], 422: ['bad-leave'] },
    },
    'POST /api/admin/leaves/end': {
      says: say('顾问提前回来', 'She is back, or never went'),
      body: leaveEndBody,
      answer: leaves,
      refuses: { 404: ['not-found'] },
    },
    'POST /api/admin/quota/confirm': {
      says: say('确认写着的群发额度规则没有错', 'The quota rule in the cadence is right after all'),
      answer: fields({ confirmed: flag }),
    },
  },
}
