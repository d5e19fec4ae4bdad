import { z } from 'zod'
import { answerDue, answerFields, textAt } from '../answer.ts'
import { common } from '../fields.ts'
import { noteFields, noteText, personalWording } from '../note.ts'
import { giftPart, offerField, withOffer } from '../offer.ts'
import { defineTouchpoint } from '../touchpoint.ts'

const tier = z.string().min(1).max(32)

const settings = z.strictObject({
  ...common,
  ...answerFields,
  ending: noteFields.ending,
  afterMinutes: z.number().int().min(0).max(2_880).default(60),
  withinHours: z.number().int().min(1).max(240).default(72),
  /** The first that fits speaks; without `from` wherever she came from. */
  moves: z
    .array(
      z.strictObject({
        from: z.array(tier).min(1).max(20).optional(),
        to: tier,
        wording: personalWording,
        offer: offerField.optional(),
      }),
    )
    .min(1)
    .max(20),
})
type Settings = z.infer<typeof settings>

/** What only keeps books is no news to anybody. */
const news = new Set(['order', 'refund', 'time', 'engagement', 'contact'])

const moveOf = ({ moves }: Settings, from: string, to: string): Settings['moves'][number] | undefined =>
  moves.find((one) => one.to === to && (one.from?.includes(from) ?? true))

/** 分层变化: into the high tier an invitation, out of it a question. */
export const tierChange = defineTouchpoint<Settings>({
  kind: 'tier-change',
  title: '分层变化',
  audience: 'customer',
  channel: 'advisor-task',
  purpose: 'marketing',
  personal: true,
  priority: 79,
  settings,
  sample: ({ moves }) => ({ key: `${moves[0]?.from?.[0] ?? ''}>${moves[0]?.to ?? ''}` }),
  due: () => null,
  answers: ['tier-moved'],
  onHappening(settings, happened, member) {
    const { detail } = happened
    const [from, to] = [textAt(detail, 'from'), textAt(detail, 'to')]
    if (!moveOf(settings, from, to) || !news.has(textAt(detail, 'cause')) || member.tier !== to) return null
    return {
      ...answerDue(settings, happened, `${from}-${to}:${textAt(detail, 'day')}`),
      occasion: { key: `${from}>${to}`, words: textAt(detail, 'reason') },
    }
  },
  endedBy: ['tier-moved'],
  ends: (_settings, { detail }, period) =>
    period.startsWith(`${textAt(detail, 'from')}-${textAt(detail, 'to')}:`)
      ? null
      : { code: 'moved-on', words: '分层又变了，这条不再适用' },
  compose(settings, _moment, member, view, { key, words }) {
    const [from = '', to = ''] = key.split('>')
    const move = moveOf(settings, from, to)
    return {
      text: noteText(settings, move?.wording ?? '', withOffer(view, move?.offer)),
      why: `刚成为${member.tierTitle}${words === undefined || words === '' ? '' : `：${words}`}`,
      ...giftPart(move?.offer, 'tier-change'),
    }
  },
})
