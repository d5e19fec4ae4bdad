import { z } from 'zod'
import { answerDue, answerFields, choicesOf, textAt } from '../answer.ts'
import { channelField, common, slugField } from '../fields.ts'
import { noteFields, personalWording } from '../note.ts'
import { render } from '../../content/index.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'
import type { Happened } from '../touchpoint.ts'

const settings = z.strictObject({
  ...common,
  /** `phone-task`: she is called instead. */
  channel: channelField('advisor-task', 'phone-task'),
  ...answerFields,
  ending: noteFields.ending.optional(),
  afterMinutes: z.number().int().min(0).max(1_440).default(0),
  /** A human within hours, or it is too late. */
  withinHours: z.number().int().min(1).max(72).default(4),
  /** A verdict of so much of five, or below, is unhappy. */
  lowScore: z.number().int().min(1).max(4).default(2),
  /** Answers of polls and surveys that mean the same. */
  unhappyChoices: z.array(slugField).max(50).default(['bad-experience', 'unhappy']),
  /** First an apology and an ear; an offer belongs into the second word, after it is mended. */
  wording: personalWording,
  offer: offerField.optional(),
})
type Settings = z.infer<typeof settings>

const scoreOf = ({ detail }: Happened): number | null => {
  const [score, scale] = [detail['score'], detail['scale']]
  if (typeof score !== 'number') return null
  return typeof scale === 'number' && scale > 0 ? (score * 5) / scale : score
}

/** Why a human is needed; null when she is content. */
function trouble(settings: Settings, happened: Happened): string | null {
  switch (happened.kind) {
    case 'complaint-opened':
      return '客户投诉'
    case 'satisfaction-given': {
      const score = scoreOf(happened)
      return score !== null && score <= settings.lowScore ? `评分 ${String(score)}/5` : null
    }
    default:
      return choicesOf(happened.detail).some((choice) => settings.unhappyChoices.includes(choice))
        ? '问卷回答不满意'
        : null
  }
}

/** 不满意补救: whoever is unhappy hears from a human the same day, before anybody offers her anything. */
export const recovery = defineTouchpoint<Settings>({
  kind: 'recovery',
  title: '不满意补救',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'service',
  personal: true,
  awaited: true,
  priority: 98,
  settings,
  due: () => null,
  answers: ['complaint-opened', 'satisfaction-given', 'survey-answered', 'poll-voted'],
  onHappening(settings, happened) {
    const words = trouble(settings, happened)
    if (words === null) return null
    const about = textAt(happened.detail, 'orderId') || textAt(happened.detail, 'game') || String(happened.at)
    return { ...answerDue(settings, happened, about), occasion: { key: about, words } }
  },
  compose(settings, _moment, _member, view, { words }) {
    const text = render(settings.wording, withOffer(view, settings.offer))
    return {
      text: settings.ending === undefined ? text : `${text}\n${render(settings.ending, view)}`,
      why: `${words ?? '客户不满意'}：先道歉、听完、解决，再谈别的`,
      ...giftPart(settings.offer, 'recovery'),
    }
  },
})
