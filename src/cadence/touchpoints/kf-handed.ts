import { z } from 'zod'
import { dayOf } from '../../base/calendar.ts'
import { render } from '../../content/index.ts'
import { answerDue, answerFields, textAt } from '../answer.ts'
import { common } from '../fields.ts'
import { personalWording } from '../note.ts'
import { defineTouchpoint } from '../touchpoint.ts'
import type { Happened } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  afterMinutes: answerFields.afterMinutes.default(0),
  withinHours: answerFields.withinHours.default(12),
  wording: personalWording,
})
type Settings = z.infer<typeof settings>

/** `change_type` of session_status_change (WECOM.md §5). */
const [fromPool, passedOn, ended] = [1, 2, 3]

const isTaken = ({ kind, detail }: Happened): boolean =>
  kind === 'kf-handed-over' || detail['change'] === fromPool || detail['change'] === passedOn

/**
 * 客服转接提醒: whoever takes a conversation over reads on a card what was asked, before she answers there. WeCom may tell of
 * one hand-over twice, by the answer to our call and by an event, so it is one card for a member, an account and a day.
 */
export const kfHanded = defineTouchpoint<Settings>({
  kind: 'kf-handed',
  title: '客服转接提醒',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'service',
  personal: true,
  awaited: true,
  priority: 97,
  settings,
  looksFor: () => null,
  due: () => null,
  answers: ['kf-handed-over', 'kf-session-changed'],
  onHappening(settings, happened, { advisor }) {
    const { staff, at, detail, asked = '' } = happened
    // In the pool nobody has her yet.
    if (staff === null || advisor?.userid !== staff || !isTaken(happened)) return null
    const period = `${textAt(detail, 'kfid')}:${staff}:${dayOf(at)}`
    return { ...answerDue(settings, happened, period), occasion: { key: staff, words: asked } }
  },
  endedBy: ['kf-session-changed'],
  ends: (_settings, { detail }) =>
    detail['change'] === ended ? { code: 'moved-on', words: '客服会话已经结束' } : null,
  compose: ({ wording }, _moment, _member, view, { words = '' }) => ({
    text: render(wording, view),
    why: words === '' ? '客户在客服里找人工，已转给您' : `客户在客服里找人工，已转给您。她问：${words}`,
    target: 'me',
  }),
})
